// Guilds themselves, and their audit log.

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace json = boost::json;

/// Of the actions that have some; clients rely on them.
static json::object audit_options(const rest_request& asked, int action) {
    const auto path = [&asked](std::size_t which) { return json::value(std::to_string(asked.id(which))); };
    const auto& body = asked.fields();
    switch (action) {
        case 72: return {{"channel_id", path(1)}, {"count", "1"}};
        case 73: {
            const auto* many = body.if_contains("messages");
            return {{"count", std::to_string(many != nullptr && many->is_array() ? many->as_array().size() : 0)}};
        }
        case 74:
        case 75: return {{"channel_id", path(1)}, {"message_id", path(asked.segments.size() - 1)}};
        case 13:
        case 15: {
            const auto* type = body.if_contains("type");
            return {{"id", path(asked.segments.size() - 1)},
                    {"type", type != nullptr && type->is_int64() ? std::to_string(type->as_int64()) : "0"}};
        }
        case 83: {
            const auto* channel = body.if_contains("channel_id");
            return {{"channel_id", channel != nullptr ? *channel : json::value(nullptr)}};
        }
        case 84:
        case 85: return {{"channel_id", path(1)}};
        default: return {};
    }
}

void rest_state::note_audit(const rest_request& asked, std::uint64_t guild, int action, std::uint64_t target,
                            rest_answer& answer) {
    const audit_entry& entry = audit.add({.id = fresh_id(asked.now),
                                          .guild = guild,
                                          .target = target,
                                          .user = where.bot_user_id(),
                                          .action = action,
                                          .reason = asked.audit_reason,
                                          .options = audit_options(asked, action)});
    // Only who may read the log hears of it [2.9.4].
    if ((where.bot_permissions(guild) & (permission::administrator | permission::view_audit_log)) == 0) return;
    json::object told = audit_object(entry);
    told["guild_id"] = std::to_string(guild);
    answer.events.push_back({.name = "GUILD_AUDIT_LOG_ENTRY_CREATE",
                             .guild = guild,
                             .intents = intent::moderation,
                             .data = std::make_shared<const std::string>(json::serialize(told)),
                             .data_without_content = {}});
}

namespace route {

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
    const form_path where(errors, {});
    where.text(asked.fields(), "name", 2, 100, false);
    where.text(asked.fields(), "description", 0, 300, false);
    where.number(asked.fields(), "verification_level", 0, 4);
    where.number(asked.fields(), "default_message_notifications", 0, 1);
    where.number(asked.fields(), "explicit_content_filter", 0, 2);
    if (!errors.empty()) return refuse_form(errors, asked);
    const json::object fields =
        chosen(asked.fields(), {"name", "verification_level", "default_message_notifications", "explicit_content_filter",
                                "afk_channel_id", "afk_timeout", "description", "preferred_locale", "system_channel_id",
                                "system_channel_flags", "rules_channel_id", "public_updates_channel_id", "features"});
    return told(state.where.update_guild(asked.id(1), fields), unknown_guild());
}

rest_answer guild_preview(rest_state& state, const rest_request& asked) {
    const auto guild = state.where.guild(asked.id(1));
    if (!guild) return unknown_guild();
    const json::object whole = json::parse(*guild).as_object();
    const json::object created = json::parse(*state.where.guild_create(asked.id(1), {})).as_object();
    json::object shown =
        chosen(whole, {"id", "name", "icon", "splash", "discovery_splash", "emojis", "features", "description", "stickers"});
    shown["approximate_member_count"] = created.at("member_count");
    shown["approximate_presence_count"] = created.at("member_count").as_int64() / 3;
    return {.body = json::serialize(shown)};
}

rest_answer audit_log(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    json::array entries;
    for (const audit_entry* one : state.audit.of(asked.id(1), static_cast<int>(asked.number("action_type", 0, 0, 1000)),
                                                 asked.query_id("user_id"), asked.number("limit", 50, 1, 100))) {
        entries.push_back(audit_object(*one));
    }
    json::object log{{"audit_log_entries", std::move(entries)}, {"users", json::array{json::parse(state.where.bot_user_json())}}};
    for (const char* empty :
         {"application_commands", "auto_moderation_rules", "guild_scheduled_events", "integrations", "threads", "webhooks"}) {
        log[empty] = json::array();
    }
    return {.body = json::serialize(log)};
}

}  // namespace route
}  // namespace shoal::sim
