// Fleets in virtual time from seeds: nothing is wrong where nothing was planted, and every planted bug is found.

#include "fleet/simulation.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>

using namespace shoal;
using namespace shoal::fleet_simulation;

namespace {

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

#ifdef SHOAL_SANITIZED
constexpr std::uint64_t seeds = 30, large_seeds = 0;
#else
constexpr std::uint64_t seeds = 300, large_seeds = 1;
#endif
constexpr std::uint64_t seeds_for_a_bug = 200;

/// How many seeds it takes to find the bug; 0: it is not found.
std::uint64_t seeds_until_found(run_options with) {
    for (with.seed = 1; with.seed <= seeds_for_a_bug; ++with.seed) {
        const auto report = run(with);
        if (report.findings.empty()) continue;
        MESSAGE("found by seed ", with.seed, ": ", report.findings.front());
        return with.seed;
    }
    return 0;
}

void run_seeds(std::uint64_t first, std::uint64_t last, bool large) {
    std::int64_t identifies = 0, resumes = 0;
    std::uint64_t strikes = 0, stale = 0;
    for (auto seed = first; seed <= last; ++seed) {
        run_options with;
        with.seed = seed;
        with.large = large;
        const auto report = run(with);
        identifies += report.identifies;
        resumes += report.resumes;
        strikes += report.strikes;
        stale += report.stale_orders;
        CHECK_MESSAGE(report.findings.empty(), report.text());
        if (!report.findings.empty()) return;  // One transcript is enough to read.
    }
    MESSAGE(fmt::format("{} runs: {} strikes, {} IDENTIFYs, {} RESUMEs, {} stale orders refused", last - first + 1, strikes,
                        identifies, resumes, stale));
    // A simulation in which nothing happens would find nothing.
    CHECK(strikes > 20 * (last - first + 1));
    CHECK(resumes > 10 * static_cast<std::int64_t>(last - first + 1));
}

}  // namespace

TEST_CASE("from every seed no shard has two owners, no IDENTIFY is wasted, the budget holds and every shard comes back") {
    const auto only = number_of("SHOAL_SEED", 0);
    run_seeds(only != 0 ? only : 1, only != 0 ? only : number_of("SHOAL_SEEDS", seeds), false);
}

TEST_CASE("so it is with 200 workers and 16384 shards") {
    const auto only = number_of("SHOAL_LARGE_SEED", 0);
    const auto last = only != 0 ? only : number_of("SHOAL_LARGE_SEEDS", large_seeds);
    if (last > 0) run_seeds(only != 0 ? only : 1, last, true);
}

TEST_CASE("a run from one seed is the same every time") {
    run_options with;
    with.seed = 7;
    const auto one = run(with), two = run(with);
    CHECK(one.identifies == two.identifies);
    CHECK(one.resumes == two.resumes);
    CHECK(one.strikes == two.strikes);
}

#define SHOAL_PLANTED(bug)                                  \
    TEST_CASE("the checkers find the planted bug: " #bug) { \
        run_options with;                                   \
        with.planted.bug = true;                            \
        CHECK(seeds_until_found(with) != 0);                \
    }

SHOAL_PLANTED(epoch_ignored)
SHOAL_PLANTED(old_leader_obeyed)
SHOAL_PLANTED(lease_from_receive)
SHOAL_PLANTED(orphan_reconnects_twice)
SHOAL_PLANTED(events_before_noted)
SHOAL_PLANTED(permit_granted_twice)
SHOAL_PLANTED(resume_from_received)
SHOAL_PLANTED(second_incarnation_admitted)
SHOAL_PLANTED(empty_store_starts_at_once)
SHOAL_PLANTED(join_moves_everything)
SHOAL_PLANTED(dead_by_silence)
SHOAL_PLANTED(refund_doubled)
SHOAL_PLANTED(identify_without_proof)

TEST_CASE("the checkers find the planted bug: the lease is taken on the wall clock") {
    run_options with;
    with.lease_on_wall_clock = true;
    CHECK(seeds_until_found(with) != 0);
}
