#pragma once
// From an event's JSON to what its handlers see: a head, read when it comes, and up to two parts, read when somebody asks.
// Lenient: what is missing or of another type reads as empty; only an event without the ids that name its subject is a failure.
// Not here: the readers of each object (readers/, generated); the cache's readers (src/cache).

#include <cstddef>
#include <string_view>

#include "bot/event_arena.hpp"
#include "bot/event_map.hpp"
#include "shoal/error.hpp"
#include "shoal/models/members.hpp"

namespace shoal::runtime {

inline constexpr std::size_t most_parts = 2;

/// Reads the head of an event of `type`; it lives in `arena`, its texts there or in place.
[[nodiscard]] result<const void*> read_head(event_type type, const discord::json_value& object, event_arena& arena);
[[nodiscard]] inline result<const void*> read_head(event_type type, std::string_view json, event_arena& arena) {
    return read_head(type, discord::json_value(json), arena);
}
/// Reads a part likewise. The event's class knows what it is.
[[nodiscard]] const void* read_part(event_type type, std::size_t index, std::string_view json, event_arena& arena);
/// Reads a member object; its texts and roles live in `arena` (or in place: see event_arena).
[[nodiscard]] member_view read_member(const discord::json_value& object, event_arena& arena);

}  // namespace shoal::runtime
