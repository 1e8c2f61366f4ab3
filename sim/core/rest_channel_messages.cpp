// Messages, typing and reactions in channels.

#include <boost/json/serialize.hpp>

#include "sim/core/json_text.hpp"
#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_posts.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

/// The channel that the path names: a guild's or a DM's; or why it cannot be used.
struct channel_of {
    post_place place;
    std::optional<rest_answer> refusal;

    channel_of(rest_state& state, const rest_request& asked) {
        place.channel = asked.id(1);
        if (const auto guild = state.where.guild_of_channel(place.channel)) {
            place.guild = *guild;
            if (!state.where.bot_sees_channel(place.channel)) refusal = refuse(403, 50001, "Missing Access");
        } else if (!state.direct_recipient(place.channel)) {
            refusal = refuse(404, 10003, "Unknown Channel");
        }
    }
};

stored_message* message_in(rest_state& state, const rest_request& asked, const post_place& place) {
    stored_message* message = state.messages.find(asked.id(3));
    return message != nullptr && message->channel == place.channel && !message->ephemeral ? message : nullptr;
}

world_event event(const rest_state& state, const char* name, const post_place& place, std::uint64_t in_guild, std::uint64_t in_dm,
                  std::string text, random_source& random) {
    if (state.config.world.vary_json) text = vary(text, random);
    return {.name = name,
            .guild = place.guild,
            .intents = place.guild != 0 ? in_guild : in_dm,
            .data = std::make_shared<const std::string>(std::move(text)),
            .data_without_content = {}};
}

/// "name:id" of a guild's emoji, or a unicode one.
void write_emoji(json_text& out, std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const auto id = colon == std::string_view::npos ? std::nullopt : parse_snowflake(text.substr(colon + 1));
    out.key("emoji").open('{').field("name", id ? text.substr(0, colon) : text).id_or_null("id", id.value_or(0)).close('}');
}

}  // namespace

rest_answer message_post(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const json::object& body = asked.fields();
    form_errors errors;
    const bool filled = check_message(body, true, form_path(errors, {}));
    const json::value* nonce_value = body.if_contains("nonce");
    std::string nonce;
    if (nonce_value != nullptr && !nonce_value->is_null()) {
        nonce = nonce_value->is_string() ? std::string(nonce_value->get_string()) : json::serialize(*nonce_value);
        if (nonce.size() > 25) form_path(errors, {}).at("nonce").wrong("NONCE_TYPE_TOO_LONG", "Nonce is too long");
    }
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    if (!filled) return refuse(400, 50006, "Cannot send an empty message");
    const json::value* enforce = body.if_contains("enforce_nonce");
    const bool enforced = enforce != nullptr && *enforce == true && !nonce.empty();
    if (enforced) {
        const auto known = state.messages.by_nonce(nonce, asked.now);
        if (const stored_message* first = known ? state.messages.find(*known) : nullptr)
            return {.body = json::serialize(first->object)};
    }
    const std::uint64_t id = state.fresh_id(asked.now);
    json::object made = blank_message(state, id, channel.place, asked.now);
    apply_body(made, body);
    rest_answer answer;
    answer.body = json::serialize(post_message(state, id, std::move(made), channel.place, asked.now, answer).object);
    if (enforced) state.messages.remember_nonce(nonce, id, asked.now);
    return answer;
}

rest_answer message_list(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    json::array list;
    for (const stored_message* one : state.messages.newest(channel.place.channel, asked.number("limit", 50, 1, 100))) {
        list.push_back(one->object);
    }
    return {.body = json::serialize(list)};
}

rest_answer message_get(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const stored_message* message = message_in(state, asked, channel.place);
    if (message == nullptr) return refuse(404, 10008, "Unknown Message");
    return {.body = json::serialize(message->object)};
}

rest_answer message_patch(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    stored_message* message = message_in(state, asked, channel.place);
    if (message == nullptr) return refuse(404, 10008, "Unknown Message");
    form_errors errors;
    static_cast<void>(check_message(asked.fields(), false, form_path(errors, {})));
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    apply_body(message->object, asked.fields());
    rest_answer answer;
    tell_update(state, *message, asked.now, answer);
    answer.body = json::serialize(message->object);
    return answer;
}

rest_answer message_delete(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    if (message_in(state, asked, channel.place) == nullptr) return refuse(404, 10008, "Unknown Message");
    rest_answer answer = nothing();
    tell_delete(state, asked.id(3), answer);
    return answer;
}

