#pragma once
// The port of a stream between two nodes, as roles use it: messages as bytes, in order, both ways at once. The real one is gRPC
// (server.hpp, dialer.hpp); tests of roles may have their own.
// Not here: what the bytes mean (src/wire).

#include <cstddef>
#include <string>

#include "base/time.hpp"
#include "rpc/errc.hpp"
#include "shoal/error.hpp"
#include "shoal/task.hpp"
#include "trust/role.hpp"
#include "wire/limits.hpp"

namespace shoal::rpc {

/// Who is at the other end, as its certificate says; TLS has checked that it is an authority of ours that says so.
struct peer_identity {
    std::string name;  ///< The certificate's common name.
    trust::role_set roles;
    std::string address;  ///< For people: "127.0.0.1:40312".
};

struct stream_limits {
    std::size_t largest_sent_bytes = wire::most_stream_bytes;      ///< Of a message; send() refuses a larger one.
    std::size_t largest_received_bytes = wire::most_stream_bytes;  ///< A larger one ends the stream: errc::too_large.
    std::size_t outbox_bytes = std::size_t{8} * 1024 * 1024;       ///< Waiting to be sent; send() refuses more.
    std::size_t outbox_messages = 8192;
};

/// Everything here happens on the scheduler's thread on which the stream was opened or served. Destroying it ends the call at
/// once (the other side sees `cancelled`) and may happen at any time, also from a coroutine that it resumed.
class stream {
public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    virtual ~stream() = default;

    [[nodiscard]] virtual const peer_identity& peer() const noexcept = 0;

    /// The next message. One at a time. errc::timed_out leaves the stream as it is: ask again. Any other failure is its end, and
    /// what came before was handed out: errc::finished in order, too_large for what came, else what broke it. At most one message
    /// is read ahead; whoever does not ask lets the other side wait.
    [[nodiscard]] virtual task<result<std::string>> receive(instant deadline = never) = 0;

    /// Takes a message to be sent. errc::queue_full or too_large: it was not taken, the stream goes on. After the end it fails
    /// with what ended it.
    [[nodiscard]] virtual result<void> send(std::string message) = 0;
    /// Waits until at most half of the outbox is waiting to be sent. One at a time. Fails as receive() does.
    [[nodiscard]] virtual task<result<void>> drained(instant deadline = never) = 0;
    /// This side says no more once its outbox is sent; the other's messages still come. Of no effect on a served stream, which
    /// ends with its handler.
    virtual void half_close() = 0;
    /// Bytes that wait to be sent.
    [[nodiscard]] virtual std::size_t waiting_bytes() const = 0;
};

}  // namespace shoal::rpc
