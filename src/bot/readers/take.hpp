#pragma once
// One JSON value into one field of a view, chosen by the field's type. Lenient: what is missing or of another type reads as
// empty. Not here: which key goes into which field (generated: read.hpp and its sources).

#include <chrono>
#include <concepts>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "bot/event_arena.hpp"
#include "discord/json_cursor.hpp"
#include "shoal/flags.hpp"
#include "shoal/ids.hpp"
#include "shoal/timestamp.hpp"

namespace shoal::runtime {

using discord::json_value;

inline void take(bool& out, const json_value& value, event_arena&) { out = value.boolean().value_or(false); }
template <std::integral T>
void take(T& out, const json_value& value, event_arena&) {
    out = value.as<T>().value_or(0);
}
inline void take(double& out, const json_value& value, event_arena&) { out = value.number().value_or(0); }
inline void take(std::string_view& out, const json_value& value, event_arena& arena) { out = arena.text(value); }
inline void take(timestamp& out, const json_value& value, event_arena& arena) { out = timestamp(arena.text(value)); }
template <class Tag>
void take(snowflake<Tag>& out, const json_value& value, event_arena&) {
    out = value.id<snowflake<Tag>>();
}
template <class E>
    requires std::is_enum_v<E>
void take(E& out, const json_value& value, event_arena&) {
    out = static_cast<E>(value.as<std::underlying_type_t<E>>().value_or(0));
}
template <class E>
void take(flag_set<E>& out, const json_value& value, event_arena&) {
    out = flag_set<E>(value.unsigned_integer().value_or(0));
}
/// A number of that unit. One that the unit's arithmetic could overflow reads as missing.
template <class Unit>
void take(std::chrono::duration<std::int64_t, Unit>& out, const json_value& value, event_arena&) {
    constexpr std::int64_t most = std::int64_t{1} << 52;
    const auto count = value.integer().value_or(0);
    out = std::chrono::duration<std::int64_t, Unit>(count > most || count < -most ? 0 : count);
}
template <class Duration>
void take(std::chrono::sys_time<Duration>& out, const json_value& value, event_arena& arena) {
    Duration since{};
    take(since, value, arena);
    out = std::chrono::sys_time<Duration>(since);
}
template <class T>
void take(std::optional<T>& out, const json_value& value, event_arena& arena) {
    if constexpr (std::is_arithmetic_v<T>) {
        out = value.as<T>();
    } else {
        if (value) take(out.emplace(), value, arena);
    }
}
/// An object of Discord's. Its `read` is found by the arena's namespace.
template <class View>
    requires std::is_class_v<View>
void take(View& out, const json_value& value, event_arena& arena) {
    if (const event_arena::level inside(arena); inside) read(out, value, arena);
}
template <class View>
void take(const View*& out, const json_value& value, event_arena& arena) {
    if (!value.is(discord::json_kind::object)) return;
    auto& made = arena.list<View>(1).front();
    take(made, value, arena);
    out = &made;
}
template <class T>
void take(std::span<const T>& out, const json_value& value, event_arena& arena) {
    const event_arena::level inside(arena);
    if (!inside) return;
    auto list = arena.list<T>(value.count());
    std::size_t next = 0;
    for (const auto& each : value.elements()) {
        if (next == list.size()) break;
        take(list[next++], each, arena);
    }
    out = list.first(next);
}
/// The values of an object whose keys are their ids.
template <class T>
void take_values(std::span<const T>& out, const json_value& value, event_arena& arena) {
    const event_arena::level inside(arena);
    if (!inside || !value.is(discord::json_kind::object)) return;
    auto list = arena.list<T>(value.count());
    std::size_t next = 0;
    for (const auto& [key, each] : value.fields()) {
        if (next == list.size()) break;
        take(list[next], each, arena);
        keyed(list[next++], key);
    }
    out = list.first(next);
}

}  // namespace shoal::runtime
