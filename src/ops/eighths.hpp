#pragma once
// Measured numbers in a page's JSON: exact in binary, so that they are written short. For this room only.
// Not here: tables for people.

#include <cmath>

namespace shoal::ops {

[[nodiscard]] inline double to_eighths(double number) { return std::round(number * 8) / 8; }

}  // namespace shoal::ops
