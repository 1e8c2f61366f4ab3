// What REST reads of the world.

#include "sim/core/messages.hpp"
#include "sim/core/names.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

using with = guild_renderer::with_guild_id;
using parts = guild_renderer::parts;

}  // namespace

std::optional<std::string> world::guild(std::uint64_t id) const {
    const guild_record* record = impl_->find(id);
    return record == nullptr ? std::nullopt : std::optional(impl_->renderer(*record).guild());
}

std::optional<std::uint64_t> world::guild_of_channel(std::uint64_t channel) const {
    const auto place = impl_->place_of(channel);
    return place ? std::optional(place->guild->id) : std::nullopt;
}

std::optional<std::string> world::channel(std::uint64_t channel) const {
    const auto place = impl_->place_of(channel);
    if (!place) return std::nullopt;
    const guild_renderer things = impl_->renderer(*place->guild);
    return place->what == kind::channel ? things.channel(place->index, with::yes) : things.thread(place->index, with::yes);
}

bool world::bot_sees_channel(std::uint64_t channel) const {
    const auto place = impl_->place_of(channel);
    if (!place) return false;
    const guild_renderer things = impl_->renderer(*place->guild);
    return place->what == kind::thread ? things.thread_parent(place->index).has_value() : things.bot_sees(place->index);
}

std::vector<std::uint64_t> world::channel_ids(std::uint64_t guild, int type) const {
    std::vector<std::uint64_t> ids;
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return ids;
    const guild_renderer things = impl_->renderer(*record);
    for (const std::uint32_t index : things.channels_of({type})) ids.push_back(things.facts().id_of(kind::channel, index));
    return ids;
}

std::vector<std::string> world::channels(std::uint64_t guild) const {
    std::vector<std::string> list;
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return list;
    const guild_renderer things = impl_->renderer(*record);
    for (std::uint32_t i = 0; i < things.facts().end_index(kind::channel); ++i) {
        if (things.facts().exists(kind::channel, i)) list.push_back(things.channel(i, with::yes));
    }
    return list;
}

std::vector<std::string> world::roles(std::uint64_t guild) const {
    std::vector<std::string> list;
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return list;
    const guild_renderer things = impl_->renderer(*record);
    for (std::uint32_t i = 0; i < things.facts().end_index(kind::role); ++i) {
        if (things.facts().exists(kind::role, i)) list.push_back(things.role(i));
    }
    return list;
}

std::optional<std::string> world::role(std::uint64_t guild, std::uint64_t role) const {
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return std::nullopt;
    const guild_renderer things = impl_->renderer(*record);
    const auto index = things.facts().index_of(kind::role, role);
    return index ? std::optional(things.role(*index)) : std::nullopt;
}

std::optional<std::string> world::user(std::uint64_t id) const {
    if (id == impl_->bot.user) return bot_user_json();
    return user_number_of(id) ? std::optional(user_json(id, impl_->bot)) : std::nullopt;
}

std::vector<std::string> world::members(std::uint64_t guild, std::string_view query, std::uint32_t limit) const {
    std::vector<std::string> list;
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return list;
    const guild_renderer things = impl_->renderer(*record);
    const auto full = [&] { return limit != 0 && list.size() >= limit; };
    if (query.empty() || std::string_view(impl_->bot.name).starts_with(query))
        list.push_back(things.bot_member(parts::with_user));
    for (std::uint32_t i = 0; i < things.facts().member_end() && !full(); ++i) {
        if (!things.facts().is_member(i)) continue;
        if (!query.empty()) {
            // The name is the first thing that a user's own generator draws (render_people.cpp).
            random_source words(mix(things.facts().user_of(i), 0x6E616D65ULL));
            if (!user_name(words).starts_with(query)) continue;
        }
        list.push_back(things.member(i, parts::with_user));
    }
    return list;
}

std::optional<std::string> world::member(std::uint64_t guild, std::uint64_t user) const {
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return std::nullopt;
    const guild_renderer things = impl_->renderer(*record);
    if (user == impl_->bot.user) return things.bot_member(parts::with_user);
    const auto index = things.facts().member_index(user);
    return index ? std::optional(things.member(*index, parts::with_user)) : std::nullopt;
}

