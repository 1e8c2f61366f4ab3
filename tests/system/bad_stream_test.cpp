// What a gateway's connection can bring that cannot be read: counted, told once a kind and minute, survived by RESUME in bounded
// memory.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <string>

#include "system/support/stage.hpp"

using namespace shoal::system_test;

namespace {

constexpr std::size_t megabyte = 1'000'000;
constexpr double rate = 40;

/// One shard under traffic: with one, its log lines and its memory are those of the process.
struct stage {
    explicit stage(std::string_view how, double slash_rate = 2, std::vector<std::string> more = {})
        : compression(how), discord({.shards = 1, .guilds = 60, .rate = rate, .more = std::move(more)}) {
        bot = std::make_unique<bot_process>(discord, home, std::vector<std::string>{"--compression", std::string(how)});
        REQUIRE(bot->ready());
        REQUIRE(discord.all_live(1));
        commands = slash_rate > 0;
        if (commands) discord.slash(slash_rate);
        identifies = discord.counter("identifies");
    }
    void fault(std::string_view name, std::string_view more) const {
        (void)discord.control(fmt::format(R"({{"do":"fault","fault":"{}","shard":0,{}}})", name, more));
    }
    [[nodiscard]] bool resumed(std::int64_t times) const {
        return eventually([&] { return discord.counter("resumed") >= times && discord.live_sessions() == 1; }, 60s);
    }
    /// Spoils a message in that way, and waits for the RESUME that follows.
    void strike(std::string_view how) {
        CAPTURE(how);
        const auto before = discord.counter("resumed");
        fault("F35", fmt::format(R"("how":"{}","megabytes":{})", how, compression == "none" ? 40 : 120));
        if (!resumed(before + 1)) FAIL(bot->last_lines(20));
    }
    [[nodiscard]] std::size_t lines(std::string_view text) const {
        const auto all = bot->running().err();
        std::size_t count = 0;
        for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
        return count;
    }
    [[nodiscard]] shoal::sim::audit_report audit() {
        if (commands) REQUIRE(discord.issued_commands(1));
        REQUIRE(discord.drain());
        auto report = settled_audit(discord, home);
        CHECK(bot->stop() == 0);
        CHECK(discord.counter("identifies") == identifies);
        return report;
    }
    std::string compression;
    discord_process discord;
    temp_folder home;
    std::unique_ptr<bot_process> bot;
    std::int64_t identifies = 0;
    bool commands = false;
};

/// At most so many MB more than before at the peak, and afterwards next to nothing.
void check_memory(const stage& here, std::size_t before, std::size_t most) {
    const auto peak = here.bot->running().peak_resident();
    const auto after = here.bot->running().resident();
    MESSAGE(fmt::format("{}: {} MB before, {} MB at the peak, {} MB after", here.compression, before / megabyte, peak / megabyte,
                        after / megabyte));
    if (is_sanitized()) return;
    CHECK(peak < before + most * megabyte);
    CHECK(after < before + 12 * megabyte);
}

void spoil_everything(std::string_view compression) {
    stage here(compression);
    const auto before = here.bot->running().resident();
    here.bot->running().forget_peak();
    for (int round = 0; round < 2; ++round) {
        for (const auto* how : {"byte", "truncate", "bomb", "cut_json", "no_op"}) {
            if (compression == "none" && std::string_view(how) == "byte") continue;
            here.strike(how);
        }
    }
    // A bomb is stopped at 64 MiB, and all of it is given back.
    check_memory(here, before, 85);
    CHECK(here.lines("Discord sent a message that is too large") >= 1);
    CHECK(here.lines("Discord sent a message that is no JSON") >= 1);
    CHECK(here.lines("Discord sent JSON that is no gateway message") >= 1);
    if (compression != "none") CHECK(here.lines("Discord sent broken compression") >= 1);
    const auto report = here.audit();
    check_clean(report, here.discord.oracle());
    CHECK(report.commands > 0);
}

void step_over_poison(std::string_view compression) {
    // No command: one that comes while a connection is away twice may be too late for its 3 s.
    stage here(compression, 0);
    std::uint64_t poison = 0;
    const auto poisonous = [&](std::string_view how) {
        CAPTURE(how);
        const auto before = here.discord.counter("resumed");
        here.fault("F46", how);
        // Twice it breaks its reader; the third connection goes on behind it.
        ++poison;
        if (!here.resumed(before + 1)) FAIL(here.bot->last_lines(20));
        CHECK(eventually([&] { return here.lines("poison skipped") >= 1; }));
    };
    poisonous(R"("kind":"no_ids")");
    poisonous(R"("kind":"cut_json")");
    if (compression == "none") poisonous(R"("kind":"utf8")");
    const auto report = here.audit();
    CAPTURE(shoal::sim::to_text(report));
    CHECK(report.refused.empty());
    CHECK(report.poison == poison);
    CHECK(report.lost == 0);
    CHECK(report.doubled == 0);
    CHECK(report.out_of_order == 0);
    CHECK(report.handled == report.events_sent - report.lost_with_session - poison);
    CHECK(here.lines("Discord sent an event that cannot be read") == 1);
}

/// What is odd, but can be read: nothing breaks, nothing is stepped over.
void bear_odd_data(std::string_view compression) {
    stage here(compression);
    (void)here.discord.control(R"({"do":"set","unknown_event_share":0.5})");
    const std::string_view kinds = compression == "none" ? "surrogate presence_types numbers null permissions"
                                                         : "utf8 surrogate presence_types numbers null permissions";
    for (std::size_t at = 0; at < kinds.size();) {
        const auto end = std::min(kinds.find(' ', at), kinds.size());
        here.fault("F46", fmt::format(R"("kind":"{}")", kinds.substr(at, end - at)));
        at = end + 1;
    }
    here.fault("F46", R"("kind":"nesting","depth":100000)");
    CHECK(eventually([&] { return here.discord.counter("unknown_events") > 5; }));
    const auto report = here.audit();
    check_clean(report, here.discord.oracle());
    CHECK(here.discord.counter("resumed") == 0);
    CHECK(here.lines("Discord sent") == 0);
}

/// A guild of 20 MB, and one of 2,000 roles: read, and their buffers given back.
void swallow_giants(std::string_view compression) {
    stage here(compression);
    const auto before = here.bot->running().resident();
    here.bot->running().forget_peak();
    for (int round = 0; round < 3; ++round) {
        here.fault("F32", R"("megabytes":20,"roles":2000)");
        const auto sent = here.discord.counter("dispatches");
        REQUIRE(eventually([&] { return here.discord.counter("dispatches") > sent + 40; }));
    }
    REQUIRE(here.discord.drain());
    const auto report = settled_audit(here.discord, here.home);
    check_memory(here, before, 60);
    CHECK(here.bot->stop() == 0);
    check_clean(report, here.discord.oracle());
    CHECK(here.discord.counter("resumed") == 0);
}

}  // namespace

