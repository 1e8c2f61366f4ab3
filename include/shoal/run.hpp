#pragma once
// Running a bot in one process: all shards, or a hand-picked part (modes 1 and 2).
// Not here: coordinators and workers (<shoal/fleet.hpp>).

#include <cstdint>
#include <optional>
#include <vector>

#include "shoal/bot.hpp"
#include "shoal/error.hpp"

namespace shoal {
inline namespace v0 {

/// All shards in this process, unless some are picked: `single{.shards = {0, 1}, .total_shards = 4}`.
struct single {
    std::vector<std::uint32_t> shards = {};          ///< Ids below the total; empty: all. A part needs total_shards.
    std::optional<std::uint32_t> total_shards = {};  ///< Empty: Discord's recommendation at the start.
};

/// Starts the bot on threads of its own and returns; bot.stop() and bot.join() end it, and it may be started again. Blocks until
/// Discord's API answered where the gateway is; connecting goes on afterwards (shard_ready tells). Settings come from the
/// environment, the settings file and the bot's options, in this order; no signal is touched. A failure means that nothing runs:
/// bot_errc::bad_settings, or a sentence about the token, Discord's answer, files or certificates. Not from a handler.
[[nodiscard]] result<void> start(bot& which, single how = {});

/// start() and join(). Returns an exit code (docs/exit-codes.md): 0 after a stop, otherwise why it could not go on, with the
/// sentence on stderr.
[[nodiscard]] int run(bot& which, single how = {});

/// The whole main of a bot: flags over environment over file over code (docs/options.md), --help and --version, and SIGINT and
/// SIGTERM end it in order; a second one ends the process at once. Returns run()'s exit codes.
[[nodiscard]] int main(bot& which, int argc, char** argv);

}  // namespace v0
}  // namespace shoal
