#include "bot/event_map.hpp"

#include <array>

namespace shoal::runtime {
namespace {

using discord::event_kind;

struct entry {
    event_type type;
    std::string_view name;
    event_kind kind;
    bool has_old = false;
};

// In the order of event_type: it is indexed by it.
constexpr std::array<entry, event_types> table{{
#define SHOAL_EVENT_TYPE(type, kind, head, first, second, old) {event_type::type, #type, event_kind::kind, old},
#include "bot/readers/event_types.inc"
#undef SHOAL_EVENT_TYPE
    {event_type::raw, "raw", event_kind::unknown},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].type) != i) return false;
    }
    return true;
}
static_assert(in_order(), "the table is indexed by event_type");

/// From a dispatch to the first type that it may be; guilds' are told apart by the change.
constexpr auto by_kind = [] {
    std::array<event_type, static_cast<std::size_t>(event_kind::count_)> out{};
    for (auto& each : out) each = event_type::count_;
    for (std::size_t i = table.size(); i-- > 0;) {
        if (table[i].kind != event_kind::unknown) out[static_cast<std::size_t>(table[i].kind)] = table[i].type;
    }
    return out;
}();

}  // namespace

std::optional<event_type> type_of(discord::event_kind kind, host::guild_change change) noexcept {
    using host::guild_change;
    if (kind == event_kind::guild_create || kind == event_kind::guild_delete) {
        switch (change) {
            case guild_change::none: return std::nullopt;
            case guild_change::loaded: return event_type::guild_loaded;
            case guild_change::available: return event_type::guild_available;
            case guild_change::unavailable: return event_type::guild_unavailable;
            case guild_change::joined: return event_type::guild_joined;
            case guild_change::left: return event_type::guild_left;
        }
        return std::nullopt;
    }
    const auto index = static_cast<std::size_t>(kind);
    if (index >= by_kind.size() || by_kind[index] == event_type::count_) return std::nullopt;
    return by_kind[index];
}

std::string_view name_of(event_type type) noexcept { return table[static_cast<std::size_t>(type)].name; }
bool has_old(event_type type) noexcept { return table[static_cast<std::size_t>(type)].has_old; }
discord::event_kind kind_of(event_type type) noexcept { return table[static_cast<std::size_t>(type)].kind; }

}  // namespace shoal::runtime
