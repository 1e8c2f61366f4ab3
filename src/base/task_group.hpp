#pragma once
// Owns running tasks: nothing here is detached. Started tasks run at once on the calling thread until they first suspend; the
// group knows how many are left and tells when the last one ended.
// Not thread-safe: start, stop and the tasks' own resumptions happen on one thread.

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <utility>

#include "base/assert.hpp"
#include "shoal/task.hpp"

namespace shoal {

/// A group of child tasks. Destroying it while children are unfinished destroys their frames.
class task_group {
public:
    /// Called when a child ended: nullptr, or what it threw.
    using ended = std::move_only_function<void(std::exception_ptr)>;

    task_group() = default;
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;
    ~task_group() {
        while (first_ != nullptr) first_->self().destroy();
    }

    /// Starts `child`; `on_ended` runs on the thread on which it ends. It may start further children.
    void start(task<> child, ended on_ended = {}) {
        auto frame = run(*this, std::move(child), std::move(on_ended));
        frame.handle.resume();
    }
    [[nodiscard]] std::size_t running() const noexcept { return running_; }
    [[nodiscard]] bool empty() const noexcept { return running_ == 0; }
    /// Called each time the last child has ended; at most one listener.
    void on_empty(std::move_only_function<void()> listener) { on_empty_ = std::move(listener); }

private:
    struct child_promise;
    struct child_frame {
        using promise_type = child_promise;
        std::coroutine_handle<child_promise> handle;
    };
    struct child_promise {
        task_group* group;
        child_promise* previous = nullptr;
        child_promise* next = nullptr;

        child_promise(task_group& owner, task<>&, ended&) : group(&owner) {
            next = owner.first_;
            if (next != nullptr) next->previous = this;
            owner.first_ = this;
            ++owner.running_;
        }
        ~child_promise() {
            (previous != nullptr ? previous->next : group->first_) = next;
            if (next != nullptr) next->previous = previous;
            --group->running_;
        }
        child_frame get_return_object() noexcept { return {self()}; }
        std::coroutine_handle<child_promise> self() noexcept { return std::coroutine_handle<child_promise>::from_promise(*this); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        auto final_suspend() noexcept {
            struct awaiter {
                bool await_ready() noexcept { return false; }
                void await_suspend(std::coroutine_handle<child_promise> self) noexcept {
                    auto* home = self.promise().group;
                    self.destroy();
                    if (home->running_ == 0 && home->on_empty_) home->on_empty_();
                }
                void await_resume() noexcept {}
            };
            return awaiter{};
        }
        void return_void() noexcept {}
        [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };

    static child_frame run(task_group&, task<> child, ended on_ended) {
        std::exception_ptr thrown;
        try {
            co_await std::move(child);
        } catch (...) {
            thrown = std::current_exception();
        }
        if (on_ended) on_ended(thrown);
    }

    child_promise* first_ = nullptr;
    std::size_t running_ = 0;
    std::move_only_function<void()> on_empty_;
};

}  // namespace shoal
