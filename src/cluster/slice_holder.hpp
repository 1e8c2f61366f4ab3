#pragma once
// A worker's slice of the bot's global REST limit: what it may use now, and what of it a coordinator must still reckon with. Like
// the lease of shards it counts from the worker's own sending of the heartbeat whose ack told it.
// Not here: who gets how much (rest_shares.hpp), when a request goes out (src/rest).

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

#include "base/time.hpp"
#include "cluster/messages.hpp"

namespace shoal::cluster {

class slice_holder {
public:
    /// What Discord counts together.
    static constexpr duration window = std::chrono::seconds(1);

    /// The ack of heartbeat `which`, sent at `sent`, told this one. False: a newer one told another before.
    bool told(const rest_slice& what, beat_number which, instant sent, instant now) {
        if (which <= obeys_) return false;
        obeys_ = which;
        former_.push_back({may_use(now), now});
        forget_before(now - window);
        slice_ = what;
        sent_ = sent;
        since_ = now;
        return true;
    }
    /// Requests a second. Nothing before the first ack, and nothing when even the lease of the minimum is over.
    [[nodiscard]] std::uint32_t may_use(instant when) const noexcept {
        return when < slice_until() ? slice_.per_second : when < minimum_until() ? slice_.minimum : 0;
    }
    /// The most that it may use, or might in any moment of the last second: what a coordinator must reckon with.
    [[nodiscard]] std::uint32_t in_use(instant now) const noexcept {
        auto most = may_use(std::max(since_, now - window));
        for (const auto& each : former_)
            if (each.until > now - window) most = std::max(most, each.per_second);
        return most;
    }
    [[nodiscard]] const rest_slice& slice() const noexcept { return slice_; }
    [[nodiscard]] instant slice_until() const noexcept { return sent_ + slice_.good_for; }
    [[nodiscard]] instant minimum_until() const noexcept { return sent_ + slice_.minimum_for; }
    [[nodiscard]] beat_number obeys() const noexcept { return obeys_; }

private:
    void forget_before(instant when) {
        while (!former_.empty() && former_.front().until <= when) former_.pop_front();
    }
    struct former_right {
        std::uint32_t per_second;
        instant until;
    };
    rest_slice slice_;
    instant sent_{}, since_{};
    beat_number obeys_{};
    std::deque<former_right> former_;  // Of the last second.
};

}  // namespace shoal::cluster
