// Limits of REST that clients find out by meeting them [4.5 to 4.11, 4.15, 4.16].

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/sim_core/rest_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;
using namespace std::chrono_literals;

namespace {

struct channel_api : api {
    explicit channel_api(simulator_config wanted = {}) : api(std::move(wanted)) {
        channel = "/api/v10/channels/" + std::to_string(where.some_channel(where.guilds()[0], 0));
    }
    reply post() { return send("POST", channel + "/messages", json::object{{"content", "x"}}); }
    std::string channel;
};

}  // namespace

TEST_CASE("B35 Reset-After only falls within a window, and its end is the same moment all along") {
    channel_api discord;
    double last = 100, ends = 0;
    for (int i = 0; i < 4; ++i) {
        const reply got = discord.post();
        const double after = std::stod(got.header_of("X-RateLimit-Reset-After"));
        CHECK(after < last);
        last = after;
        const double at = std::stod(got.header_of("X-RateLimit-Reset"));
        if (i > 0) CHECK(at == doctest::Approx(ends).epsilon(1e-9));
        ends = at;
        CHECK(got.header_of("X-RateLimit-Reset-After").find('.') != std::string::npos);
        discord.now += 700ms;
    }
}

TEST_CASE("B37 an address with too many invalid requests is banned at the edge for a time, and only it") {
    simulator_config config;
    config.invalid_request_limit = 20;
    config.edge_ban = 10min;
    config.rest_global_per_second = 1000;
    std::set<std::string> bodies;
    for (std::uint64_t seed = 1; seed < 12; ++seed) {
        config.seed = seed;
        api discord(config);
        for (int i = 0; i < 20; ++i)
            REQUIRE(discord.send("GET", "/api/v10/users/@me", nullptr, {{"Authorization", "Bot bad"}}, false).status == 401);
        const reply over = discord.send("GET", "/api/v10/gateway");
        CHECK(over.status == 429);
        CHECK(over.header_of("Via").empty());
        CHECK(over.header_of("X-RateLimit-Scope").empty());
        CHECK(over.header_of("X-RateLimit-Global").empty());
        CHECK_FALSE(over.header_of("Content-Type").empty());
        bodies.insert(over.text);
        http_arrived other{.request = request_id{5000},
                           .method = "GET",
                           .target = "/api/v10/gateway",
                           .body = {},
                           .headers = {{"User-Agent", "x"}},
                           .peer_ip = "10.0.0.2"};
        CHECK(discord.take(other).status == 200);
        discord.now += 10min;
        CHECK(discord.send("GET", "/api/v10/gateway").status == 200);
        CHECK(discord.rest.counters().at("rest_edge_bans").to_number<int>() == 1);
    }
    CHECK(bodies.size() == 3);  // a page, a line of text, JSON
}

TEST_CASE("B37 invalid requests are forgotten after their window, and 429s of scope shared do not count") {
    simulator_config config;
    config.invalid_request_limit = 10;
    api discord(config);
    const auto bad = [&] {
        return discord.send("GET", "/api/v10/users/@me", nullptr, {{"Authorization", "Bot bad"}}, false).status;
    };
    for (int i = 0; i < 9; ++i) REQUIRE(bad() == 401);
    discord.now += 10min;
    for (int i = 0; i < 9; ++i) REQUIRE(bad() == 401);
    std::string problem;
    discord.rest.start_fault({{"scope", "shared"}}, 39, discord.now, problem);
    REQUIRE(problem.empty());
    for (int i = 0; i < 30; ++i) REQUIRE(discord.send("GET", "/api/v10/users/@me").header_of("X-RateLimit-Scope") == "shared");
    CHECK(bad() == 401);  // the tenth
    CHECK(discord.send("GET", "/api/v10/users/@me").header_of("Via").empty());
}

TEST_CASE("B38 a channel's name changes twice in ten minutes, whatever its headers say; other fields are free") {
    channel_api discord;
    for (int i = 0; i < 2; ++i)
        REQUIRE(discord.send("PATCH", discord.channel, json::object{{"name", "n" + std::to_string(i)}}).status == 200);
    discord.now += 20s;
    const reply over = discord.send("PATCH", discord.channel, json::object{{"topic", "t"}});
    CHECK(over.status == 429);
    CHECK(std::stoi(over.header_of("Retry-After")) == 580);
    CHECK(std::stoi(over.header_of("X-RateLimit-Remaining")) > 0);
    CHECK(discord.send("PATCH", discord.channel, json::object{{"nsfw", true}}).status == 200);
    discord.now += 580s;
    CHECK(discord.send("PATCH", discord.channel, json::object{{"topic", "t"}}).status == 200);
}

