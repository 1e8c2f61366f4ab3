// Guilds whose shard came without its cache: told as partial, and read over HTTP when somebody asks.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "bot/gateway_calls.hpp"
#include "bot/guild_loads.hpp"
#include "bot/share_pace.hpp"
#include "hosted_fixture.hpp"

using namespace shoal;
using namespace shoal::test;
using discord::guild_state;

namespace {

constexpr std::uint64_t last_guild = 40;

struct moved_fixture : hosted_fixture {
    std::uint64_t at = 21;
    bool down = false;
    std::uint16_t guild_status = 200;
    std::function<void()> when_asked;  // Before the guild is answered.

    explicit moved_fixture(bot_options options = {}) : hosted_fixture(std::move(options)) {
        http.answer = [this](const net::http_request& request) -> result<net::http_response> {
            if (down) return std::unexpected(failure(net::errc::connect_failed));
            return reply(request.url.substr(std::string_view("https://sim/api").size()));
        };
    }
    [[nodiscard]] net::http_response reply(std::string_view path) const {
        const auto json = [](std::string body, std::uint16_t status = 200) {
            return net::http_response{status, {}, std::move(body)};
        };
        if (path == "/users/@me") return json(R"({"id":"900","username":"bot"})");
        if (path.ends_with("/channels")) return json(R"([{"id":"20","type":0,"name":"general"}])");
        if (path.ends_with("/threads/active")) return json(R"({"threads":[],"members":[]})");
        if (path.contains("/members/900")) return json(R"({"user":{"id":"900","username":"bot"},"roles":["31"]})");
        if (!path.contains("?with_counts=true")) return json("{}");
        if (guild_status != 200) return json(R"({"code":10004,"message":"Unknown Guild"})", guild_status);
        const auto id = std::string(path.substr(8, path.find('?') - 8));
        return json(fmt::format(
            R"({{"id":"{0}","name":"Guild {0}","approximate_member_count":7,"roles":[{{"id":"{0}","permissions":"1"}},{{"id":"31","permissions":"8"}}]}})",
            id));
    }
    /// A shard that another process ran goes on here, with this list of guilds.
    host::test::far_end& take_over(std::vector<discord::known_guild> guilds, application_id application = {}, bool none = false) {
        open();
        host::host_options with;
        with.session = host::test::plain_session();
        with.session.intents = inside().intents_to_identify();
        with.blocked_after = 0ms;
        with.log = inside().log();
        host = std::make_unique<host::shard_host>(std::vector<host::shard_thread>{{&on, &dialer}}, with, permits, inside());
        inside().attach(host.get());
        gateway::resume_ticket ticket{{0, 1}, "abc", "wss://resume.test", 20, 20, with.session.intents, application};
        ticket.guilds = std::move(guilds);
        ticket.without_guilds = none;
        host->want({{0, 1}}, {{{0, 1}, ticket}});
        on.run_for(1ms);
        auto& peer = dialer.last();
        on_thread([&] { peer.open(), peer.hello(); });
        on.run_for(1ms);
        on_thread([&] { peer.event(at, "RESUMED", "{}"); });
        on.run_for(2s);
        return peer;
    }
    static std::vector<discord::known_guild> some_guilds() {
        std::vector<discord::known_guild> out;
        for (std::uint64_t id = 1; id <= last_guild; ++id) out.push_back({guild_id(id), guild_state::available});
        out.back().state = guild_state::unavailable;
        return out;
    }
    std::optional<guild_summary> read(std::uint64_t id, duration patience = 10s) {
        std::optional<result<std::optional<guild_summary>>> out;
        ask(bot.guild(guild_id(id)), out);
        pass(patience);
        REQUIRE(out);
        REQUIRE_MESSAGE(*out, out->error().message());
        return **out;
    }
    [[nodiscard]] shard_status status() { return bot.shards().at(0); }
    [[nodiscard]] std::size_t asked(std::string_view part) const {
        std::size_t count = 0;
        for (const auto& each : http.lines()) count += each.contains(part) ? 1U : 0U;
        return count;
    }
};

}  // namespace

TEST_CASE("a read of a guild whose cache stayed behind asks Discord once, and every later one finds it complete") {
    moved_fixture f;
    f.take_over(moved_fixture::some_guilds());
    CHECK_FALSE(f.status().cache_complete);
    CHECK(f.status().partial_guilds == last_guild);
    const auto found = f.read(1);
    REQUIRE(found);
    CHECK(found->knowledge == guild_knowledge::fetched);
    CHECK(found->name == "Guild 1");
    CHECK(found->channels == 1);
    CHECK(found->roles == 2);
    CHECK(found->member_count == 7);
    const auto before = f.http.requests.size();
    CHECK(f.read(1)->complete());
    CHECK(f.http.requests.size() == before);
    CHECK(f.status().guilds_loaded == 1);
    CHECK(f.status().partial_guilds == last_guild - 1);
    // Another guild asks for no /users/@me again.
    CHECK(f.read(2)->complete());
    CHECK(f.asked("/users/@me") == 1);
    CHECK(f.asked("/guilds/2?with_counts=true") == 1);
}

