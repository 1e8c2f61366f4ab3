#pragma once
// How a message of the bot comes into being, changes and goes, with the events that tell of it [#34]. Used by channel and
// webhook routes. Not here: what may be in it (message_rules.hpp).

#include "sim/core/rest_state.hpp"

namespace shoal::sim {

struct post_place {
    std::uint64_t guild = 0;  ///< 0: a DM.
    std::uint64_t channel = 0;
    std::uint64_t ephemeral_for = 0;  ///< The one who sees it, if it is ephemeral.
};

/// The channel that a path names second: a guild's, a thread or a DM's; or why it cannot be used.
struct channel_of {
    post_place place;
    std::optional<rest_answer> refusal;

    channel_of(rest_state& state, const rest_request& asked);
};

/// A message of a channel that everybody there sees: one that the bot sent, or one of the world's people, which is kept from here
/// on.
[[nodiscard]] stored_message* find_message(rest_state& state, std::uint64_t channel, std::uint64_t id, instant now);

/// The same for reading only: nothing is kept.
[[nodiscard]] std::optional<boost::json::object> read_message(rest_state& state, std::uint64_t channel, std::uint64_t id,
                                                              instant now);

/// A message object without content by the bot.
[[nodiscard]] boost::json::object blank_message(rest_state& state, std::uint64_t id, const post_place& place, instant now);

/// What a body answers or forwards.
struct reference_reading {
    const stored_message* message = nullptr;
    bool forward = false;
};
[[nodiscard]] reference_reading read_reference(rest_state& state, const boost::json::object& body, const post_place& place,
                                               instant now, const form_path& where);
/// Lays a checked body and its files over a message object.
void compose(rest_state& state, boost::json::object& message, const boost::json::object& body,
             const std::vector<uploaded_file>& files, const post_place& place, instant now,
             const reference_reading& reference = {});

/// Stores it and adds MESSAGE_CREATE to the answer's events.
stored_message& post_message(rest_state& state, std::uint64_t id, boost::json::object message, const post_place& place,
                             instant now, rest_answer& answer);
/// MESSAGE_UPDATE; `edited` sets the time of the edit.
void tell_update(rest_state& state, stored_message& message, instant now, rest_answer& answer, bool edited = true);
void tell_delete(rest_state& state, std::uint64_t id, rest_answer& answer);
/// An event of a channel, under the intent for guilds or the one for DMs.
[[nodiscard]] world_event channel_event(rest_state& state, const char* name, const post_place& place, std::uint64_t in_guild,
                                        std::uint64_t in_dm, std::string text);
/// A message in the words of the system: a pin, a thread that began.
void post_system_message(rest_state& state, const post_place& place, int type, boost::json::object more, instant now,
                         rest_answer& answer);

}  // namespace shoal::sim
