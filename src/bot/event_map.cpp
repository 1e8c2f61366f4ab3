#include "bot/event_map.hpp"

#include <array>

namespace shoal::runtime {
namespace {

using discord::event_kind;

struct entry {
    event_type type;
    std::string_view name;
    event_kind kind;
};

// In the order of event_type: it is indexed by it.
constexpr std::array<entry, event_types> table{{
    {event_type::message_create, "message_create", event_kind::message_create},
    {event_type::message_update, "message_update", event_kind::message_update},
    {event_type::message_delete, "message_delete", event_kind::message_delete},
    {event_type::message_delete_bulk, "message_delete_bulk", event_kind::message_delete_bulk},
    {event_type::guild_loaded, "guild_loaded", event_kind::guild_create},
    {event_type::guild_joined, "guild_joined", event_kind::guild_create},
    {event_type::guild_available, "guild_available", event_kind::guild_create},
    {event_type::guild_unavailable, "guild_unavailable", event_kind::guild_delete},
    {event_type::guild_left, "guild_left", event_kind::guild_delete},
    {event_type::guild_update, "guild_update", event_kind::guild_update},
    {event_type::guild_member_add, "guild_member_add", event_kind::guild_member_add},
    {event_type::guild_member_update, "guild_member_update", event_kind::guild_member_update},
    {event_type::guild_member_remove, "guild_member_remove", event_kind::guild_member_remove},
    {event_type::guild_ban_add, "guild_ban_add", event_kind::guild_ban_add},
    {event_type::guild_ban_remove, "guild_ban_remove", event_kind::guild_ban_remove},
    {event_type::channel_create, "channel_create", event_kind::channel_create},
    {event_type::channel_update, "channel_update", event_kind::channel_update},
    {event_type::channel_delete, "channel_delete", event_kind::channel_delete},
    {event_type::thread_create, "thread_create", event_kind::thread_create},
    {event_type::thread_update, "thread_update", event_kind::thread_update},
    {event_type::thread_delete, "thread_delete", event_kind::thread_delete},
    {event_type::guild_role_create, "guild_role_create", event_kind::guild_role_create},
    {event_type::guild_role_update, "guild_role_update", event_kind::guild_role_update},
    {event_type::guild_role_delete, "guild_role_delete", event_kind::guild_role_delete},
    {event_type::voice_state_update, "voice_state_update", event_kind::voice_state_update},
    {event_type::voice_server_update, "voice_server_update", event_kind::voice_server_update},
    {event_type::message_reaction_add, "message_reaction_add", event_kind::message_reaction_add},
    {event_type::message_reaction_remove, "message_reaction_remove", event_kind::message_reaction_remove},
    {event_type::message_reaction_remove_all, "message_reaction_remove_all", event_kind::message_reaction_remove_all},
    {event_type::message_reaction_remove_emoji, "message_reaction_remove_emoji", event_kind::message_reaction_remove_emoji},
    {event_type::interaction_create, "interaction_create", event_kind::interaction_create},
    {event_type::shard_ready, "shard_ready", event_kind::unknown},
    {event_type::shard_resumed, "shard_resumed", event_kind::unknown},
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
discord::event_kind kind_of(event_type type) noexcept { return table[static_cast<std::size_t>(type)].kind; }

}  // namespace shoal::runtime
