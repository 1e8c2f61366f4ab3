#include "rpc/stream_core.hpp"

#include <utility>

#include "base/assert.hpp"

namespace shoal::rpc {

/// Suspends until something has come or the deadline has; forgets itself when its coroutine is destroyed.
struct stream_wait {
    stream_core& core;
    stream_core::waiter& slot;
    stream_core::event what;
    instant deadline;

    [[nodiscard]] bool await_ready() const {
        SHOAL_ASSERT(!slot.handle);
        slot.timed_out = false;
        const std::lock_guard lock(core.mutex_);
        if (core.has_come(what)) return true;
        core.room_awaited_ |= what == stream_core::event::room;
        return false;
    }
    void await_suspend(std::coroutine_handle<> handle) const {
        slot.handle = handle;
        slot.what = what;
        if (deadline == never) return;
        slot.timer = core.scheduler_.wake_at(deadline, [to = &slot] {
            to->timer = timer_id::none;
            to->timed_out = true;
            std::exchange(to->handle, {}).resume();
        });
    }
    /// False: the deadline came first.
    [[nodiscard]] bool await_resume() const { return !slot.timed_out; }
    ~stream_wait() {
        if (slot.timer != timer_id::none) core.scheduler_.cancel(std::exchange(slot.timer, timer_id::none));
        slot.handle = {};
    }
};

namespace {

// Messages of one stream that follow each other so soon are more than its everyday word.
constexpr duration burst = std::chrono::milliseconds(100);

failure too_large(std::size_t bytes, std::size_t most) {
    return {errc::too_large, std::to_string(bytes) + " bytes, and " + std::to_string(most) + " are the most"};
}

}  // namespace

bool stream_core::has_come(event what) const {
    switch (what) {
        case event::message: return arrived_ || end_ || all_said_;
        case event::room: return outbox_bytes_ + writing_bytes_ <= limits_.outbox_bytes / 2 || end_;
        case event::open: return open_ || end_;
        case event::over: return over_;
    }
    return true;
}

// Does what can be done towards gRPC as things stand. The lock is held, so that the call cannot be over in between; gRPC never
// calls back from inside these.
void stream_core::advance() {
    if (released_ || over_) return;
    if (abandoned_ && !cancelled_) {
        cancelled_ = true;
        cancel();
    }
    if (!reading_ && !read_over_ && !arrived_ && !abandoned_ && open_ && !(closed_ && owes_status())) {
        reading_ = true;
        start_read();
    }
    const bool speechless = abandoned_ || write_over_;
    if (speechless) {
        outbox_.clear();
        outbox_bytes_ = 0;
    }
    if (!writing_ && !closed_ && open_) {
        if (!outbox_.empty()) {
            writing_ = true;
            auto message = std::move(outbox_.front());
            outbox_.pop_front();
            outbox_bytes_ -= message.size();
            writing_bytes_ = message.size();
            start_write(std::move(message));
        } else if (closing_ || abandoned_) {
            closed_ = true;
            start_close();
        }
    }
    const bool silent = read_over_ || (abandoned_ && !reading_);
    if (silent && !writing_ && (closed_ || !owes_status())) {
        released_ = true;
        release();
    }
}

void stream_core::told_open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    advance();
    wake();
}

void stream_core::told_not_open() {
    const std::lock_guard lock(mutex_);
    read_over_ = true;
    advance();
}

void stream_core::told_read(bool ok, std::string message) {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    bool urgent = true;
    if (ok) {
        arrived_ = std::move(message);
        // One message is read ahead: who has many to say must not wait for each.
        const auto now = scheduler_.now();
        urgent = now - std::exchange(last_read_, now) < burst;
    } else {
        read_over_ = true;
    }
    advance();
    wake(urgent);
}

void stream_core::told_too_large(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    read_over_ = true;
    if (!end_) end_ = too_large(bytes, limits_.largest_received_bytes);
    // A server's handler ends the call now. A client does it here: the other side knows of nothing.
    if (!owes_status() && !std::exchange(cancelled_, true)) cancel();
    advance();
    wake();
}

void stream_core::told_write(bool ok) {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    writing_bytes_ = 0;
    if (!ok) write_over_ = true;
    advance();
    // Nearly always nobody waits for that, and the scheduler's thread sleeps on.
    if (room_awaited_ && has_come(event::room)) {
        room_awaited_ = false;
        wake();
    }
}

