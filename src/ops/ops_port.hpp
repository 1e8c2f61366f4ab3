#pragma once
// A node's ops address, opened as the settings say: certificates and token read, the port taken, the pages served.
// Not here: what the pages say (ops_pages.hpp), how a picture is gathered (the roles).

#include <expected>
#include <memory>
#include <string>

#include "base/logger.hpp"
#include "config/exit_codes.hpp"
#include "config/listen_url.hpp"
#include "net/http_server.hpp"
#include "net/io_thread.hpp"
#include "ops/ops_pages.hpp"
#include "trust/certificate_watch.hpp"

namespace shoal::ops {

struct ops_settings {
    config::listen_url listen;
    std::string token_file;  ///< Empty: client certificates only.
    std::string certs;       ///< Folder; needed for TLS.
};

/// Lives on its thread from open() on; destroyed there, or when that does nothing any more.
class ops_port {
public:
    /// Before `on` does anything else, or on it. What goes wrong is for people: a port in use, a certificate or token file that
    /// is no good. A renewed certificate in the folder is shown to connections from then on; one that is no good is told to
    /// `log`.
    [[nodiscard]] static std::expected<std::unique_ptr<ops_port>, config::startup_problem> open(net::io_thread& on,
                                                                                                const ops_settings& settings,
                                                                                                ops_pages::look at_node,
                                                                                                logger log);
    [[nodiscard]] ops_pages& pages() noexcept { return pages_; }
    /// "https://127.0.0.1:9100".
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    /// What became of connections, with names as a metric has them.
    [[nodiscard]] counts_by connections() const;

private:
    ops_port(ops_pages::look at_node, secret token, logger log)
        : pages_(std::move(at_node), std::move(token)), log_(std::move(log)) {}
    void use(const trust::node_identity& renewed);

    ops_pages pages_;
    logger log_;
    std::string url_;
    std::unique_ptr<net::http_server> server_;
    std::unique_ptr<trust::certificate_watch> watch_;
};

}  // namespace shoal::ops
