// The real websocket: Beast over client_stream. The one source of the library that instantiates Beast's websocket.

#include "net/websocket.hpp"

#include <fmt/format.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "base/assert.hpp"
#include "net/client_stream.hpp"
#include "net/errc.hpp"
#include "net/io_thread.hpp"

namespace shoal::net {

namespace beast = boost::beast;
namespace ws = beast::websocket;

// Beast ends a connection by a teardown that waits for the peer to close TLS and TCP. A shard that is to reconnect does not wait:
// after the close frames the socket is simply closed by its owner.
template <class Handler>
void async_teardown(beast::role_type, client_stream& stream, Handler&& handler) {
    asio::post(stream.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error_code{}));
}
inline void teardown(beast::role_type, client_stream& stream, error_code& ec) {
    ec = {};
    stream.cut();
}
inline void beast_close_socket(client_stream& stream) { stream.cut(); }

namespace {

// A message buffer that one giant grew is given back.
constexpr std::size_t largest_kept_buffer = 1024 * 1024;
// How long the answer to the peer's close frame may take to leave.
constexpr duration echo_time = std::chrono::milliseconds(250);

// Outlives its face: pending operations hold it. It tells nothing more once the face is gone.
class core : public std::enable_shared_from_this<core> {
public:
    core(io_thread& on, dial_request request, websocket_events& events)
        : on_(on), request_(std::move(request)), events_(&events), stream_(on.inner().loop) {}

    void dial(tls_context_ptr tls) {
        auto url = parse_dial_url(request_.url, "wss", "ws");
        request_.url.clear();
        if (!url) return end_later(failure_report(std::move(url.error())));
        peer_ = url->name();
        authority_ = url->authority();
        target_ = url->target;
        const auto deadline = on_.now() + request_.connect_timeout;
        set_timer(deadline, [](core& self) { self.end(self.failure_report({errc::timed_out, self.timeout_detail()})); });
        open_stream(on_, std::move(*url), std::move(tls), shared_from_this(), stream_.next_layer(), deadline,
                    [self = shared_from_this()](result<void> opened) { self->on_stream_open(std::move(opened)); });
    }

    bool send(std::string text) {
        if (ended_ || closing_ || unsent_ + text.size() > request_.send_queue_bytes) return false;
        unsent_ += text.size();
        queue_.push_back(std::move(text));
        pump_writes();
        return true;
    }

    void close(std::uint16_t code, duration grace) {
        if (ended_ || closing_) return;
        by_us_ = true;
        if (!open_) return cut();
        closing_ = true;
        close_code_ = code;
        drop_held_message();
        set_timer(on_.now() + grace, [](core& self) { self.end(self.report()); });
        pump_writes();
    }

    void cut() {
        if (ended_) return;
        by_us_ = true;
        end_later(report());
    }

    void pause_reading() { paused_ = true; }

    void resume_reading() {
        if (!std::exchange(paused_, false) || ended_ || !open_) return;
        // Not inside this call: a held message may be waiting.
        on_.post([self = shared_from_this()] { self->read_on(); });
    }

    [[nodiscard]] std::size_t unsent_bytes() const noexcept { return unsent_; }

    // The face is gone.
    void abandon() {
        events_ = nullptr;
        if (!ended_) end(report());
    }

private:
    // ---- dialing
    void on_stream_open(result<void> opened) {
        if (ended_) return;
        if (!opened) return end(failure_report(std::move(opened.error())));
        phase_ = "the websocket upgrade";
        stream_.set_option(ws::stream_base::decorator([agent = request_.user_agent](ws::request_type& request) {
            if (!agent.empty()) request.set(beast::http::field::user_agent, agent);
        }));
        stream_.read_message_max(request_.largest_message);
        stream_.auto_fragment(false);
        stream_.write_buffer_bytes(8192);
        stream_.text(true);
        stream_.control_callback([this](ws::frame_type kind, beast::string_view) { on_control(kind); });
        stream_.async_handshake(answer_, authority_, target_, completion::to<&core::on_upgraded>(shared_from_this()));
    }

    void on_upgraded(error_code ec, std::size_t) {
        if (ended_) return;
        // Whatever the version or the headers: an answer with another status is the server's word.
        const auto status = answer_.result_int();
        if (ec && is_websocket_error(ec) && status != 101) {
            return end(failure_report({errc::upgrade_refused, fmt::format("{}: status {}", peer_, status)}));
        }
        if (ec) return end(failure_report(beast_failure(ec)));
        answer_ = {};
        clear_timer();
        open_ = true;
        if (events_ != nullptr) events_->on_open();
        if (ended_) return;
        pump_writes();
        read_on();
    }

