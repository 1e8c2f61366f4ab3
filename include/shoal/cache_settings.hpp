#pragma once
// What each shard remembers: presets, and switches for single kinds. Not here: the cache itself (cache.hpp).

#include <cstdint>

namespace shoal {
inline namespace v0 {

/// What each shard remembers of its guilds; docs/cache.md lists the fields.
enum class cache_preset : std::uint8_t {
    none,        ///< Nothing: guild() is nullptr everywhere.
    guilds,      ///< Guilds, their channels and roles, and the bot's own membership.
    standard,    ///< And threads, emojis, stickers, voice states, members with their users; the fields that most bots read.
    everything,  ///< And presences, stages, scheduled events, sounds, whoever writes or reacts; every field that can be kept.
};

/// What may be kept or not. Guilds themselves and the bot's own membership always are, unless the cache is off.
enum class cache_kind : std::uint8_t {
    channels,
    roles,
    threads,
    emojis,
    stickers,
    voice_states,
    members,       ///< And their users: whom GUILD_CREATE, member events, chunks and voice states bring.
    seen_members,  ///< And whom messages, reactions, typing and interactions bring.
    presences,
    stages,
    scheduled_events,
    sounds,
};

/// How much of each thing is kept.
enum class cache_detail : std::uint8_t { core, standard, all };

/// A preset, changed as you like: `.cache =
/// shoal::cache_settings(shoal::cache_preset::standard).without(shoal::cache_kind::emojis)`.
struct cache_settings {
    bool on = true;
    std::uint16_t kinds = 0;  ///< One bit a cache_kind.
    cache_detail detail = cache_detail::core;
    /// Of one guild at most so many members, and as many presences, are kept; what comes beyond is not. The bot itself always is.
    std::uint32_t most_members_per_guild = 100'000;

    // NOLINTNEXTLINE(google-explicit-constructor): `.cache = cache_preset::none` reads well.
    constexpr cache_settings(cache_preset preset = cache_preset::guilds) noexcept : on(preset != cache_preset::none) {
        if (!on) return;
        *this = with(cache_kind::channels).with(cache_kind::roles);
        if (preset == cache_preset::guilds) return;
        detail = preset == cache_preset::standard ? cache_detail::standard : cache_detail::all;
        *this = with(cache_kind::threads).with(cache_kind::emojis).with(cache_kind::stickers);
        *this = with(cache_kind::voice_states).with(cache_kind::members);
        if (preset == cache_preset::standard) return;
        *this = with(cache_kind::seen_members).with(cache_kind::presences).with(cache_kind::stages);
        *this = with(cache_kind::scheduled_events).with(cache_kind::sounds);
    }
    [[nodiscard]] constexpr cache_settings with(cache_kind which) const noexcept {
        auto out = *this;
        out.kinds = static_cast<std::uint16_t>(out.kinds | bit(which));
        return out;
    }
    [[nodiscard]] constexpr cache_settings without(cache_kind which) const noexcept {
        auto out = *this;
        out.kinds = static_cast<std::uint16_t>(out.kinds & ~bit(which));
        return out;
    }
    [[nodiscard]] constexpr cache_settings with(cache_detail how_much) const noexcept {
        auto out = *this;
        out.detail = how_much;
        return out;
    }
    [[nodiscard]] constexpr bool keeps(cache_kind which) const noexcept { return (kinds & bit(which)) != 0; }
    friend constexpr bool operator==(const cache_settings&, const cache_settings&) = default;

private:
    static constexpr unsigned bit(cache_kind which) noexcept { return 1U << static_cast<unsigned>(which); }
};

}  // namespace v0
}  // namespace shoal
