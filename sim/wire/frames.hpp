#pragma once
// Websocket framing of the server's side, by hand (RFC 6455): frames are written, masked client frames are read, and the
// handshake is answered. By hand because a simulator must be able to break every rule. Not here: sockets, compression.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace shoal::sim::wire {

enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Appends one unmasked frame. `last` false leaves the message open for continuation frames.
void append_frame(std::string& out, opcode kind, std::string_view payload, bool last = true);
/// Appends a close frame; without a code its payload is empty (the peer then sees 1005). The reason is cut to fit 123 bytes.
void append_close(std::string& out, std::optional<std::uint16_t> code, std::string_view reason);
/// Appends the start of a frame that announces more bytes than follow: for a cut in mid-frame.
void append_half_frame(std::string& out);

/// The Sec-WebSocket-Accept that answers a client's Sec-WebSocket-Key.
[[nodiscard]] std::string accept_for(std::string_view client_key);
/// The bytes of the answer to an upgrade.
[[nodiscard]] std::string switching_protocols(std::string_view client_key);

// ---- what a client sent ------------------------------------------------------------------------------------------------

struct client_message {
    bool binary = false;
    std::string bytes;
};
struct client_ping {
    std::string bytes;
};
struct client_pong {
    std::string bytes;
};
struct client_close {
    std::uint16_t code = 1005;  ///< 1005 if the frame had none.
    std::string reason;
};
/// The client broke the protocol: close with this code. Nothing more is read.
struct client_broke {
    std::uint16_t code = 1002;
    std::string_view why;
};
using client_event = std::variant<client_message, client_ping, client_pong, client_close, client_broke>;

/// Feeds on bytes and yields what the client sent, fragments put together.
class frame_reader {
public:
    explicit frame_reader(std::size_t largest_message = 1024 * 1024) : largest_message_(largest_message) {}

    void feed(std::string_view bytes);
    /// The next event, or nullopt if more bytes are needed or the reader has ended (after a close or a broken rule).
    [[nodiscard]] std::optional<client_event> next();
    [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
    [[nodiscard]] client_event broke(std::uint16_t code, std::string_view why);
    [[nodiscard]] client_event control(opcode kind, std::string payload);

    std::size_t largest_message_;
    std::string buffered_;
    std::size_t read_ = 0;  // how much of buffered_ is used up
    std::string message_;   // fragments so far
    bool in_message_ = false;
    bool message_binary_ = false;
    bool ended_ = false;
};

}  // namespace shoal::sim::wire
