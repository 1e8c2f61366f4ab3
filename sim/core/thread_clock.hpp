#pragma once
// When which thread will have been silent for so long that it is archived [#46]. Only threads that REST touched have a clock.
// Not here: archiving (rest_threads.cpp).

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace shoal::sim {

class thread_clock {
public:
    /// Winds the thread's clock anew.
    void set(std::uint64_t thread, instant when) {
        forget(thread);
        when_[thread] = when;
        order_.emplace(when, thread);
    }
    void forget(std::uint64_t thread) {
        const auto found = when_.find(thread);
        if (found == when_.end()) return;
        order_.erase({found->second, thread});
        when_.erase(found);
    }
    [[nodiscard]] instant next() const noexcept { return order_.empty() ? never : order_.begin()->first; }
    /// Threads whose time has come; their clocks are gone with that.
    [[nodiscard]] std::vector<std::uint64_t> take_due(instant now) {
        std::vector<std::uint64_t> due;
        while (!order_.empty() && order_.begin()->first <= now) {
            due.push_back(order_.begin()->second);
            forget(due.back());
        }
        return due;
    }

private:
    std::map<std::uint64_t, instant> when_;
    std::set<std::pair<instant, std::uint64_t>> order_;
};

}  // namespace shoal::sim
