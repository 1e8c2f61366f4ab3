#pragma once
// Discord's points in time as they come, read as a time when somebody asks.
// Not here: how a time is shown in a message (format.hpp); times that Discord sends as numbers are std::chrono's from the start.
// Source: https://discord.com/developers/docs/reference#iso8601-datetime

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace shoal {
inline namespace v0 {

/// An ISO 8601 text such as "2026-08-06T11:31:01.000000+00:00"; empty where Discord left it out. A view: it lives as long as what
/// it came with.
class timestamp {
public:
    using time_point = std::chrono::sys_time<std::chrono::microseconds>;

    constexpr timestamp() noexcept = default;
    constexpr explicit timestamp(std::string_view text) noexcept : text_(text) {}
    /// As Discord wrote it.
    [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }
    /// False where there was none.
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return !text_.empty(); }
    /// The point in time, to the microsecond (further digits are cut off); nullopt for none, and for a text that is no time of
    /// the years 0 to 9999.
    [[nodiscard]] constexpr std::optional<time_point> time() const noexcept;
    friend constexpr bool operator==(timestamp, timestamp) noexcept = default;

private:
    std::string_view text_;
};

namespace detail {

/// Takes digits and signs from the front of a text; what does not fit makes it bad for good.
class time_scan {
public:
    constexpr explicit time_scan(std::string_view text) noexcept : left_(text) {}
    constexpr int number(int digits) noexcept {
        int value = 0;
        for (int i = 0; i < digits; ++i) {
            if (left_.empty() || left_[0] < '0' || left_[0] > '9') {
                bad_ = true;
                return 0;
            }
            value = value * 10 + (left_[0] - '0');
            left_.remove_prefix(1);
        }
        return value;
    }
    constexpr bool skip(char sign) noexcept {
        if (left_.empty() || left_[0] != sign) return false;
        left_.remove_prefix(1);
        return true;
    }
    constexpr void expect(char sign) noexcept { bad_ = !skip(sign) || bad_; }
    /// The digits after a decimal point, as microseconds.
    constexpr int fraction() noexcept {
        int value = 0;
        int digits = 0;
        for (; !left_.empty() && left_[0] >= '0' && left_[0] <= '9'; left_.remove_prefix(1), ++digits) {
            if (digits < 6) value = value * 10 + (left_[0] - '0');
        }
        bad_ = bad_ || digits == 0;
        for (; digits < 6; ++digits) value *= 10;
        return value;
    }
    [[nodiscard]] constexpr bool good() const noexcept { return !bad_ && left_.empty(); }

private:
    std::string_view left_;
    bool bad_ = false;
};

}  // namespace detail

constexpr std::optional<timestamp::time_point> timestamp::time() const noexcept {
    using namespace std::chrono;
    detail::time_scan scan(text_);
    const int y = scan.number(4);
    scan.expect('-');
    const int m = scan.number(2);
    scan.expect('-');
    const int d = scan.number(2);
    if (!scan.skip(' ')) scan.expect('T');
    const int h = scan.number(2);
    scan.expect(':');
    const int min = scan.number(2);
    scan.expect(':');
    const int s = scan.number(2);
    const int us = scan.skip('.') ? scan.fraction() : 0;
    minutes offset{};
    if (!scan.skip('Z')) {
        const bool behind = scan.skip('-');
        if (!behind) scan.expect('+');
        offset = hours(scan.number(2));
        scan.skip(':');
        offset += minutes(scan.number(2));
        if (behind) offset = -offset;
    }
    const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
    if (!scan.good() || !date.ok() || h > 23 || min > 59 || s > 60) return std::nullopt;
    return time_point(sys_days(date)) + hours(h) + minutes(min) + seconds(s) + microseconds(us) - offset;
}

}  // namespace v0
}  // namespace shoal
