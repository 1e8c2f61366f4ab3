// The checkers are shown to bite: each planted bug is found.

#include <doctest/doctest.h>

#include "fleet/simulation.hpp"

using namespace shoal;
using namespace shoal::fleet_simulation;

namespace {

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

}  // namespace

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
SHOAL_PLANTED(reserve_spent)
SHOAL_PLANTED(refund_doubled)
SHOAL_PLANTED(identify_without_proof)
SHOAL_PLANTED(slice_given_on_at_once)
SHOAL_PLANTED(slices_not_adopted)
SHOAL_PLANTED(orphan_keeps_slice)
SHOAL_PLANTED(fence_forgotten)

TEST_CASE("the checkers find the planted bug: the lease is taken on the wall clock") {
    run_options with;
    with.lease_on_wall_clock = true;
    CHECK(seeds_until_found(with) != 0);
}
