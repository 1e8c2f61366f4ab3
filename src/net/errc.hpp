#pragma once
// What can go wrong on a socket, a handshake or an HTTP exchange.

#include <cstdint>
#include <string_view>

namespace shoal::net {

enum class errc : std::uint8_t {
    bad_url,          ///< Not a url that this library can dial, or plain text to a host that is not loopback.
    resolve_failed,   ///< The host name has no address.
    connect_failed,   ///< Refused, unreachable, or reset while connecting.
    tls_failed,       ///< The TLS handshake failed, and not because of the certificate.
    untrusted,        ///< The server's certificate cannot be trusted; the detail says why and what to do.
    upgrade_refused,  ///< The server answered the websocket upgrade with something else; the detail has its status.
    timed_out,        ///< A deadline passed.
    closed,           ///< The peer ended the connection.
    cut_short,        ///< The peer ended the connection in the middle of an answer.
    endless,          ///< An answer began and had not ended when its time was up.
    protocol_broken,  ///< The peer broke websocket or HTTP rules.
    too_large,        ///< A message or body over its limit.
    queue_full,       ///< More is waiting to be sent than the bound allows.
    stopped,          ///< Ended by this side.
    address_in_use,   ///< The port to listen on is taken.
    listen_failed,    ///< The address cannot be listened on.
    bad_certificate,  ///< A certificate, key or authority file cannot be read or does not fit.
    bad_request,      ///< This side asked for something that cannot be put on the wire (a line break in a header).
    body_failed,      ///< The bytes of a request's large body could not be had.
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "net"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::bad_url: return "bad url";
        case errc::resolve_failed: return "host not found";
        case errc::connect_failed: return "cannot connect";
        case errc::tls_failed: return "TLS handshake failed";
        case errc::untrusted: return "certificate not trusted";
        case errc::upgrade_refused: return "websocket upgrade refused";
        case errc::timed_out: return "timed out";
        case errc::closed: return "connection closed by the peer";
        case errc::cut_short: return "answer cut short";
        case errc::endless: return "answer without end";
        case errc::protocol_broken: return "protocol broken by the peer";
        case errc::too_large: return "too large";
        case errc::queue_full: return "send queue full";
        case errc::stopped: return "stopped";
        case errc::address_in_use: return "address already in use";
        case errc::listen_failed: return "cannot listen";
        case errc::bad_certificate: return "bad certificate or key";
        case errc::bad_request: return "bad request";
        case errc::body_failed: return "the body to send cannot be read";
    }
    return "unknown";
}

}  // namespace shoal::net
