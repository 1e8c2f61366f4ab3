#pragma once
// What the bot's own event types are in Discord's terms: the dispatch, and for a guild's CREATE and DELETE the change that it
// means. Not here: reading the JSON (event_readers.hpp).

#include <cstdint>
#include <optional>
#include <string_view>

#include "discord/event_kind.hpp"
#include "host/event_sink.hpp"
#include "shoal/event.hpp"

namespace shoal::runtime {

using shoal::detail::event_type;

inline constexpr std::size_t event_types = static_cast<std::size_t>(event_type::count_);

/// The type that bot.on() knows this dispatch by, if it knows it.
[[nodiscard]] std::optional<event_type> type_of(discord::event_kind kind, host::guild_change change) noexcept;
/// As the public class is called: "message_create".
[[nodiscard]] std::string_view name_of(event_type type) noexcept;
/// True if the class has old(): what the cache knew before is kept for its handlers.
[[nodiscard]] bool has_old(event_type type) noexcept;
/// The dispatch that brings it; unknown for events that are the bot's own.
[[nodiscard]] discord::event_kind kind_of(event_type type) noexcept;

}  // namespace shoal::runtime
