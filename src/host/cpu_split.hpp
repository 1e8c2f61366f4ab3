#pragma once
// How much of a core a thread takes, and what part of that is a shard's. The kernel counts threads, not shards, and to ask it
// twice an event would cost more than the event: so a thread's time is split by the events of its shards. Pure.
// Not here: asking the kernel (shard_home.cpp).

#include <array>
#include <cstddef>

#include "base/time.hpp"

namespace shoal::host {

class cpu_split {
public:
    /// About once a second: what the thread has used since it began.
    void second_passed(duration used, instant now) noexcept {
        if (at_ != instant{} && now > at_) {
            spans_[second_ % spans_.size()] = now - at_;
            uses_[second_++ % uses_.size()] = used - used_;
        }
        at_ = now;
        used_ = used;
    }
    /// Of one core, over the last five seconds.
    [[nodiscard]] double share() const noexcept {
        duration used{}, span{};
        for (const auto each : uses_) used += each;
        for (const auto each : spans_) span += each;
        return span > duration{} ? static_cast<double>(used.count()) / static_cast<double>(span.count()) : 0;
    }
    /// The part of one of `shards` shards that brings `rate` of all `rates` events; where nothing comes, all have the same.
    [[nodiscard]] double part(double rate, double rates, std::size_t shards) const noexcept {
        if (rates > 0) return share() * rate / rates;
        return shards == 0 ? 0 : share() / static_cast<double>(shards);
    }

private:
    std::array<duration, 5> uses_{}, spans_{};
    std::size_t second_ = 0;
    duration used_{};
    instant at_{};
};

}  // namespace shoal::host
