#pragma once
// What one shard knows of its guilds: a pure table that dispatches are applied to. Belongs to the shard's thread.
// Not here: members other than the bot itself, messages, presences (later); who reads it (src/bot).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/text_pool.hpp"
#include "discord/event_kind.hpp"
#include "shoal/cache.hpp"
#include "shoal/ids.hpp"

namespace shoal::cache {

class shard_cache {
public:
    shard_cache() = default;
    shard_cache(const shard_cache&) = delete;
    shard_cache& operator=(const shard_cache&) = delete;
    ~shard_cache();

    /// A new session's READY: forgets everything, then knows its guilds by id, not yet available.
    void start_session(std::string_view ready_json);
    /// One dispatch, the JSON of its d. What it does not keep is ignored; what is broken reads as missing. Applying an event
    /// twice does what once does, save that members are counted.
    void apply(discord::event_kind kind, std::string_view json);

    /// nullptr if it is not a guild of this shard. Good until the next apply().
    [[nodiscard]] const cached_guild* guild(guild_id which) const noexcept;
    [[nodiscard]] std::size_t guilds() const noexcept { return guilds_.size(); }
    /// In order of id.
    [[nodiscard]] const std::vector<std::unique_ptr<cached_guild>>& all() const noexcept { return guilds_; }
    [[nodiscard]] user_id self() const noexcept { return self_; }
    [[nodiscard]] const text_pool& texts() const noexcept { return texts_; }

private:
    void take(discord::event_kind kind, std::string_view json);
    cached_guild* find(guild_id which) noexcept;
    cached_guild& find_or_add(guild_id which);
    void remove(guild_id which);
    void clear_contents(cached_guild& guild);

    void guild_create(std::string_view json);
    void guild_update(std::string_view json);
    void guild_delete(std::string_view json);
    void channel_upsert(std::string_view json);
    void channel_delete(std::string_view json);
    void role_upsert(std::string_view json);
    void role_delete(std::string_view json);
    void member_update(std::string_view json);
    void member_count(std::string_view json, std::int32_t change);

    text_pool texts_;
    std::vector<std::unique_ptr<cached_guild>> guilds_;
    user_id self_;
    std::string scratch_;  ///< Decoded texts on their way into the pool.
};

}  // namespace shoal::cache
