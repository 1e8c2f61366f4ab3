#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "discord/json_cursor.hpp"
#include "gateway/member_requests.hpp"

using namespace shoal;
using namespace shoal::gateway;
using namespace std::chrono_literals;
using verdict_t = member_requests::chunk_verdict;
using outcome_t = member_requests::outcome;

namespace {

constexpr guild_id guild(81384788765712384);
constexpr guild_id other(41771983423143937);

struct desk {
    member_requests requests{{}, 5};
    std::vector<member_requests::order> out;
    instant now = instant{} + 1h;

    std::uint64_t ask(member_query query) {
        const auto id = requests.ask(std::move(query), now, out);
        REQUIRE(id);
        return *id;
    }
    /// The nonce of the last query that was sent.
    std::string nonce() const {
        for (auto it = out.rbegin(); it != out.rend(); ++it) {
            if (const auto* sent = std::get_if<member_requests::send_query>(&*it)) {
                return discord::json_value(sent->data)["nonce"].text_or("");
            }
        }
        return {};
    }
    std::size_t sent() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(out, [](const auto& o) { return std::holds_alternative<member_requests::send_query>(o); }));
    }
    std::optional<member_requests::ended> ended(std::uint64_t id) const {
        for (const auto& order : out) {
            if (const auto* end = std::get_if<member_requests::ended>(&order); end != nullptr && end->request == id) return *end;
        }
        return {};
    }
    verdict_t chunk(const std::string& nonce_in, std::uint32_t index, std::uint32_t count, guild_id of = guild) {
        return requests.on_chunk(nonce_in, of, index, count, now, out).verdict;
    }
    void pass(duration span) {
        const auto until = now + span;
        while (requests.wake_at() <= until) {
            now = std::max(now, requests.wake_at());
            requests.on_tick(now, out);
        }
        now = until;
    }
};

}  // namespace

TEST_CASE("op 8 is written as documented, with a nonce of at most 32 bytes [2.8.1]") {
    desk d;
    d.ask({.guild = guild, .presences = true});
    d.ask({.guild = other, .prefix = "an\"n", .limit = 10});
    d.ask({.guild = guild, .users = {user_id(1), user_id(2)}});
    REQUIRE(d.sent() == 3);
    const auto data = [&](std::size_t i) { return std::get<member_requests::send_query>(d.out.at(i)).data; };
    const auto nonce_of = [&](std::size_t i) { return discord::json_value(data(i))["nonce"].text_or(""); };
    CHECK(data(0) == R"({"guild_id":"81384788765712384","query":"","limit":0,"presences":true,"nonce":")" + nonce_of(0) + "\"}");
    CHECK(data(1) == R"({"guild_id":"41771983423143937","query":"an\"n","limit":10,"nonce":")" + nonce_of(1) + "\"}");
    CHECK(data(2) == R"({"guild_id":"81384788765712384","user_ids":["1","2"],"nonce":")" + nonce_of(2) + "\"}");
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(nonce_of(i).size() <= 32);
        CHECK_FALSE(nonce_of(i).empty());
    }
    CHECK(nonce_of(0) != nonce_of(1));
    desk later;
    later.requests = member_requests({}, 6);
    later.ask({.guild = guild});
    CHECK(later.nonce() != nonce_of(0));
}

TEST_CASE("what Discord would refuse is refused before it is sent") {
    desk d;
    const auto fails = [&](member_query query) {
        const auto asked = d.requests.ask(std::move(query), d.now, d.out);
        return !asked && asked.error().is(errc::bad_query);
    };
    CHECK(fails({}));
    CHECK(fails({.guild = guild, .users = std::vector<user_id>(101, user_id(1))}));
    CHECK(fails({.guild = guild, .prefix = "x"}));
    CHECK(fails({.guild = guild, .prefix = "x", .limit = 101}));
    CHECK(fails({.guild = guild, .prefix = "x", .limit = 5, .users = {user_id(1)}}));
    CHECK(d.requests.open() == 0);
    CHECK(d.out.empty());
}

TEST_CASE("F38 chunks in any order are counted, and the last one that comes completes the request") {
    desk d;
    const auto id = d.ask({.guild = guild});
    const auto nonce = d.nonce();
    CHECK(d.chunk(nonce, 2, 3) == verdict_t::fresh);
    CHECK(d.chunk(nonce, 0, 3) == verdict_t::fresh);
    CHECK_FALSE(d.ended(id));
    CHECK(d.chunk(nonce, 1, 3) == verdict_t::fresh);
    REQUIRE(d.ended(id));
    CHECK(d.ended(id)->how == outcome_t::complete);
    CHECK(d.ended(id)->chunks == 3);
    CHECK(d.requests.open() == 0);
    CHECK(d.requests.wake_at() == never);
}

