#include "rpc/wakeups.hpp"

#include <utility>

namespace shoal::rpc {

void wakeups::post(work job, bool urgent) {
    {
        const std::lock_guard lock(mutex_);
        if (over_) return;
        pending_.push_back(std::move(job));
        if (expected_ || !(resting_ || urgent)) return;
        expected_ = true;
    }
    scheduler_.post([self = shared_from_this()] { self->run(); });
}

void wakeups::run() {
    if (over_) return;
    decltype(pending_) now;
    {
        const std::lock_guard lock(mutex_);
        now = std::exchange(pending_, {});
        expected_ = false;
        resting_ = now.empty() || gather_ == duration{};
    }
    for (auto& each : now) each();
    if (over_ || timer_ != timer_id::none || gather_ == duration{} || now.empty()) return;
    timer_ = scheduler_.wake_at(scheduler_.now() + gather_, [this] {
        timer_ = timer_id::none;
        run();
    });
}

void wakeups::stop() {
    decltype(pending_) dropped;  // Jobs keep streams, and these this.
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
        dropped = std::exchange(pending_, {});
    }
    scheduler_.cancel(std::exchange(timer_, timer_id::none));
}

}  // namespace shoal::rpc
