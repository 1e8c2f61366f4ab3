#pragma once
// What somebody may do, worked out from roles and overwrites, as Discord does it itself.
// Not here: the flags (models/roles.hpp); asking Discord, which knows best: an interaction brings its own permissions.
// Source: https://discord.com/developers/docs/topics/permissions#permission-overwrites

#include <algorithm>
#include <cstdint>
#include <ranges>
#include <span>

#include "shoal/ids.hpp"
#include "shoal/models/channels.hpp"
#include "shoal/models/roles.hpp"

namespace shoal {
inline namespace v0 {

/// Every permission that Discord documents: what owners and administrators have.
inline constexpr permissions all_permissions{0x001F'7FFF'FFFF'FFFFULL};

/// A member, as far as permissions ask. The list must outlive it.
struct permission_holder {
    user_id user;
    std::span<const role_id> roles;  ///< Without @everyone, in any order.
};

namespace detail {
constexpr bool holds(const permission_holder& who, std::uint64_t role) noexcept {
    return std::ranges::any_of(who.roles, [role](role_id each) { return each.value() == role; });
}
}  // namespace detail

/// What somebody's roles give in the whole guild. `roles` are those of the guild (guild_view::roles, or the cache's): objects
/// with an id and permissions.
template <std::ranges::input_range Roles>
[[nodiscard]] constexpr permissions guild_permissions(guild_id guild, user_id owner, const Roles& roles,
                                                      const permission_holder& who) noexcept {
    if (who.user && who.user == owner) return all_permissions;
    permissions sum;
    for (const auto& each : roles) {
        const auto id = each.id.value();
        if (id == guild.value() || detail::holds(who, id)) sum |= permissions(each.permissions);
    }
    return sum.has(permission::administrator) ? all_permissions : sum;
}

/// What is left of that in a channel, by its overwrites (channel_view::overwrites): those of everybody, of roles and of the
/// member, in this order; in each, what is denied goes before what is allowed comes. For a thread take its parent's overwrites.
template <std::ranges::forward_range Overwrites>
[[nodiscard]] constexpr permissions channel_permissions(permissions in_guild, guild_id guild, const Overwrites& overwrites,
                                                        const permission_holder& who) noexcept {
    if (in_guild.has(permission::administrator)) return all_permissions;
    permissions sum = in_guild;
    permissions allowed;
    permissions denied;
    for (const auto& each : overwrites) {
        if (each.type != overwrite_type::role) continue;
        if (each.id == guild.value()) {
            sum = (sum - each.deny) | each.allow;
        } else if (detail::holds(who, each.id)) {
            allowed |= each.allow;
            denied |= each.deny;
        }
    }
    sum = (sum - denied) | allowed;
    for (const auto& each : overwrites) {
        if (each.type == overwrite_type::member && each.id == who.user.value()) sum = (sum - each.deny) | each.allow;
    }
    return sum;
}

/// What of that is of any use: who does not see a channel can do nothing in it, who cannot send cannot embed, and so on. In
/// threads sending needs SEND_MESSAGES_IN_THREADS alone. `timed_out`: see member_view::timeout_until; owners and administrators
/// are never.
[[nodiscard]] constexpr permissions effective_permissions(permissions in_channel, channel_type where,
                                                          bool timed_out = false) noexcept {
    using enum permission;
    if (in_channel.has(administrator)) return in_channel;
    if (!in_channel.has(view_channel)) return {};
    if (timed_out) in_channel = in_channel & (permissions(view_channel) | read_message_history);
    const bool thread = where == channel_type::public_thread || where == channel_type::private_thread ||
                        where == channel_type::announcement_thread;
    if (thread) in_channel = in_channel.has(send_messages_in_threads) ? in_channel | send_messages : in_channel - send_messages;
    if (!in_channel.has(send_messages)) {
        in_channel -= permissions(mention_everyone) | send_tts_messages | attach_files | embed_links;
    }
    const bool spoken = where == channel_type::voice || where == channel_type::stage;
    if (spoken && !in_channel.has(connect)) {
        in_channel -= permissions(priority_speaker) | stream | speak | mute_members | deafen_members | move_members | use_vad |
                      request_to_speak | use_embedded_activities | use_soundboard | use_external_sounds |
                      set_voice_channel_status | manage_channels | manage_roles;
    }
    return in_channel;
}

}  // namespace v0
}  // namespace shoal
