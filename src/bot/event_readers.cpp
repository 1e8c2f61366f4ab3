#include "bot/event_readers.hpp"

#include <array>
#include <concepts>
#include <string>

#include "bot/readers/read.hpp"
#include "shoal/bot.hpp"

namespace shoal::runtime {
namespace {

using discord::json_value;

/// nullptr: an id that it needs is missing.
template <class Head>
const void* head(const json_value& object, event_arena& arena) {
    auto& out = arena.list<Head>(1).front();
    read(out, object, arena);
    // What is read later, and may have methods, belongs to the event's guild.
    if constexpr (requires { requires std::same_as<decltype(out.guild_id), guild_id>; }) {
        arena.of_guild(out.guild_id);
    } else if constexpr (requires { requires std::same_as<decltype(out.id), guild_id>; }) {
        arena.of_guild(out.id);
    }
    return named(out) ? &out : nullptr;
}

template <class Part>
const void* part(std::string_view json, event_arena& arena) {
    auto& out = arena.list<Part>(1).front();
    read(out, json_value(json), arena);
    return &out;
}

using head_reader = const void* (*)(const json_value& object, event_arena& arena);
using reader = const void* (*)(std::string_view json, event_arena& arena);
template <class Part>
constexpr reader part_or_none = &part<Part>;
template <>
constexpr reader part_or_none<void> = nullptr;

struct readers {
    head_reader head = nullptr;
    std::array<reader, most_parts> parts{};
};

// In the order of event_type: it is indexed by it. Raw events are not read.
constexpr std::array<readers, event_types> table{{
#define SHOAL_EVENT_TYPE(type, kind, head_read, first, second, old) \
    {&head<head_read>, {part_or_none<first>, part_or_none<second>}},
#include "bot/readers/event_types.inc"
#undef SHOAL_EVENT_TYPE
}};

}  // namespace

result<const void*> read_head(event_type type, const json_value& object, event_arena& arena) {
    const auto* out = table[static_cast<std::size_t>(type)].head(object, arena);
    if (out == nullptr) {
        return std::unexpected(failure(bot_errc::bad_answer, std::string(name_of(type)) + " without the ids that it needs"));
    }
    return out;
}

const void* read_part(event_type type, std::size_t index, std::string_view json, event_arena& arena) {
    return table[static_cast<std::size_t>(type)].parts.at(index)(json, arena);
}

member_view read_member(const json_value& object, event_arena& arena) {
    member_view out;
    read(out, object, arena);
    return out;
}

}  // namespace shoal::runtime
