#pragma once
// Requests at a steady rate that may change at any moment. Pure; belongs to whoever guards it. Not here: Discord's limits
// (src/rest), which hold beside it.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include "base/time.hpp"

namespace shoal::runtime {

class share_pace {
public:
    /// A wait is no longer than this, however slow the rate is just now.
    static constexpr duration look_again = std::chrono::milliseconds(500);

    /// Nothing: so many requests begin now, and those after them when these had their time. Else when to ask again: whoever comes
    /// first then goes first.
    [[nodiscard]] std::optional<duration> take(instant now, std::size_t requests, double per_second) noexcept {
        const std::chrono::duration<double> passed = now - at_;
        at_ = now;
        owed_ = std::max(0.0, owed_ - passed.count() * per_second);
        if (owed_ > 0) {
            const std::chrono::duration<double> rest(owed_ / per_second);
            return rest < look_again ? std::chrono::duration_cast<duration>(rest) + duration(1) : look_again;
        }
        owed_ = static_cast<double>(requests);
        return std::nullopt;
    }

private:
    double owed_ = 0;  // Requests that began and whose time is not over.
    instant at_{};
};

}  // namespace shoal::runtime
