#pragma once
// Certificates for this side of a connection: whom a client trusts, who a server is.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shoal/error.hpp"

namespace shoal::net {

/// An opaque OpenSSL context, shared by all connections that use it. Thread-safe.
class tls_context;
using tls_context_ptr = std::shared_ptr<tls_context>;

/// A client that trusts the system's authorities, or only those in `ca_file` (PEM). TLS 1.2 or newer, host name checked.
[[nodiscard]] result<tls_context_ptr> client_tls(const std::optional<std::string>& ca_file);

/// A server with this chain and key (PEM texts).
/// With `client_ca_pem` clients are asked for a certificate: one of these authorities makes them trusted
/// (byte_stream::peer_is_trusted), none at all is allowed, any other ends the handshake; TLS 1.3 is then the least.
[[nodiscard]] result<tls_context_ptr> server_tls(std::string_view chain_pem, std::string_view key_pem,
                                                 std::string_view client_ca_pem = {});

struct self_signed {
    std::string certificate_pem;  ///< Also the authority that clients should trust.
    std::string key_pem;
};
/// Makes an ECDSA certificate for the given DNS names and IP addresses, valid for `days`.
[[nodiscard]] result<self_signed> make_self_signed(const std::vector<std::string>& names, int days);

}  // namespace shoal::net
