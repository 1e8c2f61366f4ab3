// The command line, by way of CLI11: it knows how arguments are written; the sentences about mistakes are ours, because
// CLI11's repeat what was typed, and that may be a token.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <deque>

#include "config/option_reader.hpp"
#include "config/token_shape.hpp"

namespace shoal::config {

namespace {

/// "--token", "-token", "--discord-token=...": a token on its way into the command line.
bool is_secret_flag(const option_table& table, std::string_view argument) {
    if (!argument.starts_with('-')) return false;
    while (argument.starts_with('-')) argument.remove_prefix(1);
    const auto name = argument.substr(0, argument.find('='));
    if (const auto* option = table.find(name); option != nullptr) return option->kind == option_kind::secret;
    return name == "bot-token" || name == "discord-token" || name == "bot_token" || name == "discord_token";
}

startup_problem secret_on_command_line(std::string_view what) {
    return {exit_code::bad_setting,
            fmt::format("{} on the command line: every user of this machine can read it there. Set DISCORD_TOKEN or use "
                        "--token-file instead, and make a new token if this one has been used.",
                        what)};
}

startup_problem unknown_flag(const option_table& table, std::string_view argument) {
    const auto typed = argument.substr(0, argument.find('='));
    std::vector<std::string> names;
    std::vector<std::string_view> views;
    for (const auto& option : table.options) {
        if (option.kind != option_kind::secret) names.push_back(fmt::format("--{}", option.name));
    }
    views.assign(names.begin(), names.end());
    const auto meant = nearest_name(typed, views);
    const auto hint = meant.empty() ? std::string("--help lists what there is.") : fmt::format("Did you mean {}?", meant);
    return {exit_code::bad_setting, fmt::format("{} is no flag of this program. {}", shown(typed), hint)};
}

startup_problem given_twice(std::string_view name) {
    return {exit_code::bad_setting, fmt::format("--{} is given more than once; give it once.", name)};
}

struct typed_value {
    const option_spec* option;
    std::vector<std::string> texts;
    CLI::Option* flag = nullptr;
};

}  // namespace

std::expected<void, startup_problem> read_flags(const option_table& table, const option_sources& sources, option_reading& into) {
    for (const auto& argument : sources.arguments) {
        if (argument == "--") break;
        if (is_secret_flag(table, argument)) return std::unexpected(secret_on_command_line("There is a token"));
        if (find_token(argument)) return std::unexpected(secret_on_command_line("There is something that looks like a token"));
    }

    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    std::deque<typed_value> typed;
    for (const auto& option : table.options) {
        if (option.kind == option_kind::secret) continue;
        auto& value = typed.emplace_back(typed_value{&option, {}});
        const auto name = fmt::format("--{}", option.name);
        // "--flag" alone is true, "--flag=false" is false; other options take one value, and a missing one is told below.
        value.flag = app.add_option(name, value.texts)->expected(0, 1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        if (option.kind == option_kind::flag) value.flag->expected(0);
    }
    // CLI11 would let a plain flag swallow no value; "--flag=text" is taken apart here.
    std::vector<std::string> arguments;
    std::map<std::string, std::string, std::less<>> set_flags;
    bool words_only = false;
    for (const auto& argument : sources.arguments) {
        words_only = words_only || argument == "--";
        const auto* option = !words_only && argument.starts_with("--")
                                 ? table.find(std::string_view(argument).substr(2, argument.find('=') - 2))
                                 : nullptr;
        if (option != nullptr && option->kind == option_kind::flag) {
            const auto equals = argument.find('=');
            const auto text = equals == std::string::npos ? std::string("true") : argument.substr(equals + 1);
            if (!set_flags.emplace(option->name, text).second) return std::unexpected(given_twice(option->name));
        } else {
            arguments.push_back(argument);
        }
    }
    std::ranges::reverse(arguments);  // CLI11 reads a vector from its back.
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& e) {
        return std::unexpected(
            startup_problem{exit_code::bad_setting, fmt::format("The command line makes no sense: {}", shown(e.what()))});
    }

    for (const auto& [name, text] : set_flags) {
        const auto& option = *table.find(name);
        if (auto wrong = wrong_with(option, text)) return std::unexpected(bad_value(option, "--" + name, text, *wrong));
        if (name == "help") into.help = *read_flag(text);
        if (name == "version") into.version = *read_flag(text);
        into.values.offer(name, {text, origin::flag, "--" + name});
    }
    if (into.help || into.version) return {};
    for (const auto& extra : app.remaining()) {
        if (extra.starts_with('-') && extra != "-" && extra != "--") return std::unexpected(unknown_flag(table, extra));
        if (extra == "--") continue;
        if (!sources.take_words) {
            return std::unexpected(startup_problem{
                exit_code::bad_setting,
                fmt::format("{} stands alone on the command line; settings are written --name value.", shown(extra))});
        }
        into.words.push_back(extra);
    }
    for (const auto& value : typed) {
        if (value.flag->count() == 0) continue;
        const auto where = fmt::format("--{}", value.option->name);
        if (value.texts.empty() || (value.texts.size() == 1 && value.texts.front().empty())) {
            return std::unexpected(startup_problem{
                exit_code::bad_setting, fmt::format("{} has no value; allowed is {}.", where, allowed_values(*value.option))});
        }
        if (value.texts.size() > 1) {
            return std::unexpected(given_twice(value.option->name));
        }
        const auto& text = value.texts.front();
        if (auto wrong = wrong_with(*value.option, text)) return std::unexpected(bad_value(*value.option, where, text, *wrong));
        into.values.offer(value.option->name, {text, origin::flag, where});
    }
    return {};
}

}  // namespace shoal::config