TEST_CASE("F35 over zstd-stream: corrupt, cut off, a bomb, half a JSON, no op; each costs a RESUME and nothing else") {
    spoil_everything("zstd");
}
TEST_CASE("F35 the same over zlib-stream") { spoil_everything("zlib"); }
TEST_CASE("F35 the same without compression") { spoil_everything("none"); }

TEST_CASE("F35 a storm of spoiled messages is one line of the log a minute, and the count of those held back") {
    stage here("zstd");
    const auto start = clock::now();
    constexpr std::size_t storm = 25;
    for (std::size_t i = 0; i < storm; ++i) here.strike("cut_json");
    const auto minutes = static_cast<std::size_t>((clock::now() - start) / 1min);
    CHECK(here.lines("Discord sent a message that is no JSON") >= 1);
    CHECK(here.lines("Discord sent a message that is no JSON") <= 1 + minutes);
    const auto report = here.audit();
    check_clean(report, here.discord.oracle());
}

TEST_CASE("F46 over zstd-stream: a message that breaks its reader twice is stepped over, counted, and nothing else is lost") {
    step_over_poison("zstd");
}
TEST_CASE("F46 poison over zlib-stream") { step_over_poison("zlib"); }
TEST_CASE("F46 poison without compression, text that is no UTF-8 among it") { step_over_poison("none"); }

TEST_CASE("F46 over zstd-stream: odd data, 100,000 arrays deep and unknown events break nothing") { bear_odd_data("zstd"); }
TEST_CASE("F46 odd data over zlib-stream") { bear_odd_data("zlib"); }
TEST_CASE("F46 odd data without compression") { bear_odd_data("none"); }

TEST_CASE("F32 over zstd-stream: guilds of 20 MB and 2,000 roles are read, and their memory is given back") {
    swallow_giants("zstd");
}
TEST_CASE("F32 giants over zlib-stream") { swallow_giants("zlib"); }
TEST_CASE("F32 giants without compression") { swallow_giants("none"); }
