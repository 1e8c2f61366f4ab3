// Guilds, channels, roles, members and bans; every write tells the sessions [#34].

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

rest_answer unknown_guild() { return refuse(404, 10004, "Unknown Guild"); }
rest_answer unknown_channel() { return refuse(404, 10003, "Unknown Channel"); }

/// The fields of a body that may be set, and nothing else.
json::object chosen(const json::object& body, std::initializer_list<const char*> keys) {
    json::object out;
    for (const char* key : keys) {
        if (const json::value* value = body.if_contains(key)) out[key] = *value;
    }
    return out;
}

rest_answer told(std::optional<world_change> change, rest_answer otherwise, int status = 200) {
    if (!change) return otherwise;
    return {.status = status,
            .body = status == 204 ? std::string() : std::move(change->object),
            .headers = {},
            .events = std::move(change->events)};
}

constexpr std::initializer_list<const char*> channel_keys = {
    "name",           "topic",   "nsfw",       "rate_limit_per_user",   "position",
    "parent_id",      "bitrate", "user_limit", "permission_overwrites", "default_auto_archive_duration",
    "available_tags", "flags"};
constexpr std::initializer_list<const char*> role_keys = {"name",  "permissions", "color",         "colors",
                                                          "hoist", "icon",        "unicode_emoji", "mentionable"};

form_errors channel_errors(const json::object& body, bool fresh) {
    form_errors errors;
    const form_path where(errors, {});
    where.text(body, "name", 1, 100, fresh);
    where.text(body, "topic", 0, 4096, false);
    where.list(body, "permission_overwrites", 100);
    return errors;
}

}  // namespace

rest_answer guild_get(rest_state& state, const rest_request& asked) {
    auto guild = state.where.guild(asked.id(1));
    if (!guild) return unknown_guild();
    if (asked.truth("with_counts")) {
        json::object whole = json::parse(*guild).as_object();
        const json::object created = json::parse(*state.where.guild_create(asked.id(1), {})).as_object();
        whole["approximate_member_count"] = created.at("member_count");
        whole["approximate_presence_count"] = created.at("member_count").as_int64() / 3;
        guild = json::serialize(whole);
    }
    return {.body = *std::move(guild)};
}

rest_answer guild_patch(rest_state& state, const rest_request& asked) {
    form_errors errors;
    form_path(errors, {}).text(asked.fields(), "name", 2, 100, false);
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    const json::object fields =
        chosen(asked.fields(), {"name", "verification_level", "default_message_notifications", "afk_channel_id", "afk_timeout",
                                "description", "preferred_locale", "system_channel_id"});
    return told(state.where.update_guild(asked.id(1), fields), unknown_guild());
}

rest_answer guild_channels(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    return {.body = joined(state.where.channels(asked.id(1)))};
}

rest_answer channel_post(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    const form_errors errors = channel_errors(asked.fields(), true);
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    if (state.where.channels(asked.id(1)).size() >= 500)
        return refuse(400, 30013, "Maximum number of guild channels reached (500)");
    json::object fields = chosen(asked.fields(), channel_keys);
    if (const json::value* type = asked.fields().if_contains("type"); type != nullptr && type->is_int64()) fields["type"] = *type;
    return told(state.where.create_channel(asked.id(1), std::move(fields), asked.now), unknown_guild(), 201);
}

rest_answer channel_get(rest_state& state, const rest_request& asked) {
    if (auto channel = state.where.channel(asked.id(1))) return {.body = *std::move(channel)};
    const auto recipient = state.direct_recipient(asked.id(1));
    if (!recipient) return unknown_channel();
    return {.body = json::serialize(json::object{{"id", asked.segments[1]},
                                                 {"type", 1},
                                                 {"last_message_id", nullptr},
                                                 {"flags", 0},
                                                 {"recipients", json::array{json::parse(*state.user_text(*recipient))}}})};
}

rest_answer channel_patch(rest_state& state, const rest_request& asked) {
    const form_errors errors = channel_errors(asked.fields(), false);
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    return told(state.where.update_channel(asked.id(1), chosen(asked.fields(), channel_keys)), unknown_channel());
}

rest_answer channel_delete(rest_state& state, const rest_request& asked) {
    return told(state.where.delete_channel(asked.id(1)), unknown_channel());
}

rest_answer roles_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    return {.body = joined(state.where.roles(asked.id(1)))};
}

rest_answer role_get(rest_state& state, const rest_request& asked) {
    auto role = state.where.role(asked.id(1), asked.id(3));
    if (!role) return refuse(404, 10011, "Unknown Role");
    return {.body = *std::move(role)};
}

