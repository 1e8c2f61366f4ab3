#include "sim/core/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <set>

namespace shoal::sim {
namespace json = boost::json;
namespace {

constexpr std::array<std::size_t, 5> most_of_type = {0, 100, 15, 15, 1};

std::int64_t type_of(const json::object& command) {
    const json::value* type = command.if_contains("type");
    return type != nullptr && type->is_int64() ? type->get_int64() : command_type::chat_input;
}

std::string_view name_of(const json::object& command) { return std::string_view(command.at("name").get_string()); }

bool same_command(const json::object& a, const json::object& b) { return type_of(a) == type_of(b) && name_of(a) == name_of(b); }

command_refusal form_refusal(const form_errors& errors, int api_version) { return {400, errors.body(api_version)}; }

command_refusal daily_refusal() {
    return {400, error_body(30034, fmt::format("Max number of daily application command creates has been reached ({})",
                                               command_registry::most_creates_a_day))};
}

std::optional<command_refusal> check_counts(const std::vector<json::object>& commands) {
    std::array<std::size_t, 5> counts{};
    for (const json::object& command : commands) {
        const auto type = static_cast<std::size_t>(type_of(command));
        if (++counts[type] > most_of_type[type]) {
            return command_refusal{
                400, error_body(30032, fmt::format("Maximum number of application commands reached ({})", most_of_type[type]))};
        }
    }
    return std::nullopt;
}

}  // namespace

json::object command_registry::normalized(std::uint64_t scope, const json::object& command, const json::object* before,
                                          const mint& fresh_id) const {
    json::object made;
    const std::string id = before != nullptr ? std::string(before->at("id").get_string()) : std::to_string(fresh_id());
    made["id"] = id;
    made["application_id"] = std::to_string(application_);
    if (scope != 0) made["guild_id"] = std::to_string(scope);
    made["type"] = type_of(command);
    made["description"] = "";
    made["default_member_permissions"] = nullptr;
    made["nsfw"] = false;
    made["name_localizations"] = nullptr;
    made["description_localizations"] = nullptr;
    if (scope == 0) {
        made["dm_permission"] = true;
        made["contexts"] = nullptr;
        made["integration_types"] = json::array{0};
    }
    for (const char* key : {"name", "description", "default_member_permissions", "nsfw", "name_localizations",
                            "description_localizations", "options", "handler", "dm_permission"}) {
        if (const json::value* value = command.if_contains(key)) made[key] = *value;
    }
    if (scope == 0) {
        for (const char* key : {"contexts", "integration_types"}) {
            if (const json::value* value = command.if_contains(key)) made[key] = *value;
        }
    }
    // The version changes with the content only.
    made["version"] = id;
    if (before != nullptr) {
        made["version"] = before->at("version");
        if (json::value(made) != json::value(*before)) made["version"] = std::to_string(fresh_id());
    }
    return made;
}

bool command_registry::may_create(scope_state& scope, std::uint32_t how_many, instant now) {
    if (how_many == 0) return true;
    if (scope.creates == 0 || now - scope.day_began >= std::chrono::hours(24)) {
        scope.day_began = now;
        scope.creates = 0;
    }
    if (scope.creates + how_many > most_creates_a_day) return false;
    scope.creates += how_many;
    return true;
}

std::optional<command_refusal> command_registry::overwrite(std::uint64_t scope, const json::value& body, int api_version,
                                                           instant now, const mint& fresh_id) {
    form_errors errors;
    const json::array* list = body.if_array();
    if (list == nullptr) {
        errors.add({}, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
        return form_refusal(errors, api_version);
    }
    if (list->size() > 130) errors.add({}, "BASE_TYPE_MAX_LENGTH", "Must be 130 or fewer in length.");
    std::set<std::pair<std::int64_t, std::string>> names;
    std::vector<json::object> wanted;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const form_path here(errors, {std::to_string(i)});
        const json::object* command = (*list)[i].if_object();
        if (command == nullptr) {
            here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
            continue;
        }
        check_command(*command, scope == 0, here);
        const json::value* name = command->if_contains("name");
        if (name == nullptr || !name->is_string()) continue;
        if (!names.emplace(type_of(*command), std::string(name->get_string())).second) {
            here.at("name").wrong("APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
        }
        wanted.push_back(*command);
    }
    if (!errors.empty()) return form_refusal(errors, api_version);
    if (auto refusal = check_counts(wanted)) return refusal;

    scope_state& state = scopes_[scope];
    const auto before_of = [&state](const json::object& command) -> const json::object* {
        const auto found = std::find_if(state.commands.begin(), state.commands.end(),
                                        [&](const json::object& known) { return same_command(known, command); });
        return found == state.commands.end() ? nullptr : &*found;
    };
    const auto fresh =
        std::count_if(wanted.begin(), wanted.end(), [&](const json::object& one) { return before_of(one) == nullptr; });
    if (!may_create(state, static_cast<std::uint32_t>(fresh), now)) return daily_refusal();
    std::vector<json::object> made;
    made.reserve(wanted.size());
    for (const json::object& command : wanted) made.push_back(normalized(scope, command, before_of(command), fresh_id));
    state.commands = std::move(made);
    return std::nullopt;
}

std::optional<command_refusal> command_registry::upsert(std::uint64_t scope, const json::value& body, int api_version,
                                                        instant now, const mint& fresh_id, registration& out) {
    form_errors errors;
    const json::object* command = body.if_object();
    if (command == nullptr) {
        errors.add({}, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
    } else {
        check_command(*command, scope == 0, form_path(errors, {}));
    }
    if (!errors.empty()) return form_refusal(errors, api_version);
    scope_state& state = scopes_[scope];
    const auto known = std::find_if(state.commands.begin(), state.commands.end(),
                                    [&](const json::object& one) { return same_command(one, *command); });
    out.created = known == state.commands.end();
    if (!out.created) {
        *known = normalized(scope, *command, &*known, fresh_id);
        out.command = *known;
        return std::nullopt;
    }
    auto all = state.commands;
    all.push_back(*command);
    if (auto refusal = check_counts(all)) return refusal;
    if (!may_create(state, 1, now)) return daily_refusal();
    out.command = normalized(scope, *command, nullptr, fresh_id);
    state.commands.push_back(out.command);
    return std::nullopt;
}

std::optional<command_refusal> command_registry::edit(std::uint64_t scope, std::uint64_t id, const json::value& body,
                                                      int api_version, const mint& fresh_id, json::object& out) {
    scope_state& state = scopes_[scope];
    const std::string digits = std::to_string(id);
    const auto known = std::find_if(state.commands.begin(), state.commands.end(), [&](const json::object& one) {
        return std::string_view(one.at("id").get_string()) == digits;
    });
    if (known == state.commands.end()) return command_refusal{404, error_body(10063, "Unknown application command")};
    form_errors errors;
    json::object merged = *known;
    if (const json::object* fields = body.if_object()) {
        for (const auto& field : *fields) {
            if (field.key() != "id" && field.key() != "type") merged[field.key()] = field.value();
        }
        check_command(merged, scope == 0, form_path(errors, {}));
    } else {
        errors.add({}, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
    }
    if (errors.empty() && std::any_of(state.commands.begin(), state.commands.end(),
                                      [&](const json::object& one) { return &one != &*known && same_command(one, merged); })) {
        errors.add({"name"}, "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
    }
    if (!errors.empty()) return form_refusal(errors, api_version);
    *known = normalized(scope, merged, &*known, fresh_id);
    out = *known;
    return std::nullopt;
}

bool command_registry::erase(std::uint64_t scope, std::uint64_t id) {
    auto& commands = scopes_[scope].commands;
    const std::string digits = std::to_string(id);
    return std::erase_if(commands,
                         [&](const json::object& one) { return std::string_view(one.at("id").get_string()) == digits; }) > 0;
}

const std::vector<json::object>& command_registry::all(std::uint64_t scope) const {
    static const std::vector<json::object> none;
    const auto found = scopes_.find(scope);
    return found == scopes_.end() ? none : found->second.commands;
}

const json::object* command_registry::by_id(std::uint64_t scope, std::uint64_t id) const {
    const std::string digits = std::to_string(id);
    for (const json::object& command : all(scope)) {
        if (std::string_view(command.at("id").get_string()) == digits) return &command;
    }
    return nullptr;
}

const json::object* command_registry::by_name(std::uint64_t guild, std::string_view name) const {
    const json::object* context_menu = nullptr;
    for (const std::uint64_t scope : {guild, std::uint64_t{0}}) {
        for (const json::object& command : all(scope)) {
            if (name_of(command) != name) continue;
            if (type_of(command) == command_type::chat_input) return &command;
            if (context_menu == nullptr) context_menu = &command;
        }
        if (scope == 0) break;
    }
    return context_menu;
}

std::vector<const json::object*> command_registry::callable(std::uint64_t guild) const {
    std::vector<const json::object*> found;
    for (const std::uint64_t scope : {guild, std::uint64_t{0}}) {
        for (const json::object& command : all(scope)) {
            if (type_of(command) == command_type::chat_input && by_name(guild, name_of(command)) == &command)
                found.push_back(&command);
        }
        if (scope == 0) break;
    }
    return found;
}

bool command_registry::empty() const noexcept {
    return std::all_of(scopes_.begin(), scopes_.end(), [](const auto& scope) { return scope.second.commands.empty(); });
}

}  // namespace shoal::sim
