#pragma once
// One worker of a fleet: a changing source of assignments. It registers with the coordinator, runs the shards that it is ordered
// to, and goes on with them while nobody coordinates. Not here: what it decides (cluster/worker_session.hpp), what shards do
// (src/host).

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "bot/runtime.hpp"
#include "config/bot_options.hpp"
#include "roles/process/run_outcome.hpp"

namespace shoal::roles {

/// As start_single: starts the bot as a worker and attaches the role to it. Waits for Discord's first answer, not for a
/// coordinator.
[[nodiscard]] std::expected<bool, config::startup_problem> start_worker(runtime::bot_runtime& bot, config::bot_settings settings,
                                                                        const std::vector<std::string>& warnings,
                                                                        std::shared_ptr<run_outcome> outcome,
                                                                        int give_up_descriptor = -1);

}  // namespace shoal::roles
