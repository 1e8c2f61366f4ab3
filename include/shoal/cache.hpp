#pragma once
// What a shard remembers of its guilds, as compact records that handlers read in place, on the shard's own thread.
// A pointer or text read here is good until the handler suspends: the next event may change it. Copy what you need longer.
// Not here: how it is filled (src/cache); members, messages and presences are not kept.
// Source: https://discord.com/developers/docs/resources/guild, .../channel and .../topics/permissions

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "shoal/ids.hpp"

namespace shoal {
inline namespace v0 {

/// A text that the cache keeps once for all who use it; one pointer wide.
class cached_text {
public:
    constexpr cached_text() noexcept = default;
    [[nodiscard]] std::string_view view() const noexcept {
        if (at_ == nullptr) return {};
        std::uint32_t size = 0;
        std::memcpy(&size, at_, sizeof size);
        return {at_ + sizeof size, size};
    }
    /// For the cache: where a 32-bit size and the bytes stand.
    constexpr explicit cached_text(const char* at) noexcept : at_(at) {}
    [[nodiscard]] constexpr const char* address() const noexcept { return at_; }

private:
    const char* at_ = nullptr;
};

struct cached_channel {
    channel_id id;
    channel_id parent_id;  ///< Its category; 0: none.
    cached_text stored_name;
    std::int16_t position = 0;  ///< Among its neighbours; equal ones are ordered by id.
    std::uint8_t type = 0;      ///< Discord's number: 0 text, 2 voice, 4 category.
    bool nsfw = false;
    [[nodiscard]] std::string_view name() const noexcept { return stored_name.view(); }
};

struct cached_role {
    role_id id;
    std::uint64_t permissions = 0;  ///< Discord's bit set.
    cached_text stored_name;
    std::uint32_t color = 0;    ///< 0xRRGGBB; 0: none.
    std::int16_t position = 0;  ///< Higher ranks above; equal ones are ordered by id.
    bool hoist : 1 = false;
    bool managed : 1 = false;
    bool mentionable : 1 = false;
    [[nodiscard]] std::string_view name() const noexcept { return stored_name.view(); }
};

/// The bot itself in one guild.
struct cached_self {
    cached_text stored_nick;
    std::vector<role_id> roles;  ///< Sorted; without @everyone.
    bool pending = false;        ///< Has not passed the guild's membership screening yet.
    bool timed_out = false;      ///< As the last event of it said; nobody tells when it ends.
    [[nodiscard]] std::string_view nick() const noexcept { return stored_nick.view(); }
};

/// One guild as its shard knows it: what GUILD_CREATE brought and events since changed.
class cached_guild {
public:
    guild_id id;
    user_id owner_id;
    cached_text stored_name;
    std::uint32_t member_count = 0;  ///< Kept up to date only with the intent GUILD_MEMBERS.
    bool available = false;          ///< False before its GUILD_CREATE and in an outage, when the rest is what was known before.
    cached_self self;
    std::vector<cached_channel> channels;  ///< Sorted by id; threads are not kept.
    std::vector<cached_role> roles;        ///< Sorted by id.

    [[nodiscard]] std::string_view name() const noexcept { return stored_name.view(); }
    /// The channel or role of that id, or nullptr.
    [[nodiscard]] const cached_channel* channel(channel_id which) const noexcept { return find(channels, which); }
    [[nodiscard]] const cached_role* role(role_id which) const noexcept { return find(roles, which); }
    /// The bot's permissions in this guild as its roles give them, without channel overwrites.
    [[nodiscard]] std::uint64_t own_permissions() const noexcept {
        std::uint64_t sum = 0;
        for (const auto& each : roles) {
            if (each.id.value() == id.value() || has(self.roles, each.id)) sum |= each.permissions;
        }
        return sum;
    }

private:
    template <class T, class Id>
    static const T* find(const std::vector<T>& sorted, Id which) noexcept {
        std::size_t low = 0;
        std::size_t high = sorted.size();
        while (low < high) {
            const auto middle = (low + high) / 2;
            if (sorted[middle].id < which) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < sorted.size() && sorted[low].id == which ? &sorted[low] : nullptr;
    }
    static bool has(const std::vector<role_id>& sorted, role_id which) noexcept {
        for (const auto each : sorted) {
            if (each == which) return true;
        }
        return false;
    }
};

}  // namespace v0
}  // namespace shoal
