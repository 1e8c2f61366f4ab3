#pragma once
// The subcommands of the program shoal. Each adds itself and returns what runs it; the returned number is the exit code.
// Not here: what they do to certificates (src/trust), to a fleet (src/cluster).

#include <functional>
#include <string>
#include <vector>

#include "config/exit_codes.hpp"
#include "shoal/error.hpp"

namespace CLI {
class App;
}

namespace shoal::roles::cli {

using runner = std::function<int()>;

/// shoal certs init, node, list, rotate.
[[nodiscard]] runner add_certs(CLI::App& program);
/// shoal status, workers, shards, events, explain, move, drain, cordon, uncordon, pause, resume, rebalance, fence, reserve.
[[nodiscard]] runner add_fleet(CLI::App& program);
/// shoal coordinator [settings]: `words` are what follows "coordinator". Runs until SIGINT or SIGTERM. Its settings come from the
/// table of options that bots have, and so do --help and the sentences about mistakes.
[[nodiscard]] int run_coordinator_program(const std::vector<std::string>& words);

/// The program whole: reads the words, runs the command, says mistakes in one sentence on stderr. Never throws.
[[nodiscard]] int run(int argc, char** argv);

/// Prints "shoal: <sentence>" to stderr and returns the code.
int mistake(const std::string& sentence, config::exit_code code);
/// With the code that this failure has.
int mistake(const failure& why);

}  // namespace shoal::roles::cli
