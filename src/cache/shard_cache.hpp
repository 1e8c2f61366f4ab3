#pragma once
// What one shard knows of its guilds: pure tables that dispatches are applied to. Belongs to the shard's thread.
// Not here: what is kept of each thing (layouts.hpp), who reads it (src/bot), copies of it elsewhere (snapshot.hpp).

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/json_reading.hpp"
#include "cache/shard_tables.hpp"
#include "discord/event_kind.hpp"
#include "discord/known_guild.hpp"
#include "shoal/cache.hpp"
#include "shoal/cache_settings.hpp"
#include "shoal/ids.hpp"

namespace shoal::cache {

/// Discord's answers over HTTP to what a guild is, as JSON. Empty: was not asked for.
struct guild_answers {
    std::string guild;     ///< Of the guild, with counts,
    std::string channels;  ///< of its channels,
    std::string threads;   ///< of its active threads,
    std::string self;      ///< and of the bot as its member.
};

class shard_cache {
public:
    explicit shard_cache(cache_settings settings = {});
    shard_cache(const shard_cache&) = delete;
    shard_cache& operator=(const shard_cache&) = delete;
    ~shard_cache();

    /// Whose methods the things have that are read here. Not looked into.
    void of_bot(runtime::bot_runtime& bot) noexcept { tables_.bot = &bot; }

    /// A new session's READY: forgets everything, then knows its guilds by id, not yet available.
    void start_session(std::string_view ready_json);
    /// A session goes on whose cache stayed in another process: forgets everything, and knows its guilds by id. Without any the
    /// list is not known, unless `none` says that there are none: each guild that an event names is one of them then.
    void go_on_without_past(std::span<const discord::known_guild> guilds, bool none = false);
    /// True from then on until the next session. These three from any thread.
    [[nodiscard]] bool lost_its_past() const noexcept { return lost_past_.load(std::memory_order_relaxed); }
    /// The list of guilds is not known either.
    [[nodiscard]] bool guesses_guilds() const noexcept { return guesses_guilds_.load(std::memory_order_relaxed); }
    /// Guilds that are not complete().
    [[nodiscard]] std::uint32_t partial_guilds() const noexcept { return partial_.load(std::memory_order_relaxed); }
    /// Who the bot is, where no READY tells: a user object.
    void know_self(const discord::json_value& user);
    /// What HTTP says of a guild that is known in part, or may be one of guilds that nobody listed; else nothing happens. Answers
    /// are older than events that came since the question: those are applied once more afterwards (guild_refill.hpp). Members are
    /// those that events told of, and the bot.
    void take_answers(guild_id which, const guild_answers& answers);
    /// Discord says over HTTP that there is no such guild for this bot.
    void forget(guild_id which) { remove(which); }
    /// One dispatch, the JSON of its d. What it does not keep is ignored; what is broken reads as missing. Applying an event
    /// twice does what once does, save that members are counted. With its number `seq`, a guild passes over what it has seen
    /// already (event s is applied iff s is higher than the guild's own); 0: always applied.
    void apply(discord::event_kind kind, const discord::json_value& object, std::uint64_t seq = 0);
    void apply(discord::event_kind kind, std::string_view json, std::uint64_t seq = 0);

    /// nullptr if it is not a guild of this shard. Good until the next apply().
    [[nodiscard]] const cached_guild* guild(guild_id which) const noexcept;
    [[nodiscard]] std::size_t guilds() const noexcept { return guilds_.size(); }
    /// In order of id.
    [[nodiscard]] const std::vector<std::unique_ptr<cached_guild>>& all() const noexcept { return guilds_; }
    [[nodiscard]] user_id self() const noexcept { return tables_.self; }
    [[nodiscard]] std::optional<cached_user> user(user_id who) const noexcept;
    [[nodiscard]] std::size_t users() const noexcept { return tables_.users.size(); }
    [[nodiscard]] const text_pool& texts() const noexcept { return tables_.texts; }
    [[nodiscard]] const cache_settings& settings() const noexcept { return settings_; }
    /// True if this kind of event can change anything that is kept.
    [[nodiscard]] bool listens_to(discord::event_kind kind) const noexcept;

private:
    friend class guild_access;
    using json_value = discord::json_value;
    enum class joining : std::uint8_t { listed, added, updated, seen, in_voice };

