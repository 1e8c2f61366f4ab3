// The largest fleets that are promised, from seeds.

#include <doctest/doctest.h>

#include "fleet/run_seeds.hpp"

using namespace shoal::fleet_simulation;

namespace {

#ifdef SHOAL_SANITIZED
constexpr std::uint64_t seeds = 0;  // Ten seconds each without, some minutes with.
#else
constexpr std::uint64_t seeds = 10;
#endif

}  // namespace

TEST_CASE("200 workers with 16384 shards keep what small fleets keep") {
    const auto only = number_of("SHOAL_LARGE_SEED", 0);
    const auto last = only != 0 ? only : number_of("SHOAL_LARGE_SEEDS", seeds);
    if (last > 0) run_seeds(only != 0 ? only : number_of("SHOAL_FIRST_LARGE_SEED", 1), last, true);
}
