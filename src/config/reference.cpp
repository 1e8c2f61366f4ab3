#include "config/reference.hpp"

#include <fmt/format.h>

#include <vector>

#include "config/exit_codes.hpp"

namespace shoal::config {

namespace {

std::string value_name(const option_spec& option) {
    if (!option.value_name.empty()) return std::string(option.value_name);
    switch (option.kind) {
        case option_kind::text: return "TEXT";
        case option_kind::path: return "PATH";
        case option_kind::url: return "URL";
        case option_kind::integer: return "N";
        case option_kind::number: return "NUMBER";
        case option_kind::duration: return "TIME";
        case option_kind::choice: return std::string(option.choices);
        case option_kind::numbers: return "LIST";
        case option_kind::flag:
        case option_kind::secret: return {};
    }
    return {};
}

std::vector<std::string_view> groups_of(const option_table& table) {
    std::vector<std::string_view> groups;
    for (const auto& option : table.options) {
        bool known = false;
        for (auto group : groups) known = known || group == option.group;
        if (!known) groups.push_back(option.group);
    }
    return groups;
}

void wrap(std::string& out, std::string_view text, std::size_t indent, std::size_t width) {
    std::size_t column = indent;
    bool first = true;
    while (!text.empty()) {
        const auto space = std::min(text.find(' '), text.size());
        const auto word = text.substr(0, space);
        text.remove_prefix(std::min(space + 1, text.size()));
        if (!first && column + 1 + word.size() > width) {
            out.append("\n").append(indent, ' ');
            column = indent;
        } else if (!first) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        first = false;
    }
    out += '\n';
}

std::string first_upper(std::string_view text) {
    std::string upper(text);
    if (!upper.empty() && upper[0] >= 'a' && upper[0] <= 'z') upper[0] = static_cast<char>(upper[0] - 'a' + 'A');
    return upper;
}

}  // namespace

std::string help_text(const option_table& table, std::string_view usage) {
    constexpr std::size_t column = 30, width = 110;
    std::string out = fmt::format("{}\n\nUsage: {}\n", table.program, usage);
    for (auto group : groups_of(table)) {
        out += fmt::format("\n{}\n", group);
        for (const auto& option : table.options) {
            if (option.group != group) continue;
            const auto value = value_name(option);
            std::string left;
            if (option.kind == option_kind::secret) {
                left = fmt::format("  {}", option.alias.empty() ? variable_of(table, option) : std::string(option.alias));
            } else {
                left = fmt::format("  --{}{}{}", option.name, value.empty() ? "" : " ", value);
            }
            out += left;
            if (left.size() + 2 > column) {
                out += '\n';
                left.clear();
            }
            out.append(column - left.size(), ' ');
            std::string help(option.help);
            if (!option.fallback.empty()) help += fmt::format(" [{}]", option.fallback);
            wrap(out, help, column, width);
        }
    }
    out += fmt::format(
        "\nEach setting is also an environment variable ({}LOG_LEVEL for --log-level) and a line of the settings file\n"
        "(log-level = \"debug\"). A flag wins over the environment, that over the file, that over the program's code.\n",
        table.prefix);
    return out;
}

std::string reference_page(const option_table& table) {
    std::string out = "# Settings\n\n";
    out +=
        "Written by `SHOAL_WRITE_DOCS=1 test_config` from the table in `src/config/bot_options.cpp`; a test fails when this page "
        "is out of date.\n\n"
        "A flag wins over the environment, that over the settings file (`--config FILE`, TOML), that over what the program's "
        "code says. An\n"
        "empty variable counts as not set. An unknown flag or line of the file ends the start with exit code 2 and a hint; an "
        "unknown\n"
        "`SHOAL_` variable is only warned of, since the environment is shared. The token is never a flag and never a line of the "
        "file.\n";
    for (auto group : groups_of(table)) {
        out += fmt::format(
            "\n## {}\n\n| flag and file | environment | allowed | default | mode | meaning |\n|--|--|--|--|--|--|\n", group);
        for (const auto& option : table.options) {
            if (option.group != group) continue;
            std::string name = option.kind == option_kind::secret ? "-" : fmt::format("`--{}`", option.name);
            std::string variables = option.flag_only ? "-" : fmt::format("`{}`", variable_of(table, option));
            if (!option.alias.empty()) variables += fmt::format(", `{}`", option.alias);
            out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", name, variables, allowed_values(option),
                               option.fallback.empty() ? std::string("-") : fmt::format("`{}`", option.fallback), option.modes,
                               option.help);
        }
    }
    out +=
        "\n## A settings file\n\n```toml\n# mybot --config mybot.toml\ntoken-file = \"/run/secrets/discord\"\nshard-ids = [0, 1, "
        "2, 3]\n"
        "total-shards = 16\nstate-dir = \"/var/lib/mybot\"\nlog-format = \"json\"\nguild-wait = \"20s\"\n```\n";
    return out;
}

std::string exit_code_page() {
    std::string out = "# Exit codes\n\n";
    out +=
        "Written by `SHOAL_WRITE_DOCS=1 test_config` from `src/config/exit_codes.hpp`; a test fails when this page is out of "
        "date.\n\n"
        "A bot that cannot start, or go on, says one sentence on stderr as its last line, beginning with the program's name, and "
        "ends "
        "with one of\nthese.\n\n"
        "| code | name | meaning | what to do |\n|--|--|--|--|\n";
    const auto rows = [&out](std::span<const exit_code_text> codes) {
        for (const auto& entry : codes) {
            out += fmt::format("| {} | `{}` | {} | {} |\n", static_cast<int>(entry.code), entry.name, first_upper(entry.meaning),
                               entry.remedy.empty() ? "-" : entry.remedy);
        }
    };
    rows(exit_codes);
    out +=
        "\n## shoal-sim\n\nIts mistakes are one sentence on stderr, too. The report of an audit is on stdout.\n\n"
        "| code | name | meaning | what to do |\n|--|--|--|--|\n";
    rows(simulator_exit_codes);
    out +=
        "\n## shoal\n\nThe program for operators. Its mistakes are one sentence on stderr, too.\n\n"
        "| code | name | meaning | what to do |\n|--|--|--|--|\n";
    rows(tool_exit_codes);
    return out;
}

}  // namespace shoal::config