    [[nodiscard]] bool keeps(cache_kind which) const noexcept { return settings_.keeps(which); }
    [[nodiscard]] bool keeps_member(user_id who) const noexcept { return who && (keeps(cache_kind::members) || who == self()); }
    cached_guild* find(guild_id which) noexcept;
    cached_guild& find_or_add(guild_id which);
    void remove(guild_id which);
    void know(cached_guild& guild, guild_knowledge now) noexcept;
    void notice_guild(discord::event_kind kind, const json_value& object);
    void count_partial(std::int32_t change) noexcept {
        partial_.store(partial_.load(std::memory_order_relaxed) + static_cast<std::uint32_t>(change), std::memory_order_relaxed);
    }
    void release_contents(cached_guild& guild) noexcept;
    void take(discord::event_kind kind, const json_value& object, std::uint64_t seq);
    void apply_to(cached_guild& guild, discord::event_kind kind, const json_value& object);

    // shard_cache.cpp: guilds
    void guild_create(cached_guild& guild, const json_value& object);
    void guild_update(cached_guild& guild, const json_value& object);
    // shard_cache_parts.cpp: what a guild has
    void channel_delete(cached_guild& guild, const json_value& object);
    void channel_fields(cached_guild& guild, channel_id which, const json_value& object);
    void role_delete(cached_guild& guild, role_id which);
    void thread_upsert(cached_guild& guild, const json_value& object);
    void thread_list(cached_guild& guild, const json_value& array);
    void thread_list_sync(cached_guild& guild, const json_value& object);
    void thread_members(cached_guild& guild, const json_value& object);
    void threads_joined(cached_guild& guild, channel_id thread, bool joined);
    void scheduled_users(cached_guild& guild, const json_value& object, std::int32_t change);
    void sweep_later(cached_guild& guild);
    void sweep_role_ids(cached_guild& guild);
    // shard_cache_people.cpp: members, users, voice, presences
    void member(cached_guild& guild, const json_value& object, const json_value& user, joining how);
    void member_list(cached_guild& guild, const json_value& array, const json_value& voice_states);
    void member_remove(cached_guild& guild, user_id who);
    void member_chunk(cached_guild& guild, const json_value& object);
    void voice_state(cached_guild& guild, const json_value& object);
    void presence(cached_guild& guild, const json_value& object);
    void presence_list(cached_guild& guild, const json_value& array);
    void refresh_users(discord::event_kind kind, const json_value& object);
    void refresh_user(const json_value& object);
    void hold_user(user_id who, const json_value& object, std::uint32_t more);
    void release_user(user_id who) noexcept;

    // Templates over the kinds, in table_edit.hpp.
    template <class T>
    void store(cached_guild& guild, const T& value);
    template <class T>
    void store(detail::packed_table& table, const T& value);
    template <class T>
    bool erase(cached_guild& guild, std::uint64_t key);
    template <class T>
    void upsert(cached_guild& guild, const json_value& object, bool fresh);
    template <class T, class Keep>
    void replace_list(cached_guild& guild, const json_value& array, Keep keep);
    template <class T>
    void assign_list(cached_guild& guild);
    template <class T>
    void erase_where(cached_guild& guild, bool (*goes)(const T&, const void*), const void* with);

    cache_settings settings_;
    detail::shard_tables tables_;
    std::vector<std::unique_ptr<cached_guild>> guilds_;
    // Written by the shard's thread alone.
    std::atomic<bool> lost_past_{false}, guesses_guilds_{false};
    std::atomic<std::uint32_t> partial_{0};
    bool loading_ = false;  // A replica in the middle of a snapshot: users are let go when it is whole.

    // Room for the event at hand.
    json_reading reading_;
    std::string record_;
    struct listed {
        std::uint64_t key;
        std::uint32_t at;
        std::uint32_t size;
    };
    std::vector<listed> list_;
    std::string list_bytes_;
    std::vector<detail::packed_table::entry> entries_;
    std::vector<std::uint64_t> keys_;
    std::vector<std::uint64_t> role_ids_before_;
};

}  // namespace shoal::cache
