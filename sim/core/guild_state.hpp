#pragma once
// A guild of the simulated world as data: a few words from which everything else follows, and what has changed since.
// Not here: its JSON (render.hpp), what happens in it (events.hpp).

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/snowflakes.hpp"

namespace shoal::sim {

enum class guild_class : std::uint8_t { tiny, small, medium, community, large, giant };
[[nodiscard]] std::optional<guild_class> guild_class_of(std::string_view name) noexcept;
/// Draws a class with the shares of [6.10].
[[nodiscard]] guild_class draw_class(random_source& random) noexcept;

/// What a guild has many of. Each thing has an index within its kind; index and kind give its id and, with the guild's seed, all
/// its fields.
enum class kind : std::uint8_t { channel, role, emoji, sticker, thread, sound, scheduled, integration, webhook, rule, message };
inline constexpr std::uint32_t kinds = 11;
inline constexpr std::uint32_t most_of_a_kind = 4096;

/// How an entity differs from what its seed says.
struct entity_change {
    std::uint64_t id = 0;        ///< Of one that was created later; 0: the id follows from the index.
    std::uint32_t revision = 0;  ///< Counts updates; fields that change often depend on it.
    bool deleted = false;
    std::unique_ptr<boost::json::object> fields;  ///< Set by a client over REST; wins over everything.
};

/// A message that later events may speak of.
struct message_note {
    std::uint64_t id = 0, channel = 0, author = 0;
    std::uint64_t seed = 0;
};

/// Everything that happened to a guild. Most guilds never have one.
struct guild_changes {
    std::uint32_t version = 0;  ///< Counts changes that GUILD_CREATE shows.
    std::uint32_t guild_revision = 0;
    std::unique_ptr<boost::json::object> guild_fields;
    std::map<std::uint32_t, entity_change> entities[kinds];
    std::uint32_t next_index[kinds] = {};  ///< 0: as many as the seed says.
    std::uint32_t members_added = 0;
    std::set<std::uint32_t> members_gone;
    std::map<std::uint32_t, entity_change> members;
    std::map<std::uint32_t, std::uint64_t> voice;                     ///< Member index -> channel id, 0: left.
    std::map<std::uint64_t, std::string> bans;                        ///< User -> reason.
    std::unique_ptr<boost::json::object> bot_fields;                  ///< Of the bot's own member.
    std::map<std::uint64_t, std::set<std::uint64_t>> thread_members;  ///< Of threads made over REST: thread -> users.
    /// Stage instances made, changed or (nothing) ended over REST, by the channel's index.
    std::map<std::uint32_t, std::unique_ptr<boost::json::object>> stages;
    std::deque<message_note> recent;
};

/// One guild. Small on purpose: a world has thousands.
struct guild_record {
    std::uint64_t id = 0;
    std::uint64_t seed = 0;
    std::uint32_t slot = 0;          ///< Its place in the world; part of the ids of what it owns.
    std::uint32_t member_count = 0;  ///< At the start, the bot included.
    guild_class size = guild_class::tiny;
    bool gone = false;  ///< The bot left.
    std::unique_ptr<guild_changes> changes;

    [[nodiscard]] guild_changes& changed() {
        if (!changes) changes = std::make_unique<guild_changes>();
        return *changes;
    }
    [[nodiscard]] std::uint32_t version() const noexcept { return changes ? changes->version : 0; }
};

/// Facts about a guild that follow from its record. Cheap to make, made anew wherever needed.
class guild_facts {
public:
    /// `largest_members_listed` as in world_config.
    guild_facts(const guild_record& guild, std::uint32_t largest_members_listed);

    [[nodiscard]] const guild_record& record() const noexcept { return *guild_; }

    /// How many of a kind the seed gives, and one past the highest index in use.
    [[nodiscard]] std::uint32_t base_count(kind what) const noexcept { return counts_[static_cast<std::size_t>(what)]; }
    [[nodiscard]] std::uint32_t end_index(kind what) const noexcept;
    [[nodiscard]] bool exists(kind what, std::uint32_t index) const noexcept;
    [[nodiscard]] std::uint32_t count(kind what) const noexcept;
    [[nodiscard]] std::uint64_t id_of(kind what, std::uint32_t index) const noexcept;
    [[nodiscard]] std::optional<std::uint32_t> index_of(kind what, std::uint64_t id) const noexcept;
    [[nodiscard]] const entity_change* change(kind what, std::uint32_t index) const noexcept;
    /// A word of randomness for one entity; the same one always.
    [[nodiscard]] std::uint64_t seed_of(kind what, std::uint32_t index) const noexcept;
    [[nodiscard]] std::uint32_t revision(kind what, std::uint32_t index) const noexcept;

    // Members by index; index 0 is the owner. The bot has none.
    [[nodiscard]] std::uint32_t member_end() const noexcept;
    [[nodiscard]] bool is_member(std::uint32_t index) const noexcept;
    [[nodiscard]] std::uint64_t user_of(std::uint32_t index) const noexcept;
    [[nodiscard]] std::optional<std::uint32_t> member_index(std::uint64_t user) const noexcept;
    [[nodiscard]] std::uint64_t member_seed(std::uint32_t index) const noexcept;
    [[nodiscard]] std::int64_t member_count() const noexcept;
    [[nodiscard]] std::uint32_t base_voices() const noexcept { return voices_; }

private:
    [[nodiscard]] std::uint64_t base_id(kind what, std::uint32_t index) const noexcept;

    const guild_record* guild_;
    std::uint32_t counts_[kinds] = {};
    std::uint32_t voices_ = 0;
    std::uint32_t listed_ = 0;
    std::int64_t stride_ = 1;
    std::uint64_t member_first_ = 0, member_step_ = 1;
};

/// The slot in the ids of what a guild owns: such an id leads back to its guild without a table.
[[nodiscard]] std::uint32_t slot_in(std::uint64_t entity_id) noexcept;
[[nodiscard]] std::uint64_t low_bits_of_slot(std::uint32_t slot) noexcept;

/// Users are numbered; number and id lead to each other. nullopt for ids that no generated user has.
inline constexpr std::uint64_t user_pool = 4194301;  // prime, so that each guild can walk it with any step
[[nodiscard]] std::uint64_t user_id_of(std::uint64_t number) noexcept;
[[nodiscard]] std::optional<std::uint64_t> user_number_of(std::uint64_t id) noexcept;
/// The generated user whose account was made nearest before that millisecond; 0 if there is none.
[[nodiscard]] std::uint64_t user_nearest(std::int64_t discord_ms) noexcept;
/// The id of a user whom a test calls by name.
[[nodiscard]] std::uint64_t user_id_of_name(std::string_view name) noexcept;

}  // namespace shoal::sim
