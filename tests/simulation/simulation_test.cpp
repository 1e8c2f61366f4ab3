// Drivers, desks and a simulated Discord in one thread from seeds: nothing is wrong where nothing was planted, and every planted
// bug is found.

#include "simulation/simulation.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>

using namespace shoal;
using namespace shoal::simulation;

namespace {

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// How many seeds it takes to find the bug; 0: it is not found within `most`.
std::uint64_t seeds_until_found(const run_options& with, std::uint64_t most) {
    for (std::uint64_t seed = 1; seed <= most; ++seed) {
        auto options = with;
        options.seed = seed;
        options.until_found = true;
        const auto report = run(options);
        if (report.findings.empty()) continue;
        MESSAGE("found by seed ", seed, ": ", report.findings.front());
        return seed;
    }
    return 0;
}

#ifdef SHOAL_SANITIZED
constexpr std::uint64_t seeds = 6;
#else
constexpr std::uint64_t seeds = 30;
#endif
constexpr std::uint64_t seeds_for_a_bug = 60;

}  // namespace

TEST_CASE("from every seed nothing is lost, doubled or out of order, no IDENTIFY is wasted and every shard comes back") {
    const auto only = number_of("SHOAL_SEED", 0);
    const auto first = only != 0 ? only : number_of("SHOAL_FIRST_SEED", 1);
    const auto last = only != 0 ? only : number_of("SHOAL_SEEDS", seeds);
    std::uint64_t events = 0, resumes = 0, identifies = 0, sessions = 0, ready_with_missing = 0, kills = 0, replayed = 0;
    for (auto seed = first; seed <= last; ++seed) {
        const auto report = run({seed, {}, false});
        events += report.events;
        resumes += report.resumes;
        identifies += report.identifies;
        sessions += report.sessions;
        ready_with_missing += report.ready_with_missing;
        kills += report.kills;
        replayed += report.replayed;
        CHECK_MESSAGE(report.findings.empty(), report.text());
        if (!report.findings.empty()) break;  // one transcript is enough to read
    }
    MESSAGE(fmt::format("{} events in {} sessions, {} RESUMED, {} IDENTIFYs, {} times ready without some guilds", events,
                        sessions, resumes, identifies, ready_with_missing));
    MESSAGE(fmt::format("{} processes killed, {} events handed out again with a mark", kills, replayed));
    // A simulation in which nothing happens would find nothing.
    CHECK(events > 1000 * (last - first + 1));
    CHECK(resumes > 4 * (last - first + 1));
    CHECK(kills >= last - first + 1);
    CHECK(replayed >= last - first + 1);
    CHECK(ready_with_missing >= (last - first + 1) / 6);
}

TEST_CASE("a run from one seed is the same every time") {
    const auto one = run({7, {}, false});
    const auto two = run({7, {}, false});
    CHECK(one.events == two.events);
    CHECK(one.identifies == two.identifies);
    CHECK(one.resumes == two.resumes);
}

#define SHOAL_PLANTED(bug)                                    \
    TEST_CASE("the checkers find the planted bug: " #bug) {   \
        run_options with;                                     \
        with.planted.bug = true;                              \
        CHECK(seeds_until_found(with, seeds_for_a_bug) != 0); \
    }

SHOAL_PLANTED(duplicates_handed_out)
SHOAL_PLANTED(close_with_1000)
SHOAL_PLANTED(identify_after_close)
SHOAL_PLANTED(drop_when_full)
SHOAL_PLANTED(done_at_start)
SHOAL_PLANTED(forget_backoff)
SHOAL_PLANTED(acks_ignored_after_reconnect)
SHOAL_PLANTED(resume_from_received)
SHOAL_PLANTED(acknowledges_received)
SHOAL_PLANTED(replay_unmarked)
SHOAL_PLANTED(failed_counts_as_received)
SHOAL_PLANTED(permit_not_counted)
SHOAL_PLANTED(reserve_spent)
SHOAL_PLANTED(failures_not_told)
SHOAL_PLANTED(retry_after_ignored)
SHOAL_PLANTED(impatient_for_ready)
SHOAL_PLANTED(waits_for_every_guild)
SHOAL_PLANTED(ends_at_the_last_chunk)
SHOAL_PLANTED(deaf_to_silence)
SHOAL_PLANTED(alarmed_by_every_pause)
SHOAL_PLANTED(goes_on_after_4004)
SHOAL_PLANTED(clings_to_dead_address)

TEST_CASE("the checkers find the planted bug: each process keeps a ledger of its own") {
    run_options with;
    with.ledger_not_shared = true;
    CHECK(seeds_until_found(with, seeds_for_a_bug) != 0);
}
