// Messages of channels: sending, reading, editing, deleting, and typing.

#include <boost/json/serialize.hpp>

#include "sim/core/json_text.hpp"
#include "sim/core/message_rules.hpp"
#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_posts.hpp"
#include "sim/core/rest_writes.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

std::string nonce_of(const json::object& body, const form_path& where) {
    const json::value* value = body.if_contains("nonce");
    if (value == nullptr || value->is_null()) return {};
    std::string nonce = value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
    if (nonce.size() > 25) where.at("nonce").wrong("NONCE_TYPE_TOO_LONG", "Nonce is too long");
    return nonce;
}

bool by_bot(const rest_state& state, const stored_message& message) {
    return message.object.at("author").at("id") == json::value(std::to_string(state.where.bot_user_id()));
}

}  // namespace

rest_answer message_post(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const json::object& body = asked.fields();
    form_errors errors;
    const form_path where(errors, {});
    const bool filled = check_message(body, true, asked.files.size(), where);
    const std::string nonce = nonce_of(body, where);
    const reference_reading reference = read_reference(state, body, channel.place, asked.now, where);
    if (!errors.empty()) return refuse_form(errors, asked);
    if (!filled) return refuse(400, 50006, "Cannot send an empty message");
    if (state.thread_is_locked(channel.place.channel)) return refuse(400, 50083, "Thread is archived");
    const json::value* enforce = body.if_contains("enforce_nonce");
    const bool enforced = enforce != nullptr && *enforce == true && !nonce.empty();
    if (enforced) {
        const auto known = state.messages.by_nonce(nonce, asked.now);
        if (const stored_message* first = known ? state.messages.find(*known) : nullptr)
            return {.body = json::serialize(first->object)};
    }
    const std::uint64_t id = state.fresh_id(asked.now);
    json::object made = blank_message(state, id, channel.place, asked.now);
    compose(state, made, body, asked.files, channel.place, asked.now, reference);
    rest_answer answer;
    answer.body = json::serialize(post_message(state, id, std::move(made), channel.place, asked.now, answer).object);
    if (enforced) state.messages.remember_nonce(nonce, id, asked.now);
    return answer;
}

rest_answer message_list(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    std::set<std::uint64_t> ids = state.messages.of(channel.place.channel);
    for (const std::uint64_t id : state.where.messages_of(channel.place.channel)) ids.insert(id);
    const std::uint32_t limit = asked.number("limit", 50, 1, 100);
    // Newest first, below `before`; above `after` the nearest ones; half and half around.
    std::vector<std::uint64_t> page;
    const auto older_than = [&](std::uint64_t bound, std::size_t most) {
        for (auto one = ids.lower_bound(bound); one != ids.begin() && page.size() < most;) page.push_back(*--one);
    };
    const auto newer_than = [&](std::uint64_t bound, std::size_t most) {
        std::vector<std::uint64_t> list;
        for (auto one = ids.upper_bound(bound); one != ids.end() && list.size() < most; ++one) list.push_back(*one);
        page.assign(list.rbegin(), list.rend());
    };
    if (const std::uint64_t after = asked.query_id("after"); after != 0 || asked.word("after") == "0") {
        newer_than(after, limit);
    } else if (const std::uint64_t around = asked.query_id("around"); around != 0) {
        newer_than(around, limit / 2);
        older_than(around + 1, limit);
    } else {
        const std::uint64_t before = asked.query_id("before");
        older_than(before == 0 ? ~0ULL : before, limit);
    }
    json::array list;
    for (const std::uint64_t id : page) {
        if (auto one = read_message(state, channel.place.channel, id, asked.now)) list.push_back(*std::move(one));
    }
    return {.body = json::serialize(list)};
}

rest_answer message_get(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const auto message = read_message(state, channel.place.channel, asked.id(3), asked.now);
    return message ? rest_answer{.body = json::serialize(*message)} : unknown_message();
}

rest_answer message_patch(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    stored_message* message = find_message(state, channel.place.channel, asked.id(3), asked.now);
    if (message == nullptr) return unknown_message();
    if (!by_bot(state, *message)) return refuse(403, 50005, "Cannot edit a message authored by another user");
    form_errors errors;
    static_cast<void>(check_message(asked.fields(), false, asked.files.size(), form_path(errors, {})));
    if (!errors.empty()) return refuse_form(errors, asked);
    compose(state, message->object, asked.fields(), asked.files, channel.place, asked.now);
    rest_answer answer;
    tell_update(state, *message, asked.now, answer);
    answer.body = json::serialize(message->object);
    return answer;
}

rest_answer message_crosspost(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    stored_message* message = find_message(state, channel.place.channel, asked.id(3), asked.now);
    if (message == nullptr) return unknown_message();
    const std::int64_t flags = flags_of(message->object);
    if ((flags & 1) != 0) return refuse(400, 40033, "This message has already been crossposted");
    message->object["flags"] = flags | 1;
    rest_answer answer;
    tell_update(state, *message, asked.now, answer, false);
    answer.body = json::serialize(message->object);
    return answer;
}

rest_answer message_delete(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const stored_message* message = find_message(state, channel.place.channel, asked.id(3), asked.now);
    if (message == nullptr) return unknown_message();
    if (channel.place.guild == 0 && !by_bot(state, *message)) return refuse(403, 50003, "Cannot execute action on a DM channel");
    const auto author = parse_snowflake(std::string_view(message->object.at("author").at("id").as_string())).value_or(0);
    rest_answer answer = nothing();
    tell_delete(state, asked.id(3), answer);
    // Of its own messages a bot may do away with as it likes; the log knows those of others.
    if (channel.place.guild != 0 && author != state.where.bot_user_id())
        state.note_audit(asked, channel.place.guild, 72, author, answer);
    return answer;
}

rest_answer message_bulk_delete(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    if (channel.place.guild == 0) return refuse(403, 50003, "Cannot execute action on a DM channel");
    form_errors errors;
    const form_path whole(errors, {}), where = whole.at("messages");
    const json::array* ids = whole.list(asked.fields(), "messages", 100);
    std::set<std::uint64_t> wanted;
    if (ids == nullptr) {
        if (errors.empty()) where.required();
    } else if (ids->size() < 2) {
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
    if (!errors.empty()) return refuse_form(errors, asked);
    const std::int64_t oldest = state.where.unix_ms(asked.now) - discord_epoch_ms - 14LL * 86400 * 1000;
    for (const std::uint64_t id : wanted) {
        if (discord_ms_of(id) < oldest)
            return refuse(400, 50034, "You can only bulk delete messages that are under 14 days old.");
    }
    json_text out;
    out.open('{').key("ids").open('[');
    for (const std::uint64_t id : wanted) {
        out.id(id);
        state.where.forget_message(channel.place.channel, id);
        state.messages.erase(id);
    }
    out.close(']').id("channel_id", channel.place.channel).id("guild_id", channel.place.guild).close('}');
    rest_answer answer = nothing();
    answer.events.push_back(
        channel_event(state, "MESSAGE_DELETE_BULK", channel.place, intent::messages, intent::direct_messages, out.take()));
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
        channel_event(state, "TYPING_START", channel.place, intent::typing, intent::direct_typing, out.take()));
    return answer;
}

}  // namespace shoal::sim::route
