// What REST does to the guild itself, its roles, members and bans.

#include <algorithm>
#include <boost/json/parse.hpp>

#include "sim/core/names.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

using parts = guild_renderer::parts;

std::string role_event(std::uint64_t guild, const std::string& role) {
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
    change.events.push_back(impl_->tell("GUILD_ROLE_CREATE", guild, intent::guilds, role_event(guild, change.object)));
    return change;
}

std::optional<world_change> world::update_role(std::uint64_t guild, std::uint64_t role, const json::object& fields) {
    guild_record* record = impl_->find(guild);
    const auto index = record == nullptr ? std::nullopt : impl_->renderer(*record).facts().index_of(kind::role, role);
    if (!index) return std::nullopt;
    const auto saw = impl_->parents_in_sight(*record);
    merge(impl_->touch(*record, kind::role, *index).fields, fields);
    world_change change{.object = impl_->renderer(*record).role(*index), .events = {}};
    change.events.push_back(impl_->tell("GUILD_ROLE_UPDATE", guild, intent::guilds, role_event(guild, change.object)));
    impl_->tell_of_new_sights(*record, saw, change.events);
    return change;
}

std::optional<world_change> world::delete_role(std::uint64_t guild, std::uint64_t role) {
    guild_record* record = impl_->find(guild);
    const auto index = record == nullptr ? std::nullopt : impl_->renderer(*record).facts().index_of(kind::role, role);
    if (!index || *index < 2) return std::nullopt;  // @everyone and the bot's own role cannot be deleted
    const auto saw = impl_->parents_in_sight(*record);
    impl_->erase_entity(*record, kind::role, *index);
    // Whoever had it has it no longer; those whose roles follow from the seed lose it by themselves.
    const json::value gone(std::to_string(role));
    const auto forget = [&gone](const std::unique_ptr<json::object>& fields) {
        json::value* roles = fields ? fields->if_contains("roles") : nullptr;
        if (roles == nullptr || !roles->is_array()) return;
        json::array& list = roles->get_array();
        list.erase(std::remove(list.begin(), list.end(), gone), list.end());
    };
    for (auto& [who, changed] : record->changed().members) forget(changed.fields);
    forget(record->changed().bot_fields);
    json_text out;
    out.open('{').id("role_id", role).id("guild_id", guild).close('}');
    world_change change{.object = {}, .events = {}};
    change.events.push_back(impl_->tell("GUILD_ROLE_DELETE", guild, intent::guilds, out.take()));
    impl_->tell_of_new_sights(*record, saw, change.events);  // It may have denied more than it gave.
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
    if (record == nullptr) return std::nullopt;
    const bool own = user == impl_->bot.user;
    const auto index = own ? std::nullopt : impl_->renderer(*record).facts().member_index(user);
    if (!own && !index) return std::nullopt;
    const auto saw = own ? impl_->parents_in_sight(*record) : std::vector<std::uint32_t>();
    merge(own ? record->changed().bot_fields : record->changed().members[*index].fields, fields);
    ++record->changed().version;
    world_change change{.object = *member(guild, user), .events = {}};
    std::string event = change.object;
    event.pop_back();
    event.append(",\"guild_id\":\"").append(std::to_string(guild)).append("\"}");
    // Of itself the bot hears whatever its intents [2.9.1].
    change.events.push_back(impl_->tell("GUILD_MEMBER_UPDATE", guild, own ? 0 : intent::members, std::move(event)));
    if (own) impl_->tell_of_new_sights(*record, saw, change.events);
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

std::optional<world_change> world::ban(std::uint64_t guild, std::uint64_t user, std::string reason) {
    guild_record* record = impl_->find(guild);
    if (record == nullptr || !user_number_of(user)) return std::nullopt;
    world_change change{.object = {}, .events = {}};
    if (auto removed = remove_member(guild, user)) change = *std::move(removed);
    if (!record->changed().bans.emplace(user, std::move(reason)).second) return change;
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

std::vector<std::pair<std::uint64_t, std::string>> world::bans(std::uint64_t guild) const {
    const guild_record* record = impl_->find(guild);
    if (record == nullptr || !record->changes) return {};
    return {record->changes->bans.begin(), record->changes->bans.end()};
}

}  // namespace shoal::sim
