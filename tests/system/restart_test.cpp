// A bot's process ends, by SIGTERM or kill -9, and another one goes on with its sessions: no IDENTIFY, a warm cache, nothing
// handed out twice but what says so.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "system/support/mistake.hpp"
#include "system/support/stage.hpp"

using namespace shoal::system_test;

namespace {

constexpr std::int64_t shards = 4;
constexpr double rate = 50;
/// Discord's users wait 3 s for an answer, and a replayed command is run only while there is time for it.
constexpr auto short_outage = 1s;

struct stage {
    explicit stage(discord_options with = {.shards = shards, .guilds = 50 * shards, .rate = rate}) : discord(std::move(with)) {}

    void start(std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"--state-dir", home / "state"});
        bot = std::make_unique<bot_process>(discord, home, std::move(more));
    }
    void start_ready(std::vector<std::string> more = {}) {
        start(std::move(more));
        REQUIRE_MESSAGE(bot->ready(), bot->last_lines(20));
    }
    void kill() {
        bot->running().send(SIGKILL);
        REQUIRE(bot->running().wait(10s).has_value());
        died_at = clock::now();
    }
    void outage_over() { outage = std::max(outage, clock::now() - died_at); }
    void further_events(std::int64_t count) const {
        const auto from = discord.counter("dispatches");
        REQUIRE(eventually([&] { return discord.counter("dispatches") > from + count; }));
    }
    [[nodiscard]] std::string said() const { return bot->running().err(); }
    /// Every event was handed out, and twice only where it says so.
    shoal::sim::audit_report finish() {
        REQUIRE(discord.all_live(shards));
        REQUIRE(discord.drain());
        auto report = settled_audit(discord, home);
        CHECK(bot->stop() == 0);
        CAPTURE(shoal::sim::to_text(report));
        CHECK(report.refused.empty());
        CHECK(report.lost == 0);
        CHECK(report.lost_with_session == 0);
        CHECK(report.doubled == 0);
        CHECK(report.out_of_order == 0);
        CHECK(report.unfinished == 0);
        if (outage < short_outage) {
            CHECK(report.unanswered_commands == 0);
        } else {
            MESSAGE("the machine was too slow for the commands' 3 s: the bot was away for ", outage / 1ms, " ms");
        }
        return report;
    }

    discord_process discord;
    temp_folder home;
    std::unique_ptr<bot_process> bot;
    clock::time_point died_at;
    clock::duration outage{};
};

std::size_t count_of(const std::string& text, std::string_view what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
}

/// The number behind a name in a line of JSON that holds these words.
std::int64_t told(const std::string& log, std::string_view words, std::string_view name) {
    const auto at = log.find(words);
    REQUIRE_MESSAGE(at != std::string::npos, log);
    const auto key = fmt::format("\"{}\":\"", name);
    const auto from = log.find(key, at);
    REQUIRE(from != std::string::npos);
    return std::stoll(log.substr(from + key.size()));
}

std::vector<std::filesystem::path> files_in(const std::string& folder, std::string_view extension) {
    std::vector<std::filesystem::path> out;
    std::error_code none;
    for (std::filesystem::recursive_directory_iterator it(folder, none), end; it != end; it.increment(none)) {
        if (it->path().extension() == extension) out.push_back(it->path());
    }
    return out;
}

/// A session's id is as good as the session, together with the token, which is nowhere.
void check_kept_for_their_owner(const std::string& folder) {
    std::size_t files = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
        const auto mode = each.status().permissions();
        CHECK((mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) == std::filesystem::perms::none);
        if (!each.is_regular_file()) continue;
        ++files;
        CHECK(read_file(each.path()).find(bot_token) == std::string::npos);
    }
    CHECK(files > 2 * shards);
}

constexpr auto goes_on = "going on with the sessions of the process before";

}  // namespace

TEST_CASE("kill -9 in mid-traffic: the next process goes on without IDENTIFY, its cache warm, and every command is answered") {
    stage here;
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
    stage here;
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
    stage here;
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
    stage here({.shards = shards, .guilds = 300 * shards, .rate = rate});
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

TEST_CASE("a checkpoint that is damaged is not used: one sentence, one IDENTIFY, and the other shards go on") {
    stage here;
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
    stage here;
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
    stage here({.shards = 2, .guilds = 40});
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

TEST_CASE("a disk that takes no more: said once, the bot runs on, and the next start goes on from what was written before") {
    stage here;
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