rest_answer role_post(rest_state& state, const rest_request& asked) {
    form_errors errors;
    form_path(errors, {}).text(asked.fields(), "name", 1, 100, false);
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    if (state.where.has_guild(asked.id(1)) && state.where.roles(asked.id(1)).size() >= 250) {
        return refuse(400, 30005, "Maximum number of guild roles reached (250)");
    }
    return told(state.where.create_role(asked.id(1), chosen(asked.fields(), role_keys), asked.now), unknown_guild());
}

rest_answer role_patch(rest_state& state, const rest_request& asked) {
    form_errors errors;
    form_path(errors, {}).text(asked.fields(), "name", 1, 100, false);
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    return told(state.where.update_role(asked.id(1), asked.id(3), chosen(asked.fields(), role_keys)),
                refuse(404, 10011, "Unknown Role"));
}

rest_answer role_delete(rest_state& state, const rest_request& asked) {
    return told(state.where.delete_role(asked.id(1), asked.id(3)), refuse(404, 10011, "Unknown Role"), 204);
}

rest_answer members_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    // Paged by id, as Discord does: sorted, above `after`.
    const std::uint64_t after = asked.query_id("after");
    std::vector<std::pair<std::uint64_t, std::string>> sorted;
    for (std::string& member : state.where.members(asked.id(1), "", 0)) {
        const std::size_t at = member.find("\"id\":\"");
        const std::size_t end = member.find('"', at + 6);
        const std::uint64_t id = parse_snowflake(std::string_view(member).substr(at + 6, end - at - 6)).value_or(0);
        if (id > after) sorted.emplace_back(id, std::move(member));
    }
    std::sort(sorted.begin(), sorted.end());
    sorted.resize(std::min<std::size_t>(sorted.size(), asked.number("limit", 1, 1, 1000)));
    std::vector<std::string> page;
    for (auto& [id, member] : sorted) page.push_back(std::move(member));
    return {.body = joined(page)};
}

rest_answer members_search(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    const auto query = asked.query.find("query");
    if (query == asked.query.end() || query->second.empty()) {
        form_errors errors;
        form_path(errors, {}).at("query").required();
        return {.status = 400, .body = errors.body(asked.version)};
    }
    return {.body = joined(state.where.members(asked.id(1), query->second, asked.number("limit", 1, 1, 1000)))};
}

rest_answer member_get(rest_state& state, const rest_request& asked) {
    auto member = state.where.member(asked.id(1), asked.id(3));
    if (!member) return state.where.has_guild(asked.id(1)) ? refuse(404, 10007, "Unknown Member") : unknown_guild();
    return {.body = *std::move(member)};
}

rest_answer member_patch(rest_state& state, const rest_request& asked) {
    form_errors errors;
    form_path(errors, {}).text(asked.fields(), "nick", 0, 32, false);
    form_path(errors, {}).list(asked.fields(), "roles", 350);
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    const json::object fields =
        chosen(asked.fields(), {"nick", "roles", "mute", "deaf", "communication_disabled_until", "flags"});
    return told(state.where.update_member(asked.id(1), asked.id(3), fields), refuse(404, 10007, "Unknown Member"));
}

rest_answer member_delete(rest_state& state, const rest_request& asked) {
    return told(state.where.remove_member(asked.id(1), asked.id(3)), refuse(404, 10007, "Unknown Member"), 204);
}

namespace {
rest_answer change_role(rest_state& state, const rest_request& asked, bool add) {
    const auto member = state.where.member(asked.id(1), asked.id(3));
    if (!member) return refuse(404, 10007, "Unknown Member");
    if (!state.where.role(asked.id(1), asked.id(5))) return refuse(404, 10011, "Unknown Role");
    json::array roles = json::parse(*member).as_object().at("roles").as_array();
    const json::value role(asked.segments[5]);
    const auto found = std::find(roles.begin(), roles.end(), role);
    if (add == (found != roles.end())) return nothing();
    if (add) {
        roles.push_back(role);
    } else {
        roles.erase(found);
    }
    return told(state.where.update_member(asked.id(1), asked.id(3), {{"roles", std::move(roles)}}),
                refuse(404, 10007, "Unknown Member"), 204);
}
}  // namespace

rest_answer member_role_put(rest_state& state, const rest_request& asked) { return change_role(state, asked, true); }
rest_answer member_role_delete(rest_state& state, const rest_request& asked) { return change_role(state, asked, false); }

rest_answer ban_put(rest_state& state, const rest_request& asked) {
    return told(state.where.ban(asked.id(1), asked.id(3)), refuse(404, 10013, "Unknown User"), 204);
}
rest_answer ban_delete(rest_state& state, const rest_request& asked) {
    return told(state.where.unban(asked.id(1), asked.id(3)), refuse(404, 10026, "Unknown Ban"), 204);
}

}  // namespace shoal::sim::route
