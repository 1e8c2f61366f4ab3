#include "config/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "config/option_table.hpp"
#include "config/token_shape.hpp"

namespace shoal::config {
namespace {

std::string meant(std::string_view typed, const std::vector<std::string>& known) {
    const std::vector<std::string_view> names(known.begin(), known.end());
    const auto nearest = nearest_name(typed, names);
    return nearest.empty() ? std::string() : fmt::format("; did you mean {}?", nearest);
}

/// "shoal certs": the program and the subcommands down to this one.
std::string path_of(const CLI::App& command) {
    const auto* const above = command.get_parent();
    return above == nullptr ? command.get_name() : fmt::format("{} {}", path_of(*above), command.get_name());
}

std::string unknown_command(const CLI::App& app, const std::string& typed) {
    std::vector<std::string> known;
    for (const auto* const one : app.get_subcommands({})) known.push_back(one->get_name());
    return fmt::format("{} is no command of {}{}", shown(typed), path_of(app), meant(typed, known));
}

std::string unknown_argument(const CLI::App& command, const std::vector<std::string>& rest) {
    // CLI11 collects what is left over; the flag among it is the mistake, and a word behind it was its value.
    const auto flag = std::ranges::find_if(rest, [](const std::string& one) { return one.starts_with('-'); });
    const auto& typed = flag == rest.end() ? rest.front() : *flag;
    const auto name = typed.substr(0, typed.find('='));
    if (flag == rest.end()) return fmt::format("{} is a word too many", shown(typed));
    std::vector<std::string> known;
    for (const auto* const option : command.get_options()) {
        for (const auto& long_name : option->get_lnames()) known.push_back("--" + long_name);
    }
    return fmt::format("{} is no option of {}{}", shown(name), command.get_name(), meant(name, known));
}

/// "Could not convert: --guilds = many" -> what that option takes.
std::string wrong_kind(const CLI::App& command, std::string_view said) {
    const auto colon = said.find(": ");
    const auto equals = said.find(" = ");
    if (colon == std::string_view::npos || equals == std::string_view::npos) return std::string(said);
    const auto name = said.substr(colon + 2, equals - colon - 2);
    const auto* const option = command.get_option_no_throw(std::string(name));
    const auto type = option == nullptr ? std::string() : option->get_type_name();
    const bool real = type.starts_with("FLOAT");
    return fmt::format("{}: {} is no {}number{}", name, shown(said.substr(equals + 3)), real ? "" : "whole ",
                       type.starts_with("UINT") ? " of 0 or more" : "");
}

}  // namespace

std::string sentence_of(const CLI::ParseError& said, const CLI::App& app) {
    const CLI::App* deepest = &app;
    while (!deepest->get_subcommands().empty()) deepest = deepest->get_subcommands().front();
    const CLI::App& command = *deepest;
    const bool has_commands = !command.get_subcommands({}).empty();
    const std::string_view what = said.what();
    const auto kind = static_cast<CLI::ExitCodes>(said.get_exit_code());
    std::string sentence(what);
    if (has_commands) {
        const auto rest = command.remaining();
        sentence = rest.empty() ? "a command is missing" : unknown_command(command, rest.front());
    } else if (kind == CLI::ExitCodes::ExtrasError) {
        sentence = unknown_argument(command, command.remaining());
    } else if (kind == CLI::ExitCodes::ConversionError) {
        sentence = wrong_kind(command, what);
    } else if (kind == CLI::ExitCodes::ArgumentMismatch) {
        const auto name = what.substr(0, what.find(':'));
        sentence = what.find("At Most") != std::string_view::npos ? fmt::format("{} is given more than once", name)
                                                                  : fmt::format("{} has no value", name);
    }
    // Some of CLI11's own go over several lines.
    std::ranges::replace(sentence, '\n', ' ');
    return fmt::format("{} ({} --help shows what there is).", sentence, path_of(command));
}

}  // namespace shoal::config
