#include "sim/core/identify_limits.hpp"

#include <algorithm>

namespace shoal::sim {

void identify_limits::roll(instant now) {
    if (window_start_ != never && now >= window_start_ + how_.window) restart();
    if (window_start_ == never) window_start_ = now;
}

bool identify_limits::charge(instant now) {
    roll(now);
    ++used_;
    return used_ <= how_.total;
}

identify_verdict identify_limits::take(std::uint32_t shard, instant now) {
    const std::int64_t key = static_cast<std::int64_t>(shard) % std::max<std::int64_t>(1, how_.max_concurrency);
    const auto last = last_of_key_.find(key);
    if (last != last_of_key_.end() && now < last->second + how_.key_window) {
        if (how_.charge_breaches && !charge(now)) return identify_verdict::budget_breach;
        return identify_verdict::key_breach;
    }
    last_of_key_[key] = now;
    return charge(now) ? identify_verdict::ok : identify_verdict::budget_breach;
}

std::int64_t identify_limits::remaining(instant now) const noexcept {
    if (window_start_ == never || now >= window_start_ + how_.window) return how_.total;
    return std::max<std::int64_t>(0, how_.total - used_);
}

duration identify_limits::reset_after(instant now) const noexcept {
    if (window_start_ == never || now >= window_start_ + how_.window) return {};
    return window_start_ + how_.window - now;
}

void identify_limits::leave(std::int64_t remaining, instant now) {
    roll(now);
    used_ = how_.total - remaining;
}

void identify_limits::restart() noexcept {
    used_ = 0;
    window_start_ = never;
}

}  // namespace shoal::sim
