#pragma once
// call<T>: something that Discord is asked to do, as one lazy object. Nothing happens until it is awaited or forgotten.
// Not here: what can be asked (context.hpp, events.hpp, bot.hpp).

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "shoal/error.hpp"
#include "shoal/task.hpp"

namespace shoal {
inline namespace v0 {

namespace detail {

/// What was set on a call before it started.
struct call_settings {
    std::optional<std::chrono::nanoseconds> within;
    std::string reason;
    bool ephemeral = false;
};

/// Who runs the calls that nobody awaits. The bot implements it.
class call_home {
public:
    virtual void forget(std::string_view what, task<result<void>> running) = 0;

protected:
    ~call_home() = default;
};

template <class T>
task<result<void>> without_value(task<result<T>> running) {
    auto outcome = co_await std::move(running);
    if (!outcome) co_return std::unexpected(std::move(outcome).error());
    co_return result<void>{};
}

/// Awaits a task<result<T>> and throws shoal::error in place of a failure.
template <class T>
class throwing_awaiter {
public:
    explicit throwing_awaiter(task<result<T>> running) noexcept : running_(std::move(running)) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
        inner_.emplace(std::move(running_).operator co_await());
        return inner_->await_suspend(awaiting);
    }
    T await_resume() {
        auto outcome = inner_->await_resume();
        if (!outcome) throw error(std::move(outcome).error());
        if constexpr (!std::is_void_v<T>) return std::move(*outcome);
    }

private:
    task<result<T>> running_;
    std::optional<decltype(std::declval<task<result<T>>>().operator co_await())> inner_;
};

}  // namespace detail

/// A lazy call. `co_await call` yields T or throws shoal::error; `co_await call.result()` yields expected<T, failure>;
/// `call.forget()` starts it and logs a failure. Each call is used once, from any thread. A coroutine goes on where it waited: a
/// handler on its shard's thread; one of a thread that is none of Shoal's goes on on a thread of Shoal's, which it must not
/// block. The codes of failures are in bot_errc (bot.hpp).
template <class T = void>
class [[nodiscard]] call {
public:
    using value_type = T;
    using starter = std::move_only_function<task<result<T>>(detail::call_settings)>;

    /// `what` names the call in logs and must have static storage; `home` must outlive the call.
    call(detail::call_home& home, std::string_view what, starter start) : home_(&home), what_(what), start_(std::move(start)) {}

    /// Fails with `timed_out` (or at once with `rate_limited`, if that is sure) when there is no answer after `time`, waiting for
    /// rate limits included. Without it messages have 30 s, an interaction's first answer 3 s; others say themselves.
    template <class Self>
    [[nodiscard]] Self within(this Self self, std::chrono::nanoseconds time) {
        self.settings_.within = time;
        return self;
    }
    /// What Discord's audit log shows as the reason, where the route has one (UTF-8, at most 512 characters there).
    template <class Self>
    [[nodiscard]] Self reason(this Self self, std::string text) {
        self.settings_.reason = std::move(text);
        return self;
    }

    /// The outcome as a value: never throws for what Discord or the network did.
    [[nodiscard]] task<shoal::result<T>> result() && { return start_(std::move(settings_)); }
    auto operator co_await() && { return detail::throwing_awaiter<T>(start_(std::move(settings_))); }
    /// Starts the call without waiting for it. A failure is logged.
    void forget() && {
        auto running = start_(std::move(settings_));
        if constexpr (std::is_void_v<T>) {
            home_->forget(what_, std::move(running));
        } else {
            home_->forget(what_, detail::without_value<T>(std::move(running)));
        }
    }

protected:
    detail::call_settings settings_;

private:
    detail::call_home* home_;
    std::string_view what_;
    starter start_;
};

/// The answer to an interaction, which may be seen by its user alone.
class [[nodiscard]] reply_call : public call<void> {
public:
    using call<void>::call;
    /// Only the user who asked sees it.
    [[nodiscard]] reply_call ephemeral(this reply_call self) {
        self.settings_.ephemeral = true;
        return self;
    }
};

}  // namespace v0
}  // namespace shoal
