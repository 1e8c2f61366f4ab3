// How a client's stream comes up: addresses, then TCP to each in turn, then TLS.

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <functional>
#include <utility>
#include <vector>

#include "net/client_stream.hpp"
#include "net/errc.hpp"

namespace shoal::net {
namespace {

using tcp = asio::ip::tcp;
using tcp_resolver = asio::ip::basic_resolver<tcp, asio::io_context::executor_type>;

// One opening of one stream.
class opening : public std::enable_shared_from_this<opening> {
public:
    opening(io_thread& on, dial_url to, tls_context_ptr tls, std::shared_ptr<void> keep, client_stream& stream, instant deadline,
            std::move_only_function<void(result<void>)> then)
        : on_(on),
          to_(std::move(to)),
          tls_(std::move(tls)),
          keep_(std::move(keep)),
          stream_(stream),
          deadline_(deadline),
          then_(std::move(then)),
          resolver_(on.inner().loop) {}

    void start() {
        if (to_.tls && !tls_) {
            return later(failure(errc::bad_url, "this dialer was made without TLS: it dials plain connections only"));
        }
        error_code no_address;
        const auto address = asio::ip::make_address(to_.host, no_address);
        if (!no_address) {
            addresses_.emplace_back(address, to_.port);
            return connect_next({});
        }
        resolver_.async_resolve(to_.host, std::to_string(to_.port), tcp::resolver::numeric_service,
                                [self = shared_from_this()](error_code ec, const tcp::resolver::results_type& found) {
                                    self->on_resolved(ec, found);
                                });
    }

private:
    void later(failure why) {
        on_.post([self = shared_from_this(), why = std::move(why)]() mutable { self->end(std::unexpected(std::move(why))); });
    }
    void end(result<void> outcome) {
        on_.cancel(std::exchange(attempt_timer_, timer_id::none));
        if (auto then = std::exchange(then_, nullptr)) then(std::move(outcome));
    }

    void on_resolved(error_code ec, const tcp::resolver::results_type& found) {
        if (stream_.is_cut()) return end(std::unexpected(failure(errc::stopped, to_.name())));
        if (ec) return end(std::unexpected(failure(errc::resolve_failed, fmt::format("{}: {}", to_.host, ec.message()))));
        for (const auto& entry : found) addresses_.push_back(entry.endpoint());
        connect_next({});
    }

    void connect_next(error_code before) {
        if (next_ == addresses_.size()) {
            if (before == asio::error::operation_aborted) before = asio::error::timed_out;
            return end(std::unexpected(failure(errc::connect_failed, fmt::format("{}: {}", to_.name(), before.message()))));
        }
        const auto left = static_cast<std::int64_t>(addresses_.size() - next_);
        const auto address = addresses_[next_++];
        auto& socket = stream_.socket();
        error_code ec;
        stream_.open(address.protocol(), ec);
        if (ec) return later(failure(errc::connect_failed, fmt::format("{}: {}", to_.name(), ec.message())));
        socket.set_option(tcp::no_delay(true), ec);
        // An address that swallows packets must not eat the time of the next one.
        if (left > 1) {
            const auto now = on_.now();
            attempt_timer_ = on_.wake_at(now + (deadline_ - now) / left, [self = shared_from_this()] { self->stream_.close(); });
        }
        socket.async_connect(address, completion::to<&opening::on_connected>(shared_from_this()));
    }

    void on_connected(error_code ec, std::size_t) {
        on_.cancel(std::exchange(attempt_timer_, timer_id::none));
        if (stream_.is_cut()) return end(std::unexpected(failure(errc::stopped, to_.name())));
        if (ec && on_.now() < deadline_) return connect_next(ec);
        if (ec) return end(std::unexpected(failure(errc::timed_out, to_.name())));
        if (!to_.tls) return end({});
        auto session = client_session(*tls_, to_.host);
        if (!session) return end(std::unexpected(session.error()));
        stream_.start_tls(std::move(*session));
        stream_.handshake(completion::to<&opening::on_handshake>(shared_from_this()));
    }

    void on_handshake(error_code ec, std::size_t) {
        if (!ec) return end({});
        if (ec.category() == boost::system::system_category()) {
            return end(std::unexpected(failure(errc::connect_failed, fmt::format("{}: {}", to_.name(), ec.message()))));
        }
        end(std::unexpected(handshake_failure(stream_.ssl(), to_.name(), ec.message())));
    }

    io_thread& on_;
    dial_url to_;
    tls_context_ptr tls_;
    std::shared_ptr<void> keep_;
    client_stream& stream_;
    instant deadline_;
    std::move_only_function<void(result<void>)> then_;
    tcp_resolver resolver_;
    std::vector<tcp::endpoint> addresses_;
    std::size_t next_ = 0;
    timer_id attempt_timer_ = timer_id::none;
};

}  // namespace

void open_stream(io_thread& on, dial_url to, tls_context_ptr tls, std::shared_ptr<void> keep, client_stream& stream,
                 instant deadline, std::move_only_function<void(result<void>)> then) {
    std::make_shared<opening>(on, std::move(to), std::move(tls), std::move(keep), stream, deadline, std::move(then))->start();
}

failure stream_failure(error_code ec, const std::string& peer) {
    const auto detail = [&](std::string_view what) { return fmt::format("{}: {}", peer, what); };
    if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) {
        return {errc::closed, detail("the connection ended")};
    }
    if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) return {errc::stopped, peer};
    if (ec.category() == asio::error::get_ssl_category()) return {errc::protocol_broken, detail(ec.message())};
    return {errc::closed, detail(ec.message())};
}

}  // namespace shoal::net
