#pragma once
// The simulated bot's world: guilds, members, channels, generated from a seed [6.10 to 6.13], and the traffic in them.
// Not here: sessions and routing (gateway.hpp); a world does not know who listens.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/config.hpp"
#include "sim/core/facts.hpp"

namespace shoal::sim {

/// Something that happened and that sessions may be told of.
struct world_event {
    std::string name;           ///< "MESSAGE_CREATE"
    std::uint64_t guild = 0;    ///< 0: not a guild's; goes to shard 0 of each shard set [1.6].
    std::uint64_t intents = 0;  ///< Any of these bits brings it; 0: always sent [2.9.1].
    shared_text data;
    shared_text data_without_content;  ///< For sessions without MESSAGE_CONTENT, where it differs [2.9.2].
};

/// What a session may see of a guild.
struct guild_view {
    std::uint64_t intents = 0;
    std::uint32_t large_threshold = 50;
};

class world {
public:
    world(const world_config& config, std::uint64_t seed, std::uint64_t application_id);
    ~world();

    /// Ids of the guilds that the bot is in, ascending.
    [[nodiscard]] const std::vector<std::uint64_t>& guilds() const noexcept;
    [[nodiscard]] bool has_guild(std::uint64_t id) const noexcept;
    /// The `d` of GUILD_CREATE for that guild. Cached where sessions may share it.
    [[nodiscard]] shared_text guild_create(std::uint64_t guild, const guild_view& view) const;
    /// The bot's own user object and the application's id and flags, as READY wants them.
    [[nodiscard]] std::string bot_user_json() const;
    [[nodiscard]] std::uint64_t bot_user_id() const noexcept;
    [[nodiscard]] std::uint64_t application_id() const noexcept;

    /// One random live event of a guild (drawn by activity, heavy tail), which also changes the world's state where it says so.
    [[nodiscard]] world_event random_event(instant now);
    /// The same for one guild of this shard, if it has any: for even traffic per shard.
    [[nodiscard]] std::optional<world_event> random_event_of_shard(std::uint32_t shard, std::uint32_t total, instant now);

    /// The bot joins a new guild (GUILD_CREATE follows from the gateway), or leaves one. Returns the id.
    std::uint64_t join_guild(std::string_view guild_class, instant now);
    void leave_guild(std::uint64_t guild);

    /// Members for GUILD_MEMBERS_CHUNK: JSON objects of up to `limit` (0: all) whose username starts with `query`, or the given
    /// ids.
    [[nodiscard]] std::vector<std::string> members(std::uint64_t guild, std::string_view query, std::uint32_t limit) const;
    [[nodiscard]] std::optional<std::string> member(std::uint64_t guild, std::uint64_t user) const;
    [[nodiscard]] std::vector<std::uint64_t> channel_ids(std::uint64_t guild, int type) const;

    /// A fresh snowflake at `now`, never the same twice.
    [[nodiscard]] std::uint64_t mint_id(instant now);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace shoal::sim
