// Rules of auto moderation, and integrations.

#include <boost/json/parse.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

using thing = world::thing;

/// Discord's list of codes has none for it.
rest_answer unknown_rule() { return refuse(404, 0, "404: Not Found"); }
rest_answer unknown_integration() { return refuse(404, 10005, "Unknown Integration"); }

/// Keywords 1, spam 3, keyword lists 4, mentions 5, profiles 6: how many rules of each a guild may have.
std::size_t most_of(std::int64_t trigger) { return trigger == 1 ? 6 : 1; }

json::object rule_fields(const json::object& body, bool fresh, const form_path& where) {
    where.text(body, "name", 1, 100, fresh);
    where.number(body, "event_type", 1, 2, fresh);
    const auto trigger = where.number(body, "trigger_type", 1, 6, fresh);
    if (trigger == 2) where.at("trigger_type").wrong("BASE_TYPE_CHOICES", "Value must be one of (1, 3, 4, 5, 6).");
    where.flag(body, "enabled");
    where.list(body, "exempt_roles", 20);
    where.list(body, "exempt_channels", 50);
    const json::array* actions = where.list(body, "actions", 5);
    if (fresh && (actions == nullptr || actions->empty())) where.at("actions").required();
    for (std::size_t i = 0; actions != nullptr && i < actions->size(); ++i) {
        const form_path here = where.at("actions").at(i);
        const json::object* action = (*actions)[i].if_object();
        if (action == nullptr) {
            here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
        } else {
            here.number(*action, "type", 1, 4, true);
        }
    }
    json::object fields =
        chosen(body, {"name", "event_type", "trigger_metadata", "actions", "enabled", "exempt_roles", "exempt_channels"});
    if (fresh && trigger) fields["trigger_type"] = *trigger;
    return fields;
}

}  // namespace

rest_answer rules_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    return {.body = joined(state.where.things(asked.id(1), thing::rule))};
}

rest_answer rule_get(rest_state& state, const rest_request& asked) {
    auto rule = state.where.thing_of(asked.id(1), thing::rule, asked.id(4));
    return rule ? rest_answer{.body = *std::move(rule)} : unknown_rule();
}

rest_answer rule_post(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    form_errors errors;
    const form_path where(errors, {});
    json::object fields = rule_fields(asked.fields(), true, where);
    if (!errors.empty()) return refuse_form(errors, asked);
    std::size_t same = 0;
    for (const std::string& one : state.where.things(asked.id(1), thing::rule))
        same += json::parse(one).at("trigger_type") == fields.at("trigger_type");
    if (same >= most_of(fields.at("trigger_type").as_int64())) {
        where.at("trigger_type")
            .wrong("AUTO_MODERATION_MAX_RULES_OF_TYPE_EXCEEDED", "Maximum number of rules of this type reached");
        return refuse_form(errors, asked);
    }
    if (!fields.contains("trigger_metadata")) fields["trigger_metadata"] = json::object();
    if (!fields.contains("enabled")) fields["enabled"] = false;
    for (const char* list : {"exempt_roles", "exempt_channels"}) {
        if (!fields.contains(list)) fields[list] = json::array();
    }
    fields["creator_id"] = std::to_string(state.where.bot_user_id());
    return told(state.where.create_thing(asked.id(1), thing::rule, fields, asked.now), unknown_guild());
}

rest_answer rule_patch(rest_state& state, const rest_request& asked) {
    form_errors errors;
    const json::object fields = rule_fields(asked.fields(), false, form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    return told(state.where.update_thing(asked.id(1), thing::rule, asked.id(4), fields), unknown_rule());
}

rest_answer rule_delete(rest_state& state, const rest_request& asked) {
    return told(state.where.delete_thing(asked.id(1), thing::rule, asked.id(4)), unknown_rule(), 204);
}

rest_answer integrations_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    return {.body = joined(state.where.things(asked.id(1), thing::integration))};
}

rest_answer integration_delete(rest_state& state, const rest_request& asked) {
    const auto was = state.where.thing_of(asked.id(1), thing::integration, asked.id(3));
    if (!was) return unknown_integration();
    const bool own = json::parse(*was).as_object().contains("application");
    rest_answer answer = told(state.where.delete_thing(asked.id(1), thing::integration, asked.id(3)), unknown_integration(), 204);
    answer.events.push_back(state.where.integrations_changed(asked.id(1)));
    if (own) state.context.leave_guild(asked.id(1), asked.now);  // With its integration a bot goes.
    return answer;
}

}  // namespace shoal::sim::route
