#pragma once
// The inside of a cached_guild and of a shard_cache, for the sources of this room that are not their members: records, snapshots.
// Not here: anything for others.

#include "cache/shard_cache.hpp"

namespace shoal::cache {

class guild_access {
public:
    [[nodiscard]] static detail::packed_table& table(cached_guild& guild, detail::cache_table which) noexcept {
        return guild.tables_[static_cast<std::size_t>(which)];
    }
    [[nodiscard]] static const detail::packed_table& table(const cached_guild& guild, detail::cache_table which) noexcept {
        return guild.tables_[static_cast<std::size_t>(which)];
    }
    [[nodiscard]] static record_home home(const cached_guild& guild) noexcept { return {&guild.shard_->texts, &guild.role_ids_}; }
    [[nodiscard]] static std::vector<std::uint64_t>& role_ids(cached_guild& guild) noexcept { return guild.role_ids_; }
    [[nodiscard]] static const std::vector<std::uint64_t>& role_ids(const cached_guild& guild) noexcept {
        return guild.role_ids_;
    }
    [[nodiscard]] static std::uint64_t& seq(cached_guild& guild) noexcept { return guild.seq_; }
    [[nodiscard]] static std::uint64_t seq(const cached_guild& guild) noexcept { return guild.seq_; }
    [[nodiscard]] static std::uint32_t& member_count(cached_guild& guild) noexcept { return guild.member_count_; }
    [[nodiscard]] static std::uint16_t& sweep_at(cached_guild& guild) noexcept { return guild.sweep_at_; }
    [[nodiscard]] static bool& available(cached_guild& guild) noexcept { return guild.available_; }
    static void know(shard_cache& cache, cached_guild& guild, guild_knowledge now) noexcept { cache.know(guild, now); }

    [[nodiscard]] static detail::shard_tables& tables(shard_cache& cache) noexcept { return cache.tables_; }
    [[nodiscard]] static const detail::shard_tables& tables(const shard_cache& cache) noexcept { return cache.tables_; }
    [[nodiscard]] static cached_guild& find_or_add(shard_cache& cache, guild_id which) { return cache.find_or_add(which); }
    static void remove(shard_cache& cache, guild_id which) { cache.remove(which); }
    static void release_contents(shard_cache& cache, cached_guild& guild) noexcept { cache.release_contents(guild); }
    static void release_user(shard_cache& cache, user_id who) noexcept { cache.release_user(who); }
    static void hold_user(shard_cache& cache, user_id who) { cache.hold_user(who, {}, 1); }
    static void loading(shard_cache& cache, bool on) noexcept { cache.loading_ = on; }
    static void forget_everything(shard_cache& cache);
};

}  // namespace shoal::cache