TEST_CASE("F38 duplicated chunks are dropped and do not complete a request") {
    desk d;
    const auto id = d.ask({.guild = guild});
    const auto nonce = d.nonce();
    CHECK(d.chunk(nonce, 0, 2) == verdict_t::fresh);
    CHECK(d.chunk(nonce, 0, 2) == verdict_t::duplicate);
    CHECK(d.chunk(nonce, 0, 2) == verdict_t::duplicate);
    CHECK_FALSE(d.ended(id));
    CHECK(d.chunk(nonce, 1, 2) == verdict_t::fresh);
    CHECK(d.ended(id)->how == outcome_t::complete);
    CHECK(d.chunk(nonce, 1, 2) == verdict_t::foreign);
}

TEST_CASE("F38 a missing chunk ends in a timeout that restarts with each chunk and says how many are missing") {
    desk d;
    const auto id = d.ask({.guild = guild});
    const auto nonce = d.nonce();
    for (std::uint32_t i = 0; i < 4; ++i) {
        d.pass(15s);
        CHECK(d.chunk(nonce, i, 5) == verdict_t::fresh);
    }
    d.pass(19s);
    CHECK_FALSE(d.ended(id));
    d.pass(2s);
    REQUIRE(d.ended(id));
    CHECK(d.ended(id)->how == outcome_t::timed_out);
    CHECK(d.ended(id)->chunks == 4);
    CHECK(d.ended(id)->missing_chunks == 1);
}