    // ---- reading
    void read_on() {
        if (ended_ || paused_ || close_sent_ || reading_) return;
        if (message_held_) {
            deliver();
            if (ended_ || paused_ || close_sent_) return;
        }
        reading_ = true;
        stream_.async_read_some(buffer_, 0, completion::to<&core::on_read>(shared_from_this()));
    }

    void on_read(error_code ec, std::size_t) {
        reading_ = false;
        if (ended_) return;
        if (ec) return on_broken(ec);
        if (events_ != nullptr) events_->on_traffic();
        if (ended_) return;
        if (closing_) {
            // No message is told any more. Once our close frame is on its way Beast itself reads on, up to the peer's.
            clear_buffer();
        } else if (stream_.is_message_done()) {
            message_held_ = true;
            if (!paused_) deliver();
        }
        read_on();
    }

    void deliver() {
        message_held_ = false;
        const auto bytes = buffer_.data();
        const auto kind = stream_.got_text() ? message_kind::text : message_kind::binary;
        delivering_ = true;
        if (events_ != nullptr) events_->on_message(kind, {static_cast<const char*>(bytes.data()), bytes.size()});
        delivering_ = false;
        clear_buffer();
    }

    void drop_held_message() {
        // Inside on_message the bytes are still being looked at.
        if (!message_held_ || delivering_) return;
        message_held_ = false;
        clear_buffer();
    }

    void clear_buffer() {
        buffer_.consume(buffer_.size());
        if (buffer_.capacity() > largest_kept_buffer) buffer_.shrink_to_fit();
    }

    // Runs inside Beast's reading.
    void on_control(ws::frame_type kind) {
        if (ended_) return;
        if (kind != ws::frame_type::close) {
            if (events_ != nullptr) events_->on_traffic();
            return;
        }
        take_peer_close();
        if (close_sent_) return;
        // Beast echoes the peer's code, and 1000 if there was none. For Discord a client that closes with 1000 or 1001 ends its
        // session, so these echoes do not leave: the peer sees the end of the stream instead.
        const auto code = stream_.reason().code;
        if (code == ws::close_code::none || code == ws::close_code::normal || code == ws::close_code::going_away) {
            error_code ignored;
            stream_.next_layer().socket().shutdown(asio::socket_base::shutdown_send, ignored);
        }
        closing_ = close_sent_ = true;
        set_timer(on_.now() + echo_time, [](core& self) { self.end(self.report()); });
    }

    void take_peer_close() {
        const auto& reason = stream_.reason();
        peer_code_ = static_cast<std::uint16_t>(reason.code == ws::close_code::none ? ws::close_code::no_status : reason.code);
        peer_reason_.assign(reason.reason.data(), reason.reason.size());
    }

    void on_broken(error_code ec) {
        if (peer_code_) return end(report());
        if (ec == ws::error::closed) {
            take_peer_close();
            return end(report());
        }
        // Our own close is under way, and its operation tells the end.
        if (close_sent_ && ec == asio::error::operation_aborted) return;
        auto out = report();
        out.why = beast_failure(ec);
        end(std::move(out));
    }

    // ---- writing
    void pump_writes() {
        if (!open_ || ended_ || writing_ || close_sent_) return;
        if (!queue_.empty()) {
            writing_ = true;
            stream_.async_write(asio::const_buffer(queue_.front().data(), queue_.front().size()),
                                completion::to<&core::on_written>(shared_from_this()));
        } else if (closing_ && by_us_) {
            close_sent_ = true;
            stream_.async_close(ws::close_reason(static_cast<ws::close_code>(close_code_)),
                                completion::to<&core::on_close_done>(shared_from_this()));
        }
    }

    void on_written(error_code ec, std::size_t) {
        writing_ = false;
        if (ended_) return;
        if (ec) return on_broken(ec);
        unsent_ -= queue_.front().size();
        queue_.pop_front();
        pump_writes();
    }

    void on_close_done(error_code ec, std::size_t) {
        if (ended_) return;
        if (!ec || ec == ws::error::closed) take_peer_close();
        end(report());
    }

