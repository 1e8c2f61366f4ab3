// What REST reads of the world and does to it.

#include <boost/json/parse.hpp>

#include "sim/core/names.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

using with = guild_renderer::with_guild_id;
using parts = guild_renderer::parts;

/// Where a channel or thread is.
struct channel_place {
    guild_record* guild = nullptr;
    kind what = kind::channel;
    std::uint32_t index = 0;
};

std::optional<channel_place> place_of(const world_state& world, std::uint64_t id) {
    const std::uint32_t slot = slot_in(id);
    if (slot >= world.records.size() || world.records[slot].gone) return std::nullopt;
    const guild_record& guild = world.records[slot];
    const guild_facts facts(guild, world.config.largest_members_listed);
    for (const kind what : {kind::channel, kind::thread}) {
        if (const auto index = facts.index_of(what, id)) return channel_place{const_cast<guild_record*>(&guild), what, *index};
    }
    return std::nullopt;
}

void merge(std::unique_ptr<json::object>& into, const json::object& fields) {
    if (!into) into = std::make_unique<json::object>();
    for (const auto& field : fields) (*into)[field.key()] = field.value();
}

std::string role_event(const world_state&, std::uint64_t guild, const std::string& role) {
    json_text out;
    out.open('{').raw("role", role).id("guild_id", guild).close('}');
    return out.take();
}

std::string user_event(const world_state& world, std::uint64_t guild, std::uint64_t user) {
    json_text out;
    out.open('{').raw("user", user_json(user, world.bot)).id("guild_id", guild).close('}');
    return out.take();
}

}  // namespace

std::optional<std::string> world::guild(std::uint64_t id) const {
    const guild_record* record = impl_->find(id);
    return record == nullptr ? std::nullopt : std::optional(impl_->renderer(*record).guild());
}

std::optional<std::uint64_t> world::guild_of_channel(std::uint64_t channel) const {
    const auto place = place_of(*impl_, channel);
    return place ? std::optional(place->guild->id) : std::nullopt;
}

std::optional<std::string> world::channel(std::uint64_t channel) const {
    const auto place = place_of(*impl_, channel);
    if (!place) return std::nullopt;
    const guild_renderer things = impl_->renderer(*place->guild);
    return place->what == kind::channel ? things.channel(place->index, with::yes) : things.thread(place->index, with::yes);
}

bool world::bot_sees_channel(std::uint64_t channel) const {
    const auto place = place_of(*impl_, channel);
    if (!place) return false;
    const guild_renderer things = impl_->renderer(*place->guild);
    return place->what == kind::thread ? things.thread_active(place->index) : things.bot_sees(place->index);
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
    if (query.empty() || std::string_view("shoal-sim-bot").starts_with(query))
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

// ---- channels ------------------------------------------------------------------------------------------------------------

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
    const auto place = place_of(*impl_, channel);
    if (!place) return std::nullopt;
    merge(impl_->touch(*place->guild, place->what, place->index).fields, fields);
    world_change change{.object = *this->channel(channel), .events = {}};
    change.events.push_back(impl_->tell(place->what == kind::thread ? "THREAD_UPDATE" : "CHANNEL_UPDATE", place->guild->id,
                                        intent::guilds, change.object));
    return change;
}

std::optional<world_change> world::delete_channel(std::uint64_t channel) {
    const auto place = place_of(*impl_, channel);
    if (!place) return std::nullopt;
    guild_record& guild = *place->guild;
    world_change change{.object = *this->channel(channel), .events = {}};
    if (place->what == kind::thread) {
        const json::object was = json::parse(change.object).as_object();
        json_text out;
        out.open('{').id("id", channel).id("guild_id", guild.id).field("type", was.at("type").as_int64());
        out.field("parent_id", std::string_view(was.at("parent_id").as_string())).close('}');
        impl_->erase_entity(guild, kind::thread, place->index);
        change.events.push_back(impl_->tell("THREAD_DELETE", guild.id, intent::guilds, out.take()));
        return change;
    }
    const auto children = impl_->renderer(guild).channel_type(place->index) == 4 ? impl_->orphan_children(guild, place->index)
                                                                                 : std::vector<std::uint32_t>();
    impl_->erase_entity(guild, kind::channel, place->index);
    change.events.push_back(impl_->tell("CHANNEL_DELETE", guild.id, intent::guilds, change.object));
    for (const std::uint32_t child : children) {
        merge(impl_->touch(guild, kind::channel, child).fields, {{"parent_id", nullptr}});
        change.events.push_back(
            impl_->tell("CHANNEL_UPDATE", guild.id, intent::guilds, impl_->renderer(guild).channel(child, with::yes)));
    }
    return change;
}

// ---- roles ---------------------------------------------------------------------------------------------------------------

