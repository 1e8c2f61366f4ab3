#include "sim/core/snowflakes.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace shoal::sim {

std::uint64_t mix(std::uint64_t seed, std::string_view text) noexcept {
    std::uint64_t hash = seed ^ 0xCBF29CE484222325ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return random_source(hash).next();
}

std::optional<std::uint64_t> parse_snowflake(std::string_view digits) noexcept {
    std::uint64_t value = 0;
    const char* last = digits.data() + digits.size();
    auto [end, ec] = std::from_chars(digits.data(), last, value);
    if (digits.empty() || ec != std::errc{} || end != last || value == 0) return std::nullopt;
    return value;
}

std::string iso_time(std::int64_t unix_ms, unsigned microseconds) {
    using namespace std::chrono;
    const sys_time<milliseconds> when{milliseconds(unix_ms)};
    const auto day = floor<days>(when);
    const year_month_day date(day);
    const auto of_day = (when - day).count();
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{:03}+00:00", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day / 3600000,
                       of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000, microseconds % 1000);
}

std::uint64_t snowflake_mint::next(std::int64_t discord_ms) noexcept {
    // Time never goes back, and a millisecond with 4,096 ids in it is full, as on Discord.
    if (discord_ms > last_ms_) {
        last_ms_ = discord_ms;
        used_ = 0;
        start_ = low_.below(1024) << 12;  // worker and process
    } else if (++used_ == 4096) {
        ++last_ms_;
        used_ = 0;
    }
    return snowflake_of(last_ms_, start_ | used_);
}

std::uint64_t snowflake_mint::next_with(std::int64_t discord_ms, std::uint64_t low) noexcept {
    last_ms_ = discord_ms > last_ms_ ? discord_ms : last_ms_ + 1;
    used_ = 4095;
    return snowflake_of(last_ms_, low);
}

}  // namespace shoal::sim
