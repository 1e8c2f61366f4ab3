// Reactions to messages; all their routes share one bucket [4.16].

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/json_text.hpp"
#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_posts.hpp"
#include "sim/core/rest_writes.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

/// The emoji of a path: "name:id" of a guild's, or a unicode one.
struct emoji_of {
    std::string key;  ///< Custom ones by id, so that a renamed one stays itself.
    json::object object;
    bool known = false;

    emoji_of(const rest_state& state, const std::string& text) {
        if (!is_utf8(text)) return;
        const std::size_t colon = text.rfind(':');
        const auto id = colon == std::string::npos ? std::nullopt : parse_snowflake(std::string_view(text).substr(colon + 1));
        if (id) {
            const auto guild = state.where.guild_of_thing(world::thing::emoji, *id);
            if (!guild) return;
            const json::object emoji = json::parse(*state.where.thing_of(*guild, world::thing::emoji, *id)).as_object();
            key = std::to_string(*id);
            object = {{"id", key}, {"name", emoji.at("name")}, {"animated", emoji.at("animated")}};
            known = true;
            return;
        }
        // No letters and no colon: ":smile:" and "smile" name no emoji.
        known = std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80U; });
        key = text;
        object = {{"id", nullptr}, {"name", text}};
    }
};

/// What a reaction's route is about, or why it cannot be.
struct target {
    channel_of channel;
    stored_message* message = nullptr;
    std::optional<rest_answer> refusal;

    target(rest_state& state, const rest_request& asked) : channel(state, asked), refusal(channel.refusal) {
        if (refusal) return;
        message = find_message(state, channel.place.channel, asked.id(3), asked.now);
        if (message == nullptr) refusal = unknown_message();
    }
};

/// Writes the message's list of reactions anew from who reacted.
void show(const rest_state& state, stored_message& message, const emoji_of* added) {
    json::array list;
    const json::value* before = message.object.if_contains("reactions");
    const auto object_of = [&](const std::string& key) -> json::value {
        if (added != nullptr && added->key == key) return added->object;
        for (const json::value& one : before->as_array()) {
            const json::object& emoji = one.at("emoji").as_object();
            if (emoji.at("id") == json::value(key) || (emoji.at("id").is_null() && emoji.at("name") == json::value(key)))
                return emoji;
        }
        return json::object{{"id", nullptr}, {"name", key}};
    };
    for (const auto& [key, users] : message.reactors) {
        const bool me = std::ranges::find(users, state.where.bot_user_id()) != users.end();
        list.push_back(json::object{{"emoji", object_of(key)},
                                    {"count", users.size()},
                                    {"count_details", json::object{{"normal", users.size()}, {"burst", 0}}},
                                    {"burst_colors", json::array()},
                                    {"me", me},
                                    {"me_burst", false},
                                    {"burst_me", false},
                                    {"burst_count", 0}});
    }
    if (list.empty()) {
        message.object.erase("reactions");
    } else {
        message.object["reactions"] = std::move(list);
    }
}

json::object ids_of(const target& on, const rest_request& asked) {
    json::object out{{"channel_id", std::to_string(on.channel.place.channel)}, {"message_id", std::to_string(asked.id(3))}};
    if (on.channel.place.guild != 0) out["guild_id"] = std::to_string(on.channel.place.guild);
    return out;
}

world_event tell(rest_state& state, const char* name, const target& on, const json::object& told) {
    return channel_event(state, name, on.channel.place, intent::reactions, intent::direct_reactions, json::serialize(told));
}

}  // namespace

