#pragma once
// Names from the system: this boot (boot-clock times mean something only within it), and fresh random ones.

#include <array>
#include <cstdint>
#include <string>

#include "shoal/error.hpp"

namespace shoal::state {

/// /proc/sys/kernel/random/boot_id.
[[nodiscard]] result<std::string> boot_id();

/// 128 random bits, made anew at each call.
using incarnation = std::array<std::uint8_t, 16>;
[[nodiscard]] incarnation make_incarnation();
/// 32 lower-case hex digits.
[[nodiscard]] std::string to_hex(const incarnation& which);
/// 64 of such bits, and never 0, which stands for "none" wherever a number is a name.
[[nodiscard]] std::uint64_t random_number();

}  // namespace shoal::state
