// The faults of REST [7.2, F39 to F45]; how answers are cut on the wire is tested in sim_server.

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/sim_core/rest_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* me = "/api/v10/users/@me";

struct faulty_api : api {
    void fault(int number, json::object how = {}) {
        std::string problem;
        const json::object answer = rest.start_fault(how, number, now, problem);
        REQUIRE_MESSAGE(problem.empty(), problem);
    }
    std::string channel() const { return "/api/v10/channels/" + std::to_string(where.some_channel(where.guilds()[0], 0)); }
    std::size_t told(std::string_view name) const {
        return static_cast<std::size_t>(std::ranges::count(ears.heard, name, &world_event::name));
    }
};

}  // namespace

TEST_CASE("F39 429s of each scope, with and without headers, of any kind of body and wait") {
    faulty_api discord;
    discord.fault(39, {{"scope", "user"}, {"retry_after", 2.5}, {"times", 1}, {"route", "GET /users/@me"}});
    CHECK(discord.send("GET", "/api/v10/gateway").status == 200);
    const reply user = discord.send("GET", me);
    CHECK(user.status == 429);
    CHECK(user.header_of("Retry-After") == "3");
    CHECK(user.body.at("retry_after").as_double() == doctest::Approx(2.5));
    CHECK(user.header_of("X-RateLimit-Remaining") == "0");
    CHECK(user.header_of("X-RateLimit-Scope") == "user");
    CHECK(discord.send("GET", me).status == 200);

    discord.fault(39, {{"scope", "shared"}, {"retry_after", 1337}, {"times", 1}});
    const reply shared = discord.send("GET", me);
    CHECK(shared.header_of("X-RateLimit-Scope") == "shared");
    CHECK(std::stoi(shared.header_of("X-RateLimit-Remaining")) > 0);
    CHECK(shared.header_of("Retry-After") == "1337");

    discord.fault(39, {{"scope", "global"}, {"times", 1}});
    const reply global = discord.send("GET", me);
    CHECK(global.header_of("X-RateLimit-Global") == "true");
    CHECK(global.header_of("X-RateLimit-Bucket").empty());
    CHECK(global.body.at("global") == true);

    discord.fault(39, {{"headers", false}, {"body", "html"}, {"retry_after", "missing"}, {"times", 1}});
    const reply bare = discord.send("GET", me);
    CHECK(bare.status == 429);
    CHECK(bare.header_of("Content-Type").starts_with("text/html"));
    for (const char* name : {"Retry-After", "X-RateLimit-Scope", "X-RateLimit-Bucket", "Via"})
        CHECK(bare.header_of(name).empty());

    for (const auto& [wait, told] : {std::pair{0.0, "0"}, {0.001, "1"}, {86400.0, "86400"}}) {
        discord.fault(39, {{"retry_after", wait}, {"times", 1}});
        CHECK(discord.send("GET", me).header_of("Retry-After") == told);
    }
    discord.fault(39, {{"code", 20028}, {"times", 1}});
    CHECK(discord.send("GET", me).code() == 20028);
    discord.fault(40, {{"code", 130000}, {"status", 503}, {"body", "json"}, {"times", 1}});
    CHECK(discord.send("GET", me).code() == 130000);
    discord.fault(39, {{"body", "empty"}, {"times", 1}});
    CHECK(discord.send("GET", me).text.empty());
    CHECK(discord.rest.counters().at("rest_429_by_scope").at("shared").to_number<int>() == 1);
}

TEST_CASE("F39 strikes a share of the requests, and for a time") {
    faulty_api discord;
    discord.config.rest_global_per_second = 100000;
    discord.fault(39, {{"percent", 50}, {"for_ms", 60000}, {"route", "/gateway"}});
    int struck = 0;
    for (int i = 0; i < 400; ++i) struck += discord.send("GET", "/api/v10/gateway").status == 429;
    CHECK(struck > 150);
    CHECK(struck < 250);
    CHECK(discord.rest.faults(discord.now).size() == 1);
    discord.now += 60s;
    CHECK(discord.rest.faults(discord.now).empty());
    CHECK(discord.send("GET", "/api/v10/gateway").status == 200);
}

TEST_CASE("F40 5xx as JSON, as a page and empty, before the write or after it") {
    faulty_api discord;
    const std::string target = discord.channel() + "/messages";
    const json::object body{{"content", "x"}};
    std::set<int> statuses;
    std::set<std::string> kinds;
    discord.fault(40, {{"route", "POST /channels/{id}/messages"}});
    for (int i = 0; i < 40; ++i) {
        const reply got = discord.slowly("POST", target, body);
        statuses.insert(got.status);
        kinds.insert(got.text.empty() ? "empty" : got.text.starts_with("<") ? "html" : "json");
    }
    CHECK(statuses == std::set<int>{500, 502, 503, 504});
    CHECK(kinds.size() == 3);
    CHECK(discord.told("MESSAGE_CREATE") == 0);
    discord.rest.clear_faults();

    discord.fault(40, {{"status", 502}, {"applied", true}, {"times", 1}});
    CHECK(discord.slowly("POST", target, body).status == 502);
    CHECK(discord.told("MESSAGE_CREATE") == 1);
    CHECK(discord.slowly("GET", target).body.as_array().size() == 1);
}

