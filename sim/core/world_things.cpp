// Emojis, stickers, scheduled events, rules and integrations as REST reads and writes them: lists of a guild, told as a whole or
// one by one.

#include <boost/json/parse.hpp>

#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

using thing = world::thing;

kind kind_of(thing what) noexcept {
    switch (what) {
        case thing::emoji: return kind::emoji;
        case thing::sticker: return kind::sticker;
        case thing::rule: return kind::rule;
        case thing::integration: return kind::integration;
        case thing::scheduled_event: break;
    }
    return kind::scheduled;
}

std::string render(const guild_renderer& things, thing what, std::uint32_t index) {
    switch (what) {
        case thing::emoji: return things.emoji(index);
        case thing::sticker: return things.sticker(index);
        case thing::rule: return things.rule(index);
        case thing::integration: return things.integration(index);
        case thing::scheduled_event: break;
    }
    return things.scheduled_event(index);
}

std::vector<std::string> all_of(const guild_renderer& things, thing what) {
    std::vector<std::string> list;
    const kind of = kind_of(what);
    for (std::uint32_t i = 0; i < things.facts().end_index(of); ++i) {
        if (things.facts().exists(of, i)) list.push_back(render(things, what, i));
    }
    return list;
}

/// Emojis and stickers are told as whole lists; events by what happened to one.
world_event told(world_state& world, const guild_record& guild, thing what, const char* event, const std::string& object) {
    if (what == thing::scheduled_event)
        return world.tell(std::string("GUILD_SCHEDULED_EVENT_") + event, guild.id, intent::scheduled_events, object);
    if (what == thing::rule)
        return world.tell(std::string("AUTO_MODERATION_RULE_") + event, guild.id, intent::automod_configuration, object);
    json_text out;
    if (what == thing::integration) {
        // Only deletions come here, and they name little of it.
        const json::object was = json::parse(object).as_object();
        out.open('{').id("guild_id", guild.id).field("id", std::string_view(was.at("id").as_string()));
        if (const json::value* application = was.if_contains("application"))
            out.field("application_id", std::string_view(application->at("id").as_string()));
        return world.tell(std::string("INTEGRATION_") + event, guild.id, intent::integrations, out.close('}').take());
    }
    out.open('{').id("guild_id", guild.id).key(what == thing::emoji ? "emojis" : "stickers").open('[');
    for (const std::string& one : all_of(world.renderer(guild), what)) out.raw(one);
    out.close(']').close('}');
    return world.tell(what == thing::emoji ? "GUILD_EMOJIS_UPDATE" : "GUILD_STICKERS_UPDATE", guild.id, intent::expressions,
                      out.take());
}

}  // namespace

std::vector<std::string> world::things(std::uint64_t guild, thing what) const {
    const guild_record* record = impl_->find(guild);
    return record == nullptr ? std::vector<std::string>() : all_of(impl_->renderer(*record), what);
}

std::optional<std::string> world::thing_of(std::uint64_t guild, thing what, std::uint64_t id) const {
    const auto place = impl_->place_of(kind_of(what), id);
    if (!place || place->guild->id != guild) return std::nullopt;
    return render(impl_->renderer(*place->guild), what, place->index);
}

std::optional<std::uint64_t> world::guild_of_thing(thing what, std::uint64_t id) const {
    const auto place = impl_->place_of(kind_of(what), id);
    return place ? std::optional(place->guild->id) : std::nullopt;
}

std::optional<world_change> world::create_thing(std::uint64_t guild, thing what, const json::object& fields, instant now) {
    guild_record* record = impl_->find(guild);
    if (record == nullptr) return std::nullopt;
    const std::uint32_t index = impl_->create_entity(*record, kind_of(what), now);
    merge(record->changed().entities[static_cast<std::size_t>(kind_of(what))][index].fields, fields);
    world_change change{.object = render(impl_->renderer(*record), what, index), .events = {}};
    change.events.push_back(told(*impl_, *record, what, "CREATE", change.object));
    return change;
}

std::optional<world_change> world::update_thing(std::uint64_t guild, thing what, std::uint64_t id, const json::object& fields) {
    const auto place = impl_->place_of(kind_of(what), id);
    if (!place || place->guild->id != guild) return std::nullopt;
    impl_->overlay(*place->guild, kind_of(what), place->index, fields);
    world_change change{.object = render(impl_->renderer(*place->guild), what, place->index), .events = {}};
    change.events.push_back(told(*impl_, *place->guild, what, "UPDATE", change.object));
    return change;
}

std::optional<world_change> world::delete_thing(std::uint64_t guild, thing what, std::uint64_t id) {
    const auto place = impl_->place_of(kind_of(what), id);
    if (!place || place->guild->id != guild) return std::nullopt;
    world_change change{.object = render(impl_->renderer(*place->guild), what, place->index), .events = {}};
    impl_->erase_entity(*place->guild, kind_of(what), place->index);
    change.events.push_back(told(*impl_, *place->guild, what, "DELETE", change.object));
    return change;
}

world_event world::integrations_changed(std::uint64_t guild) {
    json_text out;
    return impl_->tell("GUILD_INTEGRATIONS_UPDATE", guild, intent::integrations,
                       out.open('{').id("guild_id", guild).close('}').take());
}

}  // namespace shoal::sim
