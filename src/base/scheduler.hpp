#pragma once
// The scheduler port: where work runs and what time it is there. The real one is a thread with an event loop (src/net), the
// virtual one a queue with a clock that a test moves (src/base/virtual_scheduler.hpp).
// Not here: sockets.

#include <cstdint>
#include <functional>

#include "base/time.hpp"

namespace shoal {

using work = std::move_only_function<void()>;

/// Names one wake-up; 0 is none.
enum class timer_id : std::uint64_t { none = 0 };

/// One thread of execution. Everything posted or woken runs there, one piece at a time, in the order in which it came due.
class scheduler {
public:
    scheduler() = default;
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;
    virtual ~scheduler() = default;

    /// The time now. From any thread.
    [[nodiscard]] virtual instant now() const noexcept = 0;
    /// Runs `job` soon, never before this call returns. From any thread.
    virtual void post(work job) = 0;
    /// Runs `job` at `when` or as soon after as the thread is free; at once if `when` has passed (still never inside this call).
    /// From this scheduler's own thread only.
    virtual timer_id wake_at(instant when, work job) = 0;
    /// Forgets a wake-up that has not run; does nothing for one that has. From this scheduler's own thread only.
    virtual void cancel(timer_id timer) noexcept = 0;
    /// True on this scheduler's own thread.
    [[nodiscard]] virtual bool is_current() const noexcept = 0;

    /// The scheduler whose thread this is, or nullptr on a foreign thread.
    [[nodiscard]] static scheduler* current() noexcept { return current_; }

protected:
    /// Makes `self` the current scheduler of this thread for as long as it lives.
    class current_scope {
    public:
        explicit current_scope(scheduler& self) noexcept : before_(current_) { current_ = &self; }
        ~current_scope() { current_ = before_; }
        current_scope(const current_scope&) = delete;
        current_scope& operator=(const current_scope&) = delete;

    private:
        scheduler* before_;
    };

private:
    static inline thread_local scheduler* current_ = nullptr;
};

}  // namespace shoal
