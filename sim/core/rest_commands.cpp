// The routes of application commands [5.1].

#include <boost/json/serialize.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

/// Which scope the path names: 0 for the global one. Refuses foreign applications and unknown guilds.
struct scope_of {
    std::uint64_t scope = 0;
    std::uint64_t command = 0;
    std::optional<rest_answer> refusal;

    scope_of(const rest_state& state, const rest_request& asked) {
        const bool guild = asked.segments[2] == "guilds";
        command = asked.id(guild ? 5 : 3);
        if (asked.id(1) != state.where.application_id()) {
            refusal = refuse(403, 20012, "You are not authorized to perform this action on this application");
            return;
        }
        if (!guild) return;
        scope = asked.id(3);
        if (!state.where.has_guild(scope)) refusal = refuse(403, 50001, "Missing Access");
    }
};

rest_answer refused(command_refusal why) { return {.status = why.status, .body = std::move(why.body)}; }

command_registry::mint mint_of(rest_state& state, const rest_request& asked) {
    return [&state, now = asked.now] { return state.fresh_id(now); };
}

rest_answer listed(const rest_state& state, std::uint64_t scope) {
    json::array list;
    for (const json::object& command : state.commands.all(scope)) list.push_back(command);
    return {.body = json::serialize(list)};
}

}  // namespace

rest_answer commands_list(rest_state& state, const rest_request& asked) {
    scope_of scope(state, asked);
    return scope.refusal ? *std::move(scope.refusal) : listed(state, scope.scope);
}

rest_answer commands_put(rest_state& state, const rest_request& asked) {
    scope_of scope(state, asked);
    if (scope.refusal) return *std::move(scope.refusal);
    if (auto why = state.commands.overwrite(scope.scope, asked.body, asked.version, asked.now, mint_of(state, asked)))
        return refused(*why);
    return listed(state, scope.scope);
}

rest_answer commands_post(rest_state& state, const rest_request& asked) {
    scope_of scope(state, asked);
    if (scope.refusal) return *std::move(scope.refusal);
    registration made;
    if (auto why = state.commands.upsert(scope.scope, asked.body, asked.version, asked.now, mint_of(state, asked), made))
        return refused(*why);
    return {.status = made.created ? 201 : 200, .body = json::serialize(made.command)};
}

rest_answer command_get(rest_state& state, const rest_request& asked) {
    scope_of scope(state, asked);
    if (scope.refusal) return *std::move(scope.refusal);
    const json::object* command = state.commands.by_id(scope.scope, scope.command);
    if (command == nullptr) return refuse(404, 10063, "Unknown application command");
    return {.body = json::serialize(*command)};
}

rest_answer command_patch(rest_state& state, const rest_request& asked) {
    scope_of scope(state, asked);
    if (scope.refusal) return *std::move(scope.refusal);
    json::object command;
    if (auto why = state.commands.edit(scope.scope, scope.command, asked.body, asked.version, mint_of(state, asked), command)) {
        return refused(*why);
    }
    return {.body = json::serialize(command)};
}

rest_answer command_delete(rest_state& state, const rest_request& asked) {
    scope_of scope(state, asked);
    if (scope.refusal) return *std::move(scope.refusal);
    return state.commands.erase(scope.scope, scope.command) ? nothing() : refuse(404, 10063, "Unknown application command");
}

// ---- permissions of commands: 0 in place of a command means the application's in this guild ----------------------------------

namespace {

json::object permissions_of(const rest_state& state, std::uint64_t guild, std::uint64_t command) {
    const auto found = state.command_permissions.find({guild, command});
    return {{"id", std::to_string(command == 0 ? state.config.application_id : command)},
            {"application_id", std::to_string(state.config.application_id)},
            {"guild_id", std::to_string(guild)},
            {"permissions", found == state.command_permissions.end() ? json::array() : found->second}};
}

/// The command behind "commands", or 0 for the application's own entry.
std::uint64_t permitted(const rest_state& state, const rest_request& asked) {
    const std::uint64_t id = asked.id(5);
    return id == state.config.application_id ? 0 : id;
}

}  // namespace

rest_answer command_permissions_list(rest_state& state, const rest_request& asked) {
    const scope_of scope(state, asked);
    if (scope.refusal) return *scope.refusal;
    json::array list;
    for (const auto& [key, permissions] : state.command_permissions) {
        if (key.first == scope.scope) list.push_back(permissions_of(state, key.first, key.second));
    }
    return {.body = json::serialize(list)};
}

rest_answer command_permissions_get(rest_state& state, const rest_request& asked) {
    const scope_of scope(state, asked);
    if (scope.refusal) return *scope.refusal;
    const std::uint64_t command = permitted(state, asked);
    if (!state.command_permissions.contains({scope.scope, command}))
        return refuse(404, 10066, "Unknown application command permissions");
    return {.body = json::serialize(permissions_of(state, scope.scope, command))};
}

rest_answer command_permissions_put(rest_state& state, const rest_request& asked) {
    const scope_of scope(state, asked);
    if (scope.refusal) return *scope.refusal;
    const std::uint64_t command = permitted(state, asked);
    const bool known =
        command == 0 || state.commands.by_id(scope.scope, command) != nullptr || state.commands.by_id(0, command) != nullptr;
    if (!known) return refuse(404, 10063, "Unknown application command");
    form_errors errors;
    const form_path where(errors, {});
    const json::array* list = where.list(asked.fields(), "permissions", 100);
    if (list == nullptr && errors.empty()) where.at("permissions").required();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const form_path here = where.at("permissions").at(i);
        const json::object* one = (*list)[i].if_object();
        if (one == nullptr) {
            here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
            continue;
        }
        here.id(*one, "id", true);
        here.number(*one, "type", 1, 3, true);
        if (!here.flag(*one, "permission")) here.at("permission").required();
    }
    if (!errors.empty()) return refuse_form(errors, asked);
    state.command_permissions[{scope.scope, command}] = *list;
    std::string text = json::serialize(permissions_of(state, scope.scope, command));
    rest_answer answer{.body = text};
    answer.events.push_back({.name = "APPLICATION_COMMAND_PERMISSIONS_UPDATE",
                             .guild = scope.scope,
                             .intents = 0,
                             .data = std::make_shared<const std::string>(std::move(text)),
                             .data_without_content = {}});
    return answer;
}

}  // namespace shoal::sim::route
