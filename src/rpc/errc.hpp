#pragma once
// What can go wrong with a call or a stream between two nodes.

#include <cstdint>
#include <string_view>

namespace shoal::rpc {

enum class errc : std::uint8_t {
    finished,        ///< The other side ended the stream in order; nothing more comes.
    bad_endpoint,    ///< Not an address that can be listened on or dialed.
    address_in_use,  ///< The port to listen on is taken.
    listen_failed,   ///< The address cannot be listened on.
    unreachable,     ///< Nobody answers there, or the connection broke.
    no_handshake,    ///< Somebody takes the connection and does not finish a handshake: another program, or a node that stands
                     ///< still.
    untrusted,       ///< One side's certificate was refused by the other, or TLS below 1.3 was offered.
    not_our_kind,    ///< What answers there speaks something else.
    wrong_role,      ///< The certificate's roles do not allow it: the caller's, or that of who answered.
    unknown_method,  ///< The other side does not serve this call.
    malformed,       ///< The other side could not read the message.
    too_large,       ///< A message over its bound.
    queue_full,      ///< More waits to be sent than the bound allows; this message was not taken.
    busy,            ///< The other side has as many calls as it takes.
    refused,         ///< The other side's answer is no; the detail says why.
    timed_out,       ///< A deadline passed.
    stopped,         ///< Ended by this side.
    cancelled,       ///< Ended by the other side, not in order.
    no_rule,         ///< A method without a rule of who may call it: nothing is served then.
    broken,          ///< Anything else that gRPC refused.
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "rpc"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::finished: return "ended by the other side";
        case errc::bad_endpoint: return "not an address";
        case errc::address_in_use: return "address already in use";
        case errc::listen_failed: return "cannot listen";
        case errc::unreachable: return "cannot be reached";
        case errc::no_handshake: return "no handshake";
        case errc::untrusted: return "certificate not trusted";
        case errc::not_our_kind: return "no node of Shoal";
        case errc::wrong_role: return "role not allowed";
        case errc::unknown_method: return "call not served there";
        case errc::malformed: return "message not understood";
        case errc::too_large: return "message too large";
        case errc::queue_full: return "send queue full";
        case errc::busy: return "too many calls";
        case errc::refused: return "refused";
        case errc::timed_out: return "timed out";
        case errc::stopped: return "stopped";
        case errc::cancelled: return "cancelled by the other side";
        case errc::no_rule: return "call without a rule";
        case errc::broken: return "broken";
    }
    return "unknown";
}

}  // namespace shoal::rpc
