// What a command may look like [5.2].

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <limits>

#include "sim/core/commands.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

/// ^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$, as far as one can say without Unicode's tables: beyond ASCII the blocks of
/// punctuation, symbols, emoji and private use are refused, and everything else counts as a letter.
bool may_name(std::uint32_t point) noexcept {
    if (point < 0x80) {
        return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') || (point >= '0' && point <= '9') ||
               point == '-' || point == '_' || point == '\'';
    }
    constexpr std::uint32_t refused[][2] = {{0x80, 0xA9},     {0xAB, 0xB1},       {0xB4, 0xB4},       {0xB6, 0xB8},
                                            {0xBB, 0xBB},     {0xBF, 0xBF},       {0xD7, 0xD7},       {0xF7, 0xF7},
                                            {0x2000, 0x206F}, {0x20A0, 0x20CF},   {0x2190, 0x245F},   {0x2500, 0x2BFF},
                                            {0x3000, 0x3004}, {0x3008, 0x3020},   {0xE000, 0xF8FF},   {0xFE00, 0xFE6F},
                                            {0xFF01, 0xFF0F}, {0x1F000, 0x1FAFF}, {0xE0000, 0x10FFFF}};
    return std::none_of(std::begin(refused), std::end(refused),
                        [point](const auto& r) { return point >= r[0] && point <= r[1]; });
}

/// Letters with a lower-case form, of the scripts that a bot's author is likely to type.
bool is_upper(std::uint32_t point) noexcept {
    return (point >= 'A' && point <= 'Z') || (point >= 0xC0 && point <= 0xDE && point != 0xD7) ||
           (point >= 0x391 && point <= 0x3A9) || (point >= 0x400 && point <= 0x42F);
}

std::vector<std::uint32_t> points_of(std::string_view text) {
    std::vector<std::uint32_t> points;
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
        std::uint32_t point = length == 1 ? byte : length == 2 ? byte & 0x1FU : length == 3 ? byte & 0x0FU : byte & 0x07U;
        for (std::size_t i = 1; i < length && at + i < text.size(); ++i) {
            point = (point << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
        }
        points.push_back(point);
        at += length;
    }
    return points;
}

