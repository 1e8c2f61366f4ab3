#pragma once
// Waiting in a handler for something that ends on any thread: one_shot<T> suspends, starts the work, and resumes on the thread
// that waits, once, with the first outcome. A frame that is destroyed while it waits is never resumed. Not here: what is waited
// for.

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "base/scheduler.hpp"
#include "bot/running.hpp"

namespace shoal::runtime {

namespace waiting {
/// Belongs to the waiting side's thread; the other side only holds it.
template <class T>
struct state {
    scheduler* home = nullptr;
    std::coroutine_handle<> frame;
    std::optional<T> value;
    running_mark who;
    timer_id timer = timer_id::none;
    std::move_only_function<void()> when_abandoned;
    bool over = false;  // Resumed, or given up.

    void settle(T outcome) {
        if (over) return;
        over = true;
        value.emplace(std::move(outcome));
        if (timer != timer_id::none) home->cancel(std::exchange(timer, timer_id::none));
        const running_scope scope(who);
        std::exchange(frame, {}).resume();
    }
};
}  // namespace waiting

/// The other side: call it once, from any thread, with the outcome. Further outcomes are dropped.
template <class T>
class resolver {
public:
    explicit resolver(std::shared_ptr<waiting::state<T>> where) : where_(std::move(where)) {}
    void operator()(T outcome) const {
        where_->home->post([where = where_, outcome = std::move(outcome)]() mutable { where->settle(std::move(outcome)); });
    }

    /// Calls `what` on the waiting side's thread if its frame is destroyed while it waits. To be set inside of start() only.
    void when_abandoned(std::move_only_function<void()> what) const { where_->when_abandoned = std::move(what); }

private:
    std::shared_ptr<waiting::state<T>> where_;
};

/// `co_await one_shot<T>(home, start)`: calls start(resolver<T>) once suspended.
template <class T, class Start>
class one_shot_awaiter {
public:
    one_shot_awaiter(scheduler& home, Start start, instant deadline, std::optional<T> when_late)
        : state_(std::make_shared<waiting::state<T>>()),
          start_(std::move(start)),
          deadline_(deadline),
          when_late_(std::move(when_late)) {
        state_->home = &home;
    }
    one_shot_awaiter(const one_shot_awaiter&) = delete;
    one_shot_awaiter& operator=(const one_shot_awaiter&) = delete;
    ~one_shot_awaiter() {
        if (state_->over) return;
        state_->over = true;
        if (state_->timer != timer_id::none) state_->home->cancel(state_->timer);
        if (state_->when_abandoned) state_->when_abandoned();
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> frame) {
        state_->frame = frame;
        state_->who = running_mark::now();
        if (when_late_ && deadline_ != never && state_->home->is_current()) {
            state_->timer = state_->home->wake_at(deadline_, [state = state_, late = std::move(*when_late_)]() mutable {
                state->timer = timer_id::none;
                state->settle(std::move(late));
            });
        }
        // Outcomes are posted, so the frame is not resumed inside this call.
        start_(resolver<T>(state_));
    }
    T await_resume() { return std::move(*state_->value); }

private:
    std::shared_ptr<waiting::state<T>> state_;
    Start start_;
    instant deadline_;
    std::optional<T> when_late_;
};

template <class T, class Start>
[[nodiscard]] auto one_shot(scheduler& home, Start start, instant deadline = never, std::optional<T> when_late = std::nullopt) {
    return one_shot_awaiter<T, Start>(home, std::move(start), deadline, std::move(when_late));
}

}  // namespace shoal::runtime
