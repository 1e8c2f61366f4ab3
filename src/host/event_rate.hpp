#pragma once
// How many events came: all of them, and for each of the last seconds. Not here: which ones (src/gateway/silence_watch.hpp).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace shoal::host {

class event_rate {
public:
    void count() noexcept { ++events_; }
    void second_passed() noexcept {
        last_seconds_[second_++ % last_seconds_.size()] = static_cast<std::uint32_t>(events_ - events_at_second_);
        events_at_second_ = events_;
    }
    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
    /// Over the last five seconds, or as many as have passed.
    [[nodiscard]] double per_second() const noexcept {
        const auto seconds = std::min(second_, last_seconds_.size());
        if (seconds == 0) return 0;
        return static_cast<double>(std::accumulate(last_seconds_.begin(), last_seconds_.end(), std::uint64_t{0})) /
               static_cast<double>(seconds);
    }

private:
    std::uint64_t events_ = 0, events_at_second_ = 0;
    std::array<std::uint32_t, 5> last_seconds_{};
    std::size_t second_ = 0;
};

}  // namespace shoal::host
