#pragma once
// A worker's lease: counted from its own sending of the heartbeat that the coordinator echoed, so that no delay on the way can
// make it longer than the coordinator believes (protocols.md 2). Not here: what is allowed with it (worker_session.hpp).

#include <deque>

#include "base/time.hpp"
#include "cluster/ids.hpp"

namespace shoal::cluster {

class lease_holder {
public:
    /// The number of a heartbeat that goes out now.
    beat_number send(instant now) {
        if (sent_.size() == most_remembered) sent_.pop_front();
        last_ = next(last_);
        sent_.push_back({last_, now});
        return last_;
    }
    /// When a heartbeat went out, if that is still known.
    [[nodiscard]] instant sent_at(beat_number which) const noexcept {
        for (const auto& beat : sent_)
            if (beat.number == which) return beat.when;
        return {};
    }
    /// This heartbeat was taken in by the coordinator. An ack that is late may be of use, an older one changes nothing.
    void acked(beat_number which, duration lease) noexcept {
        if (const auto when = sent_at(which); when != instant{} && when + lease > until_) until_ = when + lease;
    }
    /// Only for a planted bug.
    void extend_to(instant until) noexcept { until_ = until; }
    /// A new registration: leases of the stream before do not count for it.
    void begin_anew() noexcept {
        until_ = {};
        sent_.clear();
    }
    [[nodiscard]] bool valid(instant now) const noexcept { return now < until_; }
    [[nodiscard]] instant until() const noexcept { return until_; }
    [[nodiscard]] beat_number last() const noexcept { return last_; }

private:
    static constexpr std::size_t most_remembered = 64;  // An ack that is later than a minute is of no use.
    struct beat {
        beat_number number;
        instant when;
    };
    std::deque<beat> sent_;
    beat_number last_{};
    instant until_{};
};

}  // namespace shoal::cluster