void check_name(const json::object& from, bool lower_case, const form_path& where) {
    const json::string* name = where.text(from, "name", 1, 32, true);
    if (name == nullptr || !lower_case) return;  // Names in the context menu may hold spaces and capitals.
    const auto points = points_of(std::string_view(*name));
    if (!std::all_of(points.begin(), points.end(), may_name) || std::any_of(points.begin(), points.end(), is_upper)) {
        where.at("name").wrong("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
}

std::optional<std::int64_t> integer_of(const json::value* value) {
    if (value == nullptr) return std::nullopt;
    if (value->is_int64()) return value->get_int64();
    if (value->is_uint64()) return std::numeric_limits<std::int64_t>::max();
    return std::nullopt;
}

void check_choices(const json::object& option, std::int64_t type, const form_path& where) {
    const json::array* choices = where.list(option, "choices", 25);
    if (choices == nullptr) return;
    if (type != option_type::string && type != option_type::integer && type != option_type::number) {
        where.at("choices").wrong("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "This option type may not have choices");
        return;
    }
    const json::value* autocomplete = option.if_contains("autocomplete");
    if (!choices->empty() && autocomplete != nullptr && *autocomplete == true) {
        where.at("autocomplete")
            .wrong("APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", "Autocomplete cannot be enabled with choices present");
    }
    for (std::size_t i = 0; i < choices->size(); ++i) {
        const form_path here = where.at("choices").at(i);
        const json::object* choice = (*choices)[i].if_object();
        if (choice == nullptr) {
            here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
            continue;
        }
        here.text(*choice, "name", 1, 100, true);
        const json::value* value = choice->if_contains("value");
        if (value == nullptr) {
            here.at("value").required();
        } else if (type == option_type::string) {
            here.text(*choice, "value", 0, 100, true);
        } else if (!value->is_number() || (type == option_type::integer && value->is_double())) {
            here.at("value").wrong("NUMBER_TYPE_COERCE", fmt::format("Value \"{}\" is not an int.", json::serialize(*value)));
        }
    }
}

void check_options(const json::object& owner, int depth, const form_path& where) {
    const json::array* options = where.list(owner, "options", 25);
    if (options == nullptr) return;
    bool optional_seen = false, calls = false, plain = false;
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < options->size(); ++i) {
        const form_path here = where.at("options").at(i);
        const json::object* option = (*options)[i].if_object();
        if (option == nullptr) {
            here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
            continue;
        }
        check_name(*option, true, here);
        here.text(*option, "description", 1, 100, true);
        if (const json::value* name = option->if_contains("name"); name != nullptr && name->is_string()) {
            const std::string_view text = std::string_view(name->get_string());
            if (std::find(names.begin(), names.end(), text) != names.end()) {
                here.wrong("APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists");
            }
            names.push_back(text);
        }
        const json::value* type_value = option->if_contains("type");
        const auto type = integer_of(type_value);
        if (type_value == nullptr) {
            here.at("type").required();
            continue;
        }
        if (!type || *type < option_type::sub_command || *type > option_type::attachment) {
            here.at("type").wrong("BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}.");
            continue;
        }
        const bool groups = *type == option_type::sub_command_group;
        if (groups || *type == option_type::sub_command) {
            calls = true;
            // Groups stand at the top only, and hold subcommands only [5.2].
            if (depth >= (groups ? 1 : 2)) {
                here.at("type").wrong("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
                                      "Sub-command option type is invalid at this depth");
            }
            check_options(*option, groups ? 1 : 2, here);
            continue;
        }
        plain = true;
        if (depth == 1) here.at("type").wrong("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "A group holds sub-commands only");
        const json::value* required = option->if_contains("required");
        if (required != nullptr && *required == true) {
            if (optional_seen) {
                here.wrong("APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                           "Required options must be placed before non-required options");
            }
        } else {
            optional_seen = true;
        }
        check_choices(*option, *type, here);
    }
    if (calls && plain) {
        where.at("options").wrong("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-commands and other options cannot be mixed");
    }
}

/// Names, descriptions and values of everything in a command: at most 8,000 characters together.
std::size_t text_length(const json::object& part) {
    std::size_t sum = 0;
    for (const char* key : {"name", "description", "value"}) {
        if (const json::value* text = part.if_contains(key); text != nullptr && text->is_string()) {
            sum += characters(std::string_view(text->get_string()));
        }
    }
    for (const char* key : {"options", "choices"}) {
        const json::value* list = part.if_contains(key);
        if (list == nullptr || !list->is_array()) continue;
        for (const json::value& item : list->get_array()) {
            if (item.is_object()) sum += text_length(item.get_object());
        }
    }
    return sum;
}

}  // namespace

void check_command(const json::object& command, bool global, const form_path& where) {
    const json::value* type_value = command.if_contains("type");
    const std::int64_t type = integer_of(type_value).value_or(type_value == nullptr || type_value->is_null() ? 1 : 0);
    if (type < 1 || type > (global ? 4 : 3)) where.at("type").wrong("BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4}.");
    check_name(command, type == command_type::chat_input, where);
    if (type == command_type::chat_input || type == command_type::primary_entry_point) {
        where.text(command, "description", 1, 100, type == command_type::chat_input);
        check_options(command, 0, where);
    } else {
        if (const json::value* text = command.if_contains("description");
            text != nullptr && text->is_string() && !text->get_string().empty()) {
            where.at("description")
                .wrong("APPLICATION_COMMAND_DESCRIPTION_NOT_EMPTY", "Context menu commands cannot have description");
        }
        if (const json::value* options = command.if_contains("options");
            options != nullptr && options->is_array() && !options->get_array().empty()) {
            where.at("options").wrong("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Context menu commands cannot have options");
        }
    }
    if (text_length(command) > 8000) where.wrong("APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)");
    if (const json::value* permissions = command.if_contains("default_member_permissions");
        permissions != nullptr && permissions->is_string()) {
        const auto text = std::string_view(permissions->get_string());
        if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
            where.at("default_member_permissions").wrong("PERMISSIONS_TYPE_CONVERT", "Could not interpret value as permissions.");
        }
    }
    for (const char* key : {"contexts", "integration_types"}) {
        const json::array* list = where.list(command, key, 3);
        if (list == nullptr) continue;
        const std::int64_t most = std::string_view(key) == "contexts" ? 2 : 1;
        for (std::size_t i = 0; i < list->size(); ++i) {
            const auto value = integer_of(&(*list)[i]);
            if (!value || *value < 0 || *value > most)
                where.at(key).at(i).wrong("BASE_TYPE_CHOICES", "Value is not one of the choices.");
        }
    }
}

}  // namespace shoal::sim
