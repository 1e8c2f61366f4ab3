#pragma once
// Accepting side of a byte stream, over TLS or plain, with the hands on the wire that a simulator needs: cut in mid-record,
// reset, tiny segments, a reader that stops. Everything happens on one scheduler's thread. Not here: HTTP and websocket framing
// (http_codec.hpp reads requests; the simulator frames by itself).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/io_thread.hpp"

namespace shoal::net {

class byte_stream_events {
public:
    virtual ~byte_stream_events() = default;
    /// Plain bytes (after TLS). Valid during the call only.
    virtual void on_bytes(std::string_view bytes) = 0;
    /// All that was written has been handed to the kernel.
    virtual void on_drained() {}
    /// The last call, exactly once, never inside a call to the stream. The stream may be destroyed inside it.
    virtual void on_ended(const failure& why) = 0;
};

/// One accepted connection.
class byte_stream {
public:
    virtual ~byte_stream() = default;
    /// Whom to tell; set it inside the accept call.
    virtual void listen_to(byte_stream_events& events) = 0;
    /// Queues plain bytes; they are encrypted and sent in order. Ignored once ending.
    virtual void write(std::string_view bytes) = 0;
    /// Ends after what is queued: TLS close_notify, then FIN.
    virtual void finish() = 0;
    /// Ends at once with a TCP RST; what is queued is lost.
    virtual void reset() = 0;
    /// Sends only the first half of the encrypted form of `bytes`, then RST: a cut in mid-record.
    virtual void write_half_and_reset(std::string_view bytes) = 0;
    /// From now on every send to the kernel carries at most this many encrypted bytes (TCP_NODELAY set); 0 ends it.
    virtual void set_segment_bytes(std::size_t count) = 0;
    virtual void pause_reading() = 0;
    virtual void resume_reading() = 0;
    /// Encrypted bytes not yet taken by the kernel.
    [[nodiscard]] virtual std::size_t unsent_bytes() const = 0;
    /// "127.0.0.1:54321".
    [[nodiscard]] virtual std::string peer() const = 0;
    /// True if the peer showed a certificate of the authority that the server was made to trust (server_tls).
    [[nodiscard]] virtual bool peer_is_trusted() const = 0;
};

/// What to do with a connection before it is anything: faults of the accept path.
enum class accept_policy : std::uint8_t {
    serve,
    reset,     ///< RST right after accept.
    mute_tls,  ///< Accept TCP, never answer the TLS handshake (nor anything else).
};

class listener {
public:
    virtual ~listener() = default;
    /// The port that is listened on (useful when 0 was asked for).
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    /// Asked for each accepted socket; default is serve.
    virtual void set_policy(std::function<accept_policy()> policy) = 0;
    /// Sockets that were accepted and have not ended, those that still shake hands included.
    [[nodiscard]] virtual std::size_t open_streams() const = 0;
    /// Ends the oldest of those that still shake hands; false if there is none.
    virtual bool end_oldest_handshake() = 0;
    /// Connections that ended before TLS was agreed upon, for whatever reason.
    [[nodiscard]] virtual std::uint64_t unfinished_handshakes() const = 0;
    /// Shown to connections from now on; those that stand keep theirs. Not for a plain listener.
    virtual void set_tls(tls_context_ptr tls) = 0;
    /// Closes the listening socket (new connections are refused by the kernel) and opens it again on the same port.
    virtual result<void> set_listening(bool on) = 0;
};

/// Takes over a stream whose TLS handshake is done (or plain one at once).
using accepted = std::function<void(std::unique_ptr<byte_stream>)>;

/// Listens on "ip:port" ("127.0.0.1:0", "[::1]:9443"). `tls` null means plain. Call on `on`'s thread or before it does anything
/// else.
[[nodiscard]] result<std::unique_ptr<listener>> listen(io_thread& on, std::string_view address, tls_context_ptr tls,
                                                       accepted on_accept);

}  // namespace shoal::net