TEST_CASE("F38 a chunk with a wrong nonce, guild, index or count belongs to nobody") {
    desk d;
    const auto id = d.ask({.guild = guild});
    const auto nonce = d.nonce();
    CHECK(d.chunk("wrong", 0, 1) == verdict_t::foreign);
    CHECK(d.chunk("", 0, 1) == verdict_t::foreign);
    CHECK(d.chunk(nonce, 0, 1, other) == verdict_t::foreign);
    CHECK(d.chunk(nonce, 1, 1) == verdict_t::foreign);
    CHECK(d.chunk(nonce, 0, 0) == verdict_t::foreign);
    CHECK(d.chunk(nonce, 0, 4'000'000'000U) == verdict_t::foreign);
    CHECK(d.chunk(nonce, 0, 2) == verdict_t::fresh);
    CHECK(d.chunk(nonce, 2, 3) == verdict_t::foreign);
    CHECK_FALSE(d.ended(id));
}

TEST_CASE("F38 two requests' chunks may interleave") {
    desk d;
    const auto a = d.ask({.guild = guild});
    const auto nonce_a = d.nonce();
    const auto b = d.ask({.guild = other});
    const auto nonce_b = d.nonce();
    CHECK(d.chunk(nonce_a, 0, 2) == verdict_t::fresh);
    CHECK(d.chunk(nonce_b, 0, 2, other) == verdict_t::fresh);
    CHECK(d.chunk(nonce_b, 1, 2, other) == verdict_t::fresh);
    CHECK(d.ended(b)->how == outcome_t::complete);
    CHECK_FALSE(d.ended(a));
    CHECK(d.chunk(nonce_a, 1, 2) == verdict_t::fresh);
    CHECK(d.ended(a)->how == outcome_t::complete);
}

TEST_CASE("F38 RATE_LIMITED with a long retry_after waits and asks again, or fails with it as asked [2.8.3]") {
    desk d;
    const auto id = d.ask({.guild = guild});
    const auto nonce = d.nonce();
    d.requests.on_rate_limited(nonce, guild, 29457ms, d.now, d.out);
    d.pass(29s);
    CHECK(d.sent() == 1);
    CHECK_FALSE(d.ended(id));
    d.pass(1s);
    CHECK(d.sent() == 2);
    CHECK(d.chunk(d.nonce(), 0, 1) == verdict_t::fresh);
    CHECK(d.ended(id)->how == outcome_t::complete);

    desk impatient;
    const auto refused = impatient.ask({.guild = guild, .wait_when_limited = false});
    impatient.requests.on_rate_limited("", guild, 29457ms, impatient.now, impatient.out);
    REQUIRE(impatient.ended(refused));
    CHECK(impatient.ended(refused)->how == outcome_t::rate_limited);
    CHECK(impatient.ended(refused)->retry_after == 29457ms);
}

TEST_CASE("who does not want to wait for a full list's window is told at once how long it lasts") {
    desk d;
    const auto first = d.ask({.guild = guild});
    d.pass(10s);
    const auto second = d.ask({.guild = guild, .wait_when_limited = false});
    REQUIRE(d.ended(second));
    CHECK(d.ended(second)->how == outcome_t::rate_limited);
    CHECK(d.ended(second)->retry_after == 20s);
    CHECK(d.sent() == 1);
    CHECK_FALSE(d.ended(first));
    // The first one goes on, also when a new session makes it start again.
    d.requests.on_new_session(d.now, d.out);
    CHECK_FALSE(d.ended(first));
    CHECK(d.requests.open() == 1);
}

TEST_CASE("RATE_LIMITED for ever ends after a few tries") {
    desk d;
    const auto id = d.ask({.guild = guild});
    for (int i = 0; i < 10 && !d.ended(id); ++i) {
        d.requests.on_rate_limited(d.nonce(), guild, 1s, d.now, d.out);
        d.pass(2s);
    }
    REQUIRE(d.ended(id));
    CHECK(d.ended(id)->how == outcome_t::rate_limited);
    CHECK(d.sent() == 4);
    d.requests.on_rate_limited("never asked", other, 1s, d.now, d.out);
    CHECK(d.requests.open() == 0);
}

TEST_CASE("full lists of one guild are 30 s apart, other requests and other guilds are not held up [2.8.3]") {
    desk d;
    const auto first = d.ask({.guild = guild});
    const auto nonce = d.nonce();
    const auto second = d.ask({.guild = guild});
    d.ask({.guild = other});
    d.ask({.guild = guild, .users = {user_id(5)}});
    CHECK(d.sent() == 3);
    CHECK(d.chunk(nonce, 0, 1) == verdict_t::fresh);
    CHECK(d.ended(first));
    d.pass(29s);
    CHECK(d.sent() == 3);
    d.pass(1s);
    CHECK(d.sent() == 4);
    CHECK(d.chunk(d.nonce(), 0, 1) == verdict_t::fresh);
    CHECK(d.ended(second)->how == outcome_t::complete);
}

TEST_CASE("the timeout starts when the message really went out") {
    desk d;
    const auto id = d.ask({.guild = guild});
    d.pass(15s);
    d.requests.sent(id, d.now);
    d.pass(15s);
    CHECK_FALSE(d.ended(id));
    d.pass(6s);
    REQUIRE(d.ended(id));
    CHECK(d.ended(id)->how == outcome_t::timed_out);
}

TEST_CASE("a new session asks again for what is open, keeping the 30 s of full lists") {
    desk d;
    const auto full = d.ask({.guild = guild});
    const auto ids = d.ask({.guild = guild, .users = {user_id(5)}});
    CHECK(d.sent() == 2);
    d.pass(5s);
    d.requests.on_new_session(d.now, d.out);
    CHECK(d.sent() == 3);
    CHECK_FALSE(d.ended(full));
    CHECK(d.chunk(d.nonce(), 0, 1) == verdict_t::fresh);
    CHECK(d.ended(ids)->how == outcome_t::complete);
    d.pass(25s);
    CHECK(d.sent() == 4);
    CHECK(d.chunk(d.nonce(), 0, 1) == verdict_t::fresh);
    CHECK(d.ended(full)->how == outcome_t::complete);
}

TEST_CASE("a cancelled request ends once and its chunks are nobody's") {
    desk d;
    const auto id = d.ask({.guild = guild});
    const auto nonce = d.nonce();
    d.requests.cancel(id, d.out);
    d.requests.cancel(id, d.out);
    CHECK(d.ended(id)->how == outcome_t::cancelled);
    CHECK(d.out.size() == 2);
    CHECK(d.chunk(nonce, 0, 1) == verdict_t::foreign);
}

TEST_CASE("there is a bound on waiting requests") {
    desk d;
    for (int i = 0; i < 1000; ++i) d.ask({.guild = guild});
    const auto more = d.requests.ask({.guild = other}, d.now, d.out);
    REQUIRE_FALSE(more);
    CHECK(more.error().is(errc::too_many_requests));
}
