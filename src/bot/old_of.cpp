// event.old(): what the cache knew before, out of the event that holds it. Not here: when it is taken (dispatcher.cpp).

#include "bot/event_body.hpp"
#include "bot/shard_room.hpp"
#include "shoal/events.hpp"

namespace shoal {
inline namespace v0 {
namespace detail {
namespace {

template <class T>
T with_methods(const runtime::event_body& body, T out) {
    if constexpr (requires { out.from; }) out.from = body.arena.origin();
    return out;
}

}  // namespace

template <class T>
std::optional<T> old_of(const event_ref& ref) {
    const auto& body = *ref.body();
    auto found = body.old ? body.old->get<T>() : std::nullopt;
    if (found) return with_methods(body, *std::move(found));
    return std::nullopt;
}

template <class T>
std::vector<T> old_list_of(const event_ref& ref) {
    const auto& body = *ref.body();
    if (!body.old) return {};
    auto all = body.old->all<T>();
    for (auto& each : all) each = with_methods(body, std::move(each));
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
