#pragma once
// Discord's objects as views: plain structs whose texts and lists lie in the event (or member_list) that they came with and live
// as long as it. What Discord left out reads as 0, empty or false. Times are Discord's own texts, ISO 8601 in UTC.
// Not here: what the cache keeps (cache.hpp); fields that are not listed: event.raw() has them.
// Source: https://discord.com/developers/docs/resources, one page an object.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "shoal/ids.hpp"

namespace shoal {
inline namespace v0 {

struct user_view {
    user_id id;
    std::string_view username;     ///< Unique, unlike global_name.
    std::string_view global_name;  ///< Empty if none was set.
    std::string_view avatar;       ///< The hash, or empty.
    bool bot = false;
    /// The name that people see: the global one, else the username.
    [[nodiscard]] std::string_view name() const noexcept { return global_name.empty() ? username : global_name; }
};

struct member_view {
    user_view user;                  ///< Empty where Discord leaves it out (inside messages and interactions: see their author).
    std::string_view nick;           ///< Empty if none was set.
    std::span<const role_id> roles;  ///< Without @everyone.
    std::string_view joined_at;
    std::string_view timeout_until;  ///< Empty without a time-out; may have passed.
    std::uint64_t permissions = 0;   ///< Discord's bit set, channel overwrites included; in interactions only.
    bool deaf = false;               ///< By a moderator, in voice,
    bool mute = false;               ///< likewise.
    bool pending = false;            ///< Has not passed the guild's membership screening yet.
};

struct emoji_view {
    emoji_id id;            ///< 0 for a Unicode emoji.
    std::string_view name;  ///< May be empty: the emoji is gone.
    bool animated = false;
};

struct attachment_view {
    std::uint64_t id = 0;
    std::string_view filename;
    std::string_view content_type;  ///< A media type, or empty.
    std::string_view url;           ///< Expires: Discord signs it for about a day.
    std::uint64_t size_bytes = 0;
};

struct message_view {
    message_id id;
    shoal::channel_id channel_id;
    shoal::guild_id guild_id;           ///< 0 in direct messages and ephemeral ones.
    user_view author;                   ///< For a webhook's message its id is the webhook's.
    std::optional<member_view> member;  ///< Its author in the guild; none for webhooks and in direct messages.
    std::string_view content;           ///< Empty without MESSAGE_CONTENT: read it by event.content(), which warns of that.
    std::string_view timestamp;
    std::string_view edited_timestamp;  ///< Empty if never edited.
    std::string_view nonce;             ///< What its sender chose to know it by.
    std::span<const user_id> mentions;
    std::span<const role_id> mention_roles;
    std::span<const attachment_view> attachments;
    message_id replies_to;         ///< 0 if it is no reply; forwards are none.
    shoal::webhook_id webhook_id;  ///< 0 if people or bots wrote it.
    std::uint64_t flags = 0;       ///< Discord's bit set.
    std::uint32_t type = 0;        ///< Discord's number: 0 an ordinary message, 19 a reply, others are notices.
    bool tts = false;
    bool pinned = false;
    bool mention_everyone = false;
    bool has_content = false;  ///< False in the partial updates that Discord sends at times.
};

struct channel_view {
    channel_id id;
    shoal::guild_id guild_id;
    channel_id parent_id;  ///< Its category, or the channel of a thread; 0: none.
    user_id owner_id;      ///< Of a thread.
    std::string_view name;
    std::string_view topic;
    std::uint32_t type = 0;                 ///< Discord's number: 0 text, 2 voice, 4 category, 10 to 12 threads.
    std::int32_t position = 0;              ///< Among its neighbours; equal ones are ordered by id.
    std::uint32_t rate_limit_per_user = 0;  ///< Seconds between two messages of one person.
    std::uint32_t user_limit = 0;           ///< Of a voice channel; 0: none.
    bool nsfw = false;
    bool archived = false;  ///< Threads only,
    bool locked = false;    ///< likewise.
};

struct role_view {
    role_id id;
    std::string_view name;
    std::uint64_t permissions = 0;  ///< Discord's bit set.
    std::uint32_t color = 0;        ///< 0xRRGGBB; 0: none.
    std::int32_t position = 0;      ///< Higher ranks above; equal ones are ordered by id.
    bool hoist = false;             ///< Shown apart in the list of members.
    bool managed = false;           ///< Belongs to an integration: nobody can give it by hand.
    bool mentionable = false;
};

struct guild_view {
    guild_id id;
    std::string_view name;
    std::string_view icon;  ///< The hash, or empty.
    user_id owner_id;
    std::uint32_t member_count = 0;  ///< As it came; 0 in guild_update, which has none.
    bool large = false;              ///< Too many members for GUILD_CREATE to list them all.
};

struct voice_state_view {
    shoal::guild_id guild_id;
    shoal::channel_id channel_id;  ///< 0: left.
    shoal::user_id user_id;
    std::optional<member_view> member;
    std::string_view session_id;  ///< Of the voice connection, for a library that does audio.
    bool deaf = false;
    bool mute = false;
    bool self_deaf = false;
    bool self_mute = false;
    bool self_stream = false;
    bool self_video = false;
    bool suppress = false;
};

}  // namespace v0
}  // namespace shoal
