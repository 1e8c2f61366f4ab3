// Emojis of guilds and of the application, and stickers [6.7, 6.8.2].

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

using thing = world::thing;

rest_answer unknown_emoji() { return refuse(404, 10014, "Unknown Emoji"); }
rest_answer unknown_sticker() { return refuse(404, 10060, "Unknown Sticker"); }

void check_emoji_name(const json::object& body, bool needed, const form_path& where) {
    const json::string* name = where.text(body, "name", 2, 32, needed);
    if (name == nullptr) return;
    const bool fits = std::ranges::all_of(
        *name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
    if (!fits) where.at("name").wrong("STRING_TYPE_REGEX", "String value did not match validation regex.");
}

/// An image as data: "data:image/png;base64,...". Animated ones are GIFs.
std::optional<bool> animated_image(const json::object& body, const form_path& where) {
    const json::string* image = where.text(body, "image", 1, 1'000'000, true);
    if (image == nullptr) return std::nullopt;
    if (!std::string_view(*image).starts_with("data:image/")) {
        where.at("image").wrong("IMAGE_INVALID", "Invalid image data");
        return std::nullopt;
    }
    return std::string_view(*image).starts_with("data:image/gif");
}

/// Slots by boost tier [6.7].
std::size_t slots_of(const rest_state& state, std::uint64_t guild, std::initializer_list<std::size_t> by_tier) {
    const auto tier = json::parse(*state.where.guild(guild)).at("premium_tier").as_int64();
    return *(by_tier.begin() + std::clamp<std::int64_t>(tier, 0, 3));
}

json::object fresh_emoji(const json::object& body, bool animated) {
    json::object fields = chosen(body, {"name", "roles"});
    if (!fields.contains("roles")) fields["roles"] = json::array();
    fields["animated"] = animated;
    fields["managed"] = false;
    fields["available"] = true;
    return fields;
}

}  // namespace

rest_answer emojis_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    return {.body = joined(state.where.things(asked.id(1), thing::emoji))};
}

rest_answer emoji_get(rest_state& state, const rest_request& asked) {
    auto emoji = state.where.thing_of(asked.id(1), thing::emoji, asked.id(3));
    return emoji ? rest_answer{.body = *std::move(emoji)} : unknown_emoji();
}

rest_answer emoji_post(rest_state& state, const rest_request& asked) {
    const std::uint64_t guild = asked.id(1);
    if (!state.where.has_guild(guild)) return unknown_guild();
    form_errors errors;
    const form_path where(errors, {});
    check_emoji_name(asked.fields(), true, where);
    const auto animated = animated_image(asked.fields(), where);
    if (!errors.empty()) return refuse_form(errors, asked);
    std::size_t alike = 0;
    for (const std::string& one : state.where.things(guild, thing::emoji)) alike += json::parse(one).at("animated") == *animated;
    if (alike >= slots_of(state, guild, {50, 100, 150, 250})) {
        return *animated ? refuse(400, 30018, "Maximum number of animated emojis reached")
                         : refuse(400, 30008, "Maximum number of emojis reached");
    }
    json::object fields = fresh_emoji(asked.fields(), *animated);
    fields["user"] = json::parse(state.where.bot_user_json());
    return told(state.where.create_thing(guild, thing::emoji, fields, asked.now), unknown_guild(), 201);
}

