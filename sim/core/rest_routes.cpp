// The table of routes with their limits [4.14, 4.16].

#include <array>
#include <span>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_hidden_limits.hpp"

namespace shoal::sim {
namespace {

using namespace std::chrono_literals;
using enum rest_route::who;
using namespace route;

// "else 5 per 5 s" [7.3]; the limits of [4.16] where one was seen. Routes whose group is empty have no limit of their own.
constexpr bucket_rule none{};
constexpr bucket_rule own(std::string_view group, std::uint32_t limit = 5, duration window = 5s, std::string_view family = {}) {
    return {group, limit, window, family};
}
constexpr bucket_rule message_list_bucket{"message_list", 5, 5s, {}, telling::until_spent, 1000};

const std::array routes = {
    rest_route{"GET", "/gateway", anybody, none, gateway},
    rest_route{"GET", "/gateway/bot", bot, own("gateway_bot"), gateway_bot},
    rest_route{"GET", "/users/@me", bot, own("me", 50, 1s), own_user},
    rest_route{"GET", "/users/@me/guilds", bot, own("my_guilds"), own_guilds},
    rest_route{"POST", "/users/@me/channels", bot, own("direct", 10, 10s), open_direct},
    rest_route{"GET", "/users/{id}", bot, own("user", 30, 30s), any_user},
    rest_route{"GET", "/oauth2/applications/@me", bot, own("application"), own_application},
    rest_route{"GET", "/applications/@me", bot, own("application"), own_application},

    rest_route{"GET", "/applications/{id}/commands", bot, own("commands_get"), commands_list},
    rest_route{"PUT", "/applications/{id}/commands", bot, own("commands_put"), commands_put},
    rest_route{"POST", "/applications/{id}/commands", bot, own("commands_post", 5, 20s), commands_post},
    rest_route{"GET", "/applications/{id}/commands/{id}", bot, own("command_get"), command_get},
    rest_route{"PATCH", "/applications/{id}/commands/{id}", bot, own("command_patch"), command_patch},
    rest_route{"DELETE", "/applications/{id}/commands/{id}", bot, own("command_delete"), command_delete},
    rest_route{"GET", "/applications/{id}/guilds/{id}/commands", bot, own("guild_commands_get"), commands_list},
    rest_route{"PUT", "/applications/{id}/guilds/{id}/commands", bot, own("guild_commands_put"), commands_put},
    rest_route{"POST", "/applications/{id}/guilds/{id}/commands", bot, own("guild_commands_post", 5, 20s), commands_post},
    rest_route{"GET", "/applications/{id}/guilds/{id}/commands/{id}", bot, own("guild_command_get"), command_get},
    rest_route{"PATCH", "/applications/{id}/guilds/{id}/commands/{id}", bot, own("guild_command_patch"), command_patch},
    rest_route{"DELETE", "/applications/{id}/guilds/{id}/commands/{id}", bot, own("guild_command_delete"), command_delete},

    rest_route{"POST", "/interactions/{id}/{token}/callback", anybody, none, interaction_callback},
    rest_route{"POST", "/webhooks/{id}/{token}", anybody, own("webhook_post", 5, 2s), followup_post, &webhook_channel_limit},
    rest_route{"GET", "/webhooks/{id}/{token}/messages/{id}", anybody, own("webhook_get", 5, 2s), followup_get},
    rest_route{"PATCH", "/webhooks/{id}/{token}/messages/{id}", anybody, own("webhook_patch", 5, 2s), followup_patch},
    rest_route{"DELETE", "/webhooks/{id}/{token}/messages/{id}", anybody, own("webhook_delete", 5, 2s), followup_delete},

    rest_route{"POST", "/channels/{id}/messages", bot, own("message_post", 5, 5s, "messages"), message_post},
    rest_route{"GET", "/channels/{id}/messages", bot, message_list_bucket, message_list},
    rest_route{"POST", "/channels/{id}/messages/bulk-delete", bot, own("message_bulk", 1, 1s), message_bulk_delete},
    rest_route{"GET", "/channels/{id}/messages/{id}", bot, own("message_get"), message_get},
    rest_route{"PATCH", "/channels/{id}/messages/{id}", bot, own("message_patch", 5, 5s, "messages"), message_patch},
    rest_route{"DELETE", "/channels/{id}/messages/{id}", bot, own("message_delete", 3, 333ms, "messages"), message_delete,
               nullptr, message_delete_bucket},
    rest_route{"POST", "/channels/{id}/typing", bot, own("typing"), typing},
    rest_route{"PUT", "/channels/{id}/messages/{id}/reactions/{emoji}/@me", bot, own("reaction", 1, 250ms), reaction_put},
    rest_route{"DELETE", "/channels/{id}/messages/{id}/reactions/{emoji}/{user}", bot, own("reaction", 1, 250ms),
               reaction_delete},
    rest_route{"DELETE", "/channels/{id}/messages/{id}/reactions", bot, own("reaction", 1, 250ms), reactions_delete_all},
    rest_route{"DELETE", "/channels/{id}/messages/{id}/reactions/{emoji}", bot, own("reaction", 1, 250ms), reactions_delete_all},

    rest_route{"GET", "/channels/{id}", bot, own("channel_get"), channel_get},
    rest_route{"PATCH", "/channels/{id}", bot, own("channel_patch", 10, 15s), channel_patch, &channel_name_limit},
    rest_route{"DELETE", "/channels/{id}", bot, own("channel_delete"), channel_delete},
    rest_route{"GET", "/guilds/{id}", bot, own("guild_get"), guild_get},
    rest_route{"PATCH", "/guilds/{id}", bot, own("guild_patch"), guild_patch},
    rest_route{"GET", "/guilds/{id}/channels", bot, own("guild_channels"), guild_channels},
    rest_route{"POST", "/guilds/{id}/channels", bot, own("channel_post"), channel_post},
    rest_route{"GET", "/guilds/{id}/roles", bot, own("roles"), roles_list},
    rest_route{"POST", "/guilds/{id}/roles", bot, own("role_post"), role_post},
    rest_route{"GET", "/guilds/{id}/roles/{id}", bot, own("role_get"), role_get},
    rest_route{"PATCH", "/guilds/{id}/roles/{id}", bot, own("role_patch"), role_patch},
    rest_route{"DELETE", "/guilds/{id}/roles/{id}", bot, own("role_delete"), role_delete},
    rest_route{"GET", "/guilds/{id}/members", bot, own("members"), members_list},
    rest_route{"GET", "/guilds/{id}/members/search", bot, own("members_search"), members_search},
    rest_route{"GET", "/guilds/{id}/members/{id}", bot, own("member_get"), member_get},
    rest_route{"PATCH", "/guilds/{id}/members/{id}", bot, own("member_patch"), member_patch},
    rest_route{"DELETE", "/guilds/{id}/members/{id}", bot, own("member_delete"), member_delete},
    rest_route{"PUT", "/guilds/{id}/members/{id}/roles/{id}", bot, own("member_role", 10, 10s), member_role_put},
    rest_route{"DELETE", "/guilds/{id}/members/{id}/roles/{id}", bot, own("member_role", 10, 10s), member_role_delete},
    rest_route{"PUT", "/guilds/{id}/bans/{id}", bot, own("ban"), ban_put},
    rest_route{"DELETE", "/guilds/{id}/bans/{id}", bot, own("ban"), ban_delete},
};

}  // namespace

std::span<const rest_route> all_routes() noexcept { return routes; }

}  // namespace shoal::sim
