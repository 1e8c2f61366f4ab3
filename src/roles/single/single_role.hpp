#pragma once
// One process, all shards or a hand-picked part of them: a constant source of assignments. It makes the threads, asks Discord
// where the gateway is, and puts bot, host and identify desk together.
// Not here: reading settings (src/config), what shards do (src/host), what events mean (src/bot).

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "bot/runtime.hpp"
#include "config/bot_options.hpp"
#include "roles/process/run_outcome.hpp"

namespace shoal::roles {

/// Starts the bot and attaches the role to it, or says why not; then nothing runs. Waits for Discord's first answer; when
/// `give_up_descriptor` becomes readable meanwhile (a signal), it gives up without a problem: `false`.
[[nodiscard]] std::expected<bool, config::startup_problem> start_single(runtime::bot_runtime& bot, config::bot_settings settings,
                                                                        const std::vector<std::string>& warnings,
                                                                        std::shared_ptr<run_outcome> outcome,
                                                                        int give_up_descriptor = -1);

}  // namespace shoal::roles
