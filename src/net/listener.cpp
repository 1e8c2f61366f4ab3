// The accepting side: the listening socket and the faces of accepted streams.

#include <fmt/format.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <charconv>
#include <deque>

#include "net/byte_stream.hpp"
#include "net/errc.hpp"
#include "net/server_stream.hpp"

namespace shoal::net {
namespace {

using tcp = asio::ip::tcp;
using tcp_acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;

class stream_face final : public byte_stream {
public:
    explicit stream_face(std::shared_ptr<server_stream> inner) : inner_(std::move(inner)) {}
    ~stream_face() override { inner_->abandon(); }
    void listen_to(byte_stream_events& events) override { inner_->listen_to(events); }
    void write(std::string_view bytes) override { inner_->write(bytes); }
    void finish() override { inner_->finish(); }
    void reset() override { inner_->reset(); }
    void write_half_and_reset(std::string_view bytes) override { inner_->write_half_and_reset(bytes); }
    void set_segment_bytes(std::size_t count) override { inner_->set_segment_bytes(count); }
    void pause_reading() override { inner_->pause_reading(); }
    void resume_reading() override { inner_->resume_reading(); }
    [[nodiscard]] std::size_t unsent_bytes() const override { return inner_->unsent_bytes(); }
    [[nodiscard]] std::string peer() const override { return inner_->peer(); }
    [[nodiscard]] bool peer_is_trusted() const override { return inner_->peer_is_trusted(); }

private:
    std::shared_ptr<server_stream> inner_;
};

result<tcp::endpoint> parse_address(std::string_view text) {
    const auto bad = [&] {
        return std::unexpected(
            failure(errc::listen_failed,
                    fmt::format("'{}' is no address to listen on; write ip:port, such as 127.0.0.1:8443 or [::1]:8443", text)));
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad();
    auto host = text.substr(0, colon);
    const auto digits = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.contains(':')) {
        return bad();
    }
    if (host == "localhost") host = "127.0.0.1";
    std::uint16_t port = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    error_code no_address;
    const auto address = asio::ip::make_address(std::string(host), no_address);
    if (no_address || digits.empty() || ec != std::errc{} || end != digits.data() + digits.size()) return bad();
    return tcp::endpoint(address, port);
}

class listening : public std::enable_shared_from_this<listening> {
public:
    listening(io_thread& on, tcp::endpoint where, tls_context_ptr tls, accepted on_accept)
        : on_(on), where_(std::move(where)), tls_(std::move(tls)), on_accept_(std::move(on_accept)), acceptor_(on.inner().loop) {}

    result<void> open() {
        error_code ec;
        acceptor_.open(where_.protocol(), ec);
        if (!ec) acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
        if (!ec) acceptor_.bind(where_, ec);
        if (!ec) acceptor_.listen(4096, ec);
        if (!ec) where_ = acceptor_.local_endpoint(ec);  // the port that was chosen for 0
        if (!ec) return {};
        error_code ignored;
        acceptor_.close(ignored);
        return std::unexpected(failure(ec == asio::error::address_in_use ? errc::address_in_use : errc::listen_failed,
                                       fmt::format("{}: {}", name(), ec.message())));
    }
    void close() {
        error_code ignored;
        acceptor_.close(ignored);
    }
    void stop() {
        stopped_ = true;
        on_accept_ = nullptr;
        policy_ = nullptr;
        close();
    }
    void accept_on() {
        if (stopped_ || !acceptor_.is_open() || accepting_) return;
        accepting_ = true;
        acceptor_.async_accept([self = shared_from_this()](error_code ec, tcp_socket socket) {
            self->accepting_ = false;
            self->on_socket(ec, std::move(socket));
        });
    }
    void set_policy(std::function<accept_policy()> policy) { policy_ = std::move(policy); }
    void set_tls(tls_context_ptr tls) { tls_ = std::move(tls); }
    // Each stream holds the room.
    [[nodiscard]] std::size_t open_streams() const noexcept { return static_cast<std::size_t>(room_.use_count()) - 1; }
    [[nodiscard]] bool is_open() const noexcept { return acceptor_.is_open(); }
    bool end_oldest_handshake() {
        while (!shaking_.empty()) {
            const auto oldest = shaking_.front().lock();
            shaking_.pop_front();
            if (!oldest || !oldest->is_shaking_hands()) continue;
            oldest->reset();
            return true;
        }
        return false;
    }
    [[nodiscard]] std::uint64_t unfinished() const noexcept { return unfinished_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return where_.port(); }

private:
    [[nodiscard]] std::string name() const {
        const auto ip = where_.address().to_string();
        return where_.address().is_v6() ? fmt::format("[{}]:{}", ip, where_.port()) : fmt::format("{}:{}", ip, where_.port());
    }

