#pragma once
// Where Discord serves pictures, by the ids and hashes that objects carry. An empty hash gives an empty url.
// Not here: attachments, whose url Discord signs and sends itself.
// Source: https://discord.com/developers/docs/reference#image-formatting

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "shoal/ids.hpp"
#include "shoal/models/expressions.hpp"
#include "shoal/models/members.hpp"
#include "shoal/models/users.hpp"

namespace shoal {
inline namespace v0 {
namespace cdn {

enum class image_format : std::uint8_t {
    automatic,  ///< WebP, moving if the picture does: what Discord advises.
    png,
    jpeg,
    webp,  ///< Never moving.
    gif,   ///< For pictures that move; there is none of others.
};

/// How a picture is asked for.
struct image {
    image_format format = image_format::automatic;
    std::uint32_t size_px = 0;  ///< Of the longer side, rounded up to a power of two from 16 to 4096; 0: as Discord likes.
};

namespace detail {

/// The last part of a picture's url: what format, moving or not, how large.
inline std::string ended(std::string url, bool moves, image how) {
    bool asked = false;
    const auto ask = [&](std::string_view what) {
        url += asked ? '&' : '?';
        url += what;
        asked = true;
    };
    switch (how.format) {
        case image_format::automatic:
            url += ".webp";
            if (moves) ask("animated=true");
            break;
        case image_format::png: url += ".png"; break;
        case image_format::jpeg: url += ".jpg"; break;
        case image_format::webp: url += ".webp"; break;
        case image_format::gif: url += moves ? ".gif" : ".png"; break;
    }
    if (how.size_px != 0) ask("size=" + std::to_string(std::bit_ceil(std::clamp<std::uint32_t>(how.size_px, 16, 4096))));
    return url;
}

inline std::string hashed(std::string_view folder, std::string_view hash, image how) {
    if (hash.empty()) return {};
    return ended("https://cdn.discordapp.com/" + std::string(folder) + "/" + std::string(hash), hash.starts_with("a_"), how);
}

}  // namespace detail

/// What everybody has who set no avatar.
[[nodiscard]] inline std::string default_avatar(const user_view& who) {
    auto index = (who.id.value() >> 22) % 6;
    if (!who.discriminator.empty() && who.discriminator != "0") {
        index = 0;
        for (const char digit : who.discriminator) index = (index * 10 + static_cast<std::uint64_t>(digit - '0')) % 5;
    }
    return "https://cdn.discordapp.com/embed/avatars/" + std::to_string(index) + ".png";
}
/// The user's avatar, or the default one.
[[nodiscard]] inline std::string avatar(const user_view& who, image how = {}) {
    if (who.avatar.empty()) return default_avatar(who);
    return detail::hashed("avatars/" + who.id.to_string(), who.avatar, how);
}
/// What people see in the guild: the guild's own avatar of them, or the user's.
[[nodiscard]] inline std::string avatar(guild_id guild, const member_view& who, image how = {}) {
    if (who.avatar.empty()) return avatar(who.user, how);
    return detail::hashed("guilds/" + guild.to_string() + "/users/" + who.user.id.to_string() + "/avatars", who.avatar, how);
}
[[nodiscard]] inline std::string banner(const user_view& who, image how = {}) {
    return detail::hashed("banners/" + who.id.to_string(), who.banner, how);
}
[[nodiscard]] inline std::string banner(guild_id guild, const member_view& who, image how = {}) {
    if (who.banner.empty()) return banner(who.user, how);
    return detail::hashed("guilds/" + guild.to_string() + "/users/" + who.user.id.to_string() + "/banners", who.banner, how);
}
[[nodiscard]] inline std::string avatar_decoration(const avatar_decoration_view& which) {
    return detail::hashed("avatar-decoration-presets", which.asset, {.format = image_format::png});
}
[[nodiscard]] inline std::string guild_icon(guild_id guild, std::string_view hash, image how = {}) {
    return detail::hashed("icons/" + guild.to_string(), hash, how);
}
[[nodiscard]] inline std::string guild_banner(guild_id guild, std::string_view hash, image how = {}) {
    return detail::hashed("banners/" + guild.to_string(), hash, how);
}
[[nodiscard]] inline std::string guild_splash(guild_id guild, std::string_view hash, image how = {}) {
    return detail::hashed("splashes/" + guild.to_string(), hash, how);
}
[[nodiscard]] inline std::string guild_discovery_splash(guild_id guild, std::string_view hash, image how = {}) {
    return detail::hashed("discovery-splashes/" + guild.to_string(), hash, how);
}
[[nodiscard]] inline std::string guild_tag_badge(const primary_guild_view& which, image how = {}) {
    return detail::hashed("guild-tag-badges/" + which.guild_id.to_string(), which.badge, how);
}
[[nodiscard]] inline std::string role_icon(role_id role, std::string_view hash, image how = {}) {
    return detail::hashed("role-icons/" + role.to_string(), hash, how);
}
[[nodiscard]] inline std::string application_icon(application_id application, std::string_view hash, image how = {}) {
    return detail::hashed("app-icons/" + application.to_string(), hash, how);
}
[[nodiscard]] inline std::string scheduled_event_cover(scheduled_event_id which, std::string_view hash, image how = {}) {
    return detail::hashed("guild-events/" + which.to_string(), hash, how);
}
/// A guild's emoji; empty for one of Unicode.
[[nodiscard]] inline std::string emoji(emoji_id which, bool animated = false, image how = {}) {
    return which ? detail::ended("https://cdn.discordapp.com/emojis/" + which.to_string(), animated, how) : std::string();
}
/// Each format has one url, and no sizes. A Lottie sticker is JSON.
[[nodiscard]] inline std::string sticker(sticker_id which, sticker_format format) {
    if (format == sticker_format::gif) return "https://media.discordapp.net/stickers/" + which.to_string() + ".gif";
    return "https://cdn.discordapp.com/stickers/" + which.to_string() + (format == sticker_format::lottie ? ".json" : ".png");
}

}  // namespace cdn
}  // namespace v0
}  // namespace shoal
