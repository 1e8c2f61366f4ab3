#pragma once
// What the cache keeps of the things in a guild: plain structs read out of packed records.
// Texts and lists lie in the cache and are good until the handler suspends. What was not kept, or is not known, reads as 0, empty
// or false; docs/cache.md lists what each preset keeps. Not here: guilds, which hold them (cache.hpp); what comes with events
// (models.hpp). Source: https://discord.com/developers/docs/resources, one page an object.

#include <cstdint>
#include <string_view>

#include "shoal/cached_lists.hpp"
#include "shoal/ids.hpp"
#include "shoal/methods.hpp"

namespace shoal {
inline namespace v0 {

struct cached_channel : detail::channel_methods<cached_channel> {
    channel_id id;
    channel_id parent_id;  ///< Its category; 0: none.
    std::string_view name;
    std::string_view topic;
    std::string_view status;  ///< Of a voice channel, as people set it.
    std::string_view rtc_region;
    cached_overwrites overwrites;
    std::int32_t position = 0;                     ///< Among its neighbours; equal ones are ordered by id.
    std::uint32_t type = 0;                        ///< Discord's number: 0 text, 2 voice, 4 category.
    std::uint32_t rate_limit_per_user = 0;         ///< Seconds between two messages of one person,
    std::uint32_t thread_rate_limit_per_user = 0;  ///< likewise, for threads made in it.
    std::uint32_t user_limit = 0;                  ///< Of a voice channel; 0: none.
    std::uint32_t bitrate = 0;                     ///< Bits a second, of a voice channel.
    std::uint32_t video_quality_mode = 0;
    std::uint32_t auto_archive_minutes = 0;  ///< The default for threads made in it.
    std::uint64_t flags = 0;                 ///< Discord's bit set.
    cached_time last_pin_at;
    bool nsfw = false;
    detail::origin from;  ///< What its methods need; nothing to read.
};

/// An active thread that the bot may see. Archived ones are not kept.
struct cached_thread : detail::channel_methods<cached_thread>, detail::thread_methods<cached_thread> {
    channel_id id;
    channel_id parent_id;
    user_id owner_id;
    std::string_view name;
    cached_ids applied_tags;  ///< In a forum.
    std::uint32_t type = 0;   ///< 10 announcement, 11 public, 12 private.
    std::uint32_t rate_limit_per_user = 0;
    std::uint32_t auto_archive_minutes = 0;
    std::uint32_t message_count = 0;
    std::uint32_t member_count = 0;  ///< Discord counts to 50.
    std::uint32_t total_message_sent = 0;
    std::uint64_t flags = 0;
    cached_time archive_timestamp;  ///< When it was last archived or unarchived.
    cached_time create_timestamp;
    bool locked = false;
    bool invitable = false;
    bool joined = false;  ///< The bot is in it.
    detail::origin from;  ///< What its methods need; nothing to read.
};

struct cached_role : detail::role_methods<cached_role> {
    role_id id;
    std::uint64_t permissions = 0;  ///< Discord's bit set.
    std::string_view name;
    std::string_view unicode_emoji;
    image_hash icon;
    user_id bot_id;                     ///< The bot that it belongs to,
    std::uint64_t integration_id = 0;   ///< or the integration.
    std::uint32_t color = 0;            ///< 0xRRGGBB; 0: none.
    std::uint32_t secondary_color = 0;  ///< Of a gradient,
    std::uint32_t tertiary_color = 0;   ///< likewise.
    std::int32_t position = 0;          ///< Higher ranks above; equal ones are ordered by id.
    std::uint32_t flags = 0;            ///< Discord's bit set.
    bool hoist = false;                 ///< Shown apart in the list of members.
    bool managed = false;               ///< Belongs to an integration: nobody can give it by hand.
    bool mentionable = false;
    bool premium_subscriber = false;  ///< The guild's booster role.
    detail::origin from;              ///< What its methods need; nothing to read.
};

struct cached_emoji : detail::emoji_methods<cached_emoji> {
    emoji_id id;
    std::string_view name;
    cached_roles roles;  ///< Only they may use it; none: everybody.
    user_id creator_id;
    bool animated = false;
    bool managed = false;
    bool unavailable = false;  ///< For lack of boosts.
    detail::origin from;       ///< What its methods need; nothing to read.
};

struct cached_sticker : detail::sticker_methods<cached_sticker> {
    std::uint64_t id = 0;
    std::string_view name;
    std::string_view description;
    std::string_view tags;
    user_id creator_id;
    std::uint32_t format = 0;  ///< 1 PNG, 2 APNG, 3 Lottie, 4 GIF.
    bool unavailable = false;
    detail::origin from;  ///< What its methods need; nothing to read.
};

struct cached_voice_state {
    shoal::user_id user_id;
    shoal::channel_id channel_id;
    image_hash session_id;  ///< text() for a library that does audio.
    cached_time request_to_speak_at;
    bool deaf = false;
    bool mute = false;
    bool self_deaf = false;
    bool self_mute = false;
    bool self_stream = false;
    bool self_video = false;
    bool suppress = false;
};

/// A user, kept once for all guilds of the shard.
struct cached_user : detail::user_methods<cached_user> {
    user_id id;
    std::string_view username;     ///< Unique, unlike global_name.
    std::string_view global_name;  ///< Empty if none was set.
    image_hash avatar;
    image_hash banner;
    std::uint32_t discriminator = 0;  ///< 0: they have none any more.
    std::uint32_t accent_color = 0;
    std::uint64_t public_flags = 0;
    std::uint32_t holders = 0;  ///< By how many memberships of this shard it is kept.
    bool bot = false;
    bool system = false;
    detail::origin from;  ///< What its methods need; nothing to read.
    /// The name that people see: the global one, else the username.
    [[nodiscard]] std::string_view name() const noexcept { return global_name.empty() ? username : global_name; }
};

struct cached_member : detail::member_methods<cached_member> {
    user_id id;
    std::string_view nick;  ///< Empty if none was set.
    cached_roles roles;     ///< Without @everyone.
    cached_time joined_at;
    cached_time timeout_until;  ///< May have passed: nobody tells when it ends.
    cached_time premium_since;
    image_hash avatar;           ///< For this guild only,
    image_hash banner;           ///< likewise.
    std::uint32_t flags = 0;     ///< Discord's bit set.
    bool deaf = false;           ///< By a moderator, in voice,
    bool mute = false;           ///< likewise.
    bool pending = false;        ///< Has not passed the guild's membership screening yet.
    bool only_in_voice = false;  ///< Kept while in voice, then forgotten.
    detail::origin from;         ///< What its methods need; nothing to read.
};

struct cached_presence {
    shoal::user_id user_id;
    /// offline, online, idle, dnd; whoever is offline has no presence kept.
    enum class status : std::uint8_t { offline, online, idle, dnd };
    status overall = status::offline;
    status desktop = status::offline;
    status mobile = status::offline;
    status web = status::offline;
};

struct cached_stage : detail::stage_methods<cached_stage> {
    std::uint64_t id = 0;
    shoal::channel_id channel_id;
    std::string_view topic;
    std::uint64_t scheduled_event_id = 0;
    std::uint32_t privacy_level = 0;
    detail::origin from;  ///< What its methods need; nothing to read.
};

struct cached_scheduled_event : detail::scheduled_event_methods<cached_scheduled_event> {
    std::uint64_t id = 0;
    shoal::channel_id channel_id;
    user_id creator_id;
    std::uint64_t entity_id = 0;
    std::string_view name;
    std::string_view description;
    std::string_view location;
    image_hash image;
    cached_time starts_at;
    cached_time ends_at;
    std::uint32_t status = 0;  ///< 1 scheduled, 2 active, 3 completed, 4 cancelled.
    std::uint32_t entity_type = 0;
    std::uint32_t privacy_level = 0;
    std::uint32_t user_count = 0;
    detail::origin from;  ///< What its methods need; nothing to read.
};

struct cached_sound : detail::sound_methods<cached_sound> {
    std::uint64_t id = 0;
    std::string_view name;
    shoal::emoji_id emoji_id;
    std::string_view emoji_name;
    user_id creator_id;
    std::uint32_t volume_permille = 0;
    bool unavailable = false;
    detail::origin from;  ///< What its methods need; nothing to read.
};

/// A guild's own fields.
struct cached_guild_fields {
    guild_id id;
    std::string_view name;
    user_id owner_id;
    image_hash icon;
    image_hash banner;
    image_hash splash;
    image_hash discovery_splash;
    std::string_view description;
    std::string_view vanity_url_code;
    std::string_view preferred_locale;
    cached_texts features;
    cached_time joined_at;  ///< The bot.
    channel_id afk_channel_id;
    channel_id system_channel_id;
    channel_id rules_channel_id;
    channel_id public_updates_channel_id;
    channel_id safety_alerts_channel_id;
    std::uint32_t afk_timeout = 0;  ///< Seconds.
    std::uint32_t system_channel_flags = 0;
    std::uint32_t verification_level = 0;
    std::uint32_t default_message_notifications = 0;
    std::uint32_t explicit_content_filter = 0;
    std::uint32_t mfa_level = 0;
    std::uint32_t nsfw_level = 0;
    std::uint32_t premium_tier = 0;
    std::uint32_t premium_subscription_count = 0;
    std::uint32_t max_members = 0;
    bool large = false;  ///< Too many members for GUILD_CREATE to list them all.
};

}  // namespace v0
}  // namespace shoal
