// Stage instances: what is told on a stage channel, at most one at a time.

#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

world_change told(world_state& world, guild_record& guild, std::uint32_t channel, const char* event) {
    ++guild.changed().version;
    world_change change{.object = world.renderer(guild).stage_instance(channel), .events = {}};
    change.events.push_back(world.tell(event, guild.id, intent::guilds, change.object));
    return change;
}

}  // namespace

std::optional<std::string> world::stage(std::uint64_t channel) const {
    const auto place = impl_->place_of(kind::channel, channel);
    if (!place) return std::nullopt;
    const guild_renderer things = impl_->renderer(*place->guild);
    if (things.channel_type(place->index) != 13 || !things.has_stage_instance(place->index)) return std::nullopt;
    return things.stage_instance(place->index);
}

std::optional<world_change> world::open_stage(std::uint64_t channel, json::object fields, instant now) {
    const auto place = impl_->place_of(kind::channel, channel);
    if (!place || stage(channel)) return std::nullopt;
    fields["id"] = std::to_string(impl_->mint_for(*place->guild, now));
    place->guild->changed().stages[place->index] = std::make_unique<json::object>(std::move(fields));
    return told(*impl_, *place->guild, place->index, "STAGE_INSTANCE_CREATE");
}

std::optional<world_change> world::update_stage(std::uint64_t channel, const json::object& fields) {
    const auto place = impl_->place_of(kind::channel, channel);
    if (!place || !stage(channel)) return std::nullopt;
    merge(place->guild->changed().stages[place->index], fields);
    return told(*impl_, *place->guild, place->index, "STAGE_INSTANCE_UPDATE");
}

std::optional<world_change> world::close_stage(std::uint64_t channel) {
    const auto place = impl_->place_of(kind::channel, channel);
    if (!place || !stage(channel)) return std::nullopt;
    world_change change = told(*impl_, *place->guild, place->index, "STAGE_INSTANCE_DELETE");
    place->guild->changed().stages[place->index] = nullptr;
    return change;
}

}  // namespace shoal::sim
