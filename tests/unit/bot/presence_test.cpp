// bot.set_presence() and bot.set_voice_state(): what goes out, to whom, and what of it a new session is told.
#include <doctest/doctest.h>

#include "hosted_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {
using outcome = std::optional<result<void>>;

std::string identify_of(const host::test::far_end& peer) { return hosted_fixture::sent(peer, 2).at(0); }
std::string status_of(std::string_view presence) { return discord::json_value(presence)["status"].text_or("none"); }
}  // namespace

TEST_CASE("a presence goes to every shard as op 3, with its activity as Discord wants it") {
    hosted_fixture f;
    f.run(3);
    outcome done;
    f.ask(f.bot.set_presence({.status = "idle", .activity = "chess", .activity_type = 3}), done);
    f.on.run_for(1ms);
    REQUIRE(done);
    CHECK(*done);
    for (const auto& peer : f.dialer.peers) {
        REQUIRE(f.sent(*peer, 3).size() == 1);
        CHECK(f.sent(*peer, 3)[0] == R"({"since":null,"activities":[{"name":"chess","type":3}],"status":"idle","afk":false})");
    }
    // A custom status shows its state [2.8.6].
    f.ask(f.bot.set_presence({.activity = "hi", .activity_type = 4}), done);
    f.on.run_for(1ms);
    CHECK(discord::json_value(f.sent(f.dialer.last(), 3).at(1))["activities"].raw() ==
          R"([{"name":"hi","type":4,"state":"hi"}])");
}

TEST_CASE("a new session shows the presence that was set last, the one of the options before") {
    hosted_fixture f({.presence = presence{.status = "idle"}});
    f.run();
    CHECK(status_of(discord::json_value(identify_of(f.dialer.last()))["presence"].raw()) == "idle");
    outcome done;
    f.ask(f.bot.set_presence({.status = "dnd"}), done);
    auto& second = f.new_session();
    CHECK(status_of(discord::json_value(identify_of(second))["presence"].raw()) == "dnd");
}

TEST_CASE("presences set one after the other leave 5 in 20 s, the newest among them") {
    hosted_fixture f;
    f.run();
    auto& peer = f.dialer.last();
    for (int i = 0; i < 40; ++i) f.bot.set_presence({.activity = std::to_string(i)}).forget();
    f.pass(19s);
    CHECK(f.sent(peer, 3).size() <= 5);
    f.pass(30s);
    CHECK(f.sent(peer, 3).size() <= 10);
    CHECK(f.sent(peer, 3).back().find(R"("name":"39")") != std::string::npos);
    CHECK(f.logged("nobody awaits") == 0);
}

TEST_CASE("a voice state goes to the guild's shard alone, and channel 0 leaves") {
    hosted_fixture f;
    f.run(2);
    const guild_id guild(std::uint64_t{1} << 22);  // of shard 1
    outcome done;
    f.ask(f.bot.set_voice_state(guild, channel_id(20), true, false), done);
    f.ask(f.bot.set_voice_state(guild, channel_id()), done);
    f.on.run_for(1ms);
    REQUIRE(done);
    CHECK(*done);
    for (const auto& peer : f.dialer.peers) {
        const auto sent = f.sent(*peer, 4);
        if (identify_of(*peer).find(R"("shard":[0,2])") != std::string::npos) {
            CHECK(sent.empty());
            continue;
        }
        REQUIRE(sent.size() == 2);
        CHECK(sent[0] == R"({"guild_id":"4194304","channel_id":"20","self_mute":true,"self_deaf":false})");
        CHECK(sent[1] == R"({"guild_id":"4194304","channel_id":null,"self_mute":false,"self_deaf":false})");
    }
}

TEST_CASE("a bot that does not run, a guild that is elsewhere and a text that is too long fail with the reason") {
    hosted_fixture f;
    f.open();
    outcome done;
    f.ask(f.bot.set_presence({}), done);
    f.on.run_for(1ms);
    REQUIRE(done);
    CHECK(done->error().is(bot_errc::not_running));
    f.inside().close();
    f.run();
    f.ask(f.bot.set_presence({.activity = std::string(5000, 'x')}), done);
    f.on.run_for(1ms);
    REQUIRE_FALSE(*done);
    CHECK(done->error().is(bot_errc::bad_request));
    CHECK(done->error().detail().find("4096") != std::string::npos);
    CHECK(f.sent(f.dialer.last(), 3).empty());
    f.host->want({});
    f.on.run_for(10s);
    f.ask(f.bot.set_voice_state(guild_id(7), channel_id(20)), done);
    f.on.run_for(1ms);
    CHECK(done->error().is(bot_errc::not_running));
}

TEST_CASE("a presence or voice state whose within() passed before its shard came round is not sent") {
    hosted_fixture f;
    f.run();
    outcome done;
    f.ask(f.bot.set_presence({.status = "idle"}).within(0ns), done);
    f.on.run_for(1ms);
    REQUIRE(done);
    CHECK(done->error().is(bot_errc::timed_out));
    done.reset();
    f.ask(f.bot.set_voice_state(guild_id(7), channel_id(20)).within(0ns), done);
    f.on.run_for(1ms);
    REQUIRE(done);
    CHECK(done->error().is(bot_errc::timed_out));
    CHECK(f.sent(f.dialer.last(), 3).empty());
    CHECK(f.sent(f.dialer.last(), 4).empty());
    done.reset();
    f.ask(f.bot.set_presence({.status = "idle"}).within(1s), done);
    f.on.run_for(1ms);
    REQUIRE(done);
    CHECK(*done);
    f.on.run_for(5s);
    CHECK(f.sent(f.dialer.last(), 3).size() == 1);
}
