#pragma once
// Where a node listens, or where it is dialed: "https://10.0.0.5:8443". Pure.
// Not here: sockets (listener.hpp), looking names up (gRPC does).

#include <cstdint>
#include <string>
#include <string_view>

#include "rpc/errc.hpp"
#include "shoal/error.hpp"

namespace shoal::rpc {

struct endpoint {
    std::string host;  ///< A name or an address, IPv6 without brackets.
    std::uint16_t port = 0;
    /// "10.0.0.5:8443", "[::1]:8443".
    [[nodiscard]] std::string text() const;
    friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// Of "https://host:port", with or without scheme and a slash at its end. http is refused: nodes speak TLS only. `text` is
/// repeated in failures; it holds no secret.
[[nodiscard]] result<endpoint> dial_endpoint(std::string_view text);
/// The same for an address to listen on, as config::listen_url has it ("0.0.0.0:8443"): the host is an IP address; port 0 takes a
/// free one.
[[nodiscard]] result<endpoint> listen_endpoint(std::string_view text);

}  // namespace shoal::rpc
