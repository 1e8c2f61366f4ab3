#pragma once
// The guilds of one shard's session: which are known, which are in an outage, what a GUILD_CREATE or GUILD_DELETE means, and when
// the shard is ready [2.6]. A pure machine; nine bytes a guild. Not here: what is in a guild (src/cache), reading of JSON.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "discord/known_guild.hpp"
#include "shoal/ids.hpp"

namespace shoal::gateway {

/// What a guild's CREATE or DELETE means, told apart by the shard's own set of known guilds [2.6.2].
enum class guild_change : std::uint8_t {
    none,         ///< Nothing changed.
    loaded,       ///< Backfill after READY.
    available,    ///< Back from an outage.
    unavailable,  ///< In an outage; the cache keeps it.
    joined,
    left,
};

using discord::guild_state;
using discord::known_guild;

class guild_availability {
public:
    /// `guild_wait`: after the last guild that came, late ones are waited for this long [2.6.4].
    explicit guild_availability(duration guild_wait) noexcept : guild_wait_(guild_wait) {}

    /// READY of a new session: forgets everything and expects these guilds. `guilds_come` is false without the GUILDS intent:
    /// then nothing is waited for.
    void begin(std::span<const guild_id> ready_guilds, instant now, bool guilds_come = true);
    /// A session was taken over by RESUME: READY does not come again, so its guilds are told. Ready at once, unless some are
    /// still expected. Without any nobody knows which they are, unless `none` says that there are none: then each that comes may
    /// be an old one.
    void adopt(std::span<const known_guild> guilds, instant now, bool none = false);

    /// GUILD_CREATE; `unavailable` is the field of that name [2.6.2]. `is_old`: the bot was in it before the session was taken
    /// over, which is looked at where only that tells an old guild from a new one.
    [[nodiscard]] guild_change created(guild_id guild, bool unavailable, instant now, bool is_old = false);
    /// GUILD_DELETE; with `unavailable` an outage, without it the end [2.6.3].
    [[nodiscard]] guild_change deleted(guild_id guild, bool unavailable, instant now);

    /// True once a session: every guild of READY was heard of, or the last of those that came is `guild_wait` ago. Ask after each
    /// begin, created and deleted, and at ready_at().
    [[nodiscard]] bool became_ready(instant now) noexcept;
    /// When the waiting ends if no further guild comes; `never` if it is over or has not begun.
    [[nodiscard]] instant ready_at() const noexcept;
    [[nodiscard]] bool is_ready() const noexcept { return told_ready_; }
    /// False after adopt() without knowing any: the set grows as guilds are heard of, and is never known to be all.
    [[nodiscard]] bool knows_all() const noexcept { return knows_all_; }

    /// Known guilds, unavailable and missing ones included.
    [[nodiscard]] std::size_t known() const noexcept { return ids_.size(); }
    /// In an outage, or never heard of since READY.
    [[nodiscard]] std::size_t unavailable() const noexcept { return missing_ + out_; }
    /// In READY and not heard of since.
    [[nodiscard]] std::size_t missing() const noexcept { return missing_; }
    [[nodiscard]] bool contains(guild_id guild) const noexcept;
    [[nodiscard]] bool is_available(guild_id guild) const noexcept;
    /// In ascending order.
    [[nodiscard]] std::span<const guild_id> ids() const noexcept { return ids_; }
    /// nullopt: not known.
    [[nodiscard]] std::optional<guild_state> state_of(guild_id guild) const noexcept;
    /// In ascending order of id.
    [[nodiscard]] std::vector<known_guild> all() const;

private:
    using state = guild_state;
    [[nodiscard]] std::size_t place_of(guild_id guild) const noexcept;
    [[nodiscard]] bool is_at(std::size_t place, guild_id guild) const noexcept;
    void set(std::size_t place, state next) noexcept;
    void insert(std::size_t place, guild_id guild, state first);
    void erase(std::size_t place);
    void count(state what, std::ptrdiff_t by) noexcept;

    duration guild_wait_;
    std::vector<guild_id> ids_;  // Sorted; states_ in the same order.
    std::vector<state> states_;
    std::size_t missing_ = 0, out_ = 0;
    instant last_guild_at_{};
    bool waiting_ = false;
    bool told_ready_ = false;
    bool knows_all_ = true;
};

}  // namespace shoal::gateway