    // ---- the end
    [[nodiscard]] close_report report() const {
        close_report out;
        out.code = peer_code_;
        out.reason = peer_reason_;
        out.by_us = by_us_;
        out.while_dialing = !open_;
        if (by_us_) out.why = failure(errc::stopped, peer_);
        if (!by_us_ && peer_code_) out.why = failure(errc::closed, fmt::format("{}: close code {}", peer_, *peer_code_));
        return out;
    }
    [[nodiscard]] close_report failure_report(failure why) const {
        auto out = report();
        out.why = std::move(why);
        return out;
    }

    void end(close_report what) {
        if (std::exchange(ended_, true)) return;
        shut();
        tell(what);
    }
    void end_later(close_report what) {
        if (std::exchange(ended_, true)) return;
        shut();
        on_.post([self = shared_from_this(), what = std::move(what)] { self->tell(what); });
    }
    void tell(const close_report& what) {
        if (auto* events = std::exchange(events_, nullptr)) events->on_closed(what);
    }
    void shut() {
        clear_timer();
        stream_.next_layer().cut();
    }

    void set_timer(instant when, void (*then)(core&)) {
        clear_timer();
        timer_ = on_.wake_at(when, [self = shared_from_this(), then] {
            self->timer_ = timer_id::none;
            if (!self->ended_) then(*self);
        });
    }
    void clear_timer() { on_.cancel(std::exchange(timer_, timer_id::none)); }

    [[nodiscard]] std::string timeout_detail() const { return fmt::format("{}: {} took too long", peer_, phase_); }

    static bool is_websocket_error(error_code ec) { return ec.category() == ws::make_error_code(ws::error::closed).category(); }

    [[nodiscard]] failure beast_failure(error_code ec) const {
        const auto detail = [&] { return fmt::format("{}: {}", peer_, ec.message()); };
        if (ec == ws::error::message_too_big || ec == ws::error::buffer_overflow) return {errc::too_large, detail()};
        if (ec == beast::http::error::end_of_stream || ec == beast::http::error::partial_message) return {errc::closed, detail()};
        if (ec.category() == beast::http::make_error_code(beast::http::error::bad_version).category() || is_websocket_error(ec)) {
            return {errc::protocol_broken, detail()};
        }
        return stream_failure(ec, peer_);
    }

    io_thread& on_;
    dial_request request_;
    websocket_events* events_;
    ws::stream<client_stream, false> stream_;
    beast::flat_buffer buffer_;
    ws::response_type answer_;
    std::string peer_;
    std::string authority_;
    std::string target_;
    const char* phase_ = "connecting";
    std::deque<std::string> queue_;
    std::size_t unsent_ = 0;
    timer_id timer_ = timer_id::none;
    std::optional<std::uint16_t> peer_code_;
    std::string peer_reason_;
    std::uint16_t close_code_ = 0;
    bool open_ = false;
    bool paused_ = false;
    bool reading_ = false;
    bool writing_ = false;
    bool message_held_ = false;
    bool delivering_ = false;
    bool closing_ = false;
    bool close_sent_ = false;
    bool by_us_ = false;
    bool ended_ = false;
};

class face final : public websocket {
public:
    explicit face(std::shared_ptr<core> inner) : core_(std::move(inner)) {}
    ~face() override { core_->abandon(); }
    bool send(std::string text) override { return core_->send(std::move(text)); }
    void close(std::uint16_t code, duration grace) override { core_->close(code, grace); }
    void cut() override { core_->cut(); }
    void pause_reading() override { core_->pause_reading(); }
    void resume_reading() override { core_->resume_reading(); }
    [[nodiscard]] std::size_t unsent_bytes() const override { return core_->unsent_bytes(); }

private:
    std::shared_ptr<core> core_;
};

class beast_dialer final : public dialer {
public:
    beast_dialer(io_thread& on, tls_context_ptr tls) : on_(on), tls_(std::move(tls)) {}
    std::unique_ptr<websocket> dial(dial_request request, websocket_events& events) override {
        SHOAL_ASSERT(on_.is_current());
        auto inner = std::make_shared<core>(on_, std::move(request), events);
        inner->dial(tls_);
        return std::make_unique<face>(std::move(inner));
    }

private:
    io_thread& on_;
    tls_context_ptr tls_;
};

}  // namespace

std::unique_ptr<dialer> make_dialer(io_thread& on, tls_context_ptr tls) {
    return std::make_unique<beast_dialer>(on, std::move(tls));
}

}  // namespace shoal::net
