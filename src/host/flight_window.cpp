#include "host/flight_window.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace shoal::host {

event_guard flight_window::begin(std::uint64_t seq, delivery how) {
    SHOAL_ASSERT(!handing_out_ && (entries_.empty() || entries_.back().seq < seq));
    entries_.push_back({seq, how, false});
    ++in_flight_;
    handing_out_ = true;
    ended_early_ = false;
    return {*this, seq};
}

void flight_window::settled() noexcept {
    SHOAL_ASSERT(handing_out_);
    handing_out_ = false;
    if (ended_early_) end(entries_.back());
}

bool flight_window::take_back() noexcept {
    SHOAL_ASSERT(handing_out_);
    handing_out_ = false;
    if (!ended_early_) return false;
    entries_.pop_back();
    --in_flight_;
    return true;
}

void flight_window::event_done(std::uint64_t seq) noexcept {
    if (handing_out_ && entries_.back().seq == seq) {
        ended_early_ = true;
        return;
    }
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), seq,
                                        [](const entry& one, std::uint64_t what) { return one.seq < what; });
    SHOAL_ASSERT(found != entries_.end() && found->seq == seq);
    end(*found);
}

void flight_window::end(entry& which) noexcept {
    const auto seq = which.seq;
    const auto how = which.how;
    which.ended = true;
    --in_flight_;
    while (!entries_.empty() && entries_.front().ended) {
        done_ = entries_.front().seq;
        entries_.pop_front();
    }
    if (tell_->home != nullptr) tell_->home->on_event_ended(*this, seq, how);
    if (released_ && in_flight_ == 0) delete this;
}

void flight_window::release() noexcept {
    released_ = true;
    if (in_flight_ == 0) delete this;
}

}  // namespace shoal::host
