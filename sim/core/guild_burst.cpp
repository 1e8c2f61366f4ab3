#include "sim/core/guild_burst.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace shoal::sim {

std::vector<burst_item> plan_burst(std::vector<std::uint64_t> guilds, const burst_pace& pace, instant start,
                                   random_source& random) {
    for (std::size_t left = guilds.size(); left > 1; --left) {
        std::swap(guilds[left - 1], guilds[static_cast<std::size_t>(random.below(left))]);
    }
    const double step = pace.per_second > 0 ? 1e9 / pace.per_second : 0;
    std::vector<burst_item> plan;
    plan.reserve(guilds.size());
    double at = 0;
    for (const std::uint64_t guild : guilds) {
        at += step * (0.5 + random.unit());  // Jitter round the step: the mean rate stays.
        instant when = start + duration(static_cast<std::int64_t>(at));
        if (random.chance(pace.late_share)) when += random.between(pace.late_least, pace.late_most);
        plan.push_back({when, guild});
    }
    std::ranges::sort(
        plan, [](const burst_item& a, const burst_item& b) { return a.when != b.when ? a.when > b.when : a.guild > b.guild; });
    return plan;
}

duration log_normal_between(duration least, duration most, random_source& random) {
    if (least.count() <= 0 || most <= least) return std::max(least, duration{});
    const double low = static_cast<double>(least.count());
    const double high = static_cast<double>(most.count());
    const double normal = std::sqrt(-2.0 * std::log(1.0 - random.unit())) * std::cos(2.0 * std::numbers::pi * random.unit());
    const double drawn = std::sqrt(low * high) * std::exp(normal * std::log(high / low) / 4.0);
    return std::clamp(duration(static_cast<std::int64_t>(drawn)), least, most);
}

}  // namespace shoal::sim
