// A bot's process ends, by SIGTERM or kill -9, and another one goes on with its sessions: no IDENTIFY, a warm cache, nothing
// handed out twice but what says so.

#include <signal.h>

#include <filesystem>
#include <string>

#include "system/support/restart_stage.hpp"

using namespace shoal::system_test;

TEST_CASE("kill -9 in mid-traffic: the next process goes on without IDENTIFY, its cache warm, and every command is answered") {
    restart_stage here;
    here.start_ready();
    here.discord.slash(8);
    REQUIRE(here.discord.issued_commands(10));
    here.further_events(300);
    const auto identifies = here.discord.counter("identifies");
    here.kill();
    check_kept_for_their_owner(here.home / "state");
    here.start_ready();
    here.outage_over();
    CHECK(told(here.said(), goes_on, "shards") == shards);
    CHECK(told(here.said(), goes_on, "cached_guilds") == 50 * shards);
    here.further_events(300);
    const auto report = here.finish();
    CHECK(here.discord.counter("identifies") == identifies);
    CHECK(report.taken_over == shards);
    CHECK(report.commands > 10);
    // Of each shard a second of traffic at the most, and what came while nobody was there. Slow machines are given ten times
    // that.
    CHECK(report.doubled_marked < 10 * static_cast<std::uint64_t>(shards * rate));
    CHECK(report.replayed >= report.doubled_marked);
}

TEST_CASE("SIGTERM in mid-traffic: the state is exact, so that nothing at all is handed out twice") {
    restart_stage here;
    here.start_ready();
    here.discord.slash(8);
    REQUIRE(here.discord.issued_commands(10));
    here.further_events(300);
    const auto identifies = here.discord.counter("identifies");
    here.bot->running().send(SIGTERM);
    const auto ended = here.bot->running().wait(30s);
    REQUIRE(ended.has_value());
    CHECK(ended->code == 0);
    here.died_at = clock::now();
    here.start_ready();
    here.outage_over();
    CHECK(told(here.said(), goes_on, "cached_guilds") == 50 * shards);
    here.further_events(300);
    const auto report = here.finish();
    CHECK(here.discord.counter("identifies") == identifies);
    CHECK(report.taken_over == shards);
    CHECK(report.doubled_marked == 0);
}

TEST_CASE(
    "kill -9 twice in a row, the second time in the middle of the replay: still no IDENTIFY, and nothing is doubled in silence") {
    restart_stage here;
    here.start_ready();
    here.further_events(200);
    const auto identifies = here.discord.counter("identifies");
    for (int i = 0; i < 3; ++i) {
        here.kill();
        here.further_events(100);
        here.start();
        REQUIRE(here.bot->running().says(i == 2 ? "resumed: at" : "resuming: from"));
    }
    here.kill();
    here.start_ready();
    here.further_events(200);
    const auto report = here.finish();
    CHECK(here.discord.counter("identifies") == identifies);
    CHECK(report.taken_over >= 4 * shards);
}

TEST_CASE("killed while a snapshot is being written, and before all guilds came: both are made up for") {
    // Many guilds: the log of their coming outgrows each snapshot soon.
    restart_stage here({.shards = shards, .guilds = 300 * shards, .rate = rate});
    here.start();
    const auto in_the_making = [&] {
        for (std::int64_t shard = 0; shard < shards; ++shard) {
            if (files_in(here.home / fmt::format("state/shard-{}of{}", shard, shards), ".snapshot").size() > 1) return true;
        }
        return false;
    };
    const auto all_have_begun = [&] {
        for (std::int64_t shard = 0; shard < shards; ++shard) {
            std::error_code none;
            const auto logs = files_in(here.home / fmt::format("state/shard-{}of{}", shard, shards), ".log");
            if (logs.empty() || std::filesystem::file_size(logs.front(), none) < 1000 || none) return false;
        }
        return true;
    };
    REQUIRE(eventually([&] { return here.discord.counter("readies") == shards && all_have_begun(); }, 60s));
    REQUIRE(eventually(in_the_making, 60s));
    here.kill();
    here.start_ready();
    CHECK(here.bot->running().err().find("starts anew") == std::string::npos);
    here.further_events(300);
    (void)here.finish();
    CHECK(here.discord.counter("identifies") == shards);
}

TEST_CASE("the cache is there before the first event is, and the bot is told of it once a shard") {
    const discord_process discord({.shards = 2, .guilds = 100, .rate = rate});
    const temp_folder home;
    auto command = bot_command(discord, {"--state-dir", home / "state"});
    command.front() = program_path("shoal-test-bot");
    auto environment = bot_environment(home);
    environment["TEST_REPORTS"] = "1";
    const auto run = [&](int signal) {
        process bot(command, environment);
        REQUIRE(bot.says("all shards are ready", 60s));
        REQUIRE(eventually([&] { return count_of(bot.out(), "first message") == 2; }));
        bot.send(signal);
        REQUIRE(bot.wait(30s).has_value());
        return bot.out();
    };
    const auto first = run(SIGKILL);
    CHECK(first.find("adopted") == std::string::npos);
    for (const int signal : {SIGKILL, SIGTERM, SIGTERM}) {
        const auto said = run(signal);
        CAPTURE(said);
        std::int64_t cached = 0;
        for (int shard = 0; shard < 2; ++shard) {
            const auto adopted = fmt::format("shard {} adopted, cached guilds: ", shard);
            const auto at = said.find(adopted);
            REQUIRE(at != std::string::npos);
            CHECK(count_of(said, adopted) == 1);
            cached += std::stoll(said.substr(at + adopted.size()));
            CHECK(at < said.find(fmt::format("shard {} first message", shard)));
            CHECK(said.find(fmt::format("shard {} first message, its guild is cached", shard)) != std::string::npos);
        }
        CHECK(cached == 100);
        CHECK(said.find("not cached") == std::string::npos);
    }
    CHECK(discord.counter("identifies") == 2);
}