    void on_socket(error_code ec, tcp_socket socket) {
        if (stopped_) return;
        if (!ec) {
            take(std::move(socket));
        } else if (ec != asio::error::operation_aborted && ec != asio::error::connection_aborted) {
            // Most likely no descriptor is free: the kernel keeps the connection until one is.
            on_.wake_at(on_.now() + std::chrono::milliseconds(50), [self = shared_from_this()] { self->accept_on(); });
            return;
        }
        accept_on();
    }

    void take(tcp_socket socket) {
        const auto policy = policy_ ? policy_() : accept_policy::serve;
        if (policy == accept_policy::reset) {
            error_code ignored;
            socket.set_option(asio::socket_base::linger(true, 0), ignored);
            socket.close(ignored);
            return;
        }
        ssl_ptr session;
        if (tls_ && policy == accept_policy::serve) {
            auto made = server_session(*tls_);
            if (!made) return;
            session = std::move(*made);
        }
        const auto stream = std::make_shared<server_stream>(on_, std::move(socket), std::move(session), room_);
        if (policy == accept_policy::mute_tls) return stream->start_muted();
        if (tls_) {
            if (shaking_.size() >= look_through_at_) {
                std::erase_if(shaking_, [](const auto& each) {
                    const auto one = each.lock();
                    return !one || !one->is_shaking_hands();
                });
                look_through_at_ = 2 * shaking_.size() + 64;
            }
            shaking_.push_back(stream);
        }
        stream->start([weak = weak_from_this()](std::shared_ptr<server_stream> ready) {
            if (!ready) {
                if (const auto self = weak.lock()) ++self->unfinished_;
                return;
            }
            auto face = std::make_unique<stream_face>(std::move(ready));
            const auto self = weak.lock();
            if (!self || self->stopped_) return;
            // The callee may destroy the listener.
            const auto hand_over = self->on_accept_;
            hand_over(std::move(face));
        });
    }

    io_thread& on_;
    tcp::endpoint where_;
    tls_context_ptr tls_;
    accepted on_accept_;
    std::function<accept_policy()> policy_;
    tcp_acceptor acceptor_;
    std::shared_ptr<read_room> room_ = std::make_shared<read_room>();
    std::deque<std::weak_ptr<server_stream>> shaking_;  // The oldest first; some are through by now.
    std::size_t look_through_at_ = 64;
    std::uint64_t unfinished_ = 0;
    bool accepting_ = false;
    bool stopped_ = false;
};

class listener_face final : public listener {
public:
    explicit listener_face(std::shared_ptr<listening> inner) : inner_(std::move(inner)) {}
    ~listener_face() override { inner_->stop(); }
    [[nodiscard]] std::uint16_t port() const override { return inner_->port(); }
    void set_policy(std::function<accept_policy()> policy) override { inner_->set_policy(std::move(policy)); }
    [[nodiscard]] std::size_t open_streams() const override { return inner_->open_streams(); }
    void set_tls(tls_context_ptr tls) override { inner_->set_tls(std::move(tls)); }
    bool end_oldest_handshake() override { return inner_->end_oldest_handshake(); }
    [[nodiscard]] std::uint64_t unfinished_handshakes() const override { return inner_->unfinished(); }
    result<void> set_listening(bool on) override {
        if (on == inner_->is_open()) return {};
        if (!on) {
            inner_->close();
            return {};
        }
        if (auto opened = inner_->open(); !opened) return opened;
        inner_->accept_on();
        return {};
    }

private:
    std::shared_ptr<listening> inner_;
};

}  // namespace

result<std::unique_ptr<listener>> listen(io_thread& on, std::string_view address, tls_context_ptr tls, accepted on_accept) {
    const auto where = parse_address(address);
    if (!where) return std::unexpected(where.error());
    auto inner = std::make_shared<listening>(on, *where, std::move(tls), std::move(on_accept));
    if (auto opened = inner->open(); !opened) return std::unexpected(opened.error());
    on.post([inner] { inner->accept_on(); });
    return std::make_unique<listener_face>(std::move(inner));
}

}  // namespace shoal::net
