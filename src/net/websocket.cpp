// The real websocket: frames over client_stream.

#include "net/websocket.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <boost/asio/buffer.hpp>
#include <deque>

#include "base/assert.hpp"
#include "net/client_stream.hpp"
#include "net/errc.hpp"
#include "net/http_answer.hpp"
#include "net/io_thread.hpp"
#include "net/websocket_frames.hpp"
#include "net/websocket_upgrade.hpp"

namespace shoal::net {
namespace {

// How long the answer to the peer's close frame, or to what it broke, may take to leave.
constexpr duration echo_time = std::chrono::milliseconds(250);
// Other connections of the thread wait no longer than so many bytes take.
constexpr std::size_t share_of_a_turn = 64 * 1024;
constexpr std::uint16_t no_status = 1005, normal = 1000, going_away = 1001;

std::uint32_t random_mask() {
    std::uint32_t mask = 0;
    SHOAL_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(&mask), sizeof mask) == 1);
    return mask;
}

// Outlives its face: pending operations hold it. It tells nothing more once the face is gone.
class core : public std::enable_shared_from_this<core> {
public:
    core(io_thread& on, dial_request request, websocket_events& events)
        : on_(on),
          request_(std::move(request)),
          events_(&events),
          stream_(on.inner().loop, request_.fuse),
          frames_(request_.largest_message) {}