TEST_CASE("readers of one guild share one question") {
    moved_fixture f;
    f.take_over(moved_fixture::some_guilds());
    std::vector<std::optional<result<std::optional<guild_summary>>>> out(5);
    for (auto& each : out) f.ask(f.bot.guild(guild_id(3)), each);
    f.pass(5s);
    for (const auto& each : out) {
        REQUIRE(each);
        REQUIRE(*each);
        CHECK((**each)->complete());
    }
    CHECK(f.asked("/guilds/3?") == 1);
}

TEST_CASE("a handler sees that its guild is partial, and has it complete after load()") {
    std::vector<std::string> seen;
    moved_fixture f;
    f.bot.on([&](shoal::channel_create event) -> task<> {
        const auto* guild = event.guild();
        seen.push_back(fmt::format("{} {}", guild->complete(), guild->own_permissions().has_value()));
        const bool there = co_await guild->load();
        guild = event.guild();
        seen.push_back(fmt::format("{} {} {} {}", there, guild->complete(), guild->name(), guild->own_permissions().value_or(0)));
    });
    auto& peer = f.take_over(moved_fixture::some_guilds());
    f.event(peer, 22, "CHANNEL_CREATE", R"({"id":"21","guild_id":"5","type":0,"name":"new"})");
    f.pass(5s);
    CHECK(seen == std::vector<std::string>{"false false", "true true Guild 5 9"});
}

TEST_CASE("an event that comes while Discord is asked is not undone by the answer") {
    moved_fixture f;
    auto& peer = f.take_over(moved_fixture::some_guilds());
    f.http.latency = 2s;
    std::optional<result<std::optional<guild_summary>>> out;
    f.ask(f.bot.guild(guild_id(1)), out);
    f.pass(5s);
    CHECK_FALSE(out);
    f.event(peer, 22, "CHANNEL_DELETE", R"({"id":"20","guild_id":"1","type":0})");
    f.event(peer, 23, "GUILD_ROLE_CREATE", R"({"guild_id":"1","role":{"id":"32","permissions":"4"}})");
    f.pass(20s);
    REQUIRE(out);
    REQUIRE(*out);
    CHECK((**out)->channels == 0);
    CHECK((**out)->roles == 3);
}

TEST_CASE("a guild that Discord does not know, or not for this bot, is absent from then on") {
    for (const std::uint16_t status : {std::uint16_t{403}, std::uint16_t{404}}) {
        moved_fixture f;
        f.take_over(moved_fixture::some_guilds());
        f.guild_status = status;
        CHECK_FALSE(f.read(1));
        const auto before = f.http.requests.size();
        CHECK_FALSE(f.read(1));
        CHECK(f.http.requests.size() == before);
    }
}

TEST_CASE("while Discord cannot be asked a read fails and says so, and a later one tries again") {
    moved_fixture f;
    f.take_over(moved_fixture::some_guilds());
    f.down = true;
    std::optional<result<std::optional<guild_summary>>> out;
    f.ask(f.bot.guild(guild_id(1)), out);
    f.pass(40s);
    REQUIRE(out);
    REQUIRE_FALSE(*out);
    CHECK((out->error().is(bot_errc::unavailable) || out->error().is(bot_errc::timed_out)));
    f.pass(40s);
    CHECK(f.status().guild_loads_failed == 1);
    f.down = false;
    CHECK(f.read(1)->complete());
}

TEST_CASE("a guild in an outage, and one that is not the shard's, cost no request") {
    moved_fixture f;
    f.take_over(moved_fixture::some_guilds());
    const auto out = f.read(last_guild);
    REQUIRE(out);
    CHECK_FALSE(out->available);
    CHECK_FALSE(out->complete());
    CHECK_FALSE(f.read(last_guild + 1));
    CHECK(f.asked("/guilds/") == 0);
}

TEST_CASE("where a dead process left no list, any guild of the shard is asked for") {
    moved_fixture f;
    f.take_over({});
    CHECK_FALSE(f.status().cache_complete);
    CHECK(f.read(1)->complete());
    f.guild_status = 404;
    CHECK_FALSE(f.read(2));
    // How many there are nobody knows.
    CHECK_FALSE(f.status().cache_complete);
}

TEST_CASE("a shard that is known to have no guild lost nothing: it reads as whole, and nothing is asked for") {
    moved_fixture f;
    auto& peer = f.take_over({}, {}, true);
    CHECK(f.status().cache_complete);
    CHECK(f.status().partial_guilds == 0);
    CHECK_FALSE(f.read(1));
    CHECK(f.http.requests.empty());
    // One that is joined later comes whole.
    f.on_thread([&] { peer.event(++f.at, "GUILD_CREATE", R"({"id":"1","name":"First"})"); });
    f.pass(1s);
    CHECK(f.read(1)->knowledge == guild_knowledge::whole);
    CHECK(f.status().cache_complete);
    CHECK(f.http.requests.empty());
}

