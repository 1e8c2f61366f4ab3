#pragma once
// A guild as far as a shard's session is concerned: its id, and whether it is there. Not here: what is in it (src/cache), what
// its coming and going means (gateway/guild_availability.hpp).

#include <cstdint>

#include "shoal/ids.hpp"

namespace shoal::discord {

enum class guild_state : std::uint8_t {
    expected,  ///< In READY and not heard of since.
    available,
    unavailable,  ///< In an outage.
    joining,      ///< Joined during an outage and not yet come whole.
};

struct known_guild {
    guild_id id;
    guild_state state{};
    friend bool operator==(const known_guild&, const known_guild&) = default;
};

}  // namespace shoal::discord
