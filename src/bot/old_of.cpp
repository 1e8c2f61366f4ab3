// event.old(): what the cache knew before, out of the event that holds it. Not here: when it is taken (dispatcher.cpp).

#include "bot/event_body.hpp"
#include "bot/shard_room.hpp"
#include "shoal/events.hpp"

namespace shoal {
inline namespace v0 {
namespace detail {
namespace {

template <class T>
void give_methods(const runtime::event_body& body, T& what) {
    if constexpr (requires { what.from; }) what.from = body.arena.origin();
}

}  // namespace

template <class T>
std::optional<T> old_of(const event_ref& ref) {
    const auto& body = *ref.body();
    auto found = body.old ? body.old->get<T>() : std::nullopt;
    if (found) give_methods(body, *found);
    return found;
}

template <class T>
std::vector<T> old_list_of(const event_ref& ref) {
    const auto& body = *ref.body();
    auto all = body.old ? body.old->all<T>() : std::vector<T>();
    for (auto& each : all) give_methods(body, each);
    return all;
}

template std::optional<cached_user> old_of(const event_ref&);
template std::optional<cached_guild_fields> old_of(const event_ref&);
template std::optional<cached_channel> old_of(const event_ref&);
template std::optional<cached_thread> old_of(const event_ref&);
template std::optional<cached_role> old_of(const event_ref&);
template std::optional<cached_member> old_of(const event_ref&);
template std::optional<cached_voice_state> old_of(const event_ref&);
template std::optional<cached_presence> old_of(const event_ref&);
template std::optional<cached_stage> old_of(const event_ref&);
template std::optional<cached_scheduled_event> old_of(const event_ref&);
template std::optional<cached_sound> old_of(const event_ref&);
template std::vector<cached_emoji> old_list_of(const event_ref&);
template std::vector<cached_sticker> old_list_of(const event_ref&);

}  // namespace detail
}  // namespace v0
}  // namespace shoal
