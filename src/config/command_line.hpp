#pragma once
// What CLI11 finds wrong with the command line of a program with subcommands, as one sentence that says what is allowed.
// Not here: a bot's flags, which come from the table of options (option_reader.hpp).

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace shoal::config {

/// `app` is the program, under its name; `said` is what its parse threw. No token that strayed among the words is repeated.
[[nodiscard]] std::string sentence_of(const CLI::ParseError& said, const CLI::App& app);

}  // namespace shoal::config
