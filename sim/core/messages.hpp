#pragma once
// Message objects [6.8.1] as the world's people write them. Not here: messages that the bot sends (rest_messages.cpp).

#include <optional>
#include <string>

#include "sim/core/events.hpp"

namespace shoal::sim {

/// The JSON of a message, and what a session without MESSAGE_CONTENT gets instead; nothing where that is the same [2.9.2].
struct message_texts {
    std::string full;
    std::optional<std::string> blank;
};

/// The message that a note stands for, new or `edited`.
[[nodiscard]] message_texts message_of(event_site& site, const message_note& note, bool edited);
/// A message from a user to the bot in a DM.
[[nodiscard]] std::string direct_message(world_state& world, std::uint64_t id, std::uint64_t user, const std::string& time,
                                         random_source& random);
/// The DM channel of a user and the bot; always the same [#45].
[[nodiscard]] std::uint64_t direct_channel_of(std::uint64_t user) noexcept;
/// Whose DM channel that is, among generated users.
[[nodiscard]] std::optional<std::uint64_t> direct_user_of(std::uint64_t channel) noexcept;

}  // namespace shoal::sim
