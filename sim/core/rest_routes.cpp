// The one table of routes with their limits [4.14, 4.16], what the bot must be allowed to do for them, and what the audit log
// calls them.

#include <array>
#include <span>

#include "sim/core/permission_bits.hpp"
#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_hidden_limits.hpp"
#include "sim/core/rest_permissions.hpp"

namespace shoal::sim {
namespace {

using namespace std::chrono_literals;
using enum rest_route::who;
using namespace route;
using row = rest_route;

// "else 5 per 5 s" [7.3]; the limits of [4.16] where one was seen. Routes whose group is empty have no limit of their own.
constexpr bucket_rule none{};
constexpr bucket_rule own(std::string_view group, std::uint32_t limit = 5, duration window = 5s, std::string_view family = {}) {
    return {group, limit, window, family};
}
constexpr bucket_rule message_list_bucket{"message_list", 5, 5s, {}, telling::until_spent, 1000};
constexpr bucket_rule reactions = own("reaction", 1, 250ms);
/// Emoji routes count by guild and say nothing true about it [4.15]; how many they let through is an assumption.
constexpr bucket_rule emojis{"emojis", 15, 30s, {}, telling::never, 50};

/// Whom Discord calls a moderator of a stage.
constexpr std::uint64_t stage_moderator = permission::manage_channels | permission::mute_members | permission::move_members;

// clang-format off
const std::array routes = {
    row{"GET", "/gateway", anybody, none, gateway},
    row{"GET", "/gateway/bot", bot, own("gateway_bot"), gateway_bot},
    row{"GET", "/voice/regions", bot, own("regions"), voice_regions},
    row{"GET", "/users/@me", bot, own("me", 50, 1s), own_user},
    row{"PATCH", "/users/@me", bot, own("me_patch", 2, 1min), own_user_patch},
    row{"GET", "/users/@me/guilds", bot, own("my_guilds"), own_guilds},
    row{"GET", "/users/@me/guilds/{id}/member", bot, own("my_member"), own_member},
    row{"DELETE", "/users/@me/guilds/{id}", bot, own("leave"), leave_guild},
    row{"POST", "/users/@me/channels", bot, own("direct", 10, 10s), open_direct},
    row{"GET", "/users/{id}", bot, own("user", 30, 30s), any_user},
    row{"GET", "/oauth2/applications/@me", bot, own("application"), own_application},
    row{"GET", "/applications/@me", bot, own("application"), own_application},

    row{"GET", "/applications/{id}/commands", bot, own("commands_get"), commands_list},
    row{"PUT", "/applications/{id}/commands", bot, own("commands_put"), commands_put},
    row{"POST", "/applications/{id}/commands", bot, own("commands_post", 5, 20s), commands_post},
    row{"GET", "/applications/{id}/commands/{id}", bot, own("command_get"), command_get},
    row{"PATCH", "/applications/{id}/commands/{id}", bot, own("command_patch"), command_patch},
    row{"DELETE", "/applications/{id}/commands/{id}", bot, own("command_delete"), command_delete},
    row{"GET", "/applications/{id}/guilds/{id}/commands", bot, own("guild_commands_get"), commands_list},
    row{"PUT", "/applications/{id}/guilds/{id}/commands", bot, own("guild_commands_put"), commands_put},
    row{"POST", "/applications/{id}/guilds/{id}/commands", bot, own("guild_commands_post", 5, 20s), commands_post},
    row{"GET", "/applications/{id}/guilds/{id}/commands/{id}", bot, own("guild_command_get"), command_get},
    row{"PATCH", "/applications/{id}/guilds/{id}/commands/{id}", bot, own("guild_command_patch"), command_patch},
    row{"DELETE", "/applications/{id}/guilds/{id}/commands/{id}", bot, own("guild_command_delete"), command_delete},
    row{"GET", "/applications/{id}/guilds/{id}/commands/permissions", bot, own("permissions"), command_permissions_list},
    row{"GET", "/applications/{id}/guilds/{id}/commands/{id}/permissions", bot, own("permissions"), command_permissions_get},
    row{"PUT", "/applications/{id}/guilds/{id}/commands/{id}/permissions", bearer, own("permissions_put"), command_permissions_put}.audited(121),
    row{"GET", "/applications/{id}/emojis", bot, own("app_emojis"), app_emojis_list},
    row{"POST", "/applications/{id}/emojis", bot, own("app_emoji_post"), app_emoji_post},
    row{"GET", "/applications/{id}/emojis/{id}", bot, own("app_emojis"), app_emoji_get},
    row{"PATCH", "/applications/{id}/emojis/{id}", bot, own("app_emoji_patch"), app_emoji_patch},
    row{"DELETE", "/applications/{id}/emojis/{id}", bot, own("app_emoji_delete"), app_emoji_delete},

    // Answers to interactions and what webhooks send; the token is the right to it.
    row{"POST", "/interactions/{id}/{token}/callback", anybody, none, interaction_callback},
    row{"POST", "/webhooks/{id}/{token}", anybody, own("webhook_post", 5, 2s), token_post, &webhook_channel_limit},
    row{"GET", "/webhooks/{id}/{token}/messages/{id}", anybody, own("webhook_get", 5, 2s), token_message_get},
    row{"PATCH", "/webhooks/{id}/{token}/messages/{id}", anybody, own("webhook_patch", 5, 2s), token_message_patch},
    row{"DELETE", "/webhooks/{id}/{token}/messages/{id}", anybody, own("webhook_delete", 5, 2s), token_message_delete},
    row{"GET", "/webhooks/{id}/{token}", anybody, own("webhook"), webhook_get},
    row{"PATCH", "/webhooks/{id}/{token}", anybody, own("webhook"), webhook_patch}.audited(51),
    row{"DELETE", "/webhooks/{id}/{token}", anybody, own("webhook"), webhook_delete}.audited(52),
    row{"GET", "/webhooks/{id}", bot, own("webhook"), webhook_get}.needing(permission::manage_webhooks),
    row{"PATCH", "/webhooks/{id}", bot, own("webhook"), webhook_patch}.audited(51).needing(permission::manage_webhooks),
    row{"DELETE", "/webhooks/{id}", bot, own("webhook"), webhook_delete}.audited(52).needing(permission::manage_webhooks),
    row{"POST", "/channels/{id}/webhooks", bot, own("webhook_make"), webhook_post}.audited(50).needing(permission::manage_webhooks),
    row{"GET", "/channels/{id}/webhooks", bot, own("webhooks"), channel_webhooks}.needing(permission::manage_webhooks),
    row{"GET", "/guilds/{id}/webhooks", bot, own("webhooks"), guild_webhooks}.needing(permission::manage_webhooks),
    row{"POST", "/channels/{id}/messages", bot, own("message_post", 5, 5s, "messages"), message_post}.needing(needs::message_post),
    row{"GET", "/channels/{id}/messages", bot, message_list_bucket, message_list},
    row{"POST", "/channels/{id}/messages/bulk-delete", bot, own("message_bulk", 1, 1s), message_bulk_delete}.audited(73).needing(permission::manage_messages),
    row{"GET", "/channels/{id}/messages/pins", bot, own("pins"), pins_page},
    row{"PUT", "/channels/{id}/messages/pins/{id}", bot, own("pin"), pin_put}.audited(74).needing(permission::pin_messages),
    row{"DELETE", "/channels/{id}/messages/pins/{id}", bot, own("pin"), pin_delete}.audited(75).needing(permission::pin_messages),
    row{"GET", "/channels/{id}/pins", bot, own("pins"), pins_list},
    row{"PUT", "/channels/{id}/pins/{id}", bot, own("pin"), pin_put}.audited(74).needing(permission::pin_messages),
    row{"DELETE", "/channels/{id}/pins/{id}", bot, own("pin"), pin_delete}.audited(75).needing(permission::pin_messages),
    row{"GET", "/channels/{id}/messages/{id}", bot, own("message_get"), message_get},
    row{"PATCH", "/channels/{id}/messages/{id}", bot, own("message_patch", 5, 5s, "messages"), message_patch},
    row{"DELETE", "/channels/{id}/messages/{id}", bot, own("message_delete", 3, 333ms, "messages"), message_delete, nullptr, message_delete_bucket}.needing(needs::message_delete),
    row{"POST", "/channels/{id}/messages/{id}/crosspost", bot, own("crosspost", 10, 1h), message_crosspost}.needing(permission::send_messages),
    row{"POST", "/channels/{id}/typing", bot, own("typing"), typing},
    row{"POST", "/channels/{id}/polls/{id}/expire", bot, own("poll"), poll_expire},
    row{"GET", "/channels/{id}/polls/{id}/answers/{id}", bot, own("poll"), poll_voters},
    row{"PUT", "/channels/{id}/messages/{id}/reactions/{emoji}/@me", bot, reactions, reaction_put}.needing(permission::add_reactions | permission::read_history),
    row{"GET", "/channels/{id}/messages/{id}/reactions/{emoji}", bot, reactions, reactions_list},
    row{"DELETE", "/channels/{id}/messages/{id}/reactions/{emoji}/{user}", bot, reactions, reaction_delete}.needing(needs::reaction_delete),
    row{"DELETE", "/channels/{id}/messages/{id}/reactions/{emoji}", bot, reactions, reactions_delete_emoji}.needing(permission::manage_messages),
    row{"DELETE", "/channels/{id}/messages/{id}/reactions", bot, reactions, reactions_delete_all}.needing(permission::manage_messages),
    row{"GET", "/channels/{id}", bot, own("channel_get"), channel_get},
    row{"PATCH", "/channels/{id}", bot, own("channel_patch", 10, 15s), channel_patch, &channel_name_limit}.audited(11).needing(needs::channel_patch),
    row{"DELETE", "/channels/{id}", bot, own("channel_delete"), channel_delete}.audited(12).needing(needs::channel_delete),
    row{"PUT", "/channels/{id}/permissions/{id}", bot, own("overwrite", 10, 15s), overwrite_put}.audited(13).needing(permission::manage_roles),
    row{"DELETE", "/channels/{id}/permissions/{id}", bot, own("overwrite", 10, 15s), overwrite_delete}.audited(15).needing(permission::manage_roles),
    row{"POST", "/channels/{id}/invites", bot, own("invite_post"), invite_post}.audited(40).needing(permission::create_invite),
    row{"GET", "/channels/{id}/invites", bot, own("invites"), channel_invites}.needing(permission::manage_channels),
    row{"GET", "/guilds/{id}/invites", bot, own("invites"), guild_invites}.needing(permission::manage_guild),
    row{"GET", "/invites/{code}", anybody, own("invite"), invite_get},
    row{"DELETE", "/invites/{code}", bot, own("invite_delete"), invite_delete}.audited(42).needing(permission::manage_channels),

    row{"POST", "/channels/{id}/messages/{id}/threads", bot, own("thread_post"), thread_from_message}.audited(110).needing(needs::thread_post),
    row{"POST", "/channels/{id}/threads", bot, own("thread_post"), thread_post}.audited(110).needing(needs::thread_post),
    row{"GET", "/channels/{id}/thread-members", bot, own("thread_members"), thread_members_list},
    row{"GET", "/channels/{id}/thread-members/@me", bot, own("thread_members"), thread_member_get},
    row{"PUT", "/channels/{id}/thread-members/@me", bot, own("thread_member"), thread_member_put},
    // Nobody documents it, and discord.py joins threads by it every day.
    row{"POST", "/channels/{id}/thread-members/@me", bot, own("thread_member"), thread_member_put},
    row{"DELETE", "/channels/{id}/thread-members/@me", bot, own("thread_member"), thread_member_delete},
    row{"GET", "/channels/{id}/thread-members/{id}", bot, own("thread_members"), thread_member_get},
    row{"PUT", "/channels/{id}/thread-members/{id}", bot, own("thread_member"), thread_member_put}.needing(needs::thread_member_put),
    row{"DELETE", "/channels/{id}/thread-members/{id}", bot, own("thread_member"), thread_member_delete}.needing(needs::thread_member_delete),
    row{"GET", "/guilds/{id}/threads/active", bot, own("threads"), threads_active},
    row{"GET", "/channels/{id}/threads/archived/public", bot, own("threads"), threads_archived},
    row{"GET", "/channels/{id}/threads/archived/private", bot, own("threads"), threads_archived},
    row{"GET", "/channels/{id}/users/@me/threads/archived/private", bot, own("threads"), threads_archived},

    row{"GET", "/guilds/{id}", bot, own("guild_get"), guild_get},
    row{"PATCH", "/guilds/{id}", bot, own("guild_patch"), guild_patch}.audited(1).needing(permission::manage_guild),
    row{"GET", "/guilds/{id}/preview", bot, own("preview"), guild_preview},
    row{"GET", "/guilds/{id}/audit-logs", bot, own("audit"), audit_log}.needing(permission::view_audit_log),
    row{"GET", "/guilds/{id}/channels", bot, own("guild_channels"), guild_channels},
    row{"POST", "/guilds/{id}/channels", bot, own("channel_post"), channel_post}.audited(10).needing(permission::manage_channels),
    row{"PATCH", "/guilds/{id}/channels", bot, own("channels_move"), channels_move}.needing(permission::manage_channels),
    row{"GET", "/guilds/{id}/roles", bot, own("roles"), roles_list},
    row{"POST", "/guilds/{id}/roles", bot, own("role_post"), role_post}.audited(30).needing(permission::manage_roles),
    row{"PATCH", "/guilds/{id}/roles", bot, own("roles_move"), roles_move}.needing(permission::manage_roles),
    row{"GET", "/guilds/{id}/roles/{id}", bot, own("role_get"), role_get},
    row{"PATCH", "/guilds/{id}/roles/{id}", bot, own("role_patch"), role_patch}.audited(31).needing(permission::manage_roles),
    row{"DELETE", "/guilds/{id}/roles/{id}", bot, own("role_delete"), role_delete}.audited(32).needing(permission::manage_roles),
    row{"GET", "/guilds/{id}/members", bot, own("members"), members_list},
    row{"GET", "/guilds/{id}/members/search", bot, own("members_search"), members_search},
    row{"GET", "/guilds/{id}/members/{id}", bot, own("member_get"), member_get},
    row{"PATCH", "/guilds/{id}/members/@me", bot, own("member_patch"), member_patch}.needing(needs::own_member_patch),
    row{"PATCH", "/guilds/{id}/members/{id}", bot, own("member_patch"), member_patch}.audited(24).needing(needs::member_patch),
    row{"DELETE", "/guilds/{id}/members/{id}", bot, own("member_delete"), member_delete}.audited(20).needing(permission::kick_members),
    row{"PUT", "/guilds/{id}/members/{id}/roles/{id}", bot, own("member_role", 10, 10s), member_role_put}.audited(25).needing(permission::manage_roles),
    row{"DELETE", "/guilds/{id}/members/{id}/roles/{id}", bot, own("member_role", 10, 10s), member_role_delete}.audited(25).needing(permission::manage_roles),
    row{"GET", "/guilds/{id}/bans", bot, own("bans"), bans_list}.needing(permission::ban_members),
    row{"GET", "/guilds/{id}/bans/{id}", bot, own("bans"), ban_get}.needing(permission::ban_members),
    row{"PUT", "/guilds/{id}/bans/{id}", bot, own("ban"), ban_put}.audited(22).needing(permission::ban_members),
    row{"DELETE", "/guilds/{id}/bans/{id}", bot, own("ban"), ban_delete}.audited(23).needing(permission::ban_members),
    row{"POST", "/guilds/{id}/bulk-ban", bot, own("bulk_ban"), bans_bulk}.needing(permission::ban_members | permission::manage_guild),
    row{"GET", "/guilds/{id}/emojis", bot, emojis, emojis_list},
    row{"POST", "/guilds/{id}/emojis", bot, emojis, emoji_post}.audited(60).needing(permission::create_expressions),
    row{"GET", "/guilds/{id}/emojis/{id}", bot, emojis, emoji_get},
    row{"PATCH", "/guilds/{id}/emojis/{id}", bot, emojis, emoji_patch}.audited(61).needing(permission::manage_expressions),
    row{"DELETE", "/guilds/{id}/emojis/{id}", bot, emojis, emoji_delete}.audited(62).needing(permission::manage_expressions),
    row{"GET", "/guilds/{id}/stickers", bot, own("stickers"), stickers_list},
    row{"POST", "/guilds/{id}/stickers", bot, own("sticker_post"), sticker_post}.audited(90).needing(permission::create_expressions),
    row{"GET", "/guilds/{id}/stickers/{id}", bot, own("stickers"), sticker_get},
    row{"PATCH", "/guilds/{id}/stickers/{id}", bot, own("sticker_patch"), sticker_patch}.audited(91).needing(permission::manage_expressions),
    row{"DELETE", "/guilds/{id}/stickers/{id}", bot, own("sticker_delete"), sticker_delete}.audited(92).needing(permission::manage_expressions),
    row{"GET", "/stickers/{id}", bot, own("sticker"), any_sticker},
    row{"GET", "/guilds/{id}/scheduled-events", bot, own("events"), events_list},
    row{"POST", "/guilds/{id}/scheduled-events", bot, own("event_post"), event_post}.audited(100).needing(permission::create_events),
    row{"GET", "/guilds/{id}/scheduled-events/{id}", bot, own("events"), event_get},
    row{"PATCH", "/guilds/{id}/scheduled-events/{id}", bot, own("event_patch"), event_patch}.audited(101).needing(permission::manage_events),
    row{"DELETE", "/guilds/{id}/scheduled-events/{id}", bot, own("event_delete"), event_delete}.audited(102).needing(permission::manage_events),
    row{"GET", "/guilds/{id}/scheduled-events/{id}/users", bot, own("events"), event_users},

    row{"POST", "/stage-instances", bot, own("stage_post"), stage_post}.audited(83).needing(stage_moderator),
    row{"GET", "/stage-instances/{id}", bot, own("stage"), stage_get},
    row{"PATCH", "/stage-instances/{id}", bot, own("stage_patch"), stage_patch}.audited(84).needing(stage_moderator),
    row{"DELETE", "/stage-instances/{id}", bot, own("stage_delete"), stage_delete}.audited(85).needing(stage_moderator),
    row{"GET", "/guilds/{id}/auto-moderation/rules", bot, own("rules"), rules_list}.needing(permission::manage_guild),
    row{"POST", "/guilds/{id}/auto-moderation/rules", bot, own("rule_post"), rule_post}.audited(140).needing(permission::manage_guild),
    row{"GET", "/guilds/{id}/auto-moderation/rules/{id}", bot, own("rules"), rule_get}.needing(permission::manage_guild),
    row{"PATCH", "/guilds/{id}/auto-moderation/rules/{id}", bot, own("rule_patch"), rule_patch}.audited(141).needing(permission::manage_guild),
    row{"DELETE", "/guilds/{id}/auto-moderation/rules/{id}", bot, own("rule_delete"), rule_delete}.audited(142).needing(permission::manage_guild),
    row{"GET", "/guilds/{id}/integrations", bot, own("integrations"), integrations_list}.needing(permission::manage_guild),
    row{"DELETE", "/guilds/{id}/integrations/{id}", bot, own("integration_delete"), integration_delete}.audited(82).needing(permission::manage_guild),
    row{"GET", "/guilds/templates/{code}", anybody, own("template"), template_get},
    row{"GET", "/guilds/{id}/templates", bot, own("templates"), templates_list}.needing(permission::manage_guild),
    row{"POST", "/guilds/{id}/templates", bot, own("template_post"), template_post}.needing(permission::manage_guild),
    row{"PUT", "/guilds/{id}/templates/{code}", bot, own("template_sync"), template_sync}.needing(permission::manage_guild),
    row{"PATCH", "/guilds/{id}/templates/{code}", bot, own("template_patch"), template_patch}.needing(permission::manage_guild),
    row{"DELETE", "/guilds/{id}/templates/{code}", bot, own("template_delete"), template_delete}.needing(permission::manage_guild),
};
// clang-format on

}  // namespace

std::span<const rest_route> all_routes() noexcept { return routes; }

}  // namespace shoal::sim
