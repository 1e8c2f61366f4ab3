#include "sim/core/rest_posts.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/json_text.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

/// The people whom a text names as <@id>.
json::array mentioned(const rest_state& state, const json::object& message) {
    json::array list;
    const std::string text = words_of(message);
    for (std::size_t at = text.find("<@"); at != std::string::npos; at = text.find("<@", at + 2)) {
        const std::size_t end = text.find('>', at);
        if (end == std::string::npos) break;
        const std::size_t digits = at + (text[at + 2] == '!' ? 3 : 2);
        const auto id = parse_snowflake(std::string_view(text).substr(digits, end - digits));
        if (!id || list.size() >= 100) continue;
        if (const auto user = state.user_text(*id)) list.push_back(json::parse(*user));
    }
    return list;
}

world_event event_of(rest_state& state, const char* name, const stored_message& message, json::object object) {
    // Ephemeral messages carry no guild_id and go to shard 0 [1.6]; they count as direct messages [2.9].
    const bool in_guild = message.guild != 0 && !message.ephemeral;
    if (in_guild) {
        object["guild_id"] = std::to_string(message.guild);
        if (auto member = state.where.member_part(message.guild, state.where.bot_user_id(), false))
            object["member"] = json::parse(*member);
    }
    std::string text = json::serialize(object);
    if (state.config.world.vary_json) text = vary(text, state.random);
    return {.name = name,
            .guild = in_guild ? message.guild : 0,
            .intents = in_guild ? intent::messages : intent::direct_messages,
            .data = std::make_shared<const std::string>(std::move(text)),
            .data_without_content = {}};
}

}  // namespace

json::object blank_message(rest_state& state, std::uint64_t id, const post_place& place, instant now) {
    json::object author = json::parse(state.where.bot_user_json()).as_object();
    for (const char* own : {"verified", "mfa_enabled", "flags", "email", "bio"}) author.erase(own);
    return {{"id", std::to_string(id)},
            {"channel_id", std::to_string(place.channel)},
            {"author", std::move(author)},
            {"content", ""},
            {"timestamp", state.time_text(now)},
            {"edited_timestamp", nullptr},
            {"tts", false},
            {"mention_everyone", false},
            {"mentions", json::array()},
            {"mention_roles", json::array()},
            {"attachments", json::array()},
            {"embeds", json::array()},
            {"components", json::array()},
            {"pinned", false},
            {"type", 0},
            {"flags", 0},
            {"channel_type", place.guild == 0 ? 1 : 0}};
}

stored_message& post_message(rest_state& state, std::uint64_t id, json::object message, const post_place& place, instant now,
                             rest_answer& answer) {
    message["mentions"] = mentioned(state, message);
    stored_message& stored = state.messages.put(id, {.object = std::move(message),
                                                     .guild = place.guild,
                                                     .channel = place.channel,
                                                     .ephemeral = place.ephemeral_for != 0,
                                                     .ephemeral_reader = place.ephemeral_for,
                                                     .written = now});
    answer.events.push_back(event_of(state, "MESSAGE_CREATE", stored, stored.object));
    return stored;
}

void tell_update(rest_state& state, stored_message& message, instant now, rest_answer& answer) {
    message.object["edited_timestamp"] = state.time_text(now);
    message.object["mentions"] = mentioned(state, message.object);
    answer.events.push_back(event_of(state, "MESSAGE_UPDATE", message, message.object));
}

void tell_delete(rest_state& state, std::uint64_t id, rest_answer& answer) {
    const stored_message* message = state.messages.find(id);
    if (message == nullptr) return;
    const bool in_guild = message->guild != 0 && !message->ephemeral;
    json_text out;
    out.open('{').id("id", id).id("channel_id", message->channel);
    if (in_guild) out.id("guild_id", message->guild);
    out.close('}');
    answer.events.push_back({.name = "MESSAGE_DELETE",
                             .guild = in_guild ? message->guild : 0,
                             .intents = in_guild ? intent::messages : intent::direct_messages,
                             .data = std::make_shared<const std::string>(out.take()),
                             .data_without_content = {}});
    state.messages.erase(id);
}

}  // namespace shoal::sim
