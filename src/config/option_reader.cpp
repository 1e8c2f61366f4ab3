#include "config/option_reader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>

#include "config/token_shape.hpp"

namespace shoal::config {

void option_values::offer(std::string_view name, option_value value) {
    auto at = values_.find(name);
    if (at == values_.end()) {
        values_.emplace(std::string(name), std::move(value));
    } else if (value.from >= at->second.from) {
        at->second = std::move(value);
    }
}

const option_value* option_values::find(std::string_view name) const noexcept {
    const auto at = values_.find(name);
    return at == values_.end() ? nullptr : &at->second;
}

std::string option_values::text(std::string_view name) const {
    const auto* value = find(name);
    return value == nullptr ? std::string{} : value->text;
}

std::int64_t option_values::integer(std::string_view name, std::int64_t otherwise) const {
    const auto* value = find(name);
    return value == nullptr ? otherwise : read_integer(value->text).value_or(otherwise);
}

double option_values::number(std::string_view name, double otherwise) const {
    const auto* value = find(name);
    if (value == nullptr) return otherwise;
    double read = otherwise;
    std::from_chars(value->text.data(), value->text.data() + value->text.size(), read);
    return read;
}

duration option_values::time(std::string_view name, duration otherwise) const {
    const auto* value = find(name);
    return value == nullptr ? otherwise : read_duration(value->text).value_or(otherwise);
}

bool option_values::flag(std::string_view name) const {
    const auto* value = find(name);
    return value != nullptr && read_flag(value->text).value_or(false);
}

std::vector<std::uint32_t> option_values::numbers(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return {};
    return read_numbers(value->text).value_or(std::vector<std::uint32_t>{});
}

startup_problem bad_value(const option_spec& option, std::string_view where, std::string_view text, std::string_view wrong) {
    // A secret's value is never repeated, not even a wrong one.
    const auto value = option.kind == option_kind::secret ? std::string("the value") : shown(text);
    return {exit_code::bad_setting, fmt::format("{}: {} {}; allowed is {}.", where, value, wrong, allowed_values(option))};
}

std::expected<option_reading, startup_problem> read_options(const option_table& table, const option_sources& sources) {
    option_reading reading;
    for (const auto& option : table.options) {
        if (!option.fallback.empty()) {
            reading.values.offer(option.name, {std::string(option.fallback), origin::fallback, "the default"});
        }
    }
    for (const auto& [name, text] : sources.code) {
        const auto* option = table.find(name);
        if (option == nullptr) {
            return std::unexpected(
                startup_problem{exit_code::bad_setting, fmt::format("the program sets an unknown option: {}", name)});
        }
        if (auto wrong = wrong_with(*option, text)) {
            return std::unexpected(bad_value(*option, fmt::format("the program's own setting of {}", name), text, *wrong));
        }
        reading.values.offer(name, {text, origin::code, "the program"});
    }
    if (auto done = read_flags(table, sources, reading); !done) return std::unexpected(std::move(done.error()));
    if (reading.help || reading.version) return reading;
    if (auto done = read_environment(table, sources, reading); !done) return std::unexpected(std::move(done.error()));
    if (const auto* path = reading.values.find("config"); path != nullptr) {
        const std::string file = path->text;
        if (auto done = read_file(table, file, reading); !done) return std::unexpected(std::move(done.error()));
    }
    return reading;
}

std::vector<std::pair<std::string, std::string>> process_environment() {
    std::vector<std::pair<std::string, std::string>> all;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view line = *entry;
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        all.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    }
    return all;
}

std::expected<void, startup_problem> read_environment(const option_table& table, const option_sources& sources,
                                                      option_reading& into) {
    std::vector<std::string> names;
    for (const auto& option : table.options) {
        if (!option.flag_only) names.push_back(variable_of(table, option));
    }
    // The alias first, so that the program's own name wins where both are set.
    for (const bool own_name : {false, true}) {
        for (const auto& option : table.options) {
            if (option.flag_only) continue;
            const auto name = own_name ? variable_of(table, option) : std::string(option.alias);
            if (name.empty()) continue;
            for (const auto& [variable, text] : sources.environment) {
                // An empty variable is one that is not set: compose files and unit files write them like that.
                if (variable != name || text.empty()) continue;
                if (auto wrong = wrong_with(option, text)) return std::unexpected(bad_value(option, name, text, *wrong));
                into.values.offer(option.name, {text, origin::environment, name});
            }
        }
    }
    for (const auto& [variable, text] : sources.environment) {
        if (!variable.starts_with(table.prefix)) continue;
        bool known = false;
        std::vector<std::string_view> views;
        for (const auto& name : names) {
            known = known || name == variable;
            views.push_back(name);
        }
        if (known) continue;
        // The environment is shared with other programs, so an unknown name is no reason to refuse the start.
        const auto meant = nearest_name(variable, views);
        into.warnings.push_back(meant.empty()
                                    ? fmt::format("{} is no setting and is ignored", shown(variable))
                                    : fmt::format("{} is no setting and is ignored; did you mean {}?", shown(variable), meant));
    }
    return {};
}

}  // namespace shoal::config
