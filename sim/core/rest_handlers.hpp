#pragma once
// The handlers of all routes, by the file that has them. Not here: which method and path each serves (rest_routes.cpp).

#include "sim/core/rest_route.hpp"

namespace shoal::sim::route {
// rest_bootstrap.cpp
rest_answer gateway(rest_state&, const rest_request&);
rest_answer gateway_bot(rest_state&, const rest_request&);
rest_answer own_user(rest_state&, const rest_request&);
rest_answer any_user(rest_state&, const rest_request&);
rest_answer own_guilds(rest_state&, const rest_request&);
rest_answer own_application(rest_state&, const rest_request&);
rest_answer open_direct(rest_state&, const rest_request&);
// rest_commands.cpp; the guild routes have the guild behind "guilds"
rest_answer commands_list(rest_state&, const rest_request&);
rest_answer commands_put(rest_state&, const rest_request&);
rest_answer commands_post(rest_state&, const rest_request&);
rest_answer command_get(rest_state&, const rest_request&);
rest_answer command_patch(rest_state&, const rest_request&);
rest_answer command_delete(rest_state&, const rest_request&);
// rest_interactions.cpp
rest_answer interaction_callback(rest_state&, const rest_request&);
rest_answer followup_post(rest_state&, const rest_request&);
rest_answer followup_get(rest_state&, const rest_request&);
rest_answer followup_patch(rest_state&, const rest_request&);
rest_answer followup_delete(rest_state&, const rest_request&);
// rest_messages.cpp
rest_answer message_post(rest_state&, const rest_request&);
rest_answer message_list(rest_state&, const rest_request&);
rest_answer message_get(rest_state&, const rest_request&);
rest_answer message_patch(rest_state&, const rest_request&);
rest_answer message_delete(rest_state&, const rest_request&);
rest_answer message_bulk_delete(rest_state&, const rest_request&);
rest_answer typing(rest_state&, const rest_request&);
rest_answer reaction_put(rest_state&, const rest_request&);
rest_answer reaction_delete(rest_state&, const rest_request&);
rest_answer reactions_delete_all(rest_state&, const rest_request&);
// rest_guilds.cpp
rest_answer guild_get(rest_state&, const rest_request&);
rest_answer guild_patch(rest_state&, const rest_request&);
rest_answer guild_channels(rest_state&, const rest_request&);
rest_answer channel_post(rest_state&, const rest_request&);
rest_answer channel_get(rest_state&, const rest_request&);
rest_answer channel_patch(rest_state&, const rest_request&);
rest_answer channel_delete(rest_state&, const rest_request&);
rest_answer roles_list(rest_state&, const rest_request&);
rest_answer role_get(rest_state&, const rest_request&);
rest_answer role_post(rest_state&, const rest_request&);
rest_answer role_patch(rest_state&, const rest_request&);
rest_answer role_delete(rest_state&, const rest_request&);
rest_answer members_list(rest_state&, const rest_request&);
rest_answer members_search(rest_state&, const rest_request&);
rest_answer member_get(rest_state&, const rest_request&);
rest_answer member_patch(rest_state&, const rest_request&);
rest_answer member_delete(rest_state&, const rest_request&);
rest_answer member_role_put(rest_state&, const rest_request&);
rest_answer member_role_delete(rest_state&, const rest_request&);
rest_answer ban_put(rest_state&, const rest_request&);
rest_answer ban_delete(rest_state&, const rest_request&);
}  // namespace shoal::sim::route
