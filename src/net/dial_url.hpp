#pragma once
// What this library needs of a url that it dials: whether TLS is wanted, whom to connect to, what to ask for.
// Not here: percent-decoding; the target goes out as it was written.

#include <cstdint>
#include <string>
#include <string_view>

#include "shoal/error.hpp"

namespace shoal::net {

struct dial_url {
    bool tls = true;
    std::string host;  ///< Without the brackets of an IPv6 address.
    std::uint16_t port = 443;
    std::string target = "/";

    /// For the Host header: brackets round IPv6, the port if it is not the scheme's own.
    [[nodiscard]] std::string authority() const;
    /// "host:port", for people; never the target, which may hold an interaction's or a webhook's token.
    [[nodiscard]] std::string name() const;
};

/// Reads `url` with the given schemes ("wss", "ws" or "https", "http"). The plain one is for loopback hosts only.
[[nodiscard]] result<dial_url> parse_dial_url(std::string_view url, std::string_view tls_scheme, std::string_view plain_scheme);

}  // namespace shoal::net