rest_answer reaction_put(rest_state& state, const rest_request& asked) {
    const target on(state, asked);
    if (on.refusal) return *on.refusal;
    const emoji_of emoji(state, asked.segments[5]);
    if (!emoji.known) return refuse(400, 10014, "Unknown Emoji");
    const std::uint64_t me = state.where.bot_user_id();
    if (!on.message->reactors.contains(emoji.key) && on.message->reactors.size() >= 20)
        return refuse(400, 30010, "Maximum number of reactions reached (20)");
    auto& users = on.message->reactors[emoji.key];
    if (std::ranges::find(users, me) != users.end()) return nothing();
    users.push_back(me);
    show(state, *on.message, &emoji);
    json::object told = ids_of(on, asked);
    told["user_id"] = std::to_string(me);
    told["emoji"] = emoji.object;
    told["message_author_id"] = on.message->object.at("author").at("id");
    told["type"] = 0;
    told["burst"] = false;
    if (on.channel.place.guild != 0) told["member"] = json::parse(*state.where.member(on.channel.place.guild, me));
    rest_answer answer = nothing();
    answer.events.push_back(tell(state, "MESSAGE_REACTION_ADD", on, told));
    return answer;
}

rest_answer reaction_delete(rest_state& state, const rest_request& asked) {
    const target on(state, asked);
    if (on.refusal) return *on.refusal;
    const emoji_of emoji(state, asked.segments[5]);
    if (!emoji.known) return refuse(400, 10014, "Unknown Emoji");
    const std::uint64_t user = asked.segments[6] == "@me" ? state.where.bot_user_id() : asked.id(6);
    if (user == 0) return unknown_user();
    const auto users = on.message->reactors.find(emoji.key);
    // Taking away what is not there is no error, and nobody hears of it.
    if (users == on.message->reactors.end() || std::erase(users->second, user) == 0) return nothing();
    if (users->second.empty()) on.message->reactors.erase(users);
    show(state, *on.message, nullptr);
    json::object told = ids_of(on, asked);
    told["user_id"] = std::to_string(user);
    told["emoji"] = emoji.object;
    told["type"] = 0;
    told["burst"] = false;
    rest_answer answer = nothing();
    answer.events.push_back(tell(state, "MESSAGE_REACTION_REMOVE", on, told));
    return answer;
}

rest_answer reactions_list(rest_state& state, const rest_request& asked) {
    const target on(state, asked);
    if (on.refusal) return *on.refusal;
    const emoji_of emoji(state, asked.segments[5]);
    if (!emoji.known) return refuse(400, 10014, "Unknown Emoji");
    std::vector<std::string> page;
    const std::uint64_t after = asked.query_id("after");
    const std::uint32_t limit = asked.number("limit", 25, 1, 100);
    if (const auto users = on.message->reactors.find(emoji.key); users != on.message->reactors.end()) {
        std::vector<std::uint64_t> sorted = users->second;
        std::ranges::sort(sorted);
        for (const std::uint64_t user : sorted) {
            const auto text = user > after && page.size() < limit ? state.user_text(user) : std::nullopt;
            if (text) page.push_back(*text);
        }
    }
    return {.body = joined(page)};
}

rest_answer reactions_delete_all(rest_state& state, const rest_request& asked) {
    const target on(state, asked);
    if (on.refusal) return *on.refusal;
    on.message->reactors.clear();
    show(state, *on.message, nullptr);
    rest_answer answer = nothing();
    answer.events.push_back(tell(state, "MESSAGE_REACTION_REMOVE_ALL", on, ids_of(on, asked)));
    return answer;
}

rest_answer reactions_delete_emoji(rest_state& state, const rest_request& asked) {
    const target on(state, asked);
    if (on.refusal) return *on.refusal;
    const emoji_of emoji(state, asked.segments[5]);
    if (!emoji.known) return refuse(400, 10014, "Unknown Emoji");
    on.message->reactors.erase(emoji.key);
    show(state, *on.message, nullptr);
    json::object told = ids_of(on, asked);
    told["emoji"] = emoji.object;
    rest_answer answer = nothing();
    answer.events.push_back(tell(state, "MESSAGE_REACTION_REMOVE_EMOJI", on, told));
    return answer;
}

}  // namespace shoal::sim::route
