#pragma once
// Who waits for an event in the middle of a handler (bot.next), on whatever shard it comes. An event that nobody waits for costs
// one look at a number; waiting takes a lock, of the type that is waited for alone. Not here: handlers (dispatcher.hpp), reading.

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/scheduler.hpp"
#include "bot/event_map.hpp"
#include "shoal/bot.hpp"
#include "shoal/error.hpp"
#include "shoal/event.hpp"
#include "shoal/task.hpp"

namespace shoal::runtime {

class event_waits {
public:
    /// More fail with queue_full.
    static constexpr std::size_t most = 10'000;

    /// The next event of that type that `wanted` takes. Resumes on `home`, whose thread need not be the one that asks. Fails with
    /// timed_out at `deadline`, not_running after stop(), and throws what `wanted` threw.
    [[nodiscard]] task<result<shoal::detail::event_ref>> next(scheduler& home, event_type type,
                                                              shoal::detail::event_filter wanted, instant deadline);
    /// True if somebody waits for this type.
    [[nodiscard]] bool anybody(event_type type) const noexcept {
        return lists_[static_cast<std::size_t>(type)].count.load(std::memory_order_relaxed) != 0;
    }
    /// On the event's own thread.
    void offer(event_type type, const shoal::detail::event_ref& event);
    /// Whoever waits fails, and whoever comes, until start().
    void stop();
    void start() { stopped_ = false; }

private:
    struct waiter;
    struct list {
        std::atomic<std::size_t> count{0};
        std::mutex mutex;
        std::vector<std::shared_ptr<waiter>> waiters;
    };
    class place;

    std::array<list, event_types> lists_;
    std::atomic<std::size_t> all_{0};
    std::atomic<bool> stopped_{false};
};

}  // namespace shoal::runtime
