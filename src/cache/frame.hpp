#pragma once
// The envelope of what leaves a cache: pieces with a version, a length and a checksum, so that a stream of them can be cut
// anywhere and damage is told from sense. Not here: what is in them (snapshot.hpp, event_log.hpp).
//
// A piece: "SHCP", u16 version, u16 kind, u32 bytes of its body, u64 checksum over all of that and the body, body. Little-endian.
// A reader of version n reads n-1 and n+1 too: fields and kinds of pieces are only ever added, and what it does not know it
// passes over.

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/errc.hpp"
#include "shoal/error.hpp"

namespace shoal::cache {

/// The last three lie in the logs of checkpoints (checkpoint.hpp); what is in tickets and guilds_known is not this room's matter.
enum class piece : std::uint16_t {
    begin = 1,
    guilds = 2,
    more_of_guild = 3,
    users = 4,
    end = 5,
    events = 6,
    log_begin = 7,
    ticket = 8,
    guilds_known = 9
};

inline constexpr std::uint16_t frame_version = 1;
inline constexpr std::size_t frame_head_bytes = 20;
/// A larger body is refused before anything is reserved for it.
inline constexpr std::size_t most_body_bytes = 64U << 20;

struct frame {
    std::uint16_t version = frame_version;
    piece kind{};
    std::string_view body;
    std::size_t bytes = 0;  ///< Of the whole piece.
};

/// Appends the head of a piece and returns where it begins; its body is appended next, then end_frame().
[[nodiscard]] std::size_t begin_frame(std::string& out, piece kind);
void end_frame(std::string& out, std::size_t began);
/// The first piece of a stream. cut_off: more bytes are needed.
[[nodiscard]] result<frame> read_frame(std::string_view stream);

/// 64 bits over bytes: finds damage, not malice.
[[nodiscard]] std::uint64_t checksum(std::string_view bytes) noexcept;

}  // namespace shoal::cache
