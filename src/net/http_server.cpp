#include "net/http_server.hpp"

#include <algorithm>
#include <list>
#include <utility>

#include "net/byte_stream.hpp"
#include "net/http_session.hpp"

namespace shoal::net {
namespace {

class server_impl;

class visitor final : public byte_stream_events {
public:
    visitor(server_impl& home, std::unique_ptr<byte_stream> stream, std::size_t largest_body);

    void on_bytes(std::string_view bytes) override { http_.feed(bytes); }
    void on_ended(const failure& why) override;
    [[nodiscard]] instant last_asked() const noexcept { return last_asked_; }
    [[nodiscard]] bool is_ending() const noexcept { return ending_; }
    void end() {
        if (!std::exchange(ending_, true)) stream_->reset();
    }

private:
    void asked(const http_request& request);

    server_impl& home_;
    std::unique_ptr<byte_stream> stream_;
    http_peer peer_;
    http_session http_;
    instant last_asked_;
    bool ending_ = false;  // Its end is told later, never inside of end().
};

class server_impl final : public http_server {
public:
    server_impl(io_thread& on, http_server_options options, http_handler answer)
        : on_(on), options_(std::move(options)), answer_(std::move(answer)) {}
    ~server_impl() override {
        on_.cancel(sweep_);
        listener_.reset();
        visitors_.clear();
    }

    result<void> open() {
        auto listening = net::listen(on_, options_.listen, options_.tls, [this](std::unique_ptr<byte_stream> stream) {
            visitors_.push_back(std::make_unique<visitor>(*this, std::move(stream), options_.largest_body));
        });
        if (!listening) return std::unexpected(listening.error());
        listener_ = std::move(*listening);
        listener_->set_policy([this] {
            ++counts_.accepted;
            if (listener_->open_streams() < options_.most_connections || make_room()) return accept_policy::serve;
            ++counts_.turned_away;
            return accept_policy::reset;
        });
        sweep_later();
        return {};
    }

    [[nodiscard]] std::uint16_t port() const override { return listener_->port(); }
    void set_tls(tls_context_ptr tls) override { listener_->set_tls(std::move(tls)); }
    [[nodiscard]] http_server_counts counts() const override {
        auto counts = counts_;
        counts.unfinished = listener_->unfinished_handshakes();
        return counts;
    }

    [[nodiscard]] instant now() const { return on_.now(); }
    [[nodiscard]] http_response answer(const http_request& request, const http_peer& peer) const {
        return answer_(request, peer);
    }
    void gone(const visitor& who) {
        std::erase_if(visitors_, [&who](const auto& each) { return each.get() == &who; });
    }

private:
    /// Ends the connection that is of least use: one that still shakes hands, the oldest first, else one that has not asked for
    /// longest. So nobody who only holds connections keeps a probe out.
    bool make_room() {
        if (listener_->end_oldest_handshake()) return ++counts_.made_room, true;
        const auto idlest = std::ranges::min_element(
            visitors_, {}, [](const auto& each) { return each->is_ending() ? never : each->last_asked(); });
        if (idlest == visitors_.end() || (*idlest)->is_ending()) return false;
        if ((*idlest)->last_asked() + options_.settled > on_.now()) return false;
        (*idlest)->end();
        return ++counts_.made_room, true;
    }
    void sweep_later() {
        sweep_ = on_.wake_at(on_.now() + options_.idle / 4, [this] {
            const auto latest = on_.now() - options_.idle;
            // Ending is told later, never inside of the call, so that the list stays as it is.
            for (const auto& each : visitors_) {
                if (each->is_ending() || each->last_asked() >= latest) continue;
                each->end();
                ++counts_.idle;
            }
            sweep_later();
        });
    }

    io_thread& on_;
    http_server_options options_;
    http_handler answer_;
    std::unique_ptr<listener> listener_;
    std::list<std::unique_ptr<visitor>> visitors_;
    timer_id sweep_ = timer_id::none;
    http_server_counts counts_;
};

visitor::visitor(server_impl& home, std::unique_ptr<byte_stream> stream, std::size_t largest_body)
    : home_(home),
      stream_(std::move(stream)),
      peer_{stream_->peer(), stream_->peer_is_trusted()},
      http_(
          *stream_, [this](const http_request& request) { asked(request); }, largest_body),
      last_asked_(home.now()) {
    stream_->listen_to(*this);
}

void visitor::asked(const http_request& request) {
    last_asked_ = home_.now();
    http_.answer(home_.answer(request, peer_));
}

void visitor::on_ended(const failure&) { home_.gone(*this); }

}  // namespace

result<std::unique_ptr<http_server>> serve_http(io_thread& on, http_server_options options, http_handler answer) {
    auto made = std::make_unique<server_impl>(on, std::move(options), std::move(answer));
    if (auto opened = made->open(); !opened) return std::unexpected(opened.error());
    return made;
}

}  // namespace shoal::net
