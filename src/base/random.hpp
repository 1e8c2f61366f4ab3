#pragma once
// A small seeded random generator whose sequence is the same on every machine. Not for secrets.

#include <cstdint>

#include "base/time.hpp"

namespace shoal {

/// splitmix64: one word of state, good enough for jitter, simulations and generated worlds.
class random_source {
public:
    explicit constexpr random_source(std::uint64_t seed) noexcept : state_(seed) {}

    constexpr std::uint64_t next() noexcept {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    /// Uniform in [0, bound); 0 if bound is 0.
    constexpr std::uint64_t below(std::uint64_t bound) noexcept {
        return bound == 0 ? 0 : static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
    }
    /// Uniform in [0, 1).
    constexpr double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    /// True with probability `p`.
    constexpr bool chance(double p) noexcept { return unit() < p; }
    /// Uniform in [low, high].
    constexpr duration between(duration low, duration high) noexcept {
        return low + duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((high - low).count()) + 1)));
    }
    /// A generator whose sequence is independent of this one's future.
    constexpr random_source fork() noexcept { return random_source(next()); }

private:
    std::uint64_t state_;
};

}  // namespace shoal
