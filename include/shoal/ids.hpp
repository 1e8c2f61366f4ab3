#pragma once
// Strong ids: Discord's snowflakes by what they name, and shard numbers. A guild_id is never a channel_id by accident.
// Not here: what the ids point at.

#include <charconv>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace shoal {
inline namespace v0 {

/// A Discord snowflake that names one kind of thing. Zero means "none".
template <class Tag>
class snowflake {
public:
    constexpr snowflake() noexcept = default;
    constexpr explicit snowflake(std::uint64_t value) noexcept : value_(value) {}

    /// Reads 1 to 20 decimal digits; nullopt for anything else, or when the number does not fit 64 bits.
    [[nodiscard]] static std::optional<snowflake> parse(std::string_view digits) noexcept {
        std::uint64_t value = 0;
        auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (ec != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
        return snowflake(value);
    }
    [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return value_ != 0; }
    /// Milliseconds since the Unix epoch at which Discord minted this id.
    [[nodiscard]] constexpr std::int64_t unix_ms() const noexcept {
        return static_cast<std::int64_t>(value_ >> 22) + 1420070400000;
    }
    [[nodiscard]] std::string to_string() const { return std::to_string(value_); }
    friend constexpr auto operator<=>(snowflake, snowflake) noexcept = default;

private:
    std::uint64_t value_ = 0;
};

// One type for each kind of thing; none converts to another.
// Source: https://discord.com/developers/docs/reference#snowflakes
using guild_id = snowflake<struct guild_tag>;
using channel_id = snowflake<struct channel_tag>;
using user_id = snowflake<struct user_tag>;
using role_id = snowflake<struct role_tag>;
using message_id = snowflake<struct message_tag>;
using emoji_id = snowflake<struct emoji_tag>;
using application_id = snowflake<struct application_tag>;
using interaction_id = snowflake<struct interaction_tag>;
using command_id = snowflake<struct command_tag>;
using webhook_id = snowflake<struct webhook_tag>;
using attachment_id = snowflake<struct attachment_tag>;
using audit_log_entry_id = snowflake<struct audit_log_entry_tag>;
using automod_rule_id = snowflake<struct automod_rule_tag>;
using entitlement_id = snowflake<struct entitlement_tag>;
using forum_tag_id = snowflake<struct forum_tag_tag>;
using integration_id = snowflake<struct integration_tag>;
using scheduled_event_id = snowflake<struct scheduled_event_tag>;
using sku_id = snowflake<struct sku_tag>;
using sound_id = snowflake<struct sound_tag>;
using stage_instance_id = snowflake<struct stage_instance_tag>;
using sticker_id = snowflake<struct sticker_tag>;
using subscription_id = snowflake<struct subscription_tag>;

/// Which shard of how many: what IDENTIFY calls `shard: [id, total]`. A session belongs to exactly one pair.
struct shard_key {
    std::uint32_t id = 0;
    std::uint32_t total = 1;
    friend constexpr auto operator<=>(const shard_key&, const shard_key&) noexcept = default;
};

/// The shard that a guild's events go to: `(guild_id >> 22) % total`. `total` must not be 0.
/// Source: https://discord.com/developers/docs/events/gateway#sharding
[[nodiscard]] constexpr std::uint32_t shard_for(guild_id guild, std::uint32_t total) noexcept {
    return static_cast<std::uint32_t>((guild.value() >> 22) % total);
}

}  // namespace v0
}  // namespace shoal

template <class Tag>
struct std::hash<shoal::snowflake<Tag>> {
    std::size_t operator()(shoal::snowflake<Tag> id) const noexcept {
        // Low snowflake bits are mostly zero: multiply so that every bit reaches the bucket index.
        return static_cast<std::size_t>((id.value() ^ (id.value() >> 22)) * 0x9E3779B97F4A7C15ULL);
    }
};
