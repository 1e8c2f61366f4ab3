// What a body makes of a message beyond its own fields: mentions, uploads, polls, stickers, replies and forwards [4.2, 6.8].

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "sim/core/names.hpp"
#include "sim/core/rest_posts.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

/// Which mentions of a text ping: all of them, or what allowed_mentions lists.
struct pings {
    bool users = true, roles = true, everyone = true, replied = true;
    json::array only_users, only_roles;

    explicit pings(const json::object& body) {
        const json::value* allowed = body.if_contains("allowed_mentions");
        if (allowed == nullptr || !allowed->is_object()) return;
        const json::object& rules = allowed->get_object();
        const auto parses = [&rules](std::string_view kind) {
            const json::value* parse = rules.if_contains("parse");
            return parse != nullptr && parse->is_array() &&
                   std::ranges::find(parse->get_array(), json::value(kind)) != parse->get_array().end();
        };
        users = parses("users");
        roles = parses("roles");
        everyone = parses("everyone");
        replied = rules.contains("replied_user") && rules.at("replied_user") == true;
        for (const auto& [key, list] : {std::pair{"users", &only_users}, {"roles", &only_roles}}) {
            const json::value* ids = rules.if_contains(key);
            if (ids != nullptr && ids->is_array()) *list = ids->get_array();
        }
    }
    [[nodiscard]] static bool lists(const json::array& list, std::uint64_t id) {
        return std::ranges::find(list, json::value(std::to_string(id))) != list.end();
    }
};

/// Ids that a text names behind `mark`: "<@123>", "<@&123>".
std::vector<std::uint64_t> named_in(std::string_view text, std::string_view mark) {
    std::vector<std::uint64_t> ids;
    for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
        std::string_view rest = text.substr(at + mark.size());
        if (rest.starts_with('!')) rest.remove_prefix(1);
        const auto id = parse_snowflake(rest.substr(0, rest.find('>')));
        if (id && ids.size() < 100 && std::ranges::find(ids, *id) == ids.end()) ids.push_back(*id);
    }
    return ids;
}

void compose_mentions(const rest_state& state, json::object& message, const pings& who, const stored_message* replied) {
    const std::string text = words_of(message);
    json::array users, roles;
    std::vector<std::uint64_t> ids = named_in(text, "<@");
    std::erase_if(ids, [&](std::uint64_t id) { return !who.users && !pings::lists(who.only_users, id); });
    if (replied != nullptr && who.replied) {
        const auto author = parse_snowflake(std::string_view(replied->object.at("author").at("id").as_string()));
        if (author && std::ranges::find(ids, *author) == ids.end()) ids.push_back(*author);
    }
    for (const std::uint64_t id : ids) {
        if (const auto user = state.user_text(id)) users.push_back(json::parse(*user));
    }
    for (const std::uint64_t id : named_in(text, "<@&")) {
        if (who.roles || pings::lists(who.only_roles, id)) roles.push_back(json::value(std::to_string(id)));
    }
    message["mentions"] = std::move(users);
    message["mention_roles"] = std::move(roles);
    message["mention_everyone"] =
        who.everyone && (text.find("@everyone") != std::string::npos || text.find("@here") != std::string::npos);
}

json::object attachment_of(rest_state& state, const uploaded_file& file, const json::object* about, const post_place& place,
                           instant now) {
    const std::uint64_t id = state.fresh_id(now);
    std::string name = file.filename;
    if (about != nullptr) {
        if (const json::value* given = about->if_contains("filename"); given != nullptr && given->is_string())
            name = std::string(given->get_string());
    }
    std::ranges::replace(name, ' ', '_');
    const std::string where = fmt::format("attachments/{}/{}/{}", place.channel, id, name);
    json::object made{{"id", std::to_string(id)},
                      {"filename", name},
                      {"size", file.size_bytes},
                      {"url", fmt::format("https://cdn.discordapp.com/{}?ex=6a&is=69&hm={}&", where, image_hash(state.random))},
                      {"proxy_url", "https://media.discordapp.net/" + where}};
    if (!file.content_type.empty()) made["content_type"] = file.content_type;
    if (file.content_type.starts_with("image/")) made["width"] = made["height"] = 64;
    if (place.ephemeral_for != 0) made["ephemeral"] = true;
    const json::value* description = about == nullptr ? nullptr : about->if_contains("description");
    if (description != nullptr && description->is_string()) made["description"] = *description;
    return made;
}

/// The number in "files[3]"; forms without one count up.
std::size_t index_of(const uploaded_file& file, std::size_t otherwise) {
    const std::string_view field = file.field;
    if (!field.starts_with("files[") || field.size() != 8 || field[6] < '0' || field[6] > '9') return otherwise;
    return static_cast<std::size_t>(field[6] - '0');
}

