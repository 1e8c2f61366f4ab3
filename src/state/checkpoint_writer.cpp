#include "state/checkpoint_writer.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

namespace shoal::state {

namespace {

constexpr std::size_t most_spares = 64;
constexpr std::size_t largest_spare = 4U << 20;

std::size_t bytes_of(const checkpoint_write& what) noexcept { return what.log.size() + what.snapshot.size(); }

result<void> append(const unique_fd& to, std::string_view bytes, std::string_view folder) {
    while (!bytes.empty()) {
        const auto count = ::write(to.get(), bytes.data(), bytes.size());
        if (count < 0) {
            if (errno == EINTR) continue;
            return std::unexpected(failure_of(errno, folder, "cannot write in"));
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace

checkpoint_writer::checkpoint_writer(logger log, std::size_t most_waiting_bytes)
    : log_(std::move(log)), most_waiting_bytes_(most_waiting_bytes), thread_([this] { run(); }) {
    ::pthread_setname_np(thread_.native_handle(), "shoal-state");
}

void checkpoint_writer::close() {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(ending_, true)) return;
    }
    more_.notify_one();
    thread_.join();
}

bool checkpoint_writer::write(const track_ptr& where, checkpoint_write what) {
    const auto bytes = bytes_of(what);
    {
        const std::lock_guard lock(mutex_);
        if (ending_ || waiting_bytes_ + bytes > most_waiting_bytes_) return false;
        waiting_bytes_ += bytes;
        where->waiting_.fetch_add(bytes, std::memory_order_relaxed);
        jobs_.push_back({where, std::move(what), false});
    }
    more_.notify_one();
    return true;
}

void checkpoint_writer::forget(const track_ptr& where) {
    {
        const std::lock_guard lock(mutex_);
        if (ending_) return;
        jobs_.push_back({where, {}, true});
    }
    more_.notify_one();
}

void checkpoint_writer::flush() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return jobs_.empty() && !busy_; });
}

std::string checkpoint_writer::spare() {
    const std::lock_guard lock(mutex_);
    if (spares_.empty()) return {};
    auto out = std::move(spares_.back());
    spares_.pop_back();
    return out;
}

void checkpoint_writer::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        more_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        auto one = std::move(jobs_.front());
        jobs_.pop_front();
        busy_ = true;
        lock.unlock();
        const auto bytes = bytes_of(one.what);
        carry_out(one);
        lock.lock();
        waiting_bytes_ -= bytes;
        one.where->waiting_.fetch_sub(bytes, std::memory_order_relaxed);
        one.what.log.clear();
        if (spares_.size() < most_spares && one.what.log.capacity() <= largest_spare) spares_.push_back(std::move(one.what.log));
        busy_ = false;
        if (jobs_.empty()) idle_.notify_all();
    }
}

void checkpoint_writer::carry_out(job& one) {
    auto& where = *one.where;
    if (one.forget) {
        where.log_.reset();
        where.snapshot_.reset();
        where.round_ = 0;
        if (const auto gone = where.files_.forget(); !gone) give_up(where, 0, gone.error());
        return;
    }
    if (where.failed(one.what.round)) return;  // A hole is before it.
    if (const auto stored = store(where, one.what); !stored) return give_up(where, one.what.round, stored.error());
    bytes_.fetch_add(bytes_of(one.what), std::memory_order_relaxed);
    if (one.what.done != 0) where.kept_.store(one.what.done, std::memory_order_release);
}

result<void> checkpoint_writer::store(track& where, const checkpoint_write& what) {
    const auto& folder = where.files_.folder();
    if (what.forgets_older) {
        if (auto gone = where.files_.forget_below(what.round); !gone) return gone;
    }
    if (what.begins || where.round_ != what.round) {
        auto log = where.files_.open_log(what.round, what.begins);
        if (!log) return std::unexpected(log.error());
        auto snapshot = where.files_.open_snapshot(what.round, what.begins);
        if (!snapshot) return std::unexpected(snapshot.error());
        where.log_ = std::move(*log);
        where.snapshot_ = std::move(*snapshot);
        where.round_ = what.round;
    }
    if (auto done = append(where.log_, what.log, folder); !done) return done;
    if (auto done = append(where.snapshot_, what.snapshot, folder); !done) return done;
    return what.whole ? where.files_.forget_below(what.round) : result<void>{};
}

void checkpoint_writer::give_up(track& where, std::uint64_t round, const failure& why) {
    if (round != 0) where.failed_.store(round, std::memory_order_release);
    failures_.fetch_add(1, std::memory_order_relaxed);
    const instant now(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
    const auto held_back = lines_.pass(0, now);
    if (!held_back) return;
    log_.error("a checkpoint cannot be written; the bot goes on, and a start now would find the one before",
               {{"shard", fmt::format("{}/{}", where.files_.shard().id, where.files_.shard().total)},
                {"why", why.message()},
                {"more_since_the_last_such_line", fmt::format("{}", *held_back)}});
}

}  // namespace shoal::state