rest_answer message_bulk_delete(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const json::value* value = asked.fields().if_contains("messages");
    const json::array* ids = value == nullptr ? nullptr : value->if_array();
    form_errors errors;
    const form_path where(errors, {"messages"});
    std::set<std::uint64_t> wanted;
    if (ids == nullptr) {
        where.required();
    } else if (ids->size() < 2 || ids->size() > 100) {
        where.wrong("BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length.");
    } else {
        for (const json::value& id : *ids) {
            const auto number = id.is_string() ? parse_snowflake(std::string_view(id.get_string())) : std::nullopt;
            if (!number || !wanted.insert(*number).second) {
                where.wrong("BASE_TYPE_DUPLICATE", "Ids must be snowflakes without duplicates.");
                break;
            }
        }
    }
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    const std::int64_t oldest = state.where.unix_ms(asked.now) - discord_epoch_ms - 14LL * 86400 * 1000;
    for (const std::uint64_t id : wanted) {
        if (discord_ms_of(id) < oldest)
            return refuse(400, 50034, "You can only bulk delete messages that are under 14 days old.");
    }
    json_text out;
    out.open('{').key("ids").open('[');
    for (const std::uint64_t id : wanted) {
        out.id(id);
        state.messages.erase(id);
    }
    out.close(']').id("channel_id", channel.place.channel).id("guild_id", channel.place.guild).close('}');
    rest_answer answer = nothing();
    answer.events.push_back(
        event(state, "MESSAGE_DELETE_BULK", channel.place, intent::messages, intent::direct_messages, out.take(), state.random));
    return answer;
}

rest_answer typing(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    json_text out;
    out.open('{').id("channel_id", channel.place.channel).id("user_id", state.where.bot_user_id());
    out.field("timestamp", state.where.unix_ms(asked.now) / 1000);
    if (channel.place.guild != 0) {
        out.id("guild_id", channel.place.guild)
            .raw("member", *state.where.member(channel.place.guild, state.where.bot_user_id()));
    }
    out.close('}');
    rest_answer answer = nothing();
    answer.events.push_back(
        event(state, "TYPING_START", channel.place, intent::typing, intent::direct_typing, out.take(), state.random));
    return answer;
}

rest_answer reaction_put(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    if (!is_utf8(asked.segments[5])) return refuse(400, 10014, "Unknown Emoji");
    json_text out;
    out.open('{').id("user_id", state.where.bot_user_id()).id("message_id", asked.id(3)).id("channel_id", channel.place.channel);
    if (channel.place.guild != 0) {
        out.id("guild_id", channel.place.guild)
            .raw("member", *state.where.member(channel.place.guild, state.where.bot_user_id()));
    }
    write_emoji(out, asked.segments[5]);
    out.field("type", 0).field("burst", false).close('}');
    rest_answer answer = nothing();
    answer.events.push_back(event(state, "MESSAGE_REACTION_ADD", channel.place, intent::reactions, intent::direct_reactions,
                                  out.take(), state.random));
    return answer;
}

rest_answer reaction_delete(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    if (!is_utf8(asked.segments[5])) return refuse(400, 10014, "Unknown Emoji");
    const std::uint64_t user = asked.segments[6] == "@me" ? state.where.bot_user_id() : asked.id(6);
    if (user == 0) return refuse(404, 10013, "Unknown User");
    json_text out;
    out.open('{').id("user_id", user).id("message_id", asked.id(3)).id("channel_id", channel.place.channel);
    if (channel.place.guild != 0) out.id("guild_id", channel.place.guild);
    write_emoji(out, asked.segments[5]);
    out.field("type", 0).field("burst", false).close('}');
    rest_answer answer = nothing();
    answer.events.push_back(event(state, "MESSAGE_REACTION_REMOVE", channel.place, intent::reactions, intent::direct_reactions,
                                  out.take(), state.random));
    return answer;
}

rest_answer reactions_delete_all(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const bool one_emoji = asked.segments.size() > 5;
    if (one_emoji && !is_utf8(asked.segments[5])) return refuse(400, 10014, "Unknown Emoji");
    json_text out;
    out.open('{').id("message_id", asked.id(3)).id("channel_id", channel.place.channel);
    if (channel.place.guild != 0) out.id("guild_id", channel.place.guild);
    if (one_emoji) write_emoji(out, asked.segments[5]);
    out.close('}');
    rest_answer answer = nothing();
    answer.events.push_back(event(state, one_emoji ? "MESSAGE_REACTION_REMOVE_EMOJI" : "MESSAGE_REACTION_REMOVE_ALL",
                                  channel.place, intent::reactions, intent::direct_reactions, out.take(), state.random));
    return answer;
}

}  // namespace shoal::sim::route
