// Channels and their overwrites; a thread is patched and deleted here as well [6.2, 6.8.3].

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

constexpr std::initializer_list<const char*> channel_keys = {"name",
                                                             "topic",
                                                             "nsfw",
                                                             "rate_limit_per_user",
                                                             "position",
                                                             "parent_id",
                                                             "bitrate",
                                                             "user_limit",
                                                             "permission_overwrites",
                                                             "default_auto_archive_duration",
                                                             "available_tags",
                                                             "default_reaction_emoji",
                                                             "default_sort_order",
                                                             "default_forum_layout",
                                                             "default_thread_rate_limit_per_user",
                                                             "rtc_region",
                                                             "video_quality_mode",
                                                             "flags"};

/// A permission set: a decimal string, or 0 if it is absent.
json::value bits_of(const json::object& from, const char* key, const form_path& here) {
    const json::value* value = from.if_contains(key);
    if (value == nullptr || value->is_null()) return "0";
    if (value->is_int64() && value->get_int64() >= 0) return json::value(std::to_string(value->get_int64()));
    const bool digits = value->is_string() && !value->get_string().empty() &&
                        std::ranges::all_of(value->get_string(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) here.at(key).wrong("NUMBER_TYPE_COERCE", "Value is not a permission set.");
    return *value;
}

json::object overwrite_of(const json::object& body, const form_path& here) {
    const auto type = here.number(body, "type", 0, 1, true);
    return {{"type", type.value_or(0)}, {"allow", bits_of(body, "allow", here)}, {"deny", bits_of(body, "deny", here)}};
}

/// The overwrites of a body as they are kept.
void normalize_overwrites(json::object& fields, const form_path& where) {
    const json::array* list = where.list(fields, "permission_overwrites", 100);
    if (list == nullptr) {
        fields.erase("permission_overwrites");
        return;
    }
    json::array made;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const form_path here = where.at("permission_overwrites").at(i);
        const json::object* one = (*list)[i].if_object();
        if (one == nullptr) {
            here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
            continue;
        }
        const auto id = here.id(*one, "id", true);
        json::object overwrite = overwrite_of(*one, here);
        overwrite["id"] = std::to_string(id.value_or(0));
        made.push_back(std::move(overwrite));
    }
    fields["permission_overwrites"] = std::move(made);
}

/// A channel's fields as they may be set, checked; `type` is the channel's.
json::object channel_fields(rest_state& state, std::uint64_t guild, const json::object& body, std::int64_t type, bool fresh,
                            const form_path& where) {
    where.text(body, "name", 1, 100, fresh);
    where.text(body, "topic", 0, type == 15 || type == 16 ? 4096 : 1024, false);
    where.number(body, "rate_limit_per_user", 0, 21600);
    where.number(body, "bitrate", 8000, 384000);
    where.number(body, "user_limit", 0, type == 13 ? 10000 : 99);
    where.number(body, "position", 0, 1'000'000);
    where.list(body, "available_tags", 20);
    where.flag(body, "nsfw");
    json::object fields = chosen(body, channel_keys);
    normalize_overwrites(fields, where);
    if (const auto parent = where.id(body, "parent_id")) {
        std::size_t children = 0;
        bool category = false;
        for (const std::string& text : state.where.channels(guild)) {
            const json::object one = json::parse(text).as_object();
            const json::value id(std::to_string(*parent));
            category = category || (one.at("id") == id && one.at("type") == 4);
            children += one.contains("parent_id") && one.at("parent_id") == id;
        }
        if (!category) where.at("parent_id").wrong("CHANNEL_PARENT_INVALID", "Category does not exist");
        if (children >= 50)
            where.at("parent_id").wrong("CHANNEL_PARENT_MAX_CHANNELS", "Maximum number of channels in category reached (50)");
    }
    return fields;
}

rest_answer patch_thread(rest_state& state, const rest_request& asked) {
    form_errors errors;
    const form_path where(errors, {});
    const json::object& body = asked.fields();
    where.text(body, "name", 1, 100, false);
    where.number(body, "rate_limit_per_user", 0, 21600);
    where.number(body, "auto_archive_duration", 60, 10080);
    where.list(body, "applied_tags", 5);
    for (const char* key : {"archived", "locked", "invitable"}) where.flag(body, key);
    if (!errors.empty()) return refuse_form(errors, asked);
    const json::object before = json::parse(*state.where.channel(asked.id(1))).as_object();
    if (before.at("thread_metadata").at("archived") == true && !body.contains("archived") && !body.contains("locked"))
        return refuse(400, 50083, "Thread is archived");
    rest_answer answer =
        told(state.where.update_thread(asked.id(1),
                                       chosen(body, {"name", "archived", "locked", "invitable", "auto_archive_duration",
                                                     "rate_limit_per_user", "flags", "applied_tags"}),
                                       asked.now),
             unknown_channel());
    const json::object now = json::parse(answer.body).as_object();
    if (now.at("thread_metadata").at("archived") == true) {
        state.threads.forget(asked.id(1));
    } else {
        state.wake_thread(asked.id(1), asked.now, answer);
    }
    return answer;
}

}  // namespace

