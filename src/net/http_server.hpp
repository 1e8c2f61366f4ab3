#pragma once
// A small HTTP/1.1 server for pages of numbers: health, metrics, state. One handler answers every request on one thread.
// Not here: what is answered; long or streamed answers; the public internet.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/http_client.hpp"
#include "net/io_thread.hpp"
#include "net/tls.hpp"

namespace shoal::net {

/// Who asks.
struct http_peer {
    std::string address;   ///< "127.0.0.1:54321".
    bool trusted = false;  ///< Showed a certificate of the server's authority.
};

/// Answers at once; it should not wait for anything, since nobody else is served meanwhile. `url` is the request's target.
using http_handler = std::function<http_response(const http_request&, const http_peer&)>;

struct http_server_options {
    std::string listen;   ///< "ip:port"; port 0 takes any free one.
    tls_context_ptr tls;  ///< Null: plain.
    /// At once, those that have not shaken hands included. A further one takes the place of the one that has asked for nothing
    /// for longest, and is reset if all have asked within `settled`.
    std::size_t most_connections = 128;
    duration settled = std::chrono::seconds(1);
    std::size_t largest_body = 64 * 1024;      ///< A larger request is answered with 400.
    duration idle = std::chrono::seconds(30);  ///< A connection that brings no whole request for so long is closed.
};

/// What became of connections since the server was opened.
struct http_server_counts {
    std::uint64_t accepted = 0;
    std::uint64_t unfinished = 0;   ///< Ended before TLS was agreed upon: a failed handshake, or its time was up.
    std::uint64_t made_room = 0;    ///< Ended for another.
    std::uint64_t turned_away = 0;  ///< Reset at once: there was no room.
    std::uint64_t idle = 0;         ///< Brought no whole request in time.
};

class http_server {
public:
    virtual ~http_server() = default;
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    /// Shown to connections from now on: a renewed certificate.
    virtual void set_tls(tls_context_ptr tls) = 0;
    [[nodiscard]] virtual http_server_counts counts() const = 0;
};

/// Listens at once. Made, used and destroyed on `on`'s thread, or while that does nothing else. Fails with
/// errc::address_in_use or errc::listen_failed.
[[nodiscard]] result<std::unique_ptr<http_server>> serve_http(io_thread& on, http_server_options options, http_handler answer);

}  // namespace shoal::net
