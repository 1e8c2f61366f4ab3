// Templates of guilds: what a guild looks like, kept under a code. Nothing is told of them over the gateway.

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

rest_answer unknown_template() { return refuse(404, 10057, "Unknown Guild Template"); }

json::object shape_of(const rest_state& state, std::uint64_t guild) {
    const json::object whole = json::parse(*state.where.guild(guild)).as_object();
    json::object shape = chosen(whole, {"name", "description", "verification_level", "default_message_notifications",
                                        "explicit_content_filter", "preferred_locale", "afk_timeout", "system_channel_flags"});
    shape["roles"] = json::parse(joined(state.where.roles(guild)));
    shape["channels"] = json::parse(joined(state.where.channels(guild)));
    return shape;
}

std::map<std::string, json::object, std::less<>>::iterator find(rest_state& state, const rest_request& asked) {
    const auto found = state.templates.find(asked.segments[3]);
    const bool here = found != state.templates.end() && found->second.at("source_guild_id") == json::value(asked.segments[1]);
    return here ? found : state.templates.end();
}

void check(const json::object& body, bool fresh, const form_path& where) {
    where.text(body, "name", 1, 100, fresh);
    where.text(body, "description", 0, 120, false);
}

}  // namespace

rest_answer template_get(rest_state& state, const rest_request& asked) {
    const auto found = state.templates.find(asked.segments[2]);
    return found == state.templates.end() ? unknown_template() : rest_answer{.body = json::serialize(found->second)};
}

rest_answer templates_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    json::array list;
    for (const auto& [code, one] : state.templates) {
        if (one.at("source_guild_id") == json::value(asked.segments[1])) list.push_back(one);
    }
    return {.body = json::serialize(list)};
}

rest_answer template_post(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    form_errors errors;
    check(asked.fields(), true, form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    for (const auto& [code, one] : state.templates) {
        if (one.at("source_guild_id") == json::value(asked.segments[1]))
            return refuse(400, 30031, "Guild already has a template");
    }
    json::object made = chosen(asked.fields(), {"name", "description"});
    if (!made.contains("description")) made["description"] = nullptr;
    const std::string code = fmt::format("{:x}", state.fresh_id(asked.now));
    made["code"] = code;
    made["usage_count"] = 0;
    made["creator_id"] = std::to_string(state.where.bot_user_id());
    made["creator"] = json::parse(state.where.bot_user_json());
    made["created_at"] = state.time_text(asked.now);
    made["updated_at"] = state.time_text(asked.now);
    made["source_guild_id"] = asked.segments[1];
    made["serialized_source_guild"] = shape_of(state, asked.id(1));
    made["is_dirty"] = nullptr;
    rest_answer answer{.body = json::serialize(made)};
    state.templates.emplace(code, std::move(made));
    return answer;
}

rest_answer template_sync(rest_state& state, const rest_request& asked) {
    const auto found = find(state, asked);
    if (found == state.templates.end()) return unknown_template();
    found->second["serialized_source_guild"] = shape_of(state, asked.id(1));
    found->second["updated_at"] = state.time_text(asked.now);
    return {.body = json::serialize(found->second)};
}

rest_answer template_patch(rest_state& state, const rest_request& asked) {
    const auto found = find(state, asked);
    if (found == state.templates.end()) return unknown_template();
    form_errors errors;
    check(asked.fields(), false, form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    for (const auto& field : chosen(asked.fields(), {"name", "description"})) found->second[field.key()] = field.value();
    return {.body = json::serialize(found->second)};
}

rest_answer template_delete(rest_state& state, const rest_request& asked) {
    const auto found = find(state, asked);
    if (found == state.templates.end()) return unknown_template();
    rest_answer answer{.body = json::serialize(found->second)};
    state.templates.erase(found);
    return answer;
}

}  // namespace shoal::sim::route
