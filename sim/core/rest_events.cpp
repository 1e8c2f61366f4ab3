// A guild's scheduled events.

#include <boost/json/parse.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

using thing = world::thing;

rest_answer unknown_event() { return refuse(404, 10070, "Unknown Guild Scheduled Event"); }

json::object event_fields(const json::object& body, bool fresh, const form_path& where) {
    where.text(body, "name", 1, 100, fresh);
    where.text(body, "description", 0, 1000, false);
    where.text(body, "scheduled_start_time", 10, 40, fresh);
    where.number(body, "privacy_level", 2, 2, fresh);
    where.number(body, "status", 1, 4);
    const auto type = where.number(body, "entity_type", 1, 3, fresh);
    // Of the three kinds one is elsewhere and ends at a known time, the others have a channel.
    if (type == 3) {
        where.text(body, "scheduled_end_time", 10, 40, true);
        const json::value* about = body.if_contains("entity_metadata");
        if (about == nullptr || !about->is_object()) {
            where.at("entity_metadata").required();
        } else {
            where.at("entity_metadata").text(about->get_object(), "location", 1, 100, true);
        }
    } else if (type && fresh) {
        where.id(body, "channel_id", true);
    }
    return chosen(body, {"name", "description", "scheduled_start_time", "scheduled_end_time", "privacy_level", "status",
                         "entity_type", "entity_metadata", "channel_id"});
}

}  // namespace

rest_answer events_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    return {.body = joined(state.where.things(asked.id(1), thing::scheduled_event))};
}

rest_answer event_get(rest_state& state, const rest_request& asked) {
    auto event = state.where.thing_of(asked.id(1), thing::scheduled_event, asked.id(3));
    return event ? rest_answer{.body = *std::move(event)} : unknown_event();
}

rest_answer event_post(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    form_errors errors;
    json::object fields = event_fields(asked.fields(), true, form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    if (state.where.things(asked.id(1), thing::scheduled_event).size() >= 100)
        return refuse(400, 30038, "Maximum number of uncompleted guild scheduled events reached (100)");
    for (const char* absent : {"description", "channel_id", "scheduled_end_time", "entity_metadata"}) {
        if (!fields.contains(absent)) fields[absent] = nullptr;
    }
    fields["status"] = 1;
    fields["user_count"] = 0;
    fields["creator_id"] = std::to_string(state.where.bot_user_id());
    fields["creator"] = json::parse(*state.user_text(state.where.bot_user_id()));
    return told(state.where.create_thing(asked.id(1), thing::scheduled_event, fields, asked.now), unknown_guild());
}

rest_answer event_patch(rest_state& state, const rest_request& asked) {
    form_errors errors;
    const json::object fields = event_fields(asked.fields(), false, form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    return told(state.where.update_thing(asked.id(1), thing::scheduled_event, asked.id(3), fields), unknown_event());
}

rest_answer event_delete(rest_state& state, const rest_request& asked) {
    return told(state.where.delete_thing(asked.id(1), thing::scheduled_event, asked.id(3)), unknown_event(), 204);
}

rest_answer event_users(rest_state& state, const rest_request& asked) {
    if (!state.where.thing_of(asked.id(1), thing::scheduled_event, asked.id(3))) return unknown_event();
    return {.body = "[]"};  // who is interested is not kept
}

}  // namespace shoal::sim::route
