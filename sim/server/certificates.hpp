#pragma once
// Which certificates a server shows: those that it was given, or one that it makes and that clients are to trust.
// Not here: TLS itself (src/net).

#include <string>
#include <vector>

#include "net/io_thread.hpp"
#include "shoal/error.hpp"
#include "sim/server/listen_address.hpp"
#include "sim/server/server.hpp"

namespace shoal::sim {

struct certificates {
    net::tls_context_ptr api, gateway;  ///< nullptr: plain. The second: of the gateway's own port and of the resume host.
    std::string made_ca;                ///< PEM of the one that was made, if so.
};

/// Reads or makes them for a server at these addresses, and writes options.ca_out.
[[nodiscard]] result<certificates> open_certificates(const server_options& options, const std::vector<listen_address>& at);

}  // namespace shoal::sim