void stream_core::told_all_said() {
    const std::lock_guard lock(mutex_);
    all_said_ = true;
}

void stream_core::told_end(failure why) {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = std::move(why);
    wake();
}

void stream_core::told_over() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    wake();
}

void stream_core::wake(bool urgent) {
    if (abandoned_) return;
    // A message may have been posted as one that can wait, and now something came that cannot.
    if (std::exchange(wake_posted_, true) && !urgent) return;
    wakeups_->post([self = shared_from_this()] { self->resume_waiters(); }, urgent);
}

void stream_core::resume_waiters() {
    {
        const std::lock_guard lock(mutex_);
        wake_posted_ = false;
    }
    for (auto* const slot : {&reader_, &other_}) {
        if (!slot->handle) continue;
        std::unique_lock lock(mutex_);
        const bool come = !abandoned_ && has_come(slot->what);
        lock.unlock();
        if (come) std::exchange(slot->handle, {}).resume();
    }
}

task<result<std::string>> stream_core::receive(instant deadline) {
    const auto self = shared_from_this();
    if (!co_await stream_wait{*this, reader_, event::message, deadline}) co_return std::unexpected(failure(errc::timed_out));
    const std::lock_guard lock(mutex_);
    if (!arrived_) co_return std::unexpected(end_ ? *end_ : failure(errc::finished));
    auto message = std::move(*arrived_);
    arrived_.reset();
    advance();
    co_return message;
}

task<result<void>> stream_core::drained(instant deadline) {
    const auto self = shared_from_this();
    if (!co_await stream_wait{*this, other_, event::room, deadline}) co_return std::unexpected(failure(errc::timed_out));
    const std::lock_guard lock(mutex_);
    if (end_) co_return std::unexpected(*end_);
    co_return result<void>{};
}

task<result<void>> stream_core::opened(instant deadline) {
    const auto self = shared_from_this();
    if (!co_await stream_wait{*this, reader_, event::open, deadline}) co_return std::unexpected(failure(errc::timed_out));
    const std::lock_guard lock(mutex_);
    if (end_) co_return std::unexpected(*end_);
    co_return result<void>{};
}

task<void> stream_core::over(instant deadline) {
    const auto self = shared_from_this();
    (void)co_await stream_wait{*this, other_, event::over, deadline};
}

result<void> stream_core::send(std::string message) {
    const std::lock_guard lock(mutex_);
    if (end_) return std::unexpected(*end_);
    if (closing_ || abandoned_ || released_) return std::unexpected(failure(errc::stopped));
    if (message.size() > limits_.largest_sent_bytes)
        return std::unexpected(too_large(message.size(), limits_.largest_sent_bytes));
    if (outbox_.size() >= limits_.outbox_messages || outbox_bytes_ + writing_bytes_ + message.size() > limits_.outbox_bytes)
        return std::unexpected(failure(errc::queue_full));
    outbox_bytes_ += message.size();
    outbox_.push_back(std::move(message));
    advance();
    return {};
}

void stream_core::close_writing() {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    advance();
}

void stream_core::abandon() {
    const std::lock_guard lock(mutex_);
    if (abandoned_) return;
    abandoned_ = true;
    advance();
}

std::size_t stream_core::waiting_bytes() const {
    const std::lock_guard lock(mutex_);
    return outbox_bytes_ + writing_bytes_;
}

namespace {

class face final : public stream {
public:
    explicit face(std::shared_ptr<stream_core> core) : core_(std::move(core)) {}
    ~face() override { core_->abandon(); }
    [[nodiscard]] const peer_identity& peer() const noexcept override { return core_->peer(); }
    [[nodiscard]] task<result<std::string>> receive(instant deadline) override { return core_->receive(deadline); }
    [[nodiscard]] result<void> send(std::string message) override { return core_->send(std::move(message)); }
    [[nodiscard]] task<result<void>> drained(instant deadline) override { return core_->drained(deadline); }
    void half_close() override {
        // A served stream ends with its handler: gRPC has no half of that.
        if (!core_->owes_status()) core_->close_writing();
    }
    [[nodiscard]] std::size_t waiting_bytes() const override { return core_->waiting_bytes(); }

private:
    std::shared_ptr<stream_core> core_;
};

}  // namespace

std::unique_ptr<stream> make_stream(std::shared_ptr<stream_core> core) { return std::make_unique<face>(std::move(core)); }

}  // namespace shoal::rpc
