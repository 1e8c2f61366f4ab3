#pragma once
// A store under test, and a thread of execution that a test drives by hand: what another thread posts runs here, and only then.

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "base/scheduler.hpp"
#include "store/state_store.hpp"

namespace shoal::test {

class driven_scheduler final : public scheduler {
public:
    [[nodiscard]] instant now() const noexcept override {
        return instant{} + std::chrono::steady_clock::now().time_since_epoch();
    }
    void post(work job) override {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(job));
        wake_.notify_one();
    }
    timer_id wake_at(instant, work) override { return timer_id::none; }
    void cancel(timer_id) noexcept override {}
    [[nodiscard]] bool is_current() const noexcept override { return true; }
    /// Runs what is posted until `done` says so.
    template <class Done>
    void run_until(Done done) {
        while (!done()) {
            std::unique_lock lock(mutex_);
            REQUIRE(wake_.wait_for(lock, std::chrono::seconds(60), [this] { return !queue_.empty(); }));
            auto job = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            job();
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<work> queue_;
};

/// Waits for one answer.
inline result<store::contents> read_all(store::state_store& from, driven_scheduler& on) {
    std::optional<result<store::contents>> got;
    from.read_all([&](auto answer) { got = std::move(answer); });
    on.run_until([&] { return got.has_value(); });
    return std::move(*got);
}

inline result<store::outcome> commit(store::state_store& to, driven_scheduler& on, store::transaction what) {
    std::optional<result<store::outcome>> got;
    to.commit(std::move(what), [&](auto answer) { got = std::move(answer); });
    on.run_until([&] { return got.has_value(); });
    return std::move(*got);
}

}  // namespace shoal::test
