#pragma once
// What a shard remembers of its guilds, read in place on the shard's own thread: no lock, no copy.
// What is read here (texts, lists, a cached_guild) is good until the handler suspends: the next event may change it. Copy what
// you need longer.
// Not here: the things in a guild (cached_things.hpp), how they are kept (src/cache), the settings (cache_settings.hpp).
// Source: https://discord.com/developers/docs/resources/guild and .../topics/permissions

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shoal/cached_things.hpp"
#include "shoal/call.hpp"
#include "shoal/detail/packed_table.hpp"
#include "shoal/ids.hpp"
#include "shoal/methods.hpp"

namespace shoal::cache {
class shard_cache;
class guild_access;
}  // namespace shoal::cache

namespace shoal {
inline namespace v0 {

namespace detail {
/// Each kind of thing that a guild has many of, and the guild's own fields.
enum class cache_table : std::uint8_t {
    fields,
    channels,
    roles,
    threads,
    emojis,
    stickers,
    voice_states,
    members,
    presences,
    stages,
    scheduled_events,
    sounds
};
inline constexpr std::size_t cache_tables = 12;
/// What a shard keeps once for all of its guilds.
struct shard_tables;
}  // namespace detail

/// How much of a guild is known.
enum class guild_knowledge : std::uint8_t {
    /// Its id, and what events told since: before its GUILD_CREATE, or after its shard moved here without its cache.
    partial,
    /// Read over HTTP after such a move: the guild's own fields, channels, roles, active threads, emojis, stickers and the bot
    /// itself. Of voice states, presences, stages, scheduled events, sounds and other members only what events told since.
    fetched,
    whole,  ///< What its GUILD_CREATE brought.
};

class cached_guild;

/// The things of one kind in a guild, in order of id, each read when it is looked at.
template <class T>
class cached_range {
public:
    class iterator {
    public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        iterator() noexcept = default;
        [[nodiscard]] T operator*() const noexcept;
        iterator& operator++() noexcept {
            ++at_;
            return *this;
        }
        void operator++(int) noexcept { ++at_; }
        friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

    private:
        friend class cached_range;
        iterator(const cached_guild* guild, detail::packed_table::iterator at) noexcept : guild_(guild), at_(at) {}
        const cached_guild* guild_ = nullptr;
        detail::packed_table::iterator at_;
    };
    [[nodiscard]] iterator begin() const noexcept { return {guild_, table_->begin()}; }
    [[nodiscard]] iterator end() const noexcept { return {guild_, table_->end()}; }
    [[nodiscard]] std::size_t size() const noexcept { return table_->size(); }
    [[nodiscard]] bool empty() const noexcept { return table_->empty(); }

private:
    friend class cached_guild;
    cached_range(const cached_guild* guild, const detail::packed_table* table) noexcept : guild_(guild), table_(table) {}
    const cached_guild* guild_;
    const detail::packed_table* table_;
};

/// One guild as its shard knows it: what GUILD_CREATE brought and events since changed. A reading costs tens of nanoseconds, a
/// look-up by id not much more; nothing is copied and nothing locked. It has methods too, as the things in it have: ban(),
/// create_role() and others.
class cached_guild : public detail::guild_methods<cached_guild> {
public:
    cached_guild(const cached_guild&) = delete;
    cached_guild& operator=(const cached_guild&) = delete;
    ~cached_guild() = default;

    [[nodiscard]] guild_id id() const noexcept { return id_; }
    /// False before its GUILD_CREATE and in an outage, when the rest is what was known before.
    [[nodiscard]] bool available() const noexcept { return available_; }
    [[nodiscard]] guild_knowledge knowledge() const noexcept { return knowledge_; }
    /// False if what is read here may lack most of the guild: what is missing then means nothing. load() mends it.
    [[nodiscard]] bool complete() const noexcept { return knowledge_ != guild_knowledge::partial; }
    /// Fetches a guild whose shard moved here without its cache, over HTTP, once for all who ask: true when it is complete, at
    /// once if it is so already, false if Discord says that the bot is not in it. Like bot.guild() it fails with not_running,
    /// timed_out, queue_full (1,024 guilds wait), rate_limited, and unavailable while Discord cannot be asked or the guild is in
    /// an outage; a later call tries again. The pointer to this guild is good until then only: ask the event again.
    [[nodiscard]] call<bool> load() const;
    /// Kept up to date only with the intent GUILD_MEMBERS.
    [[nodiscard]] std::uint32_t member_count() const noexcept { return member_count_; }
    [[nodiscard]] cached_guild_fields fields() const noexcept;
    [[nodiscard]] std::string_view name() const noexcept { return fields().name; }
    [[nodiscard]] user_id owner_id() const noexcept { return fields().owner_id; }

    [[nodiscard]] cached_range<cached_channel> channels() const noexcept;  ///< Without threads.
    [[nodiscard]] cached_range<cached_role> roles() const noexcept;
    [[nodiscard]] cached_range<cached_thread> threads() const noexcept;
    [[nodiscard]] cached_range<cached_emoji> emojis() const noexcept;
    [[nodiscard]] cached_range<cached_sticker> stickers() const noexcept;
    [[nodiscard]] cached_range<cached_voice_state> voice_states() const noexcept;
    [[nodiscard]] cached_range<cached_member> members() const noexcept;  ///< Those that are kept: see docs/cache.md.
    [[nodiscard]] cached_range<cached_presence> presences() const noexcept;
    [[nodiscard]] cached_range<cached_stage> stages() const noexcept;
    [[nodiscard]] cached_range<cached_scheduled_event> scheduled_events() const noexcept;
    [[nodiscard]] cached_range<cached_sound> sounds() const noexcept;

    [[nodiscard]] std::optional<cached_channel> channel(channel_id which) const noexcept;
    [[nodiscard]] std::optional<cached_role> role(role_id which) const noexcept;
    [[nodiscard]] std::optional<cached_thread> thread(channel_id which) const noexcept;
    [[nodiscard]] std::optional<cached_emoji> emoji(emoji_id which) const noexcept;
    [[nodiscard]] std::optional<cached_sticker> sticker(std::uint64_t which) const noexcept;
    [[nodiscard]] std::optional<cached_voice_state> voice_state(user_id whose) const noexcept;
    [[nodiscard]] std::optional<cached_member> member(user_id who) const noexcept;
    [[nodiscard]] std::optional<cached_presence> presence(user_id whose) const noexcept;
    [[nodiscard]] std::optional<cached_stage> stage(std::uint64_t which) const noexcept;
    [[nodiscard]] std::optional<cached_scheduled_event> scheduled_event(std::uint64_t which) const noexcept;
    [[nodiscard]] std::optional<cached_sound> sound(std::uint64_t which) const noexcept;
    /// A user of this shard, whichever of its guilds they are in.
    [[nodiscard]] std::optional<cached_user> user(user_id who) const noexcept;

    /// The bot itself.
    [[nodiscard]] std::optional<cached_member> self() const noexcept;
    /// The bot's permissions in this guild as its roles give them, without channel overwrites; nothing while the guild is not
    /// complete() or the bot itself is not known in it, since roles that are missing would read as rights that are missing.
    [[nodiscard]] std::optional<std::uint64_t> own_permissions() const noexcept;

    /// For its methods: whose cache it is in.
    [[nodiscard]] runtime::bot_runtime* bot() const noexcept;
    /// For the ranges above.
    template <class T>
    [[nodiscard]] T read(const detail::packed_table::entry& from) const noexcept;

private:
    friend class cache::shard_cache;
    friend class cache::guild_access;
    cached_guild(guild_id id, const detail::shard_tables& shard) noexcept : id_(id), shard_(&shard) {}
    [[nodiscard]] const detail::packed_table& table(detail::cache_table which) const noexcept {
        return tables_[static_cast<std::size_t>(which)];
    }

    guild_id id_;
    std::uint64_t seq_ = 0;  // Of the last event that was applied to it.
    const detail::shard_tables* shard_;
    detail::packed_table tables_[detail::cache_tables];
    std::vector<std::uint64_t> role_ids_;  // Members and overwrites name roles by their place in here; 0: was deleted.
    std::uint32_t member_count_ = 0;
    std::uint16_t sweep_at_ = 64;  // Length of role_ids_ at which places that nobody names any more are given up.
    bool available_ = false;
    guild_knowledge knowledge_ = guild_knowledge::partial;
};

template <class T>
T cached_range<T>::iterator::operator*() const noexcept {
    return guild_->template read<T>(*at_);
}

/// What is known of a guild, as a copy that may go anywhere: bot.guild(id).
struct guild_summary {
    guild_id id;
    std::string name;
    user_id owner_id;
    std::string icon;  ///< The hash, or empty.
    std::uint32_t member_count = 0;
    bool available = false;
    guild_knowledge knowledge = guild_knowledge::partial;  ///< As of cached_guild.
    std::size_t channels = 0;                              ///< How many are kept, likewise the others.
    std::size_t roles = 0;
    std::size_t emojis = 0;
    std::size_t threads = 0;
    std::size_t voice_states = 0;
    std::uint32_t shard = 0;
    [[nodiscard]] bool complete() const noexcept { return knowledge != guild_knowledge::partial; }
};

}  // namespace v0
}  // namespace shoal
