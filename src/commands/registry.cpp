#include "commands/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "commands/names.hpp"
#include "discord/json_cursor.hpp"
#include "discord/json_writer.hpp"

namespace shoal::commands {
namespace {

using discord::json_kind;
using discord::json_value;
using shoal::detail::option_value;

constexpr std::size_t most_options = 25;
constexpr std::size_t most_choices = 25;
constexpr std::size_t most_characters = 8000;
constexpr std::int64_t largest_integer = (std::int64_t{1} << 53) - 1;

std::unexpected<failure> wrong(errc code, std::string detail) { return std::unexpected(failure(code, std::move(detail))); }

result<std::size_t> check_texts(std::string_view name, std::string_view description, std::string_view where) {
    if (const auto why = why_no_name(name); !why.empty()) {
        return wrong(errc::bad_name, fmt::format("{}: the name '{}': {}", where, name, why));
    }
    const auto length = characters(description);
    if (!length || *length == 0 || *length > 100) {
        return wrong(errc::bad_description,
                     fmt::format("{}: the description {}", where,
                                 !length        ? "is not UTF-8"
                                 : *length == 0 ? "is empty"
                                                : fmt::format("has {} characters, 100 are allowed", *length)));
    }
    return *characters(name) + *length;
}

result<std::size_t> check_option(const command_option& option, std::string_view where) {
    auto total = check_texts(option.name, option.description, where);
    if (!total) return total;
    if (option.choices.size() > most_choices) {
        return wrong(errc::too_many, fmt::format("{}: {} choices, {} are allowed", where, option.choices.size(), most_choices));
    }
    std::set<std::string_view> seen;
    for (const auto& choice : option.choices) {
        const auto length = characters(choice);
        if (!length || *length == 0 || *length > 100) {
            return wrong(errc::bad_option, fmt::format("{}: the choice '{}' needs 1 to 100 characters", where, choice));
        }
        if (!seen.insert(choice).second) return wrong(errc::duplicate, fmt::format("{}: the choice '{}'", where, choice));
        *total += 2 * *length;  // name and value
    }
    for (const auto& bound : {option.least, option.most}) {
        if (bound && (*bound > largest_integer || *bound < -largest_integer)) {
            return wrong(errc::bad_option, fmt::format("{}: the bound {} is beyond 2^53", where, *bound));
        }
    }
    if (option.least && option.most && *option.least > *option.most) {
        return wrong(errc::bad_option, fmt::format("{}: the least value is above the most", where));
    }
    return total;
}

/// The value if it is of the option's kind; nullopt for anything else.
std::optional<option_value> read_value(const json_value& value, option_kind kind) {
    switch (kind) {
        case option_kind::string:
            if (value.kind() != json_kind::string) return std::nullopt;
            return value.text_or("");
        case option_kind::integer: {
            if (value.kind() != json_kind::number) return std::nullopt;
            const auto number = value.integer();
            return number ? std::optional<option_value>(*number) : std::nullopt;
        }
        case option_kind::number: {
            if (value.kind() != json_kind::number) return std::nullopt;
            const auto number = value.number();
            return number ? std::optional<option_value>(*number) : std::nullopt;
        }
        case option_kind::boolean: {
            if (value.kind() != json_kind::boolean) return std::nullopt;
            const auto flag = value.boolean();
            return flag ? std::optional<option_value>(*flag) : std::nullopt;
        }
        case option_kind::user:
        case option_kind::channel:
        case option_kind::role: {
            if (value.kind() != json_kind::string) return std::nullopt;
            const auto id = value.unsigned_integer();
            return id && *id != 0 ? std::optional<option_value>(std::in_place, std::in_place_type<std::uint64_t>, *id)
                                  : std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace

result<void> check(const command& what) {
    const auto where = fmt::format("command '{}'", what.name);
    auto total = check_texts(what.name, what.description, where);
    if (!total) return std::unexpected(std::move(total).error());
    if (what.options.size() > most_options) {
        return wrong(errc::too_many, fmt::format("{}: {} options, {} are allowed", where, what.options.size(), most_options));
    }
    std::set<std::string_view> names;
    bool optional_before = false;
    for (const auto& option : what.options) {
        const auto place = fmt::format("{}, option '{}'", where, option.name);
        auto length = check_option(option, place);
        if (!length) return std::unexpected(std::move(length).error());
        *total += *length;
        if (!names.insert(option.name).second) return wrong(errc::duplicate, place);
        if (option.required && optional_before) {
            return wrong(errc::bad_option, place + ": required options stand before those that may be left out");
        }
        optional_before = optional_before || !option.required;
    }
    if (*total > most_characters) {
        return wrong(errc::too_long, fmt::format("{}: {} characters in all, {} are allowed", where, *total, most_characters));
    }
    return {};
}

result<std::size_t> registry::add(command what) {
    if (auto fine = check(what); !fine) return std::unexpected(std::move(fine).error());
    if (std::ranges::any_of(commands_, [&](const command& each) { return each.name == what.name; })) {
        return wrong(errc::duplicate, fmt::format("command '{}'", what.name));
    }
    if (commands_.size() == most_commands) {
        return wrong(errc::too_many, fmt::format("command '{}': {} commands are allowed", what.name, most_commands));
    }
    commands_.push_back(std::move(what));
    return commands_.size() - 1;
}

std::string registry::overwrite_json() const {
    discord::json_writer w;
    w.begin_array();
    for (const auto& each : commands_) {
        w.begin_object().field("name", each.name).field("description", each.description).field("type", 1);
        w.key("options").begin_array();
        for (const auto& option : each.options) {
            w.begin_object().field("type", static_cast<int>(option.kind));
            w.field("name", option.name).field("description", option.description).field("required", option.required);
            if (!option.choices.empty()) {
                w.key("choices").begin_array();
                for (const auto& choice : option.choices) {
                    w.begin_object().field("name", choice).field("value", choice).end_object();
                }
                w.end_array();
            }
            if (option.autocomplete) w.field("autocomplete", true);
            if (option.least) w.field("min_value", *option.least);
            if (option.most) w.field("max_value", *option.most);
            w.end_object();
        }
        w.end_array().end_object();
    }
    w.end_array();
    return std::move(w).take();
}

result<invocation> registry::route(std::string_view data_json) const {
    const json_value data(data_json);
    if (!data.is(json_kind::object)) return wrong(errc::unreadable, "its data is no object");
    const auto name = data["name"].text();
    if (!name) return wrong(errc::unreadable, "its data has no name");
    const auto found = std::ranges::find_if(commands_, [&](const command& each) { return each.name == *name; });
    if (found == commands_.end() || data["type"].value_or<std::int64_t>(1) != 1) return wrong(errc::unknown_command, *name);

    invocation out;
    out.command = static_cast<std::size_t>(found - commands_.begin());
    out.values.resize(found->options.size());
    for (const auto& given : data["options"].elements()) {
        const auto option_name = given["name"].text_or("");
        const auto option = std::ranges::find_if(found->options, [&](const command_option& o) { return o.name == option_name; });
        if (option == found->options.end()) return wrong(errc::misfit, fmt::format("{}: {} is not known", *name, option_name));
        auto value = given["type"].value_or<std::int64_t>(0) == static_cast<std::int64_t>(option->kind)
                         ? read_value(given["value"], option->kind)
                         : std::nullopt;
        if (!value) return wrong(errc::misfit, fmt::format("{}: {} is of another type", *name, option_name));
        out.values[static_cast<std::size_t>(option - found->options.begin())] = std::move(*value);
    }
    for (std::size_t i = 0; i < out.values.size(); ++i) {
        if (found->options[i].required && std::holds_alternative<std::monostate>(out.values[i])) {
            return wrong(errc::misfit, fmt::format("{}: {} is missing", *name, found->options[i].name));
        }
    }
    return out;
}

result<std::size_t> registry::complete(std::string_view command_name, std::string_view option_name) {
    const auto where = fmt::format("command '{}', option '{}'", command_name, option_name);
    const auto found = std::ranges::find(commands_, command_name, &command::name);
    if (found == commands_.end()) return wrong(errc::unknown_command, where + ": register the command first");
    const auto option = std::ranges::find(found->options, option_name, &command_option::name);
    if (option == found->options.end()) return wrong(errc::bad_option, where + ": there is no such option");
    using enum option_kind;
    if (option->kind != string && option->kind != integer && option->kind != number) {
        return wrong(errc::bad_option, where + ": only texts and numbers can be completed");
    }
    if (!option->choices.empty()) return wrong(errc::bad_option, where + ": it has choices already");
    if (option->autocomplete) return wrong(errc::duplicate, where);
    option->autocomplete = true;
    completed_.push_back({static_cast<std::size_t>(found - commands_.begin()), option->name});
    return completed_.size() - 1;
}

std::optional<std::size_t> registry::route_completion(std::string_view data_json) const {
    const json_value data(data_json);
    const auto name = data["name"].text_or("");
    for (const auto& given : data["options"].elements()) {
        if (!given["focused"].value_or(false)) continue;
        const auto option = given["name"].text_or("");
        const auto found = std::ranges::find_if(
            completed_, [&](const completed& each) { return each.option == option && commands_[each.command].name == name; });
        if (found == completed_.end()) return std::nullopt;
        return static_cast<std::size_t>(found - completed_.begin());
    }
    return std::nullopt;
}

}  // namespace shoal::commands
