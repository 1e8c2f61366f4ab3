#pragma once
// What every mistake of a person's must look like: one sentence on stderr as the last line, an exit code, nothing that frightens.
// Not here: the mistakes.

#include <string>
#include <string_view>
#include <vector>

#include "system/support/stage.hpp"

namespace shoal::system_test {

struct outcome {
    int code = -1;
    std::string said;  ///< stderr.
    std::string out;
};

/// Runs a program to its end; code -1 if that does not come.
[[nodiscard]] outcome run(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment = {});

/// Fails the test unless the program ended with that code and its own sentence, once and last, holds these words; and unless
/// there is no trace of a crash and no token in its output.
void expect(const outcome& got, int code, std::string_view words, std::string_view program = "shoal-demo-bot");

/// A command of the demo bot that has no Discord.
[[nodiscard]] std::vector<std::string> demo_bot(std::vector<std::string> more = {});
/// The same for shoal-sim.
[[nodiscard]] std::vector<std::string> simulator(std::vector<std::string> more);

}  // namespace shoal::system_test
