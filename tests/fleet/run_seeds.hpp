#pragma once
// Many runs of the fleet's simulation, with what must be true of them together. Not here: one run (simulation.hpp).

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>

#include "fleet/simulation.hpp"

namespace shoal::fleet_simulation {

/// The number in this environment variable.
inline std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

inline void run_seeds(std::uint64_t first, std::uint64_t last, bool large) {
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
    CHECK(strikes > 10 * (last - first + 1));
    CHECK(resumes > 10 * static_cast<std::int64_t>(last - first + 1));
}

}  // namespace shoal::fleet_simulation
