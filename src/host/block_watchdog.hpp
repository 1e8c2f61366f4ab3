#pragma once
// A small thread that names the shard thread which somebody blocks, and what it was busy with. It looks at counters only.
// Not here: doing something about it; a blocked thread cannot be helped from outside.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/time.hpp"

namespace shoal::host {

/// Written by one shard thread, read by the watchdog.
struct thread_pulse {
    static constexpr std::uint64_t nobody = ~std::uint64_t{0};
    std::atomic<std::uint64_t> beats{0};       ///< Rises as long as the thread comes round.
    std::atomic<bool> beating{false};          ///< False while no shard lives there: silence is fine then.
    std::atomic<std::uint64_t> shard{nobody};  ///< The shard whose event is being handed out,
    std::atomic<std::uint32_t> event{0};       ///< and the event's kind.
};

class block_watchdog {
public:
    /// `report` is called on the watchdog's thread: which thread, its shard and event (or nobody), for how long so far; once a
    /// blockage, and again with `over` when it ended.
    struct finding {
        std::size_t thread;
        std::uint64_t shard;
        std::uint32_t event;
        duration span;
        bool over;
    };
    block_watchdog(std::vector<std::shared_ptr<thread_pulse>> pulses, duration blocked_after,
                   std::move_only_function<void(const finding&)> report);
    ~block_watchdog();
    block_watchdog(const block_watchdog&) = delete;
    block_watchdog& operator=(const block_watchdog&) = delete;

    /// One look at a thread, apart from any clock, so that it can be tested.
    class look {
    public:
        explicit look(duration blocked_after) : blocked_after_(blocked_after) {}
        /// What to report, if anything. `since_last` is the time since the look before.
        std::optional<finding> at(const thread_pulse& pulse, duration since_last);

    private:
        duration blocked_after_;
        std::uint64_t beats_ = 0;
        duration silent_{};
        bool told_ = false;
        std::uint64_t shard_ = thread_pulse::nobody;
        std::uint32_t event_ = 0;
    };

private:
    void run();

    std::vector<std::shared_ptr<thread_pulse>> pulses_;
    duration blocked_after_;
    std::move_only_function<void(const finding&)> report_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace shoal::host