std::optional<world_change> world::create_role(std::uint64_t guild, json::object fields, instant now) {
    guild_record* record = impl_->find(guild);
    if (record == nullptr) return std::nullopt;
    const std::uint32_t index = impl_->create_entity(*record, kind::role, now);
    if (!fields.contains("name")) fields["name"] = "new role";
    if (!fields.contains("color")) fields["color"] = 0;
    fields["managed"] = false;
    fields["tags"] = json::object();
    merge(record->changed().entities[static_cast<std::size_t>(kind::role)][index].fields, fields);
    world_change change{.object = impl_->renderer(*record).role(index), .events = {}};
    change.events.push_back(impl_->tell("GUILD_ROLE_CREATE", guild, intent::guilds, role_event(*impl_, guild, change.object)));
    return change;
}

std::optional<world_change> world::update_role(std::uint64_t guild, std::uint64_t role, const json::object& fields) {
    guild_record* record = impl_->find(guild);
    const auto index = record == nullptr ? std::nullopt : impl_->renderer(*record).facts().index_of(kind::role, role);
    if (!index) return std::nullopt;
    merge(impl_->touch(*record, kind::role, *index).fields, fields);
    world_change change{.object = impl_->renderer(*record).role(*index), .events = {}};
    change.events.push_back(impl_->tell("GUILD_ROLE_UPDATE", guild, intent::guilds, role_event(*impl_, guild, change.object)));
    return change;
}

std::optional<world_change> world::delete_role(std::uint64_t guild, std::uint64_t role) {
    guild_record* record = impl_->find(guild);
    const auto index = record == nullptr ? std::nullopt : impl_->renderer(*record).facts().index_of(kind::role, role);
    if (!index || *index < 2) return std::nullopt;  // @everyone and the bot's own role cannot be deleted
    impl_->erase_entity(*record, kind::role, *index);
    json_text out;
    out.open('{').id("role_id", role).id("guild_id", guild).close('}');
    world_change change{.object = {}, .events = {}};
    change.events.push_back(impl_->tell("GUILD_ROLE_DELETE", guild, intent::guilds, out.take()));
    return change;
}

// ---- the guild and its members -------------------------------------------------------------------------------------------

std::optional<world_change> world::update_guild(std::uint64_t guild, const json::object& fields) {
    guild_record* record = impl_->find(guild);
    if (record == nullptr) return std::nullopt;
    merge(record->changed().guild_fields, fields);
    ++record->changed().version;
    world_change change{.object = impl_->renderer(*record).guild(), .events = {}};
    change.events.push_back(impl_->tell("GUILD_UPDATE", guild, intent::guilds, change.object));
    return change;
}

std::optional<world_change> world::update_member(std::uint64_t guild, std::uint64_t user, const json::object& fields) {
    guild_record* record = impl_->find(guild);
    const auto index = record == nullptr ? std::nullopt : impl_->renderer(*record).facts().member_index(user);
    if (!index) return std::nullopt;
    merge(record->changed().members[*index].fields, fields);
    ++record->changed().version;
    world_change change{.object = impl_->renderer(*record).member(*index, parts::with_user), .events = {}};
    std::string event = change.object;
    event.pop_back();
    event.append(",\"guild_id\":\"").append(std::to_string(guild)).append("\"}");
    change.events.push_back(impl_->tell("GUILD_MEMBER_UPDATE", guild, intent::members, std::move(event)));
    return change;
}

std::optional<world_change> world::remove_member(std::uint64_t guild, std::uint64_t user) {
    guild_record* record = impl_->find(guild);
    const auto index = record == nullptr ? std::nullopt : impl_->renderer(*record).facts().member_index(user);
    if (!index || *index == 0) return std::nullopt;
    guild_changes& changes = record->changed();
    changes.members_gone.insert(*index);
    changes.members.erase(*index);
    changes.voice.erase(*index);
    ++changes.version;
    world_change change{.object = {}, .events = {}};
    change.events.push_back(impl_->tell("GUILD_MEMBER_REMOVE", guild, intent::members, user_event(*impl_, guild, user)));
    return change;
}

std::optional<world_change> world::ban(std::uint64_t guild, std::uint64_t user) {
    guild_record* record = impl_->find(guild);
    if (record == nullptr || !user_number_of(user)) return std::nullopt;
    world_change change{.object = {}, .events = {}};
    if (auto removed = remove_member(guild, user)) change = *std::move(removed);
    record->changed().bans.insert(user);
    change.events.push_back(impl_->tell("GUILD_BAN_ADD", guild, intent::moderation, user_event(*impl_, guild, user)));
    return change;
}

std::optional<world_change> world::unban(std::uint64_t guild, std::uint64_t user) {
    guild_record* record = impl_->find(guild);
    if (record == nullptr || !record->changes || record->changes->bans.erase(user) == 0) return std::nullopt;
    world_change change{.object = {}, .events = {}};
    change.events.push_back(impl_->tell("GUILD_BAN_REMOVE", guild, intent::moderation, user_event(*impl_, guild, user)));
    return change;
}

}  // namespace shoal::sim
