#pragma once
// From an event's JSON to the views that its handlers see. Lenient: what is missing or of another type reads as empty; only an
// event without the ids that name its subject is a failure.
// Not here: the cache's readers (src/cache).

#include "bot/event_body.hpp"
#include "bot/event_map.hpp"
#include "shoal/error.hpp"

namespace shoal::runtime {

/// Reads `json` as an event of `type`.
[[nodiscard]] result<event_fields> read_fields(event_type type, std::string_view json, event_arena& arena);
/// Reads a whole message; it and its texts live in `arena` (or in place).
[[nodiscard]] const message_view& read_message(std::string_view json, event_arena& arena);
/// Reads a member object; its texts and roles live in `arena` (or in place: see event_arena).
[[nodiscard]] member_view read_member(const discord::json_value& object, event_arena& arena);

}  // namespace shoal::runtime