std::optional<std::string> world::member_part(std::uint64_t guild, std::uint64_t user, bool resolved) const {
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return std::nullopt;
    const guild_renderer things = impl_->renderer(*record);
    const parts which = resolved ? parts::partial : parts::without_user;
    if (user == impl_->bot.user) return things.bot_member(which);
    const auto index = things.facts().member_index(user);
    return index ? std::optional(things.member(*index, which)) : std::nullopt;
}

std::uint64_t world::member_permissions(std::uint64_t guild, std::uint64_t user) const {
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return 0;
    const guild_renderer things = impl_->renderer(*record);
    if (user == impl_->bot.user) return things.bot_permissions();
    return things.facts().user_of(0) == user ? permission::everything : permission::everyone;
}

std::uint64_t world::bot_permissions(std::uint64_t guild) const {
    const guild_record* record = impl_->find(guild);
    return record == nullptr ? 0 : impl_->renderer(*record).bot_permissions();
}

std::uint64_t world::bot_permissions_in(std::uint64_t channel) const {
    const auto place = impl_->place_of(channel);
    if (!place) return 0;
    const guild_renderer things = impl_->renderer(*place->guild);
    if (place->what == kind::channel) return things.bot_permissions_in(place->index);
    const auto parent = things.thread_parent(place->index);
    return parent ? things.bot_permissions_in(*parent) : 0;
}

std::uint64_t world::some_member(std::uint64_t guild, std::uint64_t word) const {
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return 0;
    const guild_facts facts(*record, impl_->config.largest_members_listed);
    for (std::uint32_t i = 0; i < 8 && facts.member_end() > 0; ++i) {
        const auto index = static_cast<std::uint32_t>((word + i) % facts.member_end());
        if (facts.is_member(index)) return facts.user_of(index);
    }
    return facts.user_of(0);
}

std::uint64_t world::some_channel(std::uint64_t guild, std::uint64_t word) const {
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return 0;
    const guild_renderer things = impl_->renderer(*record);
    const auto texts = things.channels_of({0});
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::uint32_t index = texts[(word + i) % texts.size()];
        if (things.bot_sees(index)) return things.facts().id_of(kind::channel, index);
    }
    return 0;
}

std::uint64_t world::some_role(std::uint64_t guild, std::uint64_t word) const {
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return 0;
    const guild_facts facts(*record, impl_->config.largest_members_listed);
    const std::uint32_t end = facts.end_index(kind::role);
    for (std::uint32_t i = 0; i < end; ++i) {
        const auto index = static_cast<std::uint32_t>((word + i) % end);
        if (facts.exists(kind::role, index)) return facts.id_of(kind::role, index);
    }
    return guild;
}

std::string world::named_user(std::string_view name) { return named_user_json(name); }
std::uint64_t world::named_user_id(std::string_view name) { return user_id_of_name(name); }
std::string world::named_member(std::uint64_t guild, std::string_view name) const {
    const guild_record* record = impl_->find(guild);
    return record == nullptr ? "{}" : impl_->renderer(*record).named_member(name, parts::with_user);
}

std::vector<std::uint64_t> world::messages_of(std::uint64_t channel) const {
    std::vector<std::uint64_t> ids;
    const auto place = impl_->place_of(channel);
    if (!place || !place->guild->changes) return ids;
    for (const message_note& note : place->guild->changes->recent) {
        if (note.channel == channel) ids.push_back(note.id);
    }
    return ids;
}

std::optional<std::string> world::message(std::uint64_t channel, std::uint64_t message, instant now) {
    const auto place = impl_->place_of(channel);
    if (!place || !place->guild->changes) return std::nullopt;
    for (const message_note& note : place->guild->changes->recent) {
        if (note.id != message || note.channel != channel) continue;
        event_site site(*impl_, *place->guild, now);
        return message_of(site, note, false).full;
    }
    return std::nullopt;
}

}  // namespace shoal::sim
