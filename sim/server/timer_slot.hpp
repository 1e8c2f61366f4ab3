#pragma once
// One wake-up that its owner may move or forget, and that is forgotten with its owner.

#include <utility>

#include "base/scheduler.hpp"

namespace shoal::sim {

class timer_slot {
public:
    explicit timer_slot(scheduler& on) noexcept : on_(on) {}
    timer_slot(const timer_slot&) = delete;
    timer_slot& operator=(const timer_slot&) = delete;
    ~timer_slot() { forget(); }

    void at(instant when, work job) {
        forget();
        timer_ = on_.wake_at(when, [this, job = std::move(job)]() mutable {
            timer_ = timer_id::none;
            auto run = std::move(job);  // the job may destroy this slot
            run();
        });
    }
    void in(duration span, work job) { at(on_.now() + span, std::move(job)); }
    void forget() noexcept {
        if (timer_ != timer_id::none) on_.cancel(std::exchange(timer_, timer_id::none));
    }
    [[nodiscard]] bool armed() const noexcept { return timer_ != timer_id::none; }

private:
    scheduler& on_;
    timer_id timer_ = timer_id::none;
};

}  // namespace shoal::sim