TEST_CASE("B41 a 5xx or a silence after the write: the same nonce finds what was written") {
    faulty_api discord;
    const std::string target = discord.channel() + "/messages";
    const json::object body{{"content", "once"}, {"nonce", "n-7"}, {"enforce_nonce", true}};
    discord.fault(40, {{"status", 500}, {"applied", true}, {"times", 1}});
    CHECK(discord.slowly("POST", target, body).status == 500);
    discord.fault(41, {{"how", "silence"}, {"times", 1}});
    CHECK(discord.slowly("POST", target, body).status == 0);  // nothing came
    CHECK(discord.slowly("POST", target, body).status == 200);
    CHECK(discord.told("MESSAGE_CREATE") == 1);
    // Without one it is written twice.
    const json::object plain{{"content", "twice"}};
    discord.fault(41, {{"how", "silence"}, {"times", 1}});
    CHECK(discord.slowly("POST", target, plain).status == 0);
    CHECK(discord.slowly("POST", target, plain).status == 200);
    CHECK(discord.told("MESSAGE_CREATE") == 3);
}

TEST_CASE("F41 answers are slow, cut, wrongly measured, reset or never come, before the write or after it") {
    faulty_api discord;
    const std::string target = discord.channel() + "/messages";
    const json::object body{{"content", "x"}};
    const auto delivery = [&](json::object how) {
        how["times"] = 1;
        discord.fault(41, std::move(how));
        return discord.slowly("POST", target, body).delivery;
    };
    CHECK(delivery({{"how", "slow"}, {"ms", 500}}) == http_delivery::slow);
    CHECK(delivery({{"how", "truncated"}}) == http_delivery::truncated);
    CHECK(delivery({{"how", "too_long"}}) == http_delivery::too_long);
    CHECK(delivery({{"how", "too_short"}}) == http_delivery::too_short);
    CHECK(delivery({{"how", "reset"}}) == http_delivery::reset);
    CHECK(discord.told("MESSAGE_CREATE") == 5);
    CHECK(delivery({{"how", "reset"}, {"applied", false}}) == http_delivery::reset);
    CHECK(delivery({{"how", "silence"}, {"applied", false}}) == http_delivery::whole);
    CHECK(discord.told("MESSAGE_CREATE") == 5);
}

TEST_CASE("F42 X-RateLimit-Reset is told by a clock that is wrong, Reset-After is not") {
    faulty_api discord;
    discord.fault(42, {{"ms", -90000}});
    const reply got = discord.send("GET", me);
    const double now_s = static_cast<double>(discord.where.unix_ms(discord.now)) / 1000;
    CHECK(std::stod(got.header_of("X-RateLimit-Reset")) == doctest::Approx(now_s - 89).epsilon(1e-9));
    CHECK(got.header_of("X-RateLimit-Reset-After") == "1.000");
}

TEST_CASE("F43 the edge bans an address, in any words") {
    faulty_api discord;
    discord.fault(43, {{"ip", "10.0.0.9"}});
    CHECK(discord.send("GET", "/api/v10/gateway").status == 200);
    discord.fault(43, {{"body", "text"}, {"ms", 5000}});
    const reply text = discord.send("GET", "/api/v10/gateway");
    CHECK(text.status == 429);
    CHECK(text.text == "error code: 1015");
    CHECK(text.header_of("Retry-After").empty());
    discord.fault(43, {{"body", "json"}, {"retry_after", 3600}});
    const reply words = discord.send("GET", "/api/v10/gateway");
    CHECK(words.code() == 0);
    CHECK(words.header_of("Retry-After") == "3600");
    discord.rest.clear_faults();
    CHECK(discord.send("GET", "/api/v10/gateway").status == 200);
}

TEST_CASE("F44 a webhook's token is refused while the bot's is fine") {
    faulty_api discord;
    discord.fault(44, {{"times", 2}});
    const std::string hook = "/api/v10/webhooks/" + discord.app + "/token";
    const reply got = discord.send("POST", hook, json::object{{"content", "x"}}, {}, false);
    CHECK(got.status == 401);
    CHECK(got.code() == 50027);
    CHECK(discord.send("GET", me).status == 200);
    CHECK(discord.send("POST", "/api/v10/interactions/1/t/callback", json::object{{"type", 4}}, {}, false).code() == 50027);
    CHECK(discord.send("POST", "/api/v10/interactions/1/t/callback", json::object{{"type", 4}}, {}, false).code() == 10062);
}

TEST_CASE("F45 an answer speaks of keeping the connection that its next request will find closed") {
    faulty_api discord;
    discord.fault(45, {{"route", "/users/@me"}, {"times", 1}});
    CHECK(discord.send("GET", "/api/v10/gateway").delivery == http_delivery::whole);
    const reply got = discord.send("GET", me);
    CHECK(got.status == 200);
    CHECK(got.delivery == http_delivery::then_closed);
}

TEST_CASE("Requests fail by themselves now and then where the knob says so") {
    faulty_api discord;
    discord.config.spontaneous_5xx = 0.2;
    int failed = 0;
    for (int i = 0; i < 200; ++i) failed += discord.slowly("GET", me).status >= 500;
    CHECK(failed > 20);
    CHECK(failed < 60);
}
