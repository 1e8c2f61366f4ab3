// The routes of application commands [5.1].

#include <boost/json/serialize.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"

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

}  // namespace shoal::sim::route
