#include "host/block_watchdog.hpp"

#include <pthread.h>

#include <chrono>
#include <optional>
#include <utility>

namespace shoal::host {

std::optional<block_watchdog::finding> block_watchdog::look::at(const thread_pulse& pulse, duration since_last) {
    const auto beats = pulse.beats.load(std::memory_order_relaxed);
    if (beats != beats_ || !pulse.beating.load(std::memory_order_relaxed)) {
        beats_ = beats;
        const auto span = std::exchange(silent_, {});
        if (!std::exchange(told_, false)) return std::nullopt;
        return finding{0, shard_, event_, span, true};
    }
    silent_ += since_last;
    if (told_ || silent_ < blocked_after_) return std::nullopt;
    told_ = true;
    shard_ = pulse.shard.load(std::memory_order_relaxed);
    event_ = pulse.event.load(std::memory_order_relaxed);
    return finding{0, shard_, event_, silent_, false};
}

block_watchdog::block_watchdog(std::vector<std::shared_ptr<thread_pulse>> pulses, duration blocked_after,
                               std::move_only_function<void(const finding&)> report)
    : pulses_(std::move(pulses)), blocked_after_(blocked_after), report_(std::move(report)), thread_([this] { run(); }) {
    ::pthread_setname_np(thread_.native_handle(), "shoal-watchdog");
}

block_watchdog::~block_watchdog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void block_watchdog::run() {
    std::vector<look> looks(pulses_.size(), look(blocked_after_));
    // Four looks within the bound: a blockage is told at most a quarter late.
    const auto pause = blocked_after_ / 4;
    auto last = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, pause, [this] { return stopping_; })) {
        const auto now = std::chrono::steady_clock::now();
        // If this thread itself was not run for long, the machine is to blame and nobody's handler.
        const auto span = std::min<duration>(now - std::exchange(last, now), 2 * pause);
        for (std::size_t i = 0; i < looks.size(); ++i) {
            if (auto found = looks[i].at(*pulses_[i], span)) {
                found->thread = i;
                report_(*found);
            }
        }
    }
}

}  // namespace shoal::host
