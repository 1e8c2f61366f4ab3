#pragma once
// Brings what gRPC's threads were told to a scheduler's thread: with a thousand streams that each say something now and then, not
// with a wake-up for each. For this room only. Not here: what a stream does then (stream_core.cpp).

#include <memory>
#include <mutex>
#include <vector>

#include "base/scheduler.hpp"

namespace shoal::rpc {

/// What comes after a pause is run at once. For `gather` from then on it waits for what else comes, unless that is urgent: then
/// all of it is run. So whoever is alone waits for nothing, and where much comes nobody waits longer than `gather`.
class wakeups : public std::enable_shared_from_this<wakeups> {
public:
    wakeups(scheduler& on, duration gather) : scheduler_(on), gather_(gather) {}
    wakeups(const wakeups&) = delete;
    wakeups& operator=(const wakeups&) = delete;

    /// Runs `job` on the scheduler's thread, in the order of the calls. From any thread.
    void post(work job, bool urgent);
    /// Nothing more is run; before its owner goes. On the scheduler's thread.
    void stop();
    [[nodiscard]] scheduler& on() const noexcept { return scheduler_; }

private:
    void run();

    scheduler& scheduler_;
    const duration gather_;

    std::mutex mutex_;
    std::vector<work> pending_;
    bool expected_ = false;  // A run is posted.
    bool resting_ = true;    // Nor is one to come by the timer.

    bool over_ = false;  // Written on the scheduler's thread, with the lock.

    timer_id timer_ = timer_id::none;  // Of the scheduler's thread.
};

}  // namespace shoal::rpc