void compose_attachments(rest_state& state, json::object& message, const json::object& body,
                         const std::vector<uploaded_file>& files, const post_place& place, instant now) {
    const json::value* listed = body.if_contains("attachments");
    json::array kept;
    const auto about = [&](const json::value& id) -> const json::object* {
        if (listed == nullptr || !listed->is_array()) return nullptr;
        for (const json::value& one : listed->get_array()) {
            const json::value* own = one.is_object() ? one.get_object().if_contains("id") : nullptr;
            if (own == nullptr) continue;
            if (*own == id ||
                (own->is_int64() && id.is_string() && std::to_string(own->get_int64()) == std::string_view(id.get_string())))
                return &one.get_object();
        }
        return nullptr;
    };
    for (const json::value& one : message.at("attachments").as_array()) {
        if (listed == nullptr || about(one.at("id")) != nullptr) kept.push_back(one);
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
        const json::value id(std::to_string(index_of(files[i], i)));
        kept.push_back(attachment_of(state, files[i], about(id), place, now));
    }
    message["attachments"] = std::move(kept);
}

void compose_poll(const rest_state& state, json::object& message, const json::object& body, instant now) {
    const json::value* asked = body.if_contains("poll");
    if (asked == nullptr || !asked->is_object() || message.contains("poll")) return;
    const json::object& poll = asked->get_object();
    json::array answers;
    for (const json::value& answer : poll.at("answers").as_array()) {
        answers.push_back(json::object{{"answer_id", answers.size() + 1}, {"poll_media", answer.at("poll_media")}});
    }
    const json::value* hours = poll.if_contains("duration");
    const auto lasts = std::chrono::hours(hours != nullptr && hours->is_int64() ? hours->get_int64() : 24);
    const json::value* several = poll.if_contains("allow_multiselect");
    message["poll"] = json::object{{"question", poll.at("question")},
                                   {"answers", std::move(answers)},
                                   {"expiry", state.time_text(now + lasts)},
                                   {"allow_multiselect", several != nullptr && *several == true},
                                   {"layout_type", 1},
                                   {"results", json::object{{"is_finalized", false}, {"answer_counts", json::array()}}}};
}

void compose_stickers(const rest_state& state, json::object& message, const json::object& body) {
    const json::value* ids = body.if_contains("sticker_ids");
    if (ids == nullptr || !ids->is_array() || ids->get_array().empty()) return;
    json::array items;
    for (const json::value& id : ids->get_array()) {
        const auto number = id.is_string() ? parse_snowflake(std::string_view(id.get_string())) : std::nullopt;
        const auto guild = number ? state.where.guild_of_thing(world::thing::sticker, *number) : std::nullopt;
        if (!guild) continue;
        const json::object sticker = json::parse(*state.where.thing_of(*guild, world::thing::sticker, *number)).as_object();
        items.push_back(json::object{{"id", id}, {"name", sticker.at("name")}, {"format_type", sticker.at("format_type")}});
    }
    message["sticker_items"] = std::move(items);
}

json::object snapshot_of(const json::object& message) {
    json::object kept;
    for (const char* key : {"content", "embeds", "attachments", "timestamp", "edited_timestamp", "flags", "type", "mentions",
                            "mention_roles", "components", "sticker_items"}) {
        if (const json::value* value = message.if_contains(key)) kept[key] = *value;
    }
    return {{"message", std::move(kept)}};
}

}  // namespace

reference_reading read_reference(rest_state& state, const json::object& body, const post_place& place, instant now,
                                 const form_path& where) {
    reference_reading read;
    const json::value* value = body.if_contains("message_reference");
    if (value == nullptr || !value->is_object()) return read;
    const json::object& reference = value->get_object();
    const form_path here = where.at("message_reference");
    const auto id = here.id(reference, "message_id", true);
    const std::uint64_t channel = here.id(reference, "channel_id").value_or(place.channel);
    read.forward = here.number(reference, "type", 0, 1).value_or(0) == 1;
    if (!id) return read;
    read.message = find_message(state, channel, *id, now);
    const json::value* strict = reference.if_contains("fail_if_not_exists");
    if (read.message == nullptr && (strict == nullptr || *strict != false))
        here.wrong(read.forward ? "MESSAGE_REFERENCE_UNKNOWN_MESSAGE" : "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
    return read;
}

void compose(rest_state& state, json::object& message, const json::object& body, const std::vector<uploaded_file>& files,
             const post_place& place, instant now, const reference_reading& reference) {
    apply_body(message, body);
    compose_attachments(state, message, body, files, place, now);
    compose_poll(state, message, body, now);
    compose_stickers(state, message, body);
    if (reference.message != nullptr) {
        const stored_message& first = *reference.message;
        json::object about{{"type", reference.forward ? 1 : 0},
                           {"message_id", first.object.at("id")},
                           {"channel_id", std::to_string(first.channel)}};
        if (first.guild != 0) about["guild_id"] = std::to_string(first.guild);
        message["message_reference"] = std::move(about);
        if (reference.forward) {
            message["message_snapshots"] = json::array{snapshot_of(first.object)};
        } else {
            message["type"] = 19;
            json::object shown = first.object;
            shown.erase("referenced_message");
            message["referenced_message"] = std::move(shown);
        }
    }
    compose_mentions(state, message, pings(body), reference.forward ? nullptr : reference.message);
}

}  // namespace shoal::sim
