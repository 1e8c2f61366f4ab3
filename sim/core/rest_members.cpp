// Roles, members and bans of a guild.

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

constexpr std::initializer_list<const char*> role_keys = {"name",  "permissions", "color",         "colors",
                                                          "hoist", "icon",        "unicode_emoji", "mentionable"};

json::object role_fields(const json::object& body, const form_path& where) {
    where.text(body, "name", 1, 100, false);
    where.number(body, "color", 0, 0xFFFFFF);
    for (const char* key : {"hoist", "mentionable"}) where.flag(body, key);
    json::object fields = chosen(body, role_keys);
    const json::value* color = fields.if_contains("color");
    if (color != nullptr && color->is_int64() && !fields.contains("colors"))
        fields["colors"] = json::object{{"primary_color", *color}, {"secondary_color", nullptr}, {"tertiary_color", nullptr}};
    if (const json::value* bits = fields.if_contains("permissions"); bits != nullptr && bits->is_int64())
        fields["permissions"] = std::to_string(bits->get_int64());
    if (const json::value* bits = fields.if_contains("permissions"); bits != nullptr) {
        const bool digits = bits->is_string() && !bits->get_string().empty() &&
                            std::ranges::all_of(bits->get_string(), [](char c) { return c >= '0' && c <= '9'; });
        if (!digits) where.at("permissions").wrong("NUMBER_TYPE_COERCE", "Value is not a permission set.");
    }
    return fields;
}

std::uint64_t id_in(const std::string& member) {
    const std::size_t at = member.find("\"id\":\"");
    const std::size_t end = member.find('"', at + 6);
    return parse_snowflake(std::string_view(member).substr(at + 6, end - at - 6)).value_or(0);
}

bool is_owner(const rest_state& state, std::uint64_t guild, std::uint64_t user) {
    const auto whole = state.where.guild(guild);
    return whole && json::parse(*whole).at("owner_id") == json::value(std::to_string(user));
}

}  // namespace

rest_answer roles_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    return {.body = joined(state.where.roles(asked.id(1)))};
}

rest_answer role_get(rest_state& state, const rest_request& asked) {
    auto role = state.where.role(asked.id(1), asked.id(3));
    return role ? rest_answer{.body = *std::move(role)} : unknown_role();
}

