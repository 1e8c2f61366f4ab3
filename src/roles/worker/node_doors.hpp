#pragma once
// A worker's way in and out among the nodes: its certificate, watched for renewal, its port for other nodes and the dialer that
// reaches them. Not here: what is said (coordinator_line.hpp), who decides (worker_role.cpp).

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "config/bot_options.hpp"
#include "config/exit_codes.hpp"
#include "rpc/dialer.hpp"
#include "rpc/server.hpp"
#include "trust/certificate_watch.hpp"
#include "trust/node_files.hpp"

namespace shoal::roles {

/// The certificate in `folder`, if it is one for a worker.
[[nodiscard]] std::expected<trust::node_identity, config::startup_problem> read_worker_identity(const std::string& folder);

class node_doors {
public:
    /// On `on`'s thread, as everything here. Listens if the settings name an address.
    [[nodiscard]] static std::expected<std::unique_ptr<node_doors>, config::startup_problem> open(
        scheduler& on, const config::bot_settings& settings, const trust::node_identity& self, logger log);

    [[nodiscard]] rpc::dialer& dialer() noexcept { return *dialer_; }
    /// Where other nodes reach this one; empty if it does not listen.
    [[nodiscard]] const std::string& listen_url() const noexcept { return listen_url_; }
    /// What has come to the port; nothing if it does not listen.
    [[nodiscard]] std::optional<rpc::server_counts> counts() const {
        return server_ ? std::optional(server_->counts()) : std::nullopt;
    }

private:
    explicit node_doors(logger log) : log_(std::move(log)) {}

    logger log_;
    std::unique_ptr<rpc::dialer> dialer_;
    std::unique_ptr<rpc::server> server_;
    std::unique_ptr<trust::certificate_watch> watch_;
    std::string listen_url_;
};

}  // namespace shoal::roles
