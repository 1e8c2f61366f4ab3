// A bot on a faithful Discord over TLS, from its start to the audit.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <memory>
#include <thread>

#include "system/support/stage.hpp"

using namespace shoal::system_test;

namespace {

void serve_and_audit(const char* compression, bool late_guilds) {
    const discord_process discord({.rate = 50, .late_guilds = late_guilds});
    const temp_folder home;
    bot_process bot(discord, home, {"--compression", compression});
    REQUIRE(bot.ready());
    REQUIRE(discord.all_live(4));
    discord.slash(10);
    REQUIRE(discord.issued_commands(30));
    REQUIRE(discord.drain());
    const auto report = settled_audit(discord, home);
    CHECK(bot.stop() == 0);
    check_clean(report, discord.oracle());
    CHECK(report.commands > 10);
    CHECK(discord.counter("identifies") == 4);
    CHECK(discord.counter("concurrency_breaches") == 0);
    CHECK(discord.counter("identifies_on_resume_host") == 0);
}

}  // namespace

TEST_CASE("four shards come up over TLS and zstd-stream, answer slash commands, and the audit is clean") {
    serve_and_audit("zstd", true);
}

TEST_CASE("the same over zlib-stream") { serve_and_audit("zlib", false); }

TEST_CASE("the same without compression") { serve_and_audit("none", false); }

TEST_CASE("Ctrl-C ends a bot in order: journals are closed and sessions stay resumable") {
    const discord_process discord({.shards = 2, .guilds = 20});
    const temp_folder home;
    bot_process bot(discord, home);
    REQUIRE(bot.ready());
    CHECK(bot.stop() == 0);
    CHECK(bot.running().err().find("\"message\":\"stopped\"") != std::string::npos);
    const auto sessions = discord.status().at("sessions").as_object();
    CHECK(sessions.at("resumable").to_number<int>() == 2);
    CHECK(sessions.at("dead").to_number<int>() == 0);
    for (const auto& journal : shoal::sim::read_journals(journal_folder(home)).value()) CHECK(journal.closed);
}

TEST_CASE("--end-sessions closes with 1000: the bot goes offline for good") {
    const discord_process discord({.shards = 2, .guilds = 20});
    const temp_folder home;
    bot_process bot(discord, home, {"--end-sessions"});
    REQUIRE(bot.ready());
    CHECK(bot.stop() == 0);
    CHECK(eventually([&] { return discord.status().at("sessions").as_object().at("dead").to_number<int>() == 2; }, 5s));
}

TEST_CASE("a second signal ends a bot at once") {
    const discord_process discord({.shards = 1, .guilds = 2});
    const temp_folder home;
    bot_process bot(discord, home, {"--log-level", "debug"});
    REQUIRE(bot.ready());
    // Stopped, it cannot follow the first signal; when it goes on both are there, and the second one wins.
    bot.running().send(SIGSTOP);
    bot.running().send(SIGINT);
    bot.running().send(SIGTERM);
    bot.running().send(SIGCONT);
    const auto ended = bot.running().wait(20s);
    REQUIRE(ended.has_value());
    CHECK((ended->code == 143 || ended->code == 130));
}
