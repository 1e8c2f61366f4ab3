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
rest_answer own_user_patch(rest_state&, const rest_request&);
rest_answer own_member(rest_state&, const rest_request&);
rest_answer leave_guild(rest_state&, const rest_request&);
rest_answer voice_regions(rest_state&, const rest_request&);

// rest_commands.cpp
rest_answer commands_list(rest_state&, const rest_request&);
rest_answer commands_put(rest_state&, const rest_request&);
rest_answer commands_post(rest_state&, const rest_request&);
rest_answer command_get(rest_state&, const rest_request&);
rest_answer command_patch(rest_state&, const rest_request&);
rest_answer command_delete(rest_state&, const rest_request&);
rest_answer command_permissions_list(rest_state&, const rest_request&);
rest_answer command_permissions_get(rest_state&, const rest_request&);
rest_answer command_permissions_put(rest_state&, const rest_request&);

// rest_interactions.cpp
rest_answer interaction_callback(rest_state&, const rest_request&);
rest_answer followup_post(rest_state&, const rest_request&);
rest_answer followup_get(rest_state&, const rest_request&);
rest_answer followup_patch(rest_state&, const rest_request&);
rest_answer followup_delete(rest_state&, const rest_request&);

// rest_channel_messages.cpp
rest_answer message_post(rest_state&, const rest_request&);
rest_answer message_list(rest_state&, const rest_request&);
rest_answer message_get(rest_state&, const rest_request&);
rest_answer message_patch(rest_state&, const rest_request&);
rest_answer message_crosspost(rest_state&, const rest_request&);
rest_answer message_delete(rest_state&, const rest_request&);
rest_answer message_bulk_delete(rest_state&, const rest_request&);
rest_answer typing(rest_state&, const rest_request&);

// rest_reactions.cpp
rest_answer reaction_put(rest_state&, const rest_request&);
rest_answer reaction_delete(rest_state&, const rest_request&);
rest_answer reactions_list(rest_state&, const rest_request&);
rest_answer reactions_delete_all(rest_state&, const rest_request&);
rest_answer reactions_delete_emoji(rest_state&, const rest_request&);

// rest_pins.cpp
rest_answer pins_list(rest_state&, const rest_request&);
rest_answer pins_page(rest_state&, const rest_request&);
rest_answer pin_put(rest_state&, const rest_request&);
rest_answer pin_delete(rest_state&, const rest_request&);

// rest_polls.cpp
rest_answer poll_expire(rest_state&, const rest_request&);
rest_answer poll_voters(rest_state&, const rest_request&);

// rest_threads.cpp
rest_answer thread_from_message(rest_state&, const rest_request&);
rest_answer thread_post(rest_state&, const rest_request&);
rest_answer thread_member_put(rest_state&, const rest_request&);
rest_answer thread_member_delete(rest_state&, const rest_request&);
rest_answer thread_members_list(rest_state&, const rest_request&);
rest_answer thread_member_get(rest_state&, const rest_request&);
rest_answer threads_active(rest_state&, const rest_request&);
rest_answer threads_archived(rest_state&, const rest_request&);

// rest_channels.cpp
rest_answer guild_channels(rest_state&, const rest_request&);
rest_answer channel_post(rest_state&, const rest_request&);
rest_answer channels_move(rest_state&, const rest_request&);
rest_answer channel_get(rest_state&, const rest_request&);
rest_answer channel_patch(rest_state&, const rest_request&);
rest_answer channel_delete(rest_state&, const rest_request&);
rest_answer overwrite_put(rest_state&, const rest_request&);
rest_answer overwrite_delete(rest_state&, const rest_request&);

// rest_members.cpp
rest_answer roles_list(rest_state&, const rest_request&);
rest_answer role_get(rest_state&, const rest_request&);
rest_answer role_post(rest_state&, const rest_request&);
rest_answer roles_move(rest_state&, const rest_request&);
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
rest_answer ban_get(rest_state&, const rest_request&);
rest_answer bans_list(rest_state&, const rest_request&);
rest_answer bans_bulk(rest_state&, const rest_request&);

