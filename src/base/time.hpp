#pragma once
// The time that decides: CLOCK_BOOTTIME as a time_point. It goes on while the machine sleeps and never jumps.
// Not here: a now(). Pure rooms are handed the time; the real scheduler reads the clock.

#include <chrono>
#include <cstdint>

namespace shoal {

/// The clock whose points are `instant`. Only a scheduler makes them, so it has no now().
struct boot_clock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<boot_clock, duration>;
    static constexpr bool is_steady = true;
};

using instant = boot_clock::time_point;
using duration = boot_clock::duration;

/// Later than anything that will happen.
inline constexpr instant never = instant::max();

[[nodiscard]] constexpr std::int64_t to_ms(duration d) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace shoal
