// The settings file, by way of toml++. Every sentence about it names file and line.

#include <fmt/format.h>
#include <toml++/toml.h>

#include "config/option_reader.hpp"
#include "config/text_file.hpp"
#include "config/token_shape.hpp"

namespace shoal::config {

namespace {

std::unexpected<startup_problem> problem(std::string sentence) {
    return std::unexpected(startup_problem{exit_code::bad_setting, std::move(sentence)});
}

/// The value as an option's text, or nothing if its type does not fit.
std::optional<std::string> text_of(const option_spec& option, const toml::node& node) {
    switch (option.kind) {
        case option_kind::integer:
        case option_kind::number:
        case option_kind::duration:
        case option_kind::numbers:
            if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
            if (const auto* real = node.as_floating_point(); real != nullptr && option.kind != option_kind::integer) {
                return fmt::format("{}", real->get());
            }
            break;
        case option_kind::flag:
            if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
            break;
        default: break;
    }
    if (const auto* list = node.as_array(); list != nullptr && option.kind == option_kind::numbers) {
        std::string joined;
        for (const auto& entry : *list) {
            const auto* whole = entry.as_integer();
            if (whole == nullptr) return std::nullopt;
            joined += (joined.empty() ? "" : ",") + std::to_string(whole->get());
        }
        return joined;
    }
    if (const auto* text = node.as_string()) return text->get();
    return std::nullopt;
}

}  // namespace

std::expected<void, startup_problem> read_file(const option_table& table, const std::string& path, option_reading& into) {
    constexpr std::size_t most_bytes = 1024UL * 1024UL;
    const auto bytes = read_text_file(path, most_bytes);
    if (!bytes) {
        const auto* value = into.values.find("config");
        return problem(fmt::format("{}: the settings file {} cannot be read ({}). Give the name of a TOML file, or leave it out.",
                                   value == nullptr ? "--config" : value->where, shown(path), bytes.error()));
    }
    return read_file_text(table, path, *bytes, into);
}

std::expected<void, startup_problem> read_file_text(const option_table& table, const std::string& path, std::string_view text,
                                                    option_reading& into) {
    toml::table parsed;
    try {
        parsed = toml::parse(text, path);
    } catch (const toml::parse_error& e) {
        return problem(fmt::format("{}:{}: this is no TOML: {}.", path, e.source().begin.line, without_secrets(e.description())));
    }

    for (auto&& [key, node] : parsed) {
        const std::string_view name = key.str();
        const auto where = fmt::format("{}:{}", path, key.source().begin.line);
        const auto* option = table.find(name);
        if (option != nullptr && option->kind == option_kind::secret) {
            return problem(
                fmt::format("{}: {} does not belong into the settings file, which gets copied and shared. Set {} or use "
                            "{}-file.",
                            where, name, option->alias.empty() ? variable_of(table, *option) : std::string(option->alias), name));
        }
        if (option == nullptr || option->flag_only || option->not_in_file) {
            std::vector<std::string_view> names;
            for (const auto& known : table.options) {
                if (known.kind != option_kind::secret && !known.flag_only && !known.not_in_file) names.push_back(known.name);
            }
            const auto meant = nearest_name(name, names);
            return problem(fmt::format("{}: {} is no setting{}", where, shown(name),
                                       meant.empty() ? "." : fmt::format("; did you mean {}?", meant)));
        }
        const auto value = text_of(*option, node);
        if (!value) {
            return problem(fmt::format("{}: {} is of the wrong type; allowed is {}.", where, name, allowed_values(*option)));
        }
        if (auto wrong = wrong_with(*option, *value)) {
            return std::unexpected(bad_value(*option, fmt::format("{}: {}", where, name), *value, *wrong));
        }
        into.values.offer(name, {*value, origin::file, where});
    }
    return {};
}

}  // namespace shoal::config
