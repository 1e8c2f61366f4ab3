#pragma once
// A bot with a state folder under traffic, that ends in one way or another and is started again, and its audit at the end.
// Not here: the ways to end.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "system/support/stage.hpp"

namespace shoal::system_test {

inline constexpr std::int64_t shards = 4;
inline constexpr double rate = 50;
/// Discord's users wait 3 s for an answer, and a replayed command is run only while there is time for it.
inline constexpr auto short_outage = 1s;

struct restart_stage {
    explicit restart_stage(discord_options with = {.shards = shards, .guilds = 50 * shards, .rate = rate})
        : discord(std::move(with)) {}

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

inline std::size_t count_of(const std::string& text, std::string_view what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
}

/// The number behind a name in a line of JSON that holds these words.
inline std::int64_t told(const std::string& log, std::string_view words, std::string_view name) {
    const auto at = log.find(words);
    REQUIRE_MESSAGE(at != std::string::npos, log);
    const auto key = fmt::format("\"{}\":\"", name);
    const auto from = log.find(key, at);
    REQUIRE(from != std::string::npos);
    return std::stoll(log.substr(from + key.size()));
}

inline std::vector<std::filesystem::path> files_in(const std::string& folder, std::string_view extension) {
    std::vector<std::filesystem::path> out;
    std::error_code none;
    for (std::filesystem::recursive_directory_iterator it(folder, none), end; it != end; it.increment(none)) {
        if (it->path().extension() == extension) out.push_back(it->path());
    }
    return out;
}

/// A session's id is as good as the session, together with the token, which is nowhere.
inline void check_kept_for_their_owner(const std::string& folder) {
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

inline constexpr auto goes_on = "going on with the sessions of the process before";

}  // namespace shoal::system_test