// rest_guilds.cpp
rest_answer guild_get(rest_state&, const rest_request&);
rest_answer guild_patch(rest_state&, const rest_request&);
rest_answer guild_preview(rest_state&, const rest_request&);
rest_answer audit_log(rest_state&, const rest_request&);

// rest_expressions.cpp
rest_answer emojis_list(rest_state&, const rest_request&);
rest_answer emoji_get(rest_state&, const rest_request&);
rest_answer emoji_post(rest_state&, const rest_request&);
rest_answer emoji_patch(rest_state&, const rest_request&);
rest_answer emoji_delete(rest_state&, const rest_request&);
rest_answer app_emojis_list(rest_state&, const rest_request&);
rest_answer app_emoji_get(rest_state&, const rest_request&);
rest_answer app_emoji_post(rest_state&, const rest_request&);
rest_answer app_emoji_patch(rest_state&, const rest_request&);
rest_answer app_emoji_delete(rest_state&, const rest_request&);
rest_answer stickers_list(rest_state&, const rest_request&);
rest_answer sticker_get(rest_state&, const rest_request&);
rest_answer any_sticker(rest_state&, const rest_request&);
rest_answer sticker_post(rest_state&, const rest_request&);
rest_answer sticker_patch(rest_state&, const rest_request&);
rest_answer sticker_delete(rest_state&, const rest_request&);

// rest_invites.cpp
rest_answer invite_post(rest_state&, const rest_request&);
rest_answer channel_invites(rest_state&, const rest_request&);
rest_answer guild_invites(rest_state&, const rest_request&);
rest_answer invite_get(rest_state&, const rest_request&);
rest_answer invite_delete(rest_state&, const rest_request&);

// rest_events.cpp
rest_answer events_list(rest_state&, const rest_request&);
rest_answer event_get(rest_state&, const rest_request&);
rest_answer event_post(rest_state&, const rest_request&);
rest_answer event_patch(rest_state&, const rest_request&);
rest_answer event_delete(rest_state&, const rest_request&);
rest_answer event_users(rest_state&, const rest_request&);

// rest_stages.cpp
rest_answer stage_post(rest_state&, const rest_request&);
rest_answer stage_get(rest_state&, const rest_request&);
rest_answer stage_patch(rest_state&, const rest_request&);
rest_answer stage_delete(rest_state&, const rest_request&);

// rest_moderation.cpp
rest_answer rules_list(rest_state&, const rest_request&);
rest_answer rule_get(rest_state&, const rest_request&);
rest_answer rule_post(rest_state&, const rest_request&);
rest_answer rule_patch(rest_state&, const rest_request&);
rest_answer rule_delete(rest_state&, const rest_request&);
rest_answer integrations_list(rest_state&, const rest_request&);
rest_answer integration_delete(rest_state&, const rest_request&);

// rest_templates.cpp
rest_answer template_get(rest_state&, const rest_request&);
rest_answer templates_list(rest_state&, const rest_request&);
rest_answer template_post(rest_state&, const rest_request&);
rest_answer template_sync(rest_state&, const rest_request&);
rest_answer template_patch(rest_state&, const rest_request&);
rest_answer template_delete(rest_state&, const rest_request&);

// rest_webhooks.cpp
rest_answer webhook_post(rest_state&, const rest_request&);
rest_answer channel_webhooks(rest_state&, const rest_request&);
rest_answer guild_webhooks(rest_state&, const rest_request&);
rest_answer webhook_get(rest_state&, const rest_request&);
rest_answer webhook_patch(rest_state&, const rest_request&);
rest_answer webhook_delete(rest_state&, const rest_request&);
rest_answer token_post(rest_state&, const rest_request&);
rest_answer token_message_get(rest_state&, const rest_request&);
rest_answer token_message_patch(rest_state&, const rest_request&);
rest_answer token_message_delete(rest_state&, const rest_request&);

}  // namespace shoal::sim::route