rest_answer emoji_patch(rest_state& state, const rest_request& asked) {
    form_errors errors;
    check_emoji_name(asked.fields(), false, form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    return told(state.where.update_thing(asked.id(1), thing::emoji, asked.id(3), chosen(asked.fields(), {"name", "roles"})),
                unknown_emoji());
}

rest_answer emoji_delete(rest_state& state, const rest_request& asked) {
    return told(state.where.delete_thing(asked.id(1), thing::emoji, asked.id(3)), unknown_emoji(), 204);
}

// ---- the application's own emojis; no event tells of them ------------------------------------------------------------------

rest_answer app_emojis_list(rest_state& state, const rest_request& asked) {
    if (asked.id(1) != state.config.application_id) return missing_access();
    json::array items;
    for (const auto& [id, emoji] : state.app_emojis) items.push_back(emoji);
    return {.body = json::serialize(json::object{{"items", std::move(items)}})};
}

rest_answer app_emoji_get(rest_state& state, const rest_request& asked) {
    const auto found = state.app_emojis.find(asked.id(3));
    return found == state.app_emojis.end() ? unknown_emoji() : rest_answer{.body = json::serialize(found->second)};
}

rest_answer app_emoji_post(rest_state& state, const rest_request& asked) {
    if (asked.id(1) != state.config.application_id) return missing_access();
    form_errors errors;
    const form_path where(errors, {});
    check_emoji_name(asked.fields(), true, where);
    const auto animated = animated_image(asked.fields(), where);
    if (!errors.empty()) return refuse_form(errors, asked);
    if (state.app_emojis.size() >= 2000) return refuse(400, 30008, "Maximum number of emojis reached (2000)");
    const std::uint64_t id = state.fresh_id(asked.now);
    json::object emoji = fresh_emoji(asked.fields(), *animated);
    emoji["id"] = std::to_string(id);
    emoji["require_colons"] = true;
    emoji["user"] = json::parse(state.where.bot_user_json());
    rest_answer answer{.status = 201, .body = json::serialize(emoji)};
    state.app_emojis[id] = std::move(emoji);
    return answer;
}

rest_answer app_emoji_patch(rest_state& state, const rest_request& asked) {
    const auto found = state.app_emojis.find(asked.id(3));
    if (found == state.app_emojis.end()) return unknown_emoji();
    form_errors errors;
    check_emoji_name(asked.fields(), true, form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    found->second["name"] = asked.fields().at("name");
    return {.body = json::serialize(found->second)};
}

rest_answer app_emoji_delete(rest_state& state, const rest_request& asked) {
    return state.app_emojis.erase(asked.id(3)) > 0 ? nothing() : unknown_emoji();
}

// ---- stickers ------------------------------------------------------------------------------------------------------------

rest_answer stickers_list(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    return {.body = joined(state.where.things(asked.id(1), thing::sticker))};
}

rest_answer sticker_get(rest_state& state, const rest_request& asked) {
    auto sticker = state.where.thing_of(asked.id(1), thing::sticker, asked.id(3));
    return sticker ? rest_answer{.body = *std::move(sticker)} : unknown_sticker();
}

rest_answer any_sticker(rest_state& state, const rest_request& asked) {
    const auto guild = state.where.guild_of_thing(thing::sticker, asked.id(1));
    if (!guild) return unknown_sticker();
    return {.body = *state.where.thing_of(*guild, thing::sticker, asked.id(1))};
}

rest_answer sticker_post(rest_state& state, const rest_request& asked) {
    const std::uint64_t guild = asked.id(1);
    if (!state.where.has_guild(guild)) return unknown_guild();
    form_errors errors;
    const form_path where(errors, {});
    where.text(asked.fields(), "name", 2, 30, true);
    where.text(asked.fields(), "tags", 1, 200, true);
    where.text(asked.fields(), "description", 0, 100, false);
    if (asked.files.empty()) where.at("file").required();
    if (!errors.empty()) return refuse_form(errors, asked);
    if (asked.files[0].size_bytes > 512U * 1024U)
        return refuse(400, 50138, "Failed to resize asset below the maximum size: 524288");
    if (state.where.things(guild, thing::sticker).size() >= slots_of(state, guild, {5, 15, 30, 60}))
        return refuse(400, 30039, "Maximum number of stickers reached");
    json::object fields = chosen(asked.fields(), {"name", "tags", "description"});
    const std::string_view type = asked.files[0].content_type;
    fields["format_type"] = type == "image/gif" ? 4 : type == "application/json" ? 3 : 1;
    fields["user"] = json::parse(state.where.bot_user_json());
    return told(state.where.create_thing(guild, thing::sticker, fields, asked.now), unknown_guild(), 201);
}

rest_answer sticker_patch(rest_state& state, const rest_request& asked) {
    form_errors errors;
    const form_path where(errors, {});
    where.text(asked.fields(), "name", 2, 30, false);
    where.text(asked.fields(), "tags", 1, 200, false);
    where.text(asked.fields(), "description", 0, 100, false);
    if (!errors.empty()) return refuse_form(errors, asked);
    return told(state.where.update_thing(asked.id(1), thing::sticker, asked.id(3),
                                         chosen(asked.fields(), {"name", "tags", "description"})),
                unknown_sticker());
}

rest_answer sticker_delete(rest_state& state, const rest_request& asked) {
    return told(state.where.delete_thing(asked.id(1), thing::sticker, asked.id(3)), unknown_sticker(), 204);
}

}  // namespace shoal::sim::route
