#include "net/server_stream.hpp"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "net/errc.hpp"

namespace shoal::net {
namespace {

constexpr duration handshake_time = std::chrono::seconds(30);
// After our FIN the peer's is waited for, so that closing does not reset what is still on its way.
constexpr duration linger_time = std::chrono::seconds(2);
constexpr std::size_t largest_kept_queue = 256 * 1024;

std::string name_of(const tcp_socket& socket) {
    error_code ec;
    const auto peer = socket.remote_endpoint(ec);
    if (ec) return "?";
    return peer.address().is_v6() ? fmt::format("[{}]:{}", peer.address().to_string(), peer.port())
                                  : fmt::format("{}:{}", peer.address().to_string(), peer.port());
}

}  // namespace

server_stream::server_stream(io_thread& on, tcp_socket socket, ssl_ptr session, std::shared_ptr<read_room> room)
    : on_(on), socket_(std::move(socket)), engine_(std::move(session)), room_(std::move(room)), peer_(name_of(socket_)) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void server_stream::start(std::function<void(std::shared_ptr<server_stream>)> ready) {
    ready_ = std::move(ready);
    set_deadline(handshake_time);
    take_in();
    if (!ended_) wait_readable();
}

void server_stream::start_muted() {
    muted_ = true;
    wait_readable();
}

// ---- reading

void server_stream::wait_readable() {
    if (ended_ || waiting_readable_ || (paused_ && !finishing_)) return;
    waiting_readable_ = true;
    socket_.async_wait(asio::socket_base::wait_read, completion::to<&server_stream::on_readable>(shared_from_this()));
}

void server_stream::on_readable(error_code ec, std::size_t) {
    waiting_readable_ = false;
    if (ec == asio::error::operation_aborted) return;
    if (ended_ || (paused_ && !finishing_)) return;
    std::size_t count = 0;
    if (!ec) count = socket_.read_some(asio::buffer(room_->wire), ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again || ec == asio::error::interrupted) return wait_readable();
    if (ec) return on_peer_ended(ec);
    if (!muted_ && !finishing_) {
        engine_.feed({room_->wire.data(), count});
        take_in();
    }
    wait_readable();
}

void server_stream::on_peer_ended(error_code ec) {
    if (finishing_ && fin_sent_) return end({errc::stopped, peer_});
    end(stream_failure(ec, peer_));
}

// Moves what the engine holds to whom it concerns: the handshake, then the events.
void server_stream::take_in() {
    if (shaking_hands_) {
        const auto done = engine_.shake_hands(out_);
        if (unsent_bytes() > 0) flush_soon();
        if (!done) return end(done.error());
        if (!*done) return;
        shaking_hands_ = false;
        on_.cancel(std::exchange(deadline_, timer_id::none));
        if (auto ready = std::exchange(ready_, nullptr)) ready(shared_from_this());
    }
    while (!ended_ && !paused_ && !finishing_) {
        const auto before = unsent_bytes();
        const auto count = engine_.read(room_->plain, out_);
        if (unsent_bytes() > before) flush_soon();
        if (!count) return end(count.error());
        if (*count == 0) {
            if (engine_.peer_finished()) end({errc::closed, fmt::format("{}: the connection ended", peer_)});
            return;
        }
        if (events_ != nullptr) events_->on_bytes({room_->plain.data(), *count});
    }
}

void server_stream::pause_reading() {
    paused_ = true;
    watch_for_errors();
}

void server_stream::resume_reading() {
    if (!std::exchange(paused_, false) || ended_) return;
    on_.post([self = shared_from_this()] {
        if (self->ended_ || self->paused_) return;
        self->take_in();
        self->wait_readable();
    });
}

// A paused stream does not read, yet it should notice when its peer reset the connection.
void server_stream::watch_for_errors() {
    if (ended_ || waiting_error_) return;
    waiting_error_ = true;
    socket_.async_wait(asio::socket_base::wait_error, completion::to<&server_stream::on_socket_error>(shared_from_this()));
}

void server_stream::on_socket_error(error_code ec, std::size_t) {
    waiting_error_ = false;
    if (ended_ || ec || !paused_) return;
    int pending = 0;
    socklen_t size = sizeof pending;
    if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &pending, &size) != 0 || pending == 0) return;
    end(stream_failure(error_code(pending, boost::system::system_category()), peer_));
}

// ---- writing

void server_stream::write(std::string_view bytes) {
    if (ended_ || finishing_ || bytes.empty()) return;
    if (auto done = engine_.write(bytes, out_); !done) return end_later(std::move(done.error()));
    flush_soon();
}

void server_stream::finish() {
    if (ended_ || finishing_) return;
    finishing_ = true;
    engine_.finish(out_);
    flush_soon();
}

