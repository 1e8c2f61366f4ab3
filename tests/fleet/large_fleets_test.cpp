// The largest fleets that are promised, from seeds.

#include <doctest/doctest.h>

#include "fleet/run_seeds.hpp"

using namespace shoal::fleet_simulation;

namespace {

#ifdef SHOAL_SANITIZED
constexpr std::uint64_t seeds = 0;  // Eight seconds each without, some minutes with.
#else
constexpr std::uint64_t seeds = 10;
#endif

/// In two halves, which ctest runs beside each other.
void run_half(bool second) {
    const auto only = number_of("SHOAL_LARGE_SEED", 0);
    const auto first = only != 0 ? only : number_of("SHOAL_FIRST_LARGE_SEED", 1);
    const auto last = only != 0 ? only : number_of("SHOAL_LARGE_SEEDS", seeds);
    if (last < first) return;
    const auto middle = first + (last - first) / 2;
    if (!second) run_seeds(first, middle, true);
    if (second && middle < last) run_seeds(middle + 1, last, true);
}

}  // namespace

TEST_CASE("200 workers with 16384 shards keep what small fleets keep: the first half of the seeds") { run_half(false); }
TEST_CASE("200 workers with 16384 shards keep what small fleets keep: the other half of the seeds") { run_half(true); }
