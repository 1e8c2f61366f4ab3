#pragma once
// Discord's objects as views: plain structs whose texts and lists lie in the event that they came with and live as long as it.
// Not here: what the cache keeps (cache.hpp).

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "shoal/ids.hpp"

namespace shoal {
inline namespace v0 {

struct user_view {
    user_id id;
    std::string_view username;
    std::string_view global_name;  ///< Empty if none was set.
    std::string_view avatar;       ///< The hash, or empty.
    bool bot = false;
    /// The name that people see: the global one, else the username.
    [[nodiscard]] std::string_view name() const noexcept { return global_name.empty() ? username : global_name; }
};

struct member_view {
    user_view user;  ///< Empty where Discord leaves it out (inside messages and interactions: see their author).
    std::string_view nick;
    std::span<const role_id> roles;
    std::string_view joined_at;
    std::string_view timeout_until;  ///< Empty without a time-out.
    std::uint64_t permissions = 0;   ///< In interactions only.
    bool deaf = false;
    bool mute = false;
    bool pending = false;
};

struct emoji_view {
    emoji_id id;            ///< 0 for a Unicode emoji.
    std::string_view name;  ///< May be empty: the emoji is gone.
    bool animated = false;
};

struct attachment_view {
    std::uint64_t id = 0;
    std::string_view filename;
    std::string_view content_type;
    std::string_view url;
    std::uint64_t size_bytes = 0;
};

struct message_view {
    message_id id;
    shoal::channel_id channel_id;
    shoal::guild_id guild_id;  ///< 0 in direct messages and ephemeral ones.
    user_view author;
    std::optional<member_view> member;
    std::string_view content;
    std::string_view timestamp;
    std::string_view edited_timestamp;  ///< Empty if never edited.
    std::string_view nonce;
    std::span<const user_id> mentions;
    std::span<const role_id> mention_roles;
    std::span<const attachment_view> attachments;
    message_id replies_to;
    shoal::webhook_id webhook_id;
    std::uint64_t flags = 0;
    std::uint32_t type = 0;
    bool tts = false;
    bool pinned = false;
    bool mention_everyone = false;
    bool has_content = false;  ///< False in the partial updates that Discord sends at times.
};

struct channel_view {
    channel_id id;
    shoal::guild_id guild_id;
    channel_id parent_id;
    user_id owner_id;  ///< Of a thread.
    std::string_view name;
    std::string_view topic;
    std::uint32_t type = 0;
    std::int32_t position = 0;
    std::uint32_t rate_limit_per_user = 0;
    std::uint32_t user_limit = 0;
    bool nsfw = false;
    bool archived = false;  ///< Threads only,
    bool locked = false;    ///< likewise.
};

struct role_view {
    role_id id;
    std::string_view name;
    std::uint64_t permissions = 0;
    std::uint32_t color = 0;
    std::int32_t position = 0;
    bool hoist = false;
    bool managed = false;
    bool mentionable = false;
};

struct guild_view {
    guild_id id;
    std::string_view name;
    std::string_view icon;
    user_id owner_id;
    std::uint32_t member_count = 0;
    bool large = false;
};

struct voice_state_view {
    shoal::guild_id guild_id;
    shoal::channel_id channel_id;  ///< 0: left.
    shoal::user_id user_id;
    std::optional<member_view> member;
    std::string_view session_id;
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
