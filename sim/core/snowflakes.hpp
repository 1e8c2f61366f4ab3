#pragma once
// Discord's ids and timestamps as the simulator makes them: snowflakes from milliseconds, ISO 8601 from Unix time [6.6].
// Not here: which entity has which id (guild_state.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"

namespace shoal::sim {

inline constexpr std::int64_t discord_epoch_ms = 1420070400000;
inline constexpr unsigned snowflake_low_bits = 22;
inline constexpr std::uint64_t snowflake_low_mask = (1ULL << snowflake_low_bits) - 1;

/// Milliseconds since Discord's epoch in an id, and the id of such a millisecond.
[[nodiscard]] constexpr std::int64_t discord_ms_of(std::uint64_t id) noexcept {
    return static_cast<std::int64_t>(id >> snowflake_low_bits);
}
[[nodiscard]] constexpr std::uint64_t snowflake_of(std::int64_t discord_ms, std::uint64_t low) noexcept {
    return (static_cast<std::uint64_t>(discord_ms) << snowflake_low_bits) | (low & snowflake_low_mask);
}

/// One word from several: every entity of a world is a function of such a word, so that nothing has to be stored.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c = 0) noexcept {
    random_source words(a ^ (b * 0xD6E8FEB86659FD93ULL));
    return random_source(words.next() ^ (c * 0xA0761D6478BD642FULL)).next();
}
[[nodiscard]] std::uint64_t mix(std::uint64_t seed, std::string_view text) noexcept;

/// When the simulated world stood as its seed says, 2026-10-01: everything generated is older, everything that happens is newer.
inline constexpr std::int64_t world_birth_ms = 1790812800000 - discord_epoch_ms;

/// Digits only, 1 to 20 of them, within 64 bits, not 0.
[[nodiscard]] std::optional<std::uint64_t> parse_snowflake(std::string_view digits) noexcept;

/// Tells the wall clock's time of an instant. The core has no clock: whoever runs it says once what time instant 0 was.
class wall_clock {
public:
    explicit constexpr wall_clock(std::int64_t unix_ms_at_zero) noexcept : at_zero_(unix_ms_at_zero) {}
    [[nodiscard]] constexpr std::int64_t unix_ms(instant now) const noexcept { return at_zero_ + to_ms(now.time_since_epoch()); }
    [[nodiscard]] constexpr std::int64_t discord_ms(instant now) const noexcept { return unix_ms(now) - discord_epoch_ms; }

private:
    std::int64_t at_zero_;
};

/// "2021-03-04T05:06:07.123456+00:00".
[[nodiscard]] std::string iso_time(std::int64_t unix_ms, unsigned microseconds = 0);

/// Hands out ids that never repeat, in order of time.
class snowflake_mint {
public:
    explicit snowflake_mint(std::uint64_t seed) noexcept : low_(seed) {}
    [[nodiscard]] std::uint64_t next(std::int64_t discord_ms) noexcept;
    /// One whose low bits say whose it is; it has its millisecond for itself.
    [[nodiscard]] std::uint64_t next_with(std::int64_t discord_ms, std::uint64_t low) noexcept;

private:
    std::int64_t last_ms_ = 0;
    std::uint64_t used_ = 0;
    random_source low_;
    std::uint64_t start_ = 0;
};

}  // namespace shoal::sim
