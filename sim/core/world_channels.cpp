// What REST does to channels; threads are in world_threads.cpp.

#include <algorithm>
#include <boost/json/parse.hpp>

#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace json = boost::json;

using with = guild_renderer::with_guild_id;

void merge(std::unique_ptr<json::object>& into, const json::object& fields) {
    if (!into) into = std::make_unique<json::object>();
    for (const auto& field : fields) (*into)[field.key()] = field.value();
}

void world_state::overlay(guild_record& guild, kind what, std::uint32_t index, const json::object& fields) {
    merge(touch(guild, what, index).fields, fields);
}

std::optional<world_state::channel_place> world_state::place_of(kind what, std::uint64_t id) const {
    const auto minted = minted_owners.find(id);
    const std::uint32_t slot = minted != minted_owners.end() ? minted->second : slot_in(id);
    if (slot >= records.size() || records[slot].gone) return std::nullopt;
    const guild_record& guild = records[slot];
    const auto index = guild_facts(guild, config.largest_members_listed).index_of(what, id);
    return index ? std::optional(channel_place{const_cast<guild_record*>(&guild), what, *index}) : std::nullopt;
}

std::optional<world_state::channel_place> world_state::place_of(std::uint64_t channel) const {
    const auto found = place_of(kind::channel, channel);
    return found ? found : place_of(kind::thread, channel);
}

std::optional<world_change> world::create_channel(std::uint64_t guild, json::object fields, instant now) {
    guild_record* record = impl_->find(guild);
    if (record == nullptr) return std::nullopt;
    const std::uint32_t index = impl_->create_entity(*record, kind::channel, now);
    if (!fields.contains("type")) fields["type"] = 0;
    if (!fields.contains("parent_id")) fields["parent_id"] = nullptr;
    if (!fields.contains("topic")) fields["topic"] = nullptr;
    if (!fields.contains("permission_overwrites")) fields["permission_overwrites"] = json::array();
    fields["last_message_id"] = nullptr;
    merge(record->changed().entities[static_cast<std::size_t>(kind::channel)][index].fields, fields);
    std::string object = impl_->renderer(*record).channel(index, with::yes);
    world_change change{.object = object, .events = {}};
    change.events.push_back(impl_->tell("CHANNEL_CREATE", guild, intent::guilds, std::move(object)));
    return change;
}

std::optional<world_change> world::update_channel(std::uint64_t channel, const json::object& fields) {
    const auto place = impl_->place_of(kind::channel, channel);
    if (!place) return std::nullopt;
    guild_record& guild = *place->guild;
    const bool saw = impl_->renderer(guild).bot_sees(place->index);
    impl_->overlay(guild, kind::channel, place->index, fields);
    world_change change{.object = *this->channel(channel), .events = {}};
    change.events.push_back(impl_->tell("CHANNEL_UPDATE", guild.id, intent::guilds, change.object));
    if (!saw && impl_->renderer(guild).bot_sees(place->index))
        change.events.push_back(impl_->tell_threads_of(guild, {place->index}));
    return change;
}

std::optional<world_change> world::set_overwrite(std::uint64_t channel, std::uint64_t whom,
                                                 const std::optional<json::object>& overwrite) {
    const auto whole = this->channel(channel);
    if (!whole || !impl_->place_of(kind::channel, channel)) return std::nullopt;
    json::array list = json::parse(*whole).as_object().at("permission_overwrites").as_array();
    const json::value id(std::to_string(whom));
    json::array kept;
    for (json::value& one : list) {
        if (one.at("id") != id) kept.push_back(std::move(one));
    }
    if (overwrite) {
        json::object made = *overwrite;
        made["id"] = id;
        kept.push_back(std::move(made));
    }
    return update_channel(channel, {{"permission_overwrites", std::move(kept)}});
}

std::optional<world_change> world::delete_channel(std::uint64_t channel, instant now) {
    const auto place = impl_->place_of(kind::channel, channel);
    if (!place) return delete_thread(channel);
    guild_record& guild = *place->guild;
    world_change change{.object = *this->channel(channel), .events = {}};
    const auto children = impl_->renderer(guild).channel_type(place->index) == 4 ? impl_->orphan_children(guild, place->index)
                                                                                 : std::vector<std::uint32_t>();
    impl_->archive_children(guild, place->index, now);
    impl_->erase_entity(guild, kind::channel, place->index);
    change.events.push_back(impl_->tell("CHANNEL_DELETE", guild.id, intent::guilds, change.object));
    for (const std::uint32_t child : children) {
        impl_->overlay(guild, kind::channel, child, {{"parent_id", nullptr}});
        change.events.push_back(
            impl_->tell("CHANNEL_UPDATE", guild.id, intent::guilds, impl_->renderer(guild).channel(child, with::yes)));
    }
    return change;
}

void world::forget_message(std::uint64_t channel, std::uint64_t message) {
    const auto place = impl_->place_of(channel);
    if (!place || !place->guild->changes) return;
    std::erase_if(place->guild->changes->recent, [message](const message_note& note) { return note.id == message; });
}

void world::note_message(std::uint64_t channel, std::uint64_t message) {
    const auto place = impl_->place_of(channel);
    if (!place) return;
    guild_changes& changes = place->guild->changed();
    json::object fields{{"last_message_id", std::to_string(message)}};
    if (place->what == kind::thread) {
        const json::object was = json::parse(*this->channel(channel)).as_object();
        for (const char* count : {"message_count", "total_message_sent"}) fields[count] = was.at(count).as_int64() + 1;
    }
    // Nobody is told of it [3.2], and it is no new revision: names and topics stay as they are.
    merge(changes.entities[static_cast<std::size_t>(place->what)][place->index].fields, fields);
    ++changes.version;
}

}  // namespace shoal::sim
