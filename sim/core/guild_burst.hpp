#pragma once
// When each GUILD_CREATE after READY is sent: in random order, at a rate, some of them late [#14].
// Not here: sending them.

#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "sim/core/session_table.hpp"

namespace shoal::sim {

struct burst_pace {
    double per_second = 200;
    double late_share = 0.1;
    duration late_least{}, late_most{};
};

/// Latest first, so that the next one is at the back.
[[nodiscard]] std::vector<burst_item> plan_burst(std::vector<std::uint64_t> guilds, const burst_pace& pace, instant start,
                                                 random_source& random);

/// Log-normal between two bounds that lie two standard deviations from its median; clamped to them.
[[nodiscard]] duration log_normal_between(duration least, duration most, random_source& random);

}  // namespace shoal::sim