rest_answer guild_channels(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    return {.body = joined(state.where.channels(asked.id(1)))};
}

rest_answer channel_post(rest_state& state, const rest_request& asked) {
    const std::uint64_t guild = asked.id(1);
    if (!state.where.has_guild(guild)) return unknown_guild();
    form_errors errors;
    const form_path where(errors, {});
    const std::int64_t type = where.number(asked.fields(), "type", 0, 16).value_or(0);
    if (type == 1 || type == 3 || (type >= 6 && type <= 12))
        where.at("type").wrong("BASE_TYPE_CHOICES", "Value must be one of (0, 2, 4, 5, 13, 14, 15, 16).");
    json::object fields = channel_fields(state, guild, asked.fields(), type, true, where);
    if (!errors.empty()) return refuse_form(errors, asked);
    if (state.where.channels(guild).size() >= 500) return refuse(400, 30013, "Maximum number of guild channels reached (500)");
    fields["type"] = type;
    return told(state.where.create_channel(guild, std::move(fields), asked.now), unknown_guild(), 201);
}

rest_answer channels_move(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    const json::array* list = asked.body.if_array();
    form_errors errors;
    const form_path where(errors, {});
    if (list == nullptr) where.wrong("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const json::object* one = (*list)[i].if_object();
        if (one == nullptr) {
            where.at(i).wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
        } else if (const auto id = where.at(i).id(*one, "id", true); id && state.where.guild_of_channel(*id) != asked.id(1)) {
            where.at(i).at("id").wrong("GUILD_CHANNEL_INVALID", "Unknown channel");
        }
    }
    if (!errors.empty()) return refuse_form(errors, asked);
    rest_answer answer = nothing();
    for (const json::value& one : *list) {
        const std::uint64_t id = parse_snowflake(std::string_view(one.at("id").as_string())).value_or(0);
        auto change = state.where.update_channel(id, chosen(one.as_object(), {"position", "parent_id"}));
        if (!change) continue;
        for (world_event& event : change->events) answer.events.push_back(std::move(event));
    }
    return answer;
}

rest_answer channel_get(rest_state& state, const rest_request& asked) {
    if (auto channel = state.where.channel(asked.id(1))) return {.body = *std::move(channel)};
    const auto recipient = state.direct_recipient(asked.id(1));
    return recipient ? rest_answer{.body = state.direct_channel_text(asked.id(1), *recipient)} : unknown_channel();
}

rest_answer channel_patch(rest_state& state, const rest_request& asked) {
    const auto guild = state.where.guild_of_channel(asked.id(1));
    if (!guild)
        return state.direct_recipient(asked.id(1)) ? refuse(403, 50003, "Cannot execute action on a DM channel")
                                                   : unknown_channel();
    if (state.where.is_thread(asked.id(1))) return patch_thread(state, asked);
    form_errors errors;
    const std::int64_t type = json::parse(*state.where.channel(asked.id(1))).at("type").as_int64();
    const json::object fields = channel_fields(state, *guild, asked.fields(), type, false, form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    return told(state.where.update_channel(asked.id(1), fields), unknown_channel());
}

rest_answer channel_delete(rest_state& state, const rest_request& asked) {
    // "Closing" a DM: it stays findable, and nobody hears of it.
    if (const auto recipient = state.direct_recipient(asked.id(1)); recipient && !state.where.guild_of_channel(asked.id(1)))
        return {.body = state.direct_channel_text(asked.id(1), *recipient)};
    state.threads.forget(asked.id(1));
    rest_answer answer = told(state.where.delete_channel(asked.id(1), asked.now), unknown_channel());
    if (answer.status == 200) {
        std::erase_if(state.webhooks, [&](const auto& one) { return one.second.channel == asked.id(1); });
        std::erase_if(state.invites, [&](const auto& one) { return one.second.channel == asked.id(1); });
    }
    return answer;
}

rest_answer overwrite_put(rest_state& state, const rest_request& asked) {
    const auto guild = state.where.guild_of_channel(asked.id(1));
    if (!guild || state.where.is_thread(asked.id(1))) return unknown_channel();
    form_errors errors;
    const json::object overwrite = overwrite_of(asked.fields(), form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    const bool of_role = overwrite.at("type") == 0;
    if (of_role ? !state.where.role(*guild, asked.id(3)) : !state.where.member(*guild, asked.id(3)))
        return refuse(404, 10009, "Unknown Overwrite");
    return told(state.where.set_overwrite(asked.id(1), asked.id(3), overwrite), unknown_channel(), 204);
}

rest_answer overwrite_delete(rest_state& state, const rest_request& asked) {
    if (!state.where.guild_of_channel(asked.id(1)) || state.where.is_thread(asked.id(1))) return unknown_channel();
    const json::object channel = json::parse(*state.where.channel(asked.id(1))).as_object();
    const bool there = std::ranges::any_of(channel.at("permission_overwrites").as_array(), [&](const json::value& one) {
        return one.at("id") == json::value(asked.segments[3]);
    });
    if (!there) return refuse(404, 10009, "Unknown Overwrite");
    return told(state.where.set_overwrite(asked.id(1), asked.id(3), std::nullopt), unknown_channel(), 204);
}

}  // namespace shoal::sim::route
