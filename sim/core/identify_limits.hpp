#pragma once
// One bot's right to IDENTIFY: a window per rate-limit key [1.11, 1.12] and a budget per day [1.14].
// Not here: what a breach brings (gateway.hpp); the numbers of GET /gateway/bot are read from here.

#include <cstdint>
#include <map>

#include "base/time.hpp"

namespace shoal::sim {

enum class identify_verdict : std::uint8_t { ok, key_breach, budget_breach };

class identify_limits {
public:
    struct settings {
        std::int64_t max_concurrency = 1;
        std::int64_t total = 1000;
        duration window = std::chrono::hours(24);
        duration key_window = std::chrono::seconds(5);
        bool charge_breaches = true;
    };
    explicit identify_limits(settings how) : how_(how) {}

    /// One valid IDENTIFY for this shard, whatever its total: keys belong to the bot, not to a shard set.
    [[nodiscard]] identify_verdict take(std::uint32_t shard, instant now);
    /// Charges the budget without a key: an IDENTIFY of somebody else, or one that a fault refuses.
    [[nodiscard]] bool charge(instant now);

    [[nodiscard]] std::int64_t remaining(instant now) const noexcept;
    /// Until the window's end; 0 while no window is open.
    [[nodiscard]] duration reset_after(instant now) const noexcept;
    [[nodiscard]] const settings& how() const noexcept { return how_; }
    void set(settings how) { how_ = how; }
    /// Leaves exactly so many starts in the window (F26).
    void leave(std::int64_t remaining, instant now);
    /// A new window: nothing used.
    void restart() noexcept;

private:
    void roll(instant now);
    settings how_;
    std::map<std::int64_t, instant> last_of_key_;
    std::int64_t used_ = 0;
    instant window_start_ = never;  ///< Of the first IDENTIFY; never: no window is open.
};

}  // namespace shoal::sim
