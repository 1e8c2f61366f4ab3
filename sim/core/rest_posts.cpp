#include "sim/core/rest_posts.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/json_text.hpp"
#include "sim/core/rest_writes.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

post_place seen_from(const stored_message& message) {
    // Ephemeral messages carry no guild_id and go to shard 0 [1.6]; they count as direct messages [2.9].
    return {.guild = message.ephemeral ? 0 : message.guild, .channel = message.channel, .ephemeral_for = 0};
}

world_event event_of(rest_state& state, const char* name, const stored_message& message) {
    json::object object = message.object;
    const post_place place = seen_from(message);
    if (place.guild != 0) {
        object["guild_id"] = std::to_string(place.guild);
        const auto author = parse_snowflake(std::string_view(object.at("author").at("id").as_string()));
        if (!object.contains("member") && author) {
            if (auto member = state.where.member_part(place.guild, *author, false)) object["member"] = json::parse(*member);
        }
    }
    return channel_event(state, name, place, intent::messages, intent::direct_messages, json::serialize(object));
}

}  // namespace

channel_of::channel_of(rest_state& state, const rest_request& asked) {
    place.channel = asked.id(1);
    if (const auto guild = state.where.guild_of_channel(place.channel)) {
        place.guild = *guild;
        if (!state.where.bot_sees_channel(place.channel)) refusal = missing_access();
    } else if (!state.direct_recipient(place.channel)) {
        refusal = unknown_channel();
    }
}

world_event channel_event(rest_state& state, const char* name, const post_place& place, std::uint64_t in_guild,
                          std::uint64_t in_dm, std::string text) {
    if (state.config.world.vary_json) text = vary(text, state.random);
    return {.name = name,
            .guild = place.guild,
            .intents = place.guild != 0 ? in_guild : in_dm,
            .data = std::make_shared<const std::string>(std::move(text)),
            .data_without_content = {}};
}

stored_message* find_message(rest_state& state, std::uint64_t channel, std::uint64_t id, instant now) {
    if (stored_message* known = state.messages.find(id)) return known->channel == channel && !known->ephemeral ? known : nullptr;
    auto object = read_message(state, channel, id, now);
    if (!object) return nullptr;
    return &state.messages.put(id, {.object = *std::move(object),
                                    .guild = state.where.guild_of_channel(channel).value_or(0),
                                    .channel = channel,
                                    .ephemeral = false,
                                    .ephemeral_reader = 0,
                                    .written = now});
}

std::optional<json::object> read_message(rest_state& state, std::uint64_t channel, std::uint64_t id, instant now) {
    if (const stored_message* known = state.messages.find(id))
        return known->channel == channel && !known->ephemeral ? std::optional(known->object) : std::nullopt;
    const auto text = state.where.message(channel, id, now);
    if (!text) return std::nullopt;
    json::object object = json::parse(*text).as_object();
    for (const char* key : {"guild_id", "member", "nonce"}) object.erase(key);  // of the event, not of the message
    return object;
}

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
    stored_message& stored = state.messages.put(id, {.object = std::move(message),
                                                     .guild = place.guild,
                                                     .channel = place.channel,
                                                     .ephemeral = place.ephemeral_for != 0,
                                                     .ephemeral_reader = place.ephemeral_for,
                                                     .written = now});
    if (!stored.ephemeral) {
        state.wake_thread(place.channel, now, answer);
        state.where.note_message(place.channel, id);
    }
    answer.events.push_back(event_of(state, "MESSAGE_CREATE", stored));
    return stored;
}

void tell_update(rest_state& state, stored_message& message, instant now, rest_answer& answer, bool edited) {
    if (edited) message.object["edited_timestamp"] = state.time_text(now);
    answer.events.push_back(event_of(state, "MESSAGE_UPDATE", message));
}

void tell_delete(rest_state& state, std::uint64_t id, rest_answer& answer) {
    const stored_message* message = state.messages.find(id);
    if (message == nullptr) return;
    const post_place place = seen_from(*message);
    json_text out;
    out.open('{').id("id", id).id("channel_id", place.channel);
    if (place.guild != 0) out.id("guild_id", place.guild);
    out.close('}');
    answer.events.push_back(channel_event(state, "MESSAGE_DELETE", place, intent::messages, intent::direct_messages, out.take()));
    state.where.forget_message(place.channel, id);
    state.messages.erase(id);
}

void post_system_message(rest_state& state, const post_place& place, int type, json::object more, instant now,
                         rest_answer& answer) {
    const std::uint64_t id = state.fresh_id(now);
    json::object message = blank_message(state, id, place, now);
    message["type"] = type;
    for (const auto& field : more) message[field.key()] = field.value();
    post_message(state, id, std::move(message), place, now, answer);
}

}  // namespace shoal::sim
