#pragma once
// Running a bot in one process: all shards, or a hand-picked part (modes 1 and 2).
// Not here: coordinators and workers (<shoal/fleet.hpp>, later).

#include <cstdint>
#include <optional>
#include <vector>

#include "shoal/bot.hpp"
#include "shoal/error.hpp"

namespace shoal {
inline namespace v0 {

/// All shards in this process, unless some are picked: `single{.shards = {0, 1}, .total_shards = 4}`.
struct single {
    std::vector<std::uint32_t> shards = {};          ///< Empty: all.
    std::optional<std::uint32_t> total_shards = {};  ///< Empty: Discord's recommendation.
};

/// Starts the bot on threads of its own and returns; bot.stop() and bot.join() end it. Settings come from the environment, the
/// settings file and the bot's options, in this order; no signal is touched. A failure means that nothing runs.
[[nodiscard]] result<void> start(bot& which, single how = {});

/// start() and join(). Returns an exit code: 0 after a stop, otherwise why it could not go on.
[[nodiscard]] int run(bot& which, single how = {});

/// The whole main of a bot: flags over environment over file over code, --help and --version, and SIGINT and SIGTERM end it in
/// order.
[[nodiscard]] int main(bot& which, int argc, char** argv);

}  // namespace v0
}  // namespace shoal
