#pragma once
// A scheduler on virtual time for pure and simulated tests: nothing runs until the test says so, and then in a fixed order.
// Not thread-safe: everything happens on the thread that calls run_*.

#include <cstdint>
#include <map>
#include <utility>

#include "base/scheduler.hpp"

namespace shoal {

/// Work runs by due time, then by the order in which it was asked for; the clock moves only between pieces of work.
class virtual_scheduler final : public scheduler {
public:
    explicit virtual_scheduler(instant start = instant{} + std::chrono::hours(1)) : now_(start) {}

    [[nodiscard]] instant now() const noexcept override { return now_; }
    void post(work job) override { queue_.emplace(key{now_, ++last_}, std::move(job)); }
    timer_id wake_at(instant when, work job) override {
        const auto due = when > now_ ? when : now_;
        queue_.emplace(key{due, ++last_}, std::move(job));
        timers_.emplace(last_, due);
        return timer_id{last_};
    }
    void cancel(timer_id timer) noexcept override {
        const auto found = timers_.find(static_cast<std::uint64_t>(timer));
        if (found == timers_.end()) return;
        queue_.erase(key{found->second, found->first});
        timers_.erase(found);
    }
    [[nodiscard]] bool is_current() const noexcept override { return true; }

    /// Runs the next piece of work that is due by `until`; false if there is none.
    bool run_one(instant until = never) {
        if (queue_.empty() || queue_.begin()->first.first > until) return false;
        auto node = queue_.extract(queue_.begin());
        if (node.key().first > now_) now_ = node.key().first;
        timers_.erase(node.key().second);
        const current_scope scope(*this);
        node.mapped()();
        return true;
    }
    /// Runs everything that comes due up to `until` and leaves the clock there.
    void run_until(instant until) {
        while (run_one(until)) {
        }
        if (until > now_ && until != never) now_ = until;
    }
    void run_for(duration span) { run_until(now_ + span); }
    [[nodiscard]] bool idle() const noexcept { return queue_.empty(); }

private:
    using key = std::pair<instant, std::uint64_t>;
    instant now_;
    std::uint64_t last_ = 0;
    std::map<key, work> queue_;
    std::map<std::uint64_t, instant> timers_;
};

}  // namespace shoal