TEST_CASE("guilds are read within a fifth of the share, in the order in which they were asked for") {
    moved_fixture f;  // 50 a second: 10 for this.
    f.take_over(moved_fixture::some_guilds());
    std::vector<std::optional<result<std::optional<guild_summary>>>> out(last_guild - 1);
    for (std::uint64_t id = 1; id < last_guild; ++id) f.ask(f.bot.guild(guild_id(id)), out[id - 1]);
    const auto before = f.asked("GET");
    f.pass(5s);
    const auto in_five_seconds = f.asked("GET") - before;
    CHECK(in_five_seconds >= 40);
    CHECK(in_five_seconds <= 5 * 10 + 5);
    CHECK(out.front());
    CHECK_FALSE(out.back());
    f.pass(20s);
    for (const auto& each : out) CHECK((each && *each && (**each)->complete()));
}

TEST_CASE("more guilds than may wait are refused, and readers who were there before are not") {
    bot_options slow;
    moved_fixture f(slow);
    std::vector<discord::known_guild> many;
    for (std::uint64_t id = 1; id <= runtime::guild_loads::most + 1; ++id) many.push_back({guild_id(id), guild_state::available});
    f.take_over(std::move(many));
    std::vector<std::optional<result<std::optional<guild_summary>>>> out(runtime::guild_loads::most + 1);
    for (std::size_t i = 0; i < out.size(); ++i) f.ask(f.bot.guild(guild_id(i + 1)), out[i]);
    REQUIRE(out.back());
    REQUIRE_FALSE(*out.back());
    CHECK(out.back()->error().is(bot_errc::queue_full));
    CHECK_FALSE(out.front());
    f.pass(5s);
    CHECK((out.front() && *out.front()));
}

TEST_CASE("a new session's guilds come by themselves: nothing is asked for, and what was asked for fails") {
    moved_fixture f;
    f.take_over(moved_fixture::some_guilds());
    f.http.latency = 3s;
    std::optional<result<std::optional<guild_summary>>> out;
    f.ask(f.bot.guild(guild_id(1)), out);
    f.pass(1s);
    f.new_session();
    CHECK(f.status().cache_complete);
    f.pass(20s);
    REQUIRE(out);
    REQUIRE_FALSE(*out);
    CHECK(out->error().is(bot_errc::unavailable));
}

TEST_CASE("a shard that comes back has forgotten what it knew on its stay before") {
    moved_fixture f;
    f.take_over(moved_fixture::some_guilds());
    CHECK(f.read(1)->complete());
    f.host->want({});
    f.pass(2s);
    gateway::resume_ticket ticket{{0, 1}, "abc", "wss://resume.test", 90, 90, f.inside().intents_to_identify()};
    ticket.guilds = {{guild_id(1), guild_state::available}};
    f.host->want({{0, 1}}, {{{0, 1}, ticket}});
    f.on.run_for(1ms);
    CHECK(f.status().partial_guilds == 1);
}

TEST_CASE("another bot's session is not gone on with") {
    moved_fixture f;
    f.take_over(moved_fixture::some_guilds(), application_id(700));
    f.host->want({});
    f.pass(2s);
    gateway::resume_ticket ticket{
        {0, 1}, "xyz", "wss://resume.test", 90, 90, f.inside().intents_to_identify(), application_id(701)};
    f.host->want({{0, 1}}, {{{0, 1}, ticket}});
    f.on.run_for(1ms);
    CHECK(f.logged("another bot's") == 1);
    const auto before = f.permits.lines.size();
    f.on_thread([&] { f.dialer.last().open(), f.dialer.last().hello(); });
    f.on.run_for(10ms);
    CHECK(f.permits.lines.size() > before);
}

TEST_CASE("readers are told when the bot ends before Discord answers") {
    std::optional<result<std::optional<guild_summary>>> out;
    moved_fixture f;
    f.take_over(moved_fixture::some_guilds());
    f.http.latency = 10s;
    f.ask(f.bot.guild(guild_id(1)), out);
    f.pass(1s);
    bool stopped = false;
    f.host->stop(false, [&](auto) { stopped = true; });
    f.on.run_for(2s);
    f.drain(0s);
    REQUIRE(out);
    REQUIRE_FALSE(*out);
    CHECK(out->error().is(bot_errc::not_running));
}

TEST_CASE("the pace keeps its rate whatever it is asked for, owes nothing for idle time, and follows a rate that changes") {
    runtime::share_pace pace;
    auto now = instant{} + 1h;
    CHECK_FALSE(pace.take(now, 4, 10));
    CHECK(pace.take(now, 4, 10) == 400ms + 1ns);
    CHECK(pace.take(now + 300ms, 4, 10).value_or(duration{}) < 101ms);
    CHECK_FALSE(pace.take(now + 401ms, 4, 10));
    now += 1h;
    CHECK_FALSE(pace.take(now, 4, 0.2));
    CHECK(pace.take(now, 4, 0.2) == runtime::share_pace::look_again);  // It would be 20 s, were the rate to stay.
    CHECK(pace.take(now + 100ms, 4, 10).value_or(1h) <= 300ms + 1ns);
    CHECK_FALSE(pace.take(now + 401ms, 4, 10));
}
