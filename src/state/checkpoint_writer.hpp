#pragma once
// The thread that writes checkpoints, one a process: shards hand it bytes and never wait for a disk. Not here: what the bytes
// are.
//
// No fsync: what was written survives the process however it ends, and a crash of the whole machine costs what the kernel had
// not written back. A reader tells a torn end from sense by checksums.

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/log_limiter.hpp"
#include "base/logger.hpp"
#include "state/checkpoint_files.hpp"

namespace shoal::state {

/// Bytes to be appended to a round's files: first its log, then its snapshot. Rounds are numbered from 1.
struct checkpoint_write {
    std::uint64_t round = 0;
    bool forgets_older = false;  ///< Older rounds are removed before.
    bool begins = false;         ///< The files are made anew.
    bool whole = false;          ///< Older rounds are removed afterwards.
    std::string log{}, snapshot{};
    std::uint64_t done = 0;  ///< What kept() tells once this is written; 0: what it told before.
};

class checkpoint_writer {
public:
    /// One shard's files, as far as its own thread knows of them.
    class track {
    public:
        explicit track(checkpoint_files files) : files_(std::move(files)) {}
        /// `done` of the last ticket that is written. From any thread.
        [[nodiscard]] std::uint64_t kept() const noexcept { return kept_.load(std::memory_order_acquire); }
        /// A write of this round failed: nothing more of it is written, another one has to begin. From any thread.
        [[nodiscard]] bool failed(std::uint64_t round) const noexcept { return failed_.load(std::memory_order_acquire) == round; }
        [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_.load(std::memory_order_relaxed); }

    private:
        friend class checkpoint_writer;
        checkpoint_files files_;
        std::atomic<std::uint64_t> kept_{0};
        std::atomic<std::uint64_t> failed_{0};
        std::atomic<std::size_t> waiting_{0};
        // On the writer's thread.
        std::uint64_t round_ = 0;
        unique_fd log_, snapshot_;
    };
    using track_ptr = std::shared_ptr<track>;

    explicit checkpoint_writer(logger log, std::size_t most_waiting_bytes = 64U << 20);
    ~checkpoint_writer() { close(); }
    checkpoint_writer(const checkpoint_writer&) = delete;
    checkpoint_writer& operator=(const checkpoint_writer&) = delete;

    /// Never waits, on no disk. False: too much waits already, and nothing was taken.
    [[nodiscard]] bool write(const track_ptr& where, checkpoint_write what);
    /// Removes all that there is of the shard.
    void forget(const track_ptr& where);
    /// Waits until everything handed over before is written, or could not be. Not for a shard's thread.
    void flush();
    /// Writes what waits and ends the thread; nothing is taken from then on.
    void close();
    /// An emptied string with room in it, so that the shards' buffers are used again.
    [[nodiscard]] std::string spare();

    /// Since the start; from any thread.
    [[nodiscard]] std::uint64_t bytes_written() const noexcept { return bytes_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

private:
    struct job {
        track_ptr where;
        checkpoint_write what;
        bool forget = false;
    };
    void run();
    void carry_out(job& one);
    [[nodiscard]] result<void> store(track& where, const checkpoint_write& what);
    void give_up(track& where, std::uint64_t round, const failure& why);

    logger log_;
    std::size_t most_waiting_bytes_;
    std::atomic<std::uint64_t> bytes_{0}, failures_{0};
    log_limiter<1> lines_;

    std::mutex mutex_;
    std::condition_variable more_, idle_;
    std::deque<job> jobs_;
    std::size_t waiting_bytes_ = 0;
    bool busy_ = false, ending_ = false;
    std::vector<std::string> spares_;
    std::thread thread_;
};

}  // namespace shoal::state
