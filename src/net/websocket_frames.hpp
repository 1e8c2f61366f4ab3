#pragma once
// The websocket protocol as a pure reader and writer of bytes, for the side that dialed: frames to messages and back.
// Not here: sockets, who answers a ping and when (websocket.cpp).
// Source: RFC 6455.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_block.hpp"
#include "net/websocket.hpp"
#include "shoal/error.hpp"

namespace shoal::net {

enum class frame_kind : std::uint8_t { more, message, ping, pong, close, broken };

/// What stands next in the bytes.
struct frame_event {
    frame_kind kind = frame_kind::more;         ///< more: nothing whole is there, read on.
    message_kind message = message_kind::text;  ///< Of a message.
    /// A message's, ping's or pong's content. Lives until the reader is asked again.
    std::span<const char> payload;
    /// Of a close: the peer's code, 1005 if it gave none. Of what is broken: the code to close with.
    std::uint16_t code = 0;
    std::string reason;  ///< Of a close: the peer's words. Of what is broken: what is wrong, for people.
};

/// Cuts what a server sent into messages and control frames, in place. Belongs to one thread. After `broken` it says nothing
/// else.
class frame_reader {
public:
    /// A message of more bytes than `largest_message` is broken with code 1009.
    explicit frame_reader(std::size_t largest_message) : largest_(largest_message) {}

    /// Where the next bytes go; at least 1.
    [[nodiscard]] std::span<char> room();
    /// So many bytes were put there.
    void wrote(std::size_t bytes) noexcept { end_ += bytes; }
    [[nodiscard]] frame_event next();

private:
    struct header {
        std::size_t bytes = 0;  // 0: not all of it is there
        std::uint64_t payload = 0;
        std::uint8_t opcode = 0;
        bool last = false;
    };
    [[nodiscard]] header read_header() const noexcept;
    [[nodiscard]] const char* wrong_with(const header& frame, std::uint8_t first, std::uint8_t second) const noexcept;
    frame_event broken(std::uint16_t code, std::string why);
    frame_event control(std::uint8_t opcode, std::span<const char> payload);
    frame_event whole_message(std::span<const char> payload);
    void compact() noexcept;

    std::size_t largest_;
    byte_block bytes_;
    std::size_t begin_ = 0, end_ = 0;  // What was put there and not handed out yet.
    std::size_t wanted_ = 0;           // The frame at begin_, once its header is there.
    std::vector<char> fragments_;      // A message in pieces, so far.
    message_kind message_ = message_kind::text;
    bool in_message_ = false;
    bool fragments_told_ = false;  // The last payload lies in fragments_.
    bool broken_ = false;
};

enum class frame_opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Appends one whole frame, masked with `mask` as a client must.
void append_frame(std::string& out, frame_opcode kind, std::string_view payload, std::uint32_t mask);
/// A close frame's payload.
[[nodiscard]] std::string close_payload(std::uint16_t code);

}  // namespace shoal::net
