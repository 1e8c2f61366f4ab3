#pragma once
// A TCP connection that this side opened, with or without TLS on it, as one Asio stream type; and how it is opened.
// For the sources of this room only. Not here: deadlines of the whole, HTTP, websocket.

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "net/dial_url.hpp"
#include "net/io_loop.hpp"
#include "net/tls_context.hpp"

namespace shoal::net {

using error_code = boost::system::error_code;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

/// The one completion handler of this room: a step of an object that it keeps alive. One type means that the costly templates
/// below it are compiled once.
struct completion {
    std::shared_ptr<void> self;
    void (*step)(void* self, error_code, std::size_t) = nullptr;

    void operator()(error_code ec, std::size_t count = 0) const { step(self.get(), ec, count); }

    template <auto Step, class T>
    static completion to(std::shared_ptr<T> self) {
        return {std::move(self), [](void* that, error_code ec, std::size_t count) { (static_cast<T*>(that)->*Step)(ec, count); }};
    }
};

/// Plain until start_tls().
class client_stream {
public:
    using executor_type = asio::io_context::executor_type;
    using socket_type = tcp_socket;

    explicit client_stream(asio::io_context& loop) : socket_(loop) {}

    executor_type get_executor() noexcept { return socket_.get_executor(); }
    [[nodiscard]] socket_type& socket() noexcept { return socket_; }
    [[nodiscard]] SSL* ssl() noexcept { return tls_ ? tls_->native_handle() : nullptr; }

    /// From now on everything is encrypted by `session`; the handshake comes next.
    void start_tls(ssl_ptr session) {
        tls_.emplace(socket_, session.release());
        // Asio lets OpenSSL free its record buffers between records: 16 KB allocated and freed for each read.
        SSL_clear_mode(tls_->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    }
    void handshake(completion then);
    /// Everything ends at once; what is under way ends with operation_aborted.
    void cut() noexcept {
        cut_ = true;
        error_code ignored;
        socket_.close(ignored);
    }

    [[nodiscard]] bool is_cut() const noexcept { return cut_; }

    // The two operations that Asio and Beast build on.
    template <class Buffers, class Handler>
    void async_read_some(const Buffers& buffers, Handler&& handler) {
        if (tls_) {
            tls_->async_read_some(buffers, std::forward<Handler>(handler));
        } else {
            socket_.async_read_some(buffers, std::forward<Handler>(handler));
        }
    }
    template <class Buffers, class Handler>
    void async_write_some(const Buffers& buffers, Handler&& handler) {
        if (tls_) {
            tls_->async_write_some(buffers, std::forward<Handler>(handler));
        } else {
            socket_.async_write_some(buffers, std::forward<Handler>(handler));
        }
    }

private:
    socket_type socket_;
    bool cut_ = false;
    std::optional<asio::ssl::stream<socket_type&>> tls_;
};

/// Finds the host, connects and shakes hands on `stream`, which belongs to `keep`. Ends by calling `then` once, never inside the
/// call; each address gets its share of the time up to `deadline`, but the deadline of the whole is the caller's. After
/// stream.cut() `then` may come late (a name look-up cannot be interrupted): the caller must no longer care.
void open_stream(io_thread& on, dial_url to, tls_context_ptr tls, std::shared_ptr<void> keep, client_stream& stream,
                 instant deadline, std::move_only_function<void(result<void>)> then);

/// What a socket's or a handshake's error means here.
[[nodiscard]] failure stream_failure(error_code ec, const std::string& peer);

}  // namespace shoal::net
