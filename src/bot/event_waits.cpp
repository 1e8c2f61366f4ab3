#include "bot/event_waits.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "bot/awaiting.hpp"

namespace shoal::runtime {

using shoal::detail::event_filter;
using shoal::detail::event_ref;

struct event_waits::waiter {
    explicit waiter(event_filter filter) : wanted(std::move(filter)) {}

    // Held while `wanted` runs: it is called by one shard at a time, and never once the waiting side has gone on, whose own
    // variables it may look at.
    std::mutex mutex;
    event_filter wanted;
    std::optional<resolver<result<event_ref>>> answer;
    std::exception_ptr thrown;
    bool over = false;

    void offer(const event_ref& event) {
        const std::lock_guard lock(mutex);
        if (over || !answer) return;
        try {
            if (!wanted(event)) return;
        } catch (...) {
            thrown = std::current_exception();
        }
        settle(event);
    }
    /// From here on it is never called; whoever calls it now is waited for. Returns what it threw.
    std::exception_ptr end() {
        const std::lock_guard lock(mutex);
        over = true;
        return thrown;
    }
    void stopped() {
        const std::lock_guard lock(mutex);
        if (!over && answer) settle(std::unexpected(failure(bot_errc::not_running, "next")));
    }

private:
    void settle(result<event_ref> outcome) {
        over = true;
        (*answer)(std::move(outcome));
    }
};

/// A waiter in its list, for as long as the coroutine's frame lives.
class event_waits::place {
public:
    place(event_waits& waits, event_type type, std::shared_ptr<waiter> who)
        : waits_(waits), list_(waits.lists_[static_cast<std::size_t>(type)]), who_(std::move(who)) {
        const std::lock_guard lock(list_.mutex);
        list_.waiters.push_back(who_);
        list_.count = list_.waiters.size();
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
        who_->end();
        const std::lock_guard lock(list_.mutex);
        std::erase(list_.waiters, who_);
        list_.count = list_.waiters.size();
        --waits_.all_;
    }

private:
    event_waits& waits_;
    list& list_;
    std::shared_ptr<waiter> who_;
};

task<result<event_ref>> event_waits::next(scheduler& home, event_type type, event_filter wanted, instant deadline) {
    // The clock that ends the wait is the home thread's own.
    if (!home.is_current()) co_await one_shot<int>(home, [](const resolver<int>& go) { go(0); });
    if (all_.fetch_add(1) >= most) {
        --all_;
        co_return std::unexpected(failure(bot_errc::queue_full, "next"));
    }
    const auto who = std::make_shared<waiter>(std::move(wanted));
    const place waiting(*this, type, who);
    auto outcome = co_await one_shot<result<event_ref>>(
        home,
        [this, who](resolver<result<event_ref>> answer) {
            {
                const std::lock_guard lock(who->mutex);
                who->answer.emplace(std::move(answer));
            }
            // After the answer is there, so that a stop that runs meanwhile sees one of the two.
            if (stopped_) who->stopped();
        },
        deadline, std::optional<result<event_ref>>(std::unexpected(failure(bot_errc::timed_out, "next"))));
    if (const auto thrown = who->end()) std::rethrow_exception(thrown);
    co_return outcome;
}

void event_waits::offer(event_type type, const event_ref& event) {
    auto& list = lists_[static_cast<std::size_t>(type)];
    std::vector<std::shared_ptr<waiter>> now;
    {
        const std::lock_guard lock(list.mutex);
        now = list.waiters;
    }
    for (const auto& each : now) each->offer(event);
}

void event_waits::stop() {
    stopped_ = true;
    for (auto& list : lists_) {
        std::vector<std::shared_ptr<waiter>> now;
        {
            const std::lock_guard lock(list.mutex);
            now = list.waiters;
        }
        for (const auto& each : now) each->stopped();
    }
}

}  // namespace shoal::runtime