void server_stream::reset() {
    if (ended_) return;
    close_with_reset();
    end_later({errc::stopped, peer_});
}

void server_stream::write_half_and_reset(std::string_view bytes) {
    if (ended_ || finishing_) return;
    finishing_ = reset_when_sent_ = true;
    std::string whole;
    if (auto done = engine_.write(bytes, whole); !done) return end_later(std::move(done.error()));
    out_.append(whole, 0, whole.size() / 2);
    flush_soon();
}

// What is written in one turn leaves together.
void server_stream::flush_soon() {
    if (ended_ || flush_posted_ || waiting_writable_) return;
    flush_posted_ = true;
    on_.post([self = shared_from_this()] {
        self->flush_posted_ = false;
        if (self->socket_.is_open()) self->flush();
    });
}

void server_stream::flush() {
    while (!ended_ && unsent_bytes() > 0) {
        const auto size = segment_bytes_ == 0 ? unsent_bytes() : std::min(segment_bytes_, unsent_bytes());
        error_code ec;
        const auto count = socket_.write_some(asio::buffer(out_.data() + sent_, size), ec);
        if (ec == asio::error::would_block || ec == asio::error::try_again) {
            waiting_writable_ = true;
            socket_.async_wait(asio::socket_base::wait_write, completion::to<&server_stream::on_writable>(shared_from_this()));
            return;
        }
        if (ec) return on_write_failed(ec);
        sent_ += count;
        // Tiny segments go one a turn, so that the peer has a chance to read each by itself.
        if (segment_bytes_ != 0 && unsent_bytes() > 0) return flush_soon();
    }
    if (!ended_) on_flushed();
}

void server_stream::on_writable(error_code ec, std::size_t) {
    waiting_writable_ = false;
    if (ended_) return;
    if (ec) return on_write_failed(ec);
    flush();
}

void server_stream::on_flushed() {
    out_.clear();
    sent_ = 0;
    if (out_.capacity() > largest_kept_queue) out_ = {};
    if (reset_when_sent_) return reset_once_sent(100);
    if (finishing_ && !fin_sent_) {
        fin_sent_ = true;
        error_code ignored;
        socket_.shutdown(asio::socket_base::shutdown_send, ignored);
        set_deadline(linger_time);
        wait_readable();
        return;
    }
    if (!shaking_hands_ && !finishing_ && events_ != nullptr) events_->on_drained();
}

// The peer is gone for writing. What it had sent before, and why it ended, is still to be read.
void server_stream::on_write_failed(error_code ec) {
    out_.clear();
    sent_ = 0;
    while (!ended_ && !paused_ && !finishing_ && !muted_) {
        error_code read_ec;
        const auto count = socket_.read_some(asio::buffer(room_->wire), read_ec);
        if (read_ec || count == 0) break;
        engine_.feed({room_->wire.data(), count});
        take_in();
    }
    if (!ended_) end(stream_failure(ec, peer_));
}

// A reset throws away what the kernel has not sent yet: the cut-off bytes are let out first.
void server_stream::reset_once_sent(int tries) {
    if (ended_) return;
    int unsent = 0;
    if (tries > 0 && ::ioctl(socket_.native_handle(), SIOCOUTQ, &unsent) == 0 && unsent > 0) {
        on_.wake_at(on_.now() + std::chrono::milliseconds(1),
                    [self = shared_from_this(), tries] { self->reset_once_sent(tries - 1); });
        return;
    }
    close_with_reset();
    end({errc::stopped, peer_});
}

// ---- the end

void server_stream::close_with_reset() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

void server_stream::end(failure why) {
    if (std::exchange(ended_, true)) return;
    on_.cancel(std::exchange(deadline_, timer_id::none));
    error_code ignored;
    socket_.close(ignored);
    out_ = {};
    sent_ = 0;
    if (auto ready = std::exchange(ready_, nullptr)) ready(nullptr);
    if (auto* events = std::exchange(events_, nullptr)) events->on_ended(why);
}

void server_stream::end_later(failure why) {
    // Nothing more is told until then; end() itself still has to run.
    finishing_ = true;
    error_code ignored;
    socket_.close(ignored);
    on_.post([self = shared_from_this(), why = std::move(why)]() mutable { self->end(std::move(why)); });
}

void server_stream::abandon() {
    events_ = nullptr;
    if (ended_) return;
    if (!finishing_) return end({errc::stopped, peer_});
    if (!fin_sent_) set_deadline(linger_time);
}

void server_stream::set_deadline(duration span) {
    on_.cancel(std::exchange(deadline_, timer_id::none));
    deadline_ = on_.wake_at(on_.now() + span, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->deadline_ = timer_id::none;
        self->end({self->finishing_ ? errc::stopped : errc::timed_out, self->peer_});
    });
}

}  // namespace shoal::net
