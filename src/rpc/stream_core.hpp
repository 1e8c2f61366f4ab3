#pragma once
// What a stream is between gRPC's threads and a scheduler's: messages in and out with their bounds, the one end, the waiting
// coroutine. One core a call, on either side; gRPC's own half is in client_call.cpp and server_call.cpp. For this room only.
// Not here: gRPC.
//
// gRPC tells from its own threads, and the next step towards gRPC is taken right there, so that a scheduler that is busy, or is
// just waiting for everything to end, holds nothing up. Coroutines are resumed on the scheduler's thread only.

#include <coroutine>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/scheduler.hpp"
#include "rpc/stream.hpp"
#include "rpc/wakeups.hpp"

namespace shoal::rpc {

class stream_core : public std::enable_shared_from_this<stream_core> {
public:
    stream_core(std::shared_ptr<wakeups> through, stream_limits limits)
        : wakeups_(std::move(through)), scheduler_(wakeups_->on()), limits_(limits) {}
    virtual ~stream_core() = default;
    stream_core(const stream_core&) = delete;
    stream_core& operator=(const stream_core&) = delete;

    // ---- for the scheduler's thread
    [[nodiscard]] task<result<std::string>> receive(instant deadline);
    [[nodiscard]] task<result<void>> drained(instant deadline);
    /// Client: until the other side took the call. The identity of the peer is known then.
    [[nodiscard]] task<result<void>> opened(instant deadline);
    /// Until nothing is left to do, or the deadline.
    [[nodiscard]] task<void> over(instant deadline);
    [[nodiscard]] result<void> send(std::string message);
    /// No more is sent. Whatever waits still goes out.
    void close_writing();
    /// From any thread: nobody wants it any more. Nobody is resumed by it from then on.
    void abandon();
    [[nodiscard]] std::size_t waiting_bytes() const;
    [[nodiscard]] const peer_identity& peer() const noexcept { return peer_; }
    [[nodiscard]] virtual bool owes_status() const noexcept = 0;  ///< A server's: start_close must come before the end.

protected:
    // ---- towards gRPC; called with the lock
    virtual void start_read() = 0;
    virtual void start_write(std::string message) = 0;
    virtual void start_close() = 0;  ///< Client: half close. Server: the status. Once.
    virtual void cancel() = 0;
    virtual void release() = 0;  ///< No further start_ will come. Once.
    [[nodiscard]] std::size_t largest_received_bytes() const noexcept { return limits_.largest_received_bytes; }

    // ---- what gRPC told
    void told_open();
    void told_not_open();  ///< Client: the call is over before it began; told_end says why.
    void told_read(bool ok, std::string message);
    void told_too_large(std::size_t bytes);  ///< In place of told_read: what came is over the bound, and nothing more is read.
    void told_write(bool ok);
    void told_all_said();        ///< Server, before the read that tells it: the other side half closed, and still listens.
    void told_end(failure why);  ///< The first one counts.
    void told_over();

    peer_identity peer_;  // Written before told_open, or before the core is shared.

private:
    friend struct stream_wait;
    enum class event : std::uint8_t { message, room, open, over };
    struct waiter {
        std::coroutine_handle<> handle;
        event what{};
        timer_id timer = timer_id::none;
        bool timed_out = false;
    };
    void advance();                 // with the lock
    void wake(bool urgent = true);  // with the lock
    void resume_waiters();
    [[nodiscard]] bool has_come(event what) const;  // with the lock

    const std::shared_ptr<wakeups> wakeups_;
    scheduler& scheduler_;
    const stream_limits limits_;

    mutable std::mutex mutex_;
    std::optional<std::string> arrived_;
    std::deque<std::string> outbox_;
    std::size_t outbox_bytes_ = 0;
    std::size_t writing_bytes_ = 0;
    std::optional<failure> end_;
    bool open_ = false, all_said_ = false, over_ = false;
    bool reading_ = false, read_over_ = false;
    bool writing_ = false, write_over_ = false;
    bool closing_ = false, closed_ = false;
    bool abandoned_ = false, cancelled_ = false, released_ = false;
    bool wake_posted_ = false;
    bool room_awaited_ = false;  // What went out is of interest to somebody.
    instant last_read_{};        // When the last message came.

    // Of the scheduler's thread.
    waiter reader_, other_;
};

/// The face of a core: the owner's end of it.
[[nodiscard]] std::unique_ptr<stream> make_stream(std::shared_ptr<stream_core> core);

}  // namespace shoal::rpc
