#pragma once
// One run from one seed: processes, faults, and what the checkers found.

#include <cstdint>
#include <string>
#include <vector>

#include "host/planted.hpp"

namespace shoal::simulation {

struct run_options {
    std::uint64_t seed = 1;
    host::planted_bugs planted;
    bool ledger_not_shared = false;  ///< Planted: each process counts for itself.
    bool until_found = false;        ///< Ends soon after the first finding.
};

struct run_report {
    std::vector<std::string> findings;  ///< Empty: nothing is wrong.
    std::string transcript;             ///< Its tail.
    std::uint64_t kills = 0;            ///< Of processes, as by kill -9.
    std::uint64_t replayed = 0;         ///< Events that a later process handed out again and said so.
    std::uint64_t events = 0, sessions = 0, resumes = 0, identifies = 0, faults = 0;
    std::uint64_t ready_with_missing = 0;  ///< How often a shard was told ready without some of its guilds.
    /// The findings and the transcript with the seed that repeats them.
    [[nodiscard]] std::string text() const;
    std::uint64_t seed = 0;
};

/// Ten to fifteen minutes of virtual time: faults, then quiet, then the checkers.
[[nodiscard]] run_report run(const run_options& options);

}  // namespace shoal::simulation