rest_answer role_post(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    form_errors errors;
    json::object fields = role_fields(asked.fields(), form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    if (state.where.roles(asked.id(1)).size() >= 250) return refuse(400, 30005, "Maximum number of guild roles reached (250)");
    return told(state.where.create_role(asked.id(1), std::move(fields), asked.now), unknown_guild());
}

rest_answer roles_move(rest_state& state, const rest_request& asked) {
    const std::uint64_t guild = asked.id(1);
    if (!state.where.has_guild(guild)) return unknown_guild();
    const json::array* list = asked.body.if_array();
    form_errors errors;
    const form_path where(errors, {});
    if (list == nullptr) where.wrong("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const json::object* one = (*list)[i].if_object();
        const auto id = one == nullptr ? std::nullopt : where.at(i).id(*one, "id", true);
        if (id && !state.where.role(guild, *id)) where.at(i).at("id").wrong("GUILD_ROLE_INVALID", "Unknown role");
    }
    if (!errors.empty()) return refuse_form(errors, asked);
    rest_answer answer;
    for (const json::value& one : *list) {
        const std::uint64_t id = parse_snowflake(std::string_view(one.at("id").as_string())).value_or(0);
        auto change = state.where.update_role(guild, id, chosen(one.as_object(), {"position"}));
        if (!change) continue;
        for (world_event& event : change->events) answer.events.push_back(std::move(event));
    }
    answer.body = joined(state.where.roles(guild));
    return answer;
}

rest_answer role_patch(rest_state& state, const rest_request& asked) {
    form_errors errors;
    json::object fields = role_fields(asked.fields(), form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    return told(state.where.update_role(asked.id(1), asked.id(3), fields), unknown_role());
}

rest_answer role_delete(rest_state& state, const rest_request& asked) {
    const auto role = state.where.role(asked.id(1), asked.id(3));
    if (!role) return unknown_role();
    // @everyone and roles of integrations belong to nobody who could take them away.
    if (asked.id(3) == asked.id(1) || json::parse(*role).at("managed") == true) return refuse(400, 50028, "Invalid Role");
    return told(state.where.delete_role(asked.id(1), asked.id(3)), unknown_role(), 204);
}

// ---- members -------------------------------------------------------------------------------------------------------------

rest_answer members_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    // Paged by id, as Discord does: sorted, above `after`.
    const std::uint64_t after = asked.query_id("after");
    std::vector<std::pair<std::uint64_t, std::string>> sorted;
    for (std::string& member : state.where.members(asked.id(1), "", 0)) {
        const std::uint64_t id = id_in(member);
        if (id > after) sorted.emplace_back(id, std::move(member));
    }
    std::ranges::sort(sorted);
    sorted.resize(std::min<std::size_t>(sorted.size(), asked.number("limit", 1, 1, 1000)));
    std::vector<std::string> page;
    for (auto& [id, member] : sorted) page.push_back(std::move(member));
    return {.body = joined(page)};
}

rest_answer members_search(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    if (asked.word("query").empty()) {
        form_errors errors;
        form_path(errors, {}).at("query").required();
        return refuse_form(errors, asked);
    }
    return {.body = joined(state.where.members(asked.id(1), asked.word("query"), asked.number("limit", 1, 1, 1000)))};
}

rest_answer member_get(rest_state& state, const rest_request& asked) {
    auto member = state.where.member(asked.id(1), asked.id(3));
    if (!member) return state.where.has_guild(asked.id(1)) ? unknown_member() : unknown_guild();
    return {.body = *std::move(member)};
}

rest_answer member_patch(rest_state& state, const rest_request& asked) {
    const std::uint64_t guild = asked.id(1), user = asked.segments[3] == "@me" ? state.where.bot_user_id() : asked.id(3);
    if (!state.where.has_guild(guild)) return unknown_guild();
    form_errors errors;
    const form_path where(errors, {});
    const json::object& body = asked.fields();
    where.text(body, "nick", 0, 32, false);
    for (const char* key : {"mute", "deaf"}) where.flag(body, key);
    if (const json::array* roles = where.list(body, "roles", 350)) {
        for (std::size_t i = 0; i < roles->size(); ++i) {
            const json::value& id = (*roles)[i];
            const auto number = id.is_string() ? parse_snowflake(std::string_view(id.get_string())) : std::nullopt;
            if (!number || !state.where.role(guild, *number)) where.at("roles").at(i).wrong("GUILD_ROLE_INVALID", "Invalid role");
        }
    }
    if (!errors.empty()) return refuse_form(errors, asked);
    // A timeout can befall neither the owner nor the bot itself.
    const json::value* timeout = body.if_contains("communication_disabled_until");
    if (timeout != nullptr && !timeout->is_null() && (is_owner(state, guild, user) || user == state.where.bot_user_id()))
        return missing_permissions();
    return told(state.where.update_member(
                    guild, user, chosen(body, {"nick", "roles", "mute", "deaf", "communication_disabled_until", "flags"})),
                unknown_member());
}

rest_answer member_delete(rest_state& state, const rest_request& asked) {
    if (is_owner(state, asked.id(1), asked.id(3))) return missing_permissions();
    return told(state.where.remove_member(asked.id(1), asked.id(3)), unknown_member(), 204);
}

namespace {
rest_answer change_role(rest_state& state, const rest_request& asked, bool add) {
    const auto member = state.where.member(asked.id(1), asked.id(3));
    if (!member) return unknown_member();
    if (!state.where.role(asked.id(1), asked.id(5))) return unknown_role();
    json::array roles = json::parse(*member).as_object().at("roles").as_array();
    const json::value role(asked.segments[5]);
    const auto found = std::ranges::find(roles, role);
    if (add == (found != roles.end())) return nothing();
    if (add) {
        roles.push_back(role);
    } else {
        roles.erase(found);
    }
    return told(state.where.update_member(asked.id(1), asked.id(3), {{"roles", std::move(roles)}}), unknown_member(), 204);
}
}  // namespace

rest_answer member_role_put(rest_state& state, const rest_request& asked) { return change_role(state, asked, true); }
rest_answer member_role_delete(rest_state& state, const rest_request& asked) { return change_role(state, asked, false); }

// ---- bans ----------------------------------------------------------------------------------------------------------------

namespace {
std::string ban_text(const rest_state& state, std::uint64_t user, const std::string& reason) {
    const json::value why = reason.empty() ? json::value(nullptr) : json::value(reason);
    return json::serialize(json::object{{"reason", why}, {"user", json::parse(*state.user_text(user))}});
}
}  // namespace

rest_answer ban_put(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    form_errors errors;
    form_path(errors, {}).number(asked.fields(), "delete_message_seconds", 0, 604800);
    if (!errors.empty()) return refuse_form(errors, asked);
    if (is_owner(state, asked.id(1), asked.id(3))) return missing_permissions();
    return told(state.where.ban(asked.id(1), asked.id(3), asked.audit_reason), unknown_user(), 204);
}

rest_answer ban_delete(rest_state& state, const rest_request& asked) {
    return told(state.where.unban(asked.id(1), asked.id(3)), refuse(404, 10026, "Unknown Ban"), 204);
}

rest_answer ban_get(rest_state& state, const rest_request& asked) {
    for (const auto& [user, reason] : state.where.bans(asked.id(1))) {
        if (user == asked.id(3)) return {.body = ban_text(state, user, reason)};
    }
    return refuse(404, 10026, "Unknown Ban");
}

rest_answer bans_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    const std::uint64_t after = asked.query_id("after"), before = asked.query_id("before");
    const std::uint32_t limit = asked.number("limit", 1000, 1, 1000);
    std::vector<std::string> page;
    for (const auto& [user, reason] : state.where.bans(asked.id(1))) {
        if (user > after && (before == 0 || user < before) && page.size() < limit) page.push_back(ban_text(state, user, reason));
    }
    return {.body = joined(page)};
}

rest_answer bans_bulk(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    form_errors errors;
    const json::array* ids = form_path(errors, {}).list(asked.fields(), "user_ids", 200);
    if (ids == nullptr && errors.empty()) form_path(errors, {"user_ids"}).required();
    if (!errors.empty()) return refuse_form(errors, asked);
    rest_answer answer;
    json::array banned, failed;
    for (const json::value& id : *ids) {
        const auto user = id.is_string() ? parse_snowflake(std::string_view(id.get_string())) : std::nullopt;
        auto change =
            user && !is_owner(state, asked.id(1), *user) ? state.where.ban(asked.id(1), *user, asked.audit_reason) : std::nullopt;
        (change ? banned : failed).push_back(id);
        for (std::size_t i = 0; change && i < change->events.size(); ++i) answer.events.push_back(std::move(change->events[i]));
    }
    if (banned.empty()) return refuse(400, 500000, "Failed to ban users");
    answer.body = json::serialize(json::object{{"banned_users", std::move(banned)}, {"failed_users", std::move(failed)}});
    return answer;
}

}  // namespace shoal::sim::route
