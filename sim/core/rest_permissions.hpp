#pragma once
// Whether the bot may do what a route does: 50001 where it does not even see the channel, 50013 where it lacks a permission.
// Not here: which permissions it has (render_permissions.cpp). Roles' order is not looked at: the bot's is the lowest in the
// simulated guilds, and it could do nothing to anybody.

#include <optional>

#include "sim/core/rest_route.hpp"

namespace shoal::sim {

/// Nothing: it may, or the path names nothing, which the route itself answers.
[[nodiscard]] std::optional<rest_answer> refused_for_permissions(rest_state& state, const rest_route& route,
                                                                 const rest_request& asked);

// What depends on what is asked, for the table of routes.
namespace needs {
std::uint64_t message_post(rest_state&, const rest_request&);
std::uint64_t message_delete(rest_state&, const rest_request&);
std::uint64_t reaction_delete(rest_state&, const rest_request&);
std::uint64_t channel_patch(rest_state&, const rest_request&);
std::uint64_t channel_delete(rest_state&, const rest_request&);
std::uint64_t thread_post(rest_state&, const rest_request&);
std::uint64_t thread_member_put(rest_state&, const rest_request&);
std::uint64_t thread_member_delete(rest_state&, const rest_request&);
std::uint64_t member_patch(rest_state&, const rest_request&);
std::uint64_t own_member_patch(rest_state&, const rest_request&);
}  // namespace needs

}  // namespace shoal::sim
