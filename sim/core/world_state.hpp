#pragma once
// The inside of a world, shared by its sources. Not for others: they use world.hpp.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/core/guild_state.hpp"
#include "sim/core/render.hpp"
#include "sim/core/world.hpp"

namespace shoal::sim {

namespace intent {
inline constexpr std::uint64_t guilds = 1ULL << 0, members = 1ULL << 1, moderation = 1ULL << 2, expressions = 1ULL << 3,
                               integrations = 1ULL << 4, webhooks = 1ULL << 5, invites = 1ULL << 6, voice_states = 1ULL << 7,
                               presences = 1ULL << 8, messages = 1ULL << 9, reactions = 1ULL << 10, typing = 1ULL << 11,
                               direct_messages = 1ULL << 12, direct_reactions = 1ULL << 13, direct_typing = 1ULL << 14,
                               scheduled_events = 1ULL << 16, automod_configuration = 1ULL << 20, automod_execution = 1ULL << 21,
                               polls = 1ULL << 24;
}  // namespace intent

/// Guilds of each shard for one total, with the running sum of their activity.
struct activity_table {
    struct entry {
        double up_to;
        std::uint32_t slot;
    };
    std::vector<std::vector<entry>> shards;
};

struct world_state {
    world_state(const world_config& config, std::uint64_t seed, std::uint64_t application_id);

    world_config config;
    std::uint64_t seed;
    bot_identity bot;
    wall_clock clock;
    random_source random;
    snowflake_mint mint;

    std::deque<guild_record> records;                                ///< By slot; references stay valid.
    std::vector<std::uint64_t> ids;                                  ///< Ascending.
    std::vector<std::uint32_t> slots;                                ///< Of ids, in the same order.
    std::unordered_map<std::uint64_t, std::uint32_t> minted_owners;  ///< Slots of channels that were made later.
    std::map<std::uint32_t, activity_table> activity;

    struct cached {
        std::uint32_t version = 0;
        std::weak_ptr<const std::string> text;
    };
    mutable std::unordered_map<std::uint64_t, cached> creates;

    [[nodiscard]] const guild_record* find(std::uint64_t guild) const noexcept;
    [[nodiscard]] guild_record* find(std::uint64_t guild) noexcept;
    [[nodiscard]] guild_renderer renderer(const guild_record& guild) const { return {guild, config.largest_members_listed, bot}; }
    guild_record& add_guild(std::uint64_t id, guild_class size);
    const activity_table& activity_of(std::uint32_t total);

    /// An id for something that belongs to this guild: it leads back to it.
    [[nodiscard]] std::uint64_t mint_for(const guild_record& guild, instant now) {
        return mint.next_with(clock.discord_ms(now), low_bits_of_slot(guild.slot));
    }

    // Changes, used by traffic and by REST alike.
    std::uint32_t create_entity(guild_record& guild, kind what, instant now);
    entity_change& touch(guild_record& guild, kind what, std::uint32_t index);
    void erase_entity(guild_record& guild, kind what, std::uint32_t index);
    /// Category deletion orphans its channels [#47]: their indices, already changed.
    std::vector<std::uint32_t> orphan_children(guild_record& guild, std::uint32_t category);

    /// Where a channel or thread is.
    struct channel_place {
        guild_record* guild = nullptr;
        kind what = kind::channel;
        std::uint32_t index = 0;
    };
    [[nodiscard]] std::optional<channel_place> place_of(std::uint64_t channel) const;
    /// Something that belongs to a guild, found by its id alone.
    [[nodiscard]] std::optional<channel_place> place_of(kind what, std::uint64_t id) const;
    /// Lays fields over an entity, as a new revision of it.
    void overlay(guild_record& guild, kind what, std::uint32_t index, const boost::json::object& fields);

    // Threads (world_threads.cpp).
    /// THREAD_LIST_SYNC of the channels to which the bot gained access [#46].
    [[nodiscard]] world_event tell_threads_of(guild_record& guild, const std::vector<std::uint32_t>& channels);
    /// Those that may have threads and that the bot sees, by index, ascending.
    [[nodiscard]] std::vector<std::uint32_t> parents_in_sight(const guild_record& guild) const;
    /// A change of the bot's roles may open channels to it: adds what it is told then.
    void tell_of_new_sights(guild_record& guild, const std::vector<std::uint32_t>& before, std::vector<world_event>& events);
    /// Threads whose parent goes are archived; nobody is told, as the parent's CHANNEL_DELETE says it all.
    void archive_children(guild_record& guild, std::uint32_t channel, instant now);
    void overlay_metadata(guild_record& guild, std::uint32_t thread, const boost::json::object& changed);

    [[nodiscard]] shared_text finish(std::string json);
    [[nodiscard]] world_event tell(std::string name, std::uint64_t guild, std::uint64_t intents, std::string json);
};

/// Lays `fields` over `into`, which is made if it is not there.
void merge(std::unique_ptr<boost::json::object>& into, const boost::json::object& fields);

/// One random event of this guild; with `direct`, it may be one that belongs to no guild.
[[nodiscard]] world_event make_event(world_state& world, guild_record& guild, bool direct, instant now);
/// One of a direct message with the bot: no guild, shard 0.
[[nodiscard]] world_event make_direct_event(world_state& world, instant now);

struct world::impl : world_state {
    using world_state::world_state;
};

}  // namespace shoal::sim