    void dial(tls_context_ptr tls) {
        auto url = parse_dial_url(request_.url, "wss", "ws");
        request_.url.clear();
        if (!url) return end_later(failure_report(std::move(url.error())));
        peer_ = url->name();
        upgrade_.emplace(url->authority(), url->target, request_.user_agent);
        const auto deadline = on_.now() + request_.connect_timeout;
        set_timer(deadline, [](core& self) { self.end(self.failure_report({errc::timed_out, self.timeout_detail()})); });
        open_stream(on_, std::move(*url), std::move(tls), shared_from_this(), stream_, deadline,
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
        stream_.disarm();
        set_timer(on_.now() + grace, [](core& self) { self.end(self.report()); });
        pump_writes();
        // What was not read while paused stands before the peer's answer.
        paused_ = true;
        resume_reading();
    }

    void cut() {
        if (ended_) return;
        by_us_ = true;
        end_later(report());
    }

    void pause_reading() {
        if (!closing_) paused_ = true;
    }

    void resume_reading() {
        if (!std::exchange(paused_, false) || ended_ || !open_) return;
        // Not inside this call: messages may be waiting.
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
        out_ = upgrade_->request();
        write_some();
        read_some();
    }

    void take_upgrade_bytes(std::size_t count) {
        auto& answer = upgrade_->answer();
        answer.feed({frames_.room().data(), count});
        if (answer.failed())
            return end(failure_report({answer.failed()->errc, fmt::format("{}: {}", peer_, answer.failed()->detail)}));
        if (!answer.done()) return read_some();
        if (auto agreed = upgrade_->agreed(); !agreed) {
            return end(failure_report(
                {static_cast<errc>(agreed.error().code()), fmt::format("{}: {}", peer_, agreed.error().detail())}));
        }
        // What came in the same read stands in the place that these bytes came through.
        const auto rest = answer.take_rest();
        const auto room = frames_.room();
        SHOAL_ASSERT(rest.size() <= room.size());
        rest.copy(room.data(), rest.size());
        frames_.wrote(rest.size());
        upgrade_.reset();
        clear_timer();
        open_ = true;
        if (events_ != nullptr) events_->on_open();
        if (ended_) return;
        pump_writes();
        if (!rest.empty() && events_ != nullptr) events_->on_traffic();
        if (!ended_) read_on();
    }

    // ---- reading
    void read_some() {
        reading_ = true;
        const auto room = frames_.room();
        stream_.async_read_some(asio::mutable_buffer(room.data(), room.size()),
                                completion::to<&core::on_read>(shared_from_this()));
    }

    void on_read(error_code ec, std::size_t count) {
        reading_ = false;
        if (ended_) return;
        if (ec) return on_broken(ec);
        if (!open_) return take_upgrade_bytes(count);
        read_this_turn_ = 0;
        if (take_bytes(count)) read_on();
    }

    /// False if that was the end.
    bool take_bytes(std::size_t count) {
        read_this_turn_ += count;
        frames_.wrote(count);
        if (events_ != nullptr) events_->on_traffic();
        return !ended_;
    }

    /// What is there already comes at once, up to the share of one connection; false if the rest will come later.
    bool read_more() {
        if (read_this_turn_ >= share_of_a_turn) {
            read_some();
            return false;
        }
        const auto room = frames_.room();
        error_code ec;
        const auto count = stream_.read_now(asio::mutable_buffer(room.data(), room.size()), ec);
        if (ec == asio::error::would_block) {
            read_some();
            return false;
        }
        if (ec) {
            on_broken(ec);
            return false;
        }
        return take_bytes(count);
    }

    /// Tells what was read, and reads on when all of it is told.
    void read_on() {
        if (reading_) return;
        while (!ended_ && !paused_ && !failing_) {
            const auto next = frames_.next();
            switch (next.kind) {
                case frame_kind::more:
                    if (!read_more()) return;
                    break;
                case frame_kind::message:
                    if (!closing_ && events_ != nullptr) events_->on_message(next.message, next.payload);
                    break;
                case frame_kind::ping:
                    // Of several that wait only the last is answered (RFC 6455, 5.5.3), so a flood of them queues nothing.
                    pong_.assign(next.payload.data(), next.payload.size());
                    pong_waits_ = true;
                    pump_writes();
                    break;
                case frame_kind::pong: break;
                case frame_kind::close: return on_peer_close(next);
                case frame_kind::broken: return fail(next);
            }
        }
    }

    void on_peer_close(const frame_event& said) {
        peer_code_ = said.code;
        peer_reason_ = said.reason;
        // Ours is answered; or there is nothing to say: for Discord a client that closes with 1000 or 1001 ends its session, so
        // these are never echoed, and the peer sees the end of the stream instead.
        if (close_sent_ || said.code == no_status || said.code == normal || said.code == going_away) return end(report());
        last_word(said.code, report());
    }

    void fail(const frame_event& broken) {
        auto what = report();
        what.why =
            failure(broken.code == 1009 ? errc::too_large : errc::protocol_broken, fmt::format("{}: {}", peer_, broken.reason));
        if (close_sent_) return end(std::move(what));
        last_word(broken.code, std::move(what));
    }

    /// A close frame goes out in place of what waits, and then everything ends.
    void last_word(std::uint16_t code, close_report what) {
        failing_ = std::move(what);
        closing_ = true;
        close_code_ = code;
        queue_.clear();
        pong_waits_ = false;
        set_timer(on_.now() + echo_time, [](core& self) { self.end(*std::move(self.failing_)); });
        pump_writes();
    }

    void on_broken(error_code ec) {
        if (failing_) return end(*std::move(failing_));
        auto out = report();
        out.why = stream_failure(ec, peer_);
        end(std::move(out));
    }

    // ---- writing
    void pump_writes() {
        if (!open_ || ended_ || writing_ || close_sent_) return;
        out_.clear();
        if (std::exchange(pong_waits_, false)) {
            append_frame(out_, frame_opcode::pong, pong_, random_mask());
        } else if (!queue_.empty()) {
            append_frame(out_, frame_opcode::text, queue_.front(), random_mask());
            text_in_out_ = queue_.front().size();
            queue_.pop_front();
        } else if (closing_) {
            close_sent_ = true;
            append_frame(out_, frame_opcode::close, close_payload(close_code_), random_mask());
        } else {
            return;
        }
        write_some();
    }

    void write_some() {
        writing_ = true;
        stream_.async_write_some(asio::const_buffer(out_.data() + out_done_, out_.size() - out_done_),
                                 completion::to<&core::on_written>(shared_from_this()));
    }

    void on_written(error_code ec, std::size_t count) {
        writing_ = false;
        if (ended_) return;
        if (ec) return on_broken(ec);
        out_done_ += count;
        if (out_done_ < out_.size()) return write_some();
        out_done_ = 0;
        unsent_ -= std::exchange(text_in_out_, 0);
        if (failing_ && close_sent_) return end(*std::move(failing_));
        pump_writes();
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
        stream_.cut();
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

    io_thread& on_;
    dial_request request_;
    websocket_events* events_;
    client_stream stream_;
    std::optional<websocket_upgrade> upgrade_;  // Until it is agreed.
    frame_reader frames_;
    std::string peer_;
    const char* phase_ = "connecting";
    std::deque<std::string> queue_;
    std::string pong_;
    std::string out_;  // What is being written.
    std::size_t out_done_ = 0;
    std::size_t text_in_out_ = 0;
    std::size_t unsent_ = 0;
    std::size_t read_this_turn_ = 0;
    timer_id timer_ = timer_id::none;
    std::optional<std::uint16_t> peer_code_;
    std::string peer_reason_;
    std::optional<close_report> failing_;  // The end that comes once our close frame has left.
    std::uint16_t close_code_ = 0;
    bool open_ = false;
    bool paused_ = false;
    bool reading_ = false;
    bool writing_ = false;
    bool pong_waits_ = false;
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

class real_dialer final : public dialer {
public:
    real_dialer(io_thread& on, tls_context_ptr tls) : on_(on), tls_(std::move(tls)) {}
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
    return std::make_unique<real_dialer>(on, std::move(tls));
}

}  // namespace shoal::net
