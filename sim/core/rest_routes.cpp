// The table of routes [4.14, 4.16] and how a path finds its row.

#include <array>

#include "sim/core/rest_state.hpp"

namespace shoal::sim {
namespace {

using namespace std::chrono_literals;
using enum rest_route::who;
using namespace route;

// "else 5 per 5 s" [7.3]; the limits of [4.16] where one was seen. Routes whose group is empty have no limit of their own.
constexpr bucket_rule none{};
constexpr bucket_rule own(std::string_view group, std::uint32_t limit = 5, duration window = 5s) {
    return {group, limit, window};
}

const std::array routes = {
    rest_route{"GET", "/gateway", anybody, none, true, gateway},
    rest_route{"GET", "/gateway/bot", bot, own("gateway_bot"), true, gateway_bot},
    rest_route{"GET", "/users/@me", bot, own("me", 50, 1s), true, own_user},
    rest_route{"GET", "/users/@me/guilds", bot, own("my_guilds"), true, own_guilds},
    rest_route{"POST", "/users/@me/channels", bot, own("direct", 10, 10s), true, open_direct},
    rest_route{"GET", "/users/{id}", bot, own("user", 30, 30s), true, any_user},
    rest_route{"GET", "/oauth2/applications/@me", bot, own("application"), true, own_application},
    rest_route{"GET", "/applications/@me", bot, own("application"), true, own_application},

    rest_route{"GET", "/applications/{id}/commands", bot, own("commands_get"), true, commands_list},
    rest_route{"PUT", "/applications/{id}/commands", bot, own("commands_put"), true, commands_put},
    rest_route{"POST", "/applications/{id}/commands", bot, own("commands_post", 5, 20s), true, commands_post},
    rest_route{"GET", "/applications/{id}/commands/{id}", bot, own("command_get"), true, command_get},
    rest_route{"PATCH", "/applications/{id}/commands/{id}", bot, own("command_patch"), true, command_patch},
    rest_route{"DELETE", "/applications/{id}/commands/{id}", bot, own("command_delete"), true, command_delete},
    rest_route{"GET", "/applications/{id}/guilds/{id}/commands", bot, own("guild_commands_get"), true, commands_list},
    rest_route{"PUT", "/applications/{id}/guilds/{id}/commands", bot, own("guild_commands_put"), true, commands_put},
    rest_route{"POST", "/applications/{id}/guilds/{id}/commands", bot, own("guild_commands_post", 5, 20s), true, commands_post},
    rest_route{"GET", "/applications/{id}/guilds/{id}/commands/{id}", bot, own("guild_command_get"), true, command_get},
    rest_route{"PATCH", "/applications/{id}/guilds/{id}/commands/{id}", bot, own("guild_command_patch"), true, command_patch},
    rest_route{"DELETE", "/applications/{id}/guilds/{id}/commands/{id}", bot, own("guild_command_delete"), true, command_delete},

    rest_route{"POST", "/interactions/{id}/{token}/callback", anybody, none, false, interaction_callback},
    rest_route{"POST", "/webhooks/{id}/{token}", anybody, own("webhook_post", 5, 2s), false, followup_post},
    rest_route{"GET", "/webhooks/{id}/{token}/messages/{id}", anybody, own("webhook_get", 5, 2s), false, followup_get},
    rest_route{"PATCH", "/webhooks/{id}/{token}/messages/{id}", anybody, own("webhook_patch", 5, 2s), false, followup_patch},
    rest_route{"DELETE", "/webhooks/{id}/{token}/messages/{id}", anybody, own("webhook_delete", 5, 2s), false, followup_delete},

    rest_route{"POST", "/channels/{id}/messages", bot, own("message_post", 5, 5s), true, message_post},
    rest_route{"GET", "/channels/{id}/messages", bot, own("message_list"), true, message_list},
    rest_route{"POST", "/channels/{id}/messages/bulk-delete", bot, own("message_bulk", 1, 1s), true, message_bulk_delete},
    rest_route{"GET", "/channels/{id}/messages/{id}", bot, own("message_get"), true, message_get},
    rest_route{"PATCH", "/channels/{id}/messages/{id}", bot, own("message_patch"), true, message_patch},
    rest_route{"DELETE", "/channels/{id}/messages/{id}", bot, own("message_delete", 5, 1s), true, message_delete},
    rest_route{"POST", "/channels/{id}/typing", bot, own("typing"), true, typing},
    rest_route{"PUT", "/channels/{id}/messages/{id}/reactions/{emoji}/@me", bot, own("reaction", 1, 250ms), true, reaction_put},
    rest_route{"DELETE", "/channels/{id}/messages/{id}/reactions/{emoji}/{user}", bot, own("reaction", 1, 250ms), true,
               reaction_delete},
    rest_route{"DELETE", "/channels/{id}/messages/{id}/reactions", bot, own("reaction", 1, 250ms), true, reactions_delete_all},
    rest_route{"DELETE", "/channels/{id}/messages/{id}/reactions/{emoji}", bot, own("reaction", 1, 250ms), true,
               reactions_delete_all},

    rest_route{"GET", "/channels/{id}", bot, own("channel_get"), true, channel_get},
    rest_route{"PATCH", "/channels/{id}", bot, own("channel_patch", 10, 15s), true, channel_patch},
    rest_route{"DELETE", "/channels/{id}", bot, own("channel_delete"), true, channel_delete},
    rest_route{"GET", "/guilds/{id}", bot, own("guild_get"), true, guild_get},
    rest_route{"PATCH", "/guilds/{id}", bot, own("guild_patch"), true, guild_patch},
    rest_route{"GET", "/guilds/{id}/channels", bot, own("guild_channels"), true, guild_channels},
    rest_route{"POST", "/guilds/{id}/channels", bot, own("channel_post"), true, channel_post},
    rest_route{"GET", "/guilds/{id}/roles", bot, own("roles"), true, roles_list},
    rest_route{"POST", "/guilds/{id}/roles", bot, own("role_post"), true, role_post},
    rest_route{"GET", "/guilds/{id}/roles/{id}", bot, own("role_get"), true, role_get},
    rest_route{"PATCH", "/guilds/{id}/roles/{id}", bot, own("role_patch"), true, role_patch},
    rest_route{"DELETE", "/guilds/{id}/roles/{id}", bot, own("role_delete"), true, role_delete},
    rest_route{"GET", "/guilds/{id}/members", bot, own("members"), true, members_list},
    rest_route{"GET", "/guilds/{id}/members/search", bot, own("members_search"), true, members_search},
    rest_route{"GET", "/guilds/{id}/members/{id}", bot, own("member_get"), true, member_get},
    rest_route{"PATCH", "/guilds/{id}/members/{id}", bot, own("member_patch"), true, member_patch},
    rest_route{"DELETE", "/guilds/{id}/members/{id}", bot, own("member_delete"), true, member_delete},
    rest_route{"PUT", "/guilds/{id}/members/{id}/roles/{id}", bot, own("member_role", 10, 10s), true, member_role_put},
    rest_route{"DELETE", "/guilds/{id}/members/{id}/roles/{id}", bot, own("member_role", 10, 10s), true, member_role_delete},
    rest_route{"PUT", "/guilds/{id}/bans/{id}", bot, own("ban"), true, ban_put},
    rest_route{"DELETE", "/guilds/{id}/bans/{id}", bot, own("ban"), true, ban_delete},
};

bool fits(std::string_view path, const std::vector<std::string>& segments) {
    std::size_t at = 0;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const std::size_t end = path.find('/');
        const std::string_view part = path.substr(0, end);
        path = end == std::string_view::npos ? std::string_view() : path.substr(end);
        if (at == segments.size()) return false;
        const bool variable = part.starts_with('{');
        if (variable ? segments[at].empty() : part != segments[at]) return false;
        // Ids are digits, or "@original" of an interaction: "/channels/x" is no route.
        if (part == "{id}" && !parse_snowflake(segments[at]) && segments[at] != "@original") return false;
        ++at;
    }
    return at == segments.size();
}

}  // namespace

const rest_route* find_route(std::string_view method, const std::vector<std::string>& segments, bool& path_known) {
    path_known = false;
    for (const rest_route& one : routes) {
        if (!fits(one.path, segments)) continue;
        path_known = true;
        if (one.method == method) return &one;
    }
    return nullptr;
}

}  // namespace shoal::sim