TEST_CASE("B38 deleting a message costs by its age, in three buckets of their own") {
    channel_api discord;
    const reply young = discord.post();
    const auto gone = [&](const std::string& id) { return discord.send("DELETE", discord.channel + "/messages/" + id); };
    const reply fresh = gone(std::string(young.body.at("id").as_string()));
    CHECK(fresh.status == 204);
    CHECK(fresh.header_of("X-RateLimit-Limit") == "5");
    const auto aged = [&](std::chrono::milliseconds age) {
        const std::int64_t made = discord.where.unix_ms(discord.now) - age.count() - discord_epoch_ms;
        return gone(std::to_string(snowflake_of(made, 1)));
    };
    CHECK(aged(1h).header_of("X-RateLimit-Limit") == "3");
    CHECK(aged(1h).header_of("X-RateLimit-Reset-After") == "0.333");
    CHECK(aged(std::chrono::days(15)).header_of("X-RateLimit-Limit") == "30");
    CHECK(aged(1h).header_of("X-RateLimit-Bucket") != fresh.header_of("X-RateLimit-Bucket"));
}

TEST_CASE("B38 messages of a channel are read with room in the headers until there suddenly is none") {
    channel_api discord;
    for (int i = 0; i < 4; ++i) {
        const reply got = discord.send("GET", discord.channel + "/messages");
        CHECK(got.header_of("X-RateLimit-Limit") == "1000");
        CHECK(got.header_of("X-RateLimit-Remaining") == std::to_string(999 - i));
    }
    const reply last = discord.send("GET", discord.channel + "/messages");
    CHECK(last.status == 200);
    CHECK(last.header_of("X-RateLimit-Limit") == "5");
    CHECK(last.header_of("X-RateLimit-Remaining") == "0");
    CHECK(discord.send("GET", discord.channel + "/messages").status == 429);
}

TEST_CASE("B39 with the switch on, routes with limits of their own tell one hash") {
    for (const bool on : {false, true}) {
        simulator_config config;
        config.shared_hashes = on;
        channel_api discord(config);
        const reply made = discord.post();
        const std::string message = discord.channel + "/messages/" + std::string(made.body.at("id").as_string());
        const reply edited = discord.send("PATCH", message, json::object{{"content", "y"}});
        const reply gone = discord.send("DELETE", message);
        CHECK((made.header_of("X-RateLimit-Bucket") == edited.header_of("X-RateLimit-Bucket")) == on);
        CHECK((made.header_of("X-RateLimit-Bucket") == gone.header_of("X-RateLimit-Bucket")) == on);
        // Their counts stay apart all the same.
        CHECK(made.header_of("X-RateLimit-Remaining") == "4");
        CHECK(edited.header_of("X-RateLimit-Remaining") == "4");
    }
}

TEST_CASE("B39 hashes change in mid-run while what is used stays used") {
    simulator_config config;
    config.bucket_hash_life = 1h;
    channel_api discord(config);
    const std::string first = discord.post().header_of("X-RateLimit-Bucket");
    discord.rest.change_hashes();
    const reply second = discord.post();
    CHECK(second.header_of("X-RateLimit-Bucket") != first);
    CHECK(second.header_of("X-RateLimit-Remaining") == "3");
    discord.now += 1h;
    CHECK(discord.post().header_of("X-RateLimit-Bucket") != second.header_of("X-RateLimit-Bucket"));
}

TEST_CASE("B40 a bot's User-Agent of another form meets a page of the edge where the check is strict") {
    simulator_config config;
    config.strict_user_agent = true;
    api discord(config);
    http_arrived request{.request = request_id{1},
                         .method = "GET",
                         .target = "/api/v10/gateway",
                         .body = {},
                         .headers = {{"User-Agent", "curl/8"}, {"Authorization", "Bot sim.token"}},
                         .peer_ip = "1"};
    const reply got = discord.take(request);
    CHECK(got.status == 403);
    CHECK(got.header_of("Content-Type").starts_with("text/html"));
    CHECK(discord.send("GET", "/api/v10/gateway").status == 200);
    request.headers.pop_back();  // Nobody minds it without a token: answers to interactions come so.
    CHECK(discord.take(request).status == 200);
}
