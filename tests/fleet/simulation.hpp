#pragma once
// One run of a fleet from one seed: faults, quiet, and what the checkers found.

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/planted.hpp"

namespace shoal::fleet_simulation {

struct run_options {
    std::uint64_t seed = 1;
    cluster::planted_bugs planted = {};
    bool lease_on_wall_clock = false;  ///< Planted, in the worker's driver.
    bool large = false;                ///< 200 workers and 16,384 shards.
};

struct run_report {
    std::uint64_t seed = 0;
    bool large = false;
    std::vector<std::string> findings;  ///< Empty: nothing is wrong.
    std::string transcript;
    std::uint64_t workers = 0, shards = 0, strikes = 0, stale_orders = 0;
    std::int64_t identifies = 0, resumes = 0;
    [[nodiscard]] std::string text() const;
};

[[nodiscard]] run_report run(const run_options& options);

}  // namespace shoal::fleet_simulation
