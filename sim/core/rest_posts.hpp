#pragma once
// How a message of the bot comes into being, changes and goes, with the events that tell of it [#34]. Used by channel and
// webhook routes. Not here: what may be in it (rest_messages.hpp).

#include "sim/core/rest_state.hpp"

namespace shoal::sim {

struct post_place {
    std::uint64_t guild = 0;  ///< 0: a DM.
    std::uint64_t channel = 0;
    std::uint64_t ephemeral_for = 0;  ///< The one who sees it, if it is ephemeral.
};

/// A message object without content by the bot.
[[nodiscard]] boost::json::object blank_message(rest_state& state, std::uint64_t id, const post_place& place, instant now);
/// Stores it and adds MESSAGE_CREATE to the answer's events.
stored_message& post_message(rest_state& state, std::uint64_t id, boost::json::object message, const post_place& place,
                             instant now, rest_answer& answer);
void tell_update(rest_state& state, stored_message& message, instant now, rest_answer& answer);
void tell_delete(rest_state& state, std::uint64_t id, rest_answer& answer);

}  // namespace shoal::sim
