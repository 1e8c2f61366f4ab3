#pragma once
// What goes to the gateway on a bot's wish, as JSON: presence and voice state. Not here: the session's own payloads
// (src/gateway).

#include <string>

#include "shoal/bot.hpp"

namespace shoal::runtime {

/// The `d` of op 3, and the `presence` object of IDENTIFY [2.8].
[[nodiscard]] std::string presence_json(const presence& what);
/// The `d` of op 4; no channel: leave.
[[nodiscard]] std::string voice_state_json(guild_id guild, channel_id channel, bool self_mute, bool self_deaf);

}  // namespace shoal::runtime
