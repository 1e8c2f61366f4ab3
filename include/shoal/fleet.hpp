#pragma once
// Running a bot over a fleet (mode 3): a coordinator hands out the shards, workers run them. Link shoal::fleet for it.
// Not here: one process (<shoal/run.hpp>), what a bot is (<shoal/bot.hpp>).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shoal/run.hpp"

namespace shoal {
inline namespace v0 {

/// Hands out the shards of this bot and runs none. What is empty comes from the environment or the settings file.
struct coordinator {
    std::string listen = {};                         ///< "https://0.0.0.0:8443": where workers and operators reach it.
    std::string certs = {};                          ///< Folder with ca.pem, node.pem and node.key; "shoal certs" makes it.
    std::string state_dir = {};                      ///< Where what the fleet is lies.
    std::string process_id = {};                     ///< Its name, for people; empty: the host's name.
    std::optional<std::uint32_t> total_shards = {};  ///< Empty: Discord's recommendation when the fleet is new.
};

/// Runs the shards that a coordinator gives it.
struct worker {
    std::vector<std::string> coordinators = {};    ///< "https://c1:8443", in the order in which they are tried.
    std::string certs = {};                        ///< As the coordinator's.
    std::string listen = {};                       ///< Where other nodes reach it; empty: nowhere.
    std::string process_id = {};                   ///< The same after a restart, and unique in the fleet; empty: the host's name.
    std::optional<std::uint32_t> max_shards = {};  ///< Empty: one for each 16 MB of its memory.
    std::string state_dir = {};                    ///< Its lock proves that the process before is dead; empty: none.
};

namespace fleet {

/// Blocks until the end; an exit code (docs/exit-codes.md), with the sentence on stderr. No signal is touched: bot.stop() ends a
/// worker. Settings from the environment and the file win over what is given here.
[[nodiscard]] int run(bot& which, worker how);
/// Likewise; of the bot only its token and intents count, which every worker must share, and where its log goes. bot.stop() ends
/// it: the shards go on at their workers.
[[nodiscard]] int run(bot& which, coordinator how);

/// The whole main of a bot for every mode: `--mode single | coordinator | worker`. Otherwise as shoal::main.
[[nodiscard]] int main(bot& which, int argc, char** argv);

}  // namespace fleet
}  // namespace v0
}  // namespace shoal
