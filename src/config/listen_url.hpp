#pragma once
// A url on which a node listens, as settings name it: "https://0.0.0.0:8443", "https://+:8443" (any address),
// "http://127.0.0.1:9100". Not here: sockets.

#include <expected>
#include <string>
#include <string_view>

namespace shoal::config {

struct listen_url {
    bool tls = true;
    std::string
        address;  ///< "ip:port", as net::listen takes it; any address is "0.0.0.0" or, with [::], every address of both kinds.
};

/// Whether the host of a url is this machine: localhost, [::1], or an address 127.x.x.x written out.
[[nodiscard]] bool is_loopback_url(std::string_view url);

/// Or what is wrong with it, as the end of a sentence: "has no port". Plain http:// is for this machine only.
[[nodiscard]] std::expected<listen_url, std::string> read_listen_url(std::string_view url);

}  // namespace shoal::config
