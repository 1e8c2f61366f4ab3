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
    const auto found = std::lower_bound(entries_.begin() + static_cast<std::ptrdiff_t>(first_), entries_.end(), seq,
                                        [](const entry& one, std::uint64_t what) { return one.seq < what; });
    SHOAL_ASSERT(found != entries_.end() && found->seq == seq);
    end(*found);
}

void flight_window::end(entry& which) noexcept {
    const auto seq = which.seq;
    const auto how = which.how;
    which.ended = true;
    --in_flight_;
    drop_ended();
    if (tell_->home != nullptr) tell_->home->on_event_ended(*this, seq, how);
    if (released_ && in_flight_ == 0) delete this;
}

void flight_window::drop_ended() noexcept {
    while (first_ < entries_.size() && entries_[first_].ended) done_ = entries_[first_++].seq;
    if (first_ == entries_.size()) {
        entries_.clear();
        first_ = 0;
    } else if (first_ >= 1024) {
        entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

void flight_window::release() noexcept {
    released_ = true;
    if (in_flight_ == 0) delete this;
}

}  // namespace shoal::host
