#pragma once
// What a node answers on its ops address, and to whom: /health and /ready to everybody, the rest to whoever shows a client
// certificate of the fleet's authority or the bearer token. Not here: sockets (net/http_server.hpp), how a picture is gathered.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "net/http_server.hpp"
#include "ops/node_picture.hpp"

namespace shoal::ops {

/// Belongs to the server's thread.
class ops_pages {
public:
    using look = std::function<node_picture()>;
    using page = std::function<net::http_response()>;

    /// `token`: what `Authorization: Bearer ...` must hold; empty: certificates only.
    ops_pages(look at_node, secret token);
    /// A further page for those who are let in: "/cluster/state".
    void add(std::string path, page what);

    [[nodiscard]] net::http_response answer(const net::http_request& request, const net::http_peer& peer);

private:
    struct seen {
        node_picture node;
        node_status status;
    };
    [[nodiscard]] seen look_now();
    [[nodiscard]] bool lets_in(const net::http_request& request, const net::http_peer& peer) const noexcept;

    look at_node_;
    secret token_;
    std::map<std::string, page, std::less<>> pages_;
    bool was_ready_ = false;
};

/// The token in a file: its only line. Fails with a sentence for people if it cannot be read, if it is shorter than 16
/// characters, or if others than its owner may read it.
[[nodiscard]] std::expected<secret, std::string> read_ops_token(const std::string& file);

}  // namespace shoal::ops
