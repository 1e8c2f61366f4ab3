// What a process left cannot be gone on with, or could not be written: one sentence, and a start as if there had been nothing.

#include <signal.h>

#include <filesystem>
#include <string>

#include "system/support/mistake.hpp"
#include "system/support/restart_stage.hpp"

using namespace shoal::system_test;

TEST_CASE("a checkpoint that is damaged is not used: one sentence, one IDENTIFY, and the other shards go on") {
    restart_stage here;
    here.start_ready();
    CHECK(here.bot->stop() == 0);
    const auto damaged = files_in(here.home / fmt::format("state/shard-1of{}", shards), ".snapshot");
    REQUIRE(damaged.size() == 1);
    auto bytes = read_file(damaged.front());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
    write_file(damaged.front(), bytes);
    here.start_ready();
    CHECK(count_of(here.said(), "starts anew") == 1);
    CHECK(here.said().find("shard 1 starts anew: what was kept of it is not used, ") != std::string::npos);
    CHECK(here.said().find("its checksum is wrong") != std::string::npos);
    CHECK(told(here.said(), goes_on, "shards") == shards - 1);
    CHECK(here.discord.counter("identifies") == shards + 1);
    CHECK(here.bot->stop() == 0);
}

TEST_CASE("Discord does not know the session any more: op 9, an IDENTIFY through the governor, and the cache is filled anew") {
    restart_stage here;
    here.start_ready();
    here.kill();
    (void)here.discord.control(R"({"do":"fault","fault":"F19","all":true,"answer":"op9_false","times":4})");
    here.start_ready();
    CHECK(told(here.said(), goes_on, "shards") == shards);
    CHECK(here.discord.counter("identifies") == 2 * shards);
    CHECK(here.discord.counter("concurrency_breaches") == 0);
    // And what is kept from then on is the new session's.
    here.further_events(200);
    here.kill();
    here.start_ready();
    CHECK(told(here.said(), goes_on, "cached_guilds") == 50 * shards);
    CHECK(here.discord.counter("identifies") == 2 * shards);
    CHECK(here.bot->stop() == 0);
}

TEST_CASE(
    "what fits no more is said and left: another number of shards, another bot, a state that is switched off or ended for good") {
    restart_stage here({.shards = 2, .guilds = 40});
    const auto ready = [&](std::vector<std::string> more) {
        here.start_ready(std::move(more));
        return here.said();
    };
    const auto folders = [&] {
        std::size_t count = 0;
        for (const auto& each : std::filesystem::directory_iterator(here.home / "state")) count += each.is_directory() ? 1 : 0;
        return count;
    };
    (void)ready({});
    CHECK(here.bot->stop() == 0);
    CHECK(folders() == 2);
    auto log = ready({"--total-shards", "4"});
    CHECK(log.find("what was kept is of another number of shards") != std::string::npos);
    CHECK(log.find(goes_on) == std::string::npos);
    CHECK(here.bot->stop() == 0);
    CHECK(folders() == 4);

    log = ready({"--total-shards", "4", "--checkpoint", "off"});
    CHECK(log.find(goes_on) == std::string::npos);
    CHECK(here.bot->stop() == 0);

    // The test bot asks for other intents.
    auto command = bot_command(here.discord, {"--state-dir", here.home / "state", "--total-shards", "4"});
    command.front() = program_path("shoal-test-bot");
    auto environment = bot_environment(here.home);
    environment["TEST_INTENTS"] = "513";
    {
        process other(command, environment);
        REQUIRE(other.says("all shards are ready", 60s));
        CHECK(count_of(other.err(), "the bot asks for other intents than its session has") == 4);
        other.send(SIGTERM);
        REQUIRE(other.wait(30s).has_value());
    }
    command.insert(command.end(), {"--end-sessions"});
    process last(command, environment);
    REQUIRE(last.says("all shards are ready", 60s));
    CHECK(told(last.err(), goes_on, "shards") == 4);
    last.send(SIGTERM);
    REQUIRE(last.wait(30s).has_value());
    CHECK(folders() == 0);
}

TEST_CASE("a disk that takes no more: said once, the bot runs on, and the next start goes on from what was written before") {
    restart_stage here;
    // The journal needs its room too: this run has none.
    auto command = with_small_files(bot_command(here.discord, {"--state-dir", here.home / "state"}), 400);
    {
        process bot(command, bot_environment(here.home));
        REQUIRE(bot.says("all shards are ready", 60s));
        REQUIRE(bot.says("a checkpoint cannot be written", 60s));
        here.further_events(2000);
        CHECK(count_of(bot.err(), "a checkpoint cannot be written") == 1);
        CHECK(bot.err().find("disk full") != std::string::npos);
        bot.send(SIGKILL);
        REQUIRE(bot.wait(30s).has_value());
    }
    here.start_ready();
    here.further_events(200);
    CHECK(here.discord.counter("identifies") == shards);
    CHECK(here.bot->stop() == 0);
}
