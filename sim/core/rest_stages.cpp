// What is told on stage channels.

#include <boost/json/parse.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

rest_answer unknown_stage() { return refuse(404, 10067, "Unknown Stage Instance"); }

json::object stage_fields(const json::object& body, bool fresh, const form_path& where) {
    where.text(body, "topic", 1, 120, fresh);
    where.number(body, "privacy_level", 1, 2);
    return chosen(body, {"topic", "privacy_level", "guild_scheduled_event_id"});
}

}  // namespace

rest_answer stage_post(rest_state& state, const rest_request& asked) {
    form_errors errors;
    const form_path where(errors, {});
    const auto channel = where.id(asked.fields(), "channel_id", true);
    json::object fields = stage_fields(asked.fields(), true, where);
    if (!errors.empty()) return refuse_form(errors, asked);
    const auto there = state.where.channel(*channel);
    if (!there) return unknown_channel();
    if (json::parse(*there).at("type") != 13) return refuse(400, 50024, "Cannot execute action on this channel type");
    return told(state.where.open_stage(*channel, std::move(fields), asked.now), refuse(400, 150006, "The Stage is already open"));
}

rest_answer stage_get(rest_state& state, const rest_request& asked) {
    auto stage = state.where.stage(asked.id(1));
    return stage ? rest_answer{.body = *std::move(stage)} : unknown_stage();
}

rest_answer stage_patch(rest_state& state, const rest_request& asked) {
    form_errors errors;
    const json::object fields = stage_fields(asked.fields(), false, form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    return told(state.where.update_stage(asked.id(1), fields), unknown_stage());
}

rest_answer stage_delete(rest_state& state, const rest_request& asked) {
    return told(state.where.close_stage(asked.id(1)), unknown_stage(), 204);
}

}  // namespace shoal::sim::route
