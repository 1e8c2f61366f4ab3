// Fleets of all small sizes in virtual time, from seeds: nothing is wrong where nothing was planted.

#include "fleet/simulation.hpp"

#include <doctest/doctest.h>

#include "fleet/run_seeds.hpp"

using namespace shoal;
using namespace shoal::fleet_simulation;

namespace {

#ifdef SHOAL_SANITIZED
constexpr std::uint64_t seeds = 30;
#else
constexpr std::uint64_t seeds = 990;
#endif

}  // namespace

TEST_CASE("from every seed no shard has two owners, no IDENTIFY is wasted, the budget holds and every shard comes back") {
    const auto only = number_of("SHOAL_SEED", 0);
    run_seeds(only != 0 ? only : number_of("SHOAL_FIRST_SEED", 1), only != 0 ? only : number_of("SHOAL_SEEDS", seeds), false);
}

TEST_CASE("a run from one seed is the same every time") {
    run_options with;
    with.seed = 7;
    const auto one = run(with), two = run(with);
    CHECK(one.identifies == two.identifies);
    CHECK(one.resumes == two.resumes);
    CHECK(one.strikes == two.strikes);
}
