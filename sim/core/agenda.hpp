#pragma once
// Work of the simulator that is due later: a priority queue of jobs by time, then by the order in which they were asked for.
// Not here: cancelling. A job looks again, when it runs, whether what it was for is still there.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace shoal::sim {

class agenda {
public:
    using job = std::move_only_function<void(instant now)>;

    void at(instant when, job what) {
        if (when == never) return;
        heap_.push_back({when, ++last_, std::move(what)});
        std::push_heap(heap_.begin(), heap_.end(), later{});
    }
    [[nodiscard]] instant next() const noexcept { return heap_.empty() ? never : heap_.front().when; }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

    /// Runs the next job that is due at `now`; false if there is none.
    bool run_next(instant now) {
        if (heap_.empty() || heap_.front().when > now) return false;
        std::pop_heap(heap_.begin(), heap_.end(), later{});
        entry due = std::move(heap_.back());
        heap_.pop_back();
        due.what(now);
        return true;
    }

private:
    struct entry {
        instant when;
        std::uint64_t order;
        job what;
    };
    struct later {
        bool operator()(const entry& a, const entry& b) const noexcept {
            return a.when != b.when ? a.when > b.when : a.order > b.order;
        }
    };
    std::vector<entry> heap_;
    std::uint64_t last_ = 0;
};

}  // namespace shoal::sim
