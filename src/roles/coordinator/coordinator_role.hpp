#pragma once
// A coordinator's process: certificates, store, Discord, the port for other nodes, the ops address; made in the order in which
// they need each other, and taken apart in the other. It runs no shard and no code of the bot's. Not here: what it decides
// (cluster/brain.hpp), carrying that out (office.hpp).

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "config/bot_options.hpp"
#include "roles/process/run_outcome.hpp"
#include "shoal/log.hpp"

namespace shoal::roles {

struct coordinator_wish {
    config::bot_settings settings;
    std::vector<std::string> warnings;
    std::uint64_t intents = 0;  ///< What every worker must want.
    log_sink sink;              ///< Empty: stderr.
    /// Start is given up, without a problem, when this becomes readable; -1: never.
    int give_up_descriptor = -1;
};

class coordinator_role {
public:
    /// Null: given up. Blocks until Discord has said how many shards there are, unless the store knows it already: then
    /// nobody waits for Discord, since workers wait for their coordinator.
    [[nodiscard]] static std::expected<std::unique_ptr<coordinator_role>, config::startup_problem> start(
        coordinator_wish wish, std::shared_ptr<run_outcome> outcome);
    virtual ~coordinator_role() = default;
    /// Where other nodes reach it: "127.0.0.1:8443".
    [[nodiscard]] virtual std::uint16_t port() const = 0;
};

/// The whole of a coordinator's main after its settings were read: runs until SIGINT, SIGTERM or a problem; the exit code, with
/// the sentence on stderr.
[[nodiscard]] int run_coordinator(coordinator_wish wish, std::string_view program);

}  // namespace shoal::roles
