#pragma once
// A sliding window that counts what one connection did lately: at most `most` in any `span`.
// Not here: what happens to the one too many.

#include <cstddef>
#include <deque>

#include "base/time.hpp"

namespace shoal::sim {

class send_window {
public:
    send_window(std::size_t most, duration span) : most_(most), span_(span) {}

    /// Counts one more; false if it is one too many, which is then not counted.
    [[nodiscard]] bool admit(instant now) {
        while (!times_.empty() && times_.front() <= now - span_) times_.pop_front();
        if (times_.size() >= most_) return false;
        times_.push_back(now);
        return true;
    }
    [[nodiscard]] std::size_t used() const noexcept { return times_.size(); }

private:
    std::size_t most_;
    duration span_;
    std::deque<instant> times_;
};

}  // namespace shoal::sim
