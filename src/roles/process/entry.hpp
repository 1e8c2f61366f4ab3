#pragma once
// What the public ways to run a bot have in common: what the program's code says as options, and the life of a main, from its
// arguments to its exit code. Not here: what a role does.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bot/runtime.hpp"
#include "config/bot_options.hpp"
#include "roles/process/run_outcome.hpp"
#include "shoal/bot.hpp"

namespace shoal::roles {

/// The environment, and what the bot's options say.
[[nodiscard]] config::option_sources sources_of(const bot& which);
/// One more option that the code sets, unless it is empty; over what was said of it before.
void say(config::option_sources& sources, std::string_view name, std::string value);

/// "program: sentence" on stderr; the exit code.
int say_why(std::string_view program, const config::startup_problem& problem);

/// As start_single.
using starter = std::function<std::expected<bool, config::startup_problem>(
    runtime::bot_runtime& bot, config::bot_settings settings, const std::vector<std::string>& warnings,
    std::shared_ptr<run_outcome> outcome, int give_up_descriptor)>;

/// Starts, waits for the end, and tells why it ended if not in order; the exit code. Signals are not touched.
[[nodiscard]] int run_to_end(bot& which, config::bot_start settings, std::string_view program, const starter& start);
/// The same, until SIGINT or SIGTERM at the latest.
[[nodiscard]] int run_until_signal(bot& which, config::bot_start settings, std::string_view program, const starter& start);

}  // namespace shoal::roles
