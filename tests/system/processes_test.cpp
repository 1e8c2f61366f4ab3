// Several processes of one bot on one host, and one that dies.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <thread>

#include "system/support/stage.hpp"

using namespace shoal::system_test;

TEST_CASE("hand-picked shards in two processes share one identify budget: no key is used twice in its window") {
    // Keys are shard % 2, so that each process wants both keys at the moment when the other one does.
    const discord_process discord({.shards = 4, .guilds = 40, .max_concurrency = 2, .rate = 20});
    const temp_folder home;
    bot_process first(discord, home, {"--shard-ids", "0,1", "--total-shards", "4"});
    bot_process second(discord, home, {"--shard-ids", "2-3", "--total-shards", "4"});
    REQUIRE(first.ready());
    REQUIRE(second.ready());
    REQUIRE(discord.all_live(4));
    REQUIRE(discord.drain());
    const auto report = settled_audit(discord, home);
    CHECK(first.stop() == 0);
    CHECK(second.stop() == 0);
    check_clean(report, discord.oracle());
    CHECK(discord.counter("identifies") == 4);
    CHECK(discord.counter("concurrency_breaches") == 0);
}

TEST_CASE("a bot that is killed leaves journals that tell the truth: what it handled, and what it did not") {
    const discord_process discord({.shards = 2, .guilds = 100, .rate = 50});
    const temp_folder home;
    bot_process bot(discord, home);
    REQUIRE(bot.ready());
    const auto further_events = [&](std::int64_t count) {
        const auto from = discord.counter("dispatches");
        return eventually([&] { return discord.counter("dispatches") > from + count; });
    };
    REQUIRE(further_events(100));
    bot.running().send(SIGKILL);
    const auto ended = bot.running().wait(10s);
    REQUIRE(ended.has_value());
    CHECK(ended->signal == SIGKILL);
    REQUIRE(further_events(100));  // Nobody takes them.
    REQUIRE(discord.drain());
    const auto report = settled_audit(discord, home, 0s);
    CAPTURE(shoal::sim::to_text(report));
    CHECK(report.exit_code() != 0);
    if (report.refused.empty()) {
        CHECK(report.handled > 50);
        CHECK(report.lost > 50);
        CHECK(report.handled + report.lost + report.lost_with_session == report.events_sent);
        CHECK(report.doubled == 0);
        CHECK(report.out_of_order == 0);
    }
    for (const auto& journal : shoal::sim::read_journals(journal_folder(home)).value()) CHECK_FALSE(journal.closed);
}

TEST_CASE("one state folder belongs to one process: the second is told whose it is, and may have it afterwards") {
    const discord_process discord({.shards = 1, .guilds = 2});
    const temp_folder home;
    bot_process first(discord, home, {"--state-dir", home / "state"});
    REQUIRE(first.ready());
    process second(bot_command(discord, {"--state-dir", home / "state"}), bot_environment(home));
    const auto refused = second.wait(20s);
    REQUIRE(refused.has_value());
    CHECK(refused->code == 13);
    CHECK(second.err().find(std::to_string(first.running().pid())) != std::string::npos);
    first.running().send(SIGKILL);
    REQUIRE(first.running().wait(10s).has_value());
    bot_process third(discord, home, {"--state-dir", home / "state"});
    CHECK(third.ready());
    CHECK(third.stop() == 0);
}
