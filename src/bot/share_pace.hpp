#pragma once
// Requests at a steady rate, in the order in which they were asked for: each is given its time. Pure; belongs to whoever guards
// it. Not here: Discord's limits (src/rest), which hold beside it.

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/time.hpp"

namespace shoal::runtime {

class share_pace {
public:
    /// When so many requests may begin; those after them begin when these had their time.
    [[nodiscard]] instant reserve(instant now, std::size_t requests, double per_second) noexcept {
        const auto begin = std::max(now, free_);
        const std::chrono::duration<double> takes(static_cast<double>(requests) / per_second);
        free_ = begin + std::chrono::duration_cast<duration>(takes);
        return begin;
    }

private:
    instant free_{};
};

}  // namespace shoal::runtime
