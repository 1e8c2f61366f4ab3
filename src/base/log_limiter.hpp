#pragma once
// When to say again what the far end can make us say without end: one line a kind and minute. Pure.
// Not here: the log (logger.hpp), the kinds.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/time.hpp"

namespace shoal {

/// Lets one line of each kind through a minute, and tells how many were held back since the last one.
template <std::size_t Kinds>
class log_limiter {
public:
    static constexpr duration pause = std::chrono::minutes(1);

    /// How many of this kind were held back since the last line; nullopt: hold this one back, too.
    [[nodiscard]] std::optional<std::uint64_t> pass(std::size_t kind, instant now) noexcept {
        auto& one = kinds_[kind];
        if (one.last && now - *one.last < pause) {
            ++one.held_back;
            return std::nullopt;
        }
        one.last = now;
        return std::exchange(one.held_back, 0);
    }

private:
    struct state {
        std::optional<instant> last;
        std::uint64_t held_back = 0;
    };
    std::array<state, Kinds> kinds_{};
};

}  // namespace shoal
