#pragma once
// The websocket port: what a shard driver needs of a connection. The real one is Beast over TLS (dialer.hpp), the simulated one
// lives in tests/simulation. No Asio here.
// Not here: Discord; a message is bytes.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/time.hpp"
#include "net/socket_fuse.hpp"
#include "shoal/error.hpp"

namespace shoal::net {

enum class message_kind : std::uint8_t { text, binary };

/// How a connection ended, or why it never came up.
struct close_report {
    /// The code of the peer's close frame; nullopt when it sent none (RST, FIN, failed dial, our own cut). 1005 if its frame had
    /// no code.
    std::optional<std::uint16_t> code;
    std::string reason;
    /// True if this side asked for the end (close() or cut()).
    bool by_us = false;
    /// True if the upgrade was never completed.
    bool while_dialing = false;
    /// For people and logs.
    std::optional<failure> why;
};

/// Receives what happens on one connection, on the connection's own scheduler thread, never inside a call to the websocket.
class websocket_events {
public:
    virtual ~websocket_events() = default;
    /// TLS and upgrade are done. Messages that came in the same read follow at once.
    virtual void on_open() = 0;
    /// One whole message. The bytes are valid during the call only. Calling cut() or close() from here is fine; no further
    /// message follows.
    virtual void on_message(message_kind kind, std::span<const char> bytes) = 0;
    /// Any bytes arrived (pings included): life, for the zombie rule. Called at most once a read, before its messages.
    virtual void on_traffic() {}
    /// The last call, exactly once. The websocket may be destroyed inside it.
    virtual void on_closed(const close_report& report) = 0;
};

/// One connection, dialed or being dialed. Destroying it cuts the connection without a further call to its events.
class websocket {
public:
    virtual ~websocket() = default;
    /// Queues one text message. False (and nothing queued) once closing, or when over `send_queue_bytes` wait.
    virtual bool send(std::string text) = 0;
    /// Sends a close frame behind what is queued, waits for the echo at most `grace`, then ends. on_closed follows.
    virtual void close(std::uint16_t code, duration grace) = 0;
    /// Drops the connection at once, without a frame. on_closed follows.
    virtual void cut() = 0;
    /// Stops delivering messages after the current one; the socket is not read until resume_reading().
    virtual void pause_reading() = 0;
    virtual void resume_reading() = 0;
    /// Bytes queued and not yet handed to the socket.
    [[nodiscard]] virtual std::size_t unsent_bytes() const = 0;
};

struct dial_request {
    /// wss://host[:port]/path?query, or ws:// for loopback hosts only.
    std::string url;
    duration connect_timeout = std::chrono::seconds(10);  ///< Name, TCP, TLS and upgrade together.
    std::size_t largest_message = 32 * 1024 * 1024;       ///< A larger one ends the connection with 1009.
    std::size_t send_queue_bytes = 1024 * 1024;
    std::string user_agent;
    std::shared_ptr<socket_fuse> fuse;  ///< Armed while the connection may bring something, from its first socket on.
};

/// Makes connections on one scheduler's thread. Call it, and use what it makes, on that thread only.
class dialer {
public:
    virtual ~dialer() = default;
    /// Starts to dial; never fails at once: what goes wrong comes as on_closed. `events` must outlive the websocket.
    [[nodiscard]] virtual std::unique_ptr<websocket> dial(dial_request request, websocket_events& events) = 0;
};

}  // namespace shoal::net
