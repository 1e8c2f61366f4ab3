// Threads: made from messages or without, in text channels and forums; who is in them; how they sleep and wake [#46].

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/message_rules.hpp"
#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_posts.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

std::optional<json::object> thread_object(const rest_state& state, std::uint64_t channel) {
    if (!state.where.is_thread(channel)) return std::nullopt;
    return json::parse(*state.where.channel(channel)).as_object();
}

}  // namespace

void rest_state::wake_thread(std::uint64_t channel, instant now, rest_answer& answer) {
    const auto thread = thread_object(*this, channel);
    if (!thread) return;
    const json::value& metadata = thread->at("thread_metadata");
    if (metadata.at("archived") == true) {
        if (auto change = where.update_thread(channel, {{"archived", false}}, now))
            for (world_event& event : change->events) answer.events.push_back(std::move(event));
    }
    threads.set(channel, now + config.auto_archive_minute * metadata.at("auto_archive_duration").as_int64());
}

bool rest_state::thread_is_locked(std::uint64_t channel) const {
    const auto thread = thread_object(*this, channel);
    return thread && thread->at("thread_metadata").at("locked") == true && thread->at("thread_metadata").at("archived") == true;
}

void rest_state::archive_idle_threads(instant now) {
    for (const std::uint64_t thread : threads.take_due(now)) {
        const auto object = thread_object(*this, thread);
        if (!object || object->at("thread_metadata").at("archived") == true) continue;
        if (auto change = where.update_thread(thread, {{"archived", true}}, now))
            for (world_event& event : change->events) context.publish(std::move(event), now);
    }
}

namespace route {
namespace {

constexpr std::int64_t archive_durations[] = {60, 1440, 4320, 10080};
constexpr std::int64_t announcement_thread = 10, public_thread = 11, private_thread = 12;

/// The fields of a new thread that a body may set.
json::object thread_fields(const json::object& body, const form_path& where) {
    where.text(body, "name", 1, 100, true);
    const auto minutes = where.number(body, "auto_archive_duration", 0, 1'000'000);
    if (minutes && std::ranges::find(archive_durations, *minutes) == std::end(archive_durations))
        where.at("auto_archive_duration").wrong("BASE_TYPE_CHOICES", "Value must be one of (60, 1440, 4320, 10080).");
    where.number(body, "rate_limit_per_user", 0, 21600);
    where.list(body, "applied_tags", 5);
    return chosen(body, {"name", "auto_archive_duration", "rate_limit_per_user", "applied_tags", "invitable"});
}

std::int64_t type_of_channel(const rest_state& state, std::uint64_t channel) {
    return json::parse(*state.where.channel(channel)).at("type").as_int64();
}

bool takes_threads(std::int64_t type) { return type == 0 || type == 5 || type == 15 || type == 16; }

/// A thread of the path, or why there is none.
struct thread_of {
    channel_of channel;
    std::optional<rest_answer> refusal;

    thread_of(rest_state& state, const rest_request& asked) : channel(state, asked), refusal(channel.refusal) {
        if (!refusal && !state.where.is_thread(channel.place.channel)) refusal = unknown_channel();
    }
};

rest_answer made(rest_state& state, const rest_request& asked, std::optional<world_change> change, std::uint64_t& id) {
    rest_answer answer = told(std::move(change), unknown_channel(), 201);
    if (answer.status == 201) {
        id = parse_snowflake(std::string_view(json::parse(answer.body).at("id").as_string())).value_or(0);
        state.wake_thread(id, asked.now, answer);
    }
    return answer;
}

}  // namespace

rest_answer thread_from_message(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    stored_message* message = find_message(state, channel.place.channel, asked.id(3), asked.now);
    if (message == nullptr) return unknown_message();
    const std::int64_t type = channel.place.guild == 0 ? 1 : type_of_channel(state, channel.place.channel);
    if (type != 0 && type != 5) return refuse(400, 50024, "Cannot execute action on this channel type");
    if ((flags_of(message->object) & message_flag::has_thread) != 0)
        return refuse(400, 160004, "A thread has already been created for this message");
    form_errors errors;
    json::object fields = thread_fields(asked.fields(), form_path(errors, {}));
    if (!errors.empty()) return refuse_form(errors, asked);
    fields["type"] = type == 5 ? announcement_thread : public_thread;
    std::uint64_t id = 0;
    rest_answer answer =
        made(state, asked, state.where.create_thread(channel.place.channel, std::move(fields), asked.id(3), asked.now), id);
    message->object["flags"] = flags_of(message->object) | message_flag::has_thread;
    message->object["thread"] = json::parse(answer.body);
    tell_update(state, *message, asked.now, answer, false);
    return answer;
}

rest_answer thread_post(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const std::int64_t type = channel.place.guild == 0 ? 1 : type_of_channel(state, channel.place.channel);
    if (!takes_threads(type)) return refuse(400, 50024, "Cannot execute action on this channel type");
    const bool posts = type == 15 || type == 16;
    const json::object& body = asked.fields();
    form_errors errors;
    const form_path where(errors, {});
    json::object fields = thread_fields(body, where);
    const json::value* first = body.if_contains("message");
    const bool has_first = first != nullptr && first->is_object();
    bool filled = true;
    if (posts && !has_first) where.at("message").required();
    if (posts && has_first) filled = check_message(first->get_object(), true, asked.files.size(), where.at("message"));
    const auto wanted = where.number(body, "type", announcement_thread, private_thread);
    if (!errors.empty()) return refuse_form(errors, asked);
    if (!filled) return refuse(400, 50006, "Cannot send an empty message");
    // Without a type it is a private one, for reasons of Discord's history [TH].
    fields["type"] = posts ? public_thread : wanted.value_or(private_thread);
    std::uint64_t id = 0;
    rest_answer answer =
        made(state, asked, state.where.create_thread(channel.place.channel, std::move(fields), 0, asked.now), id);
    if (!posts) {
        if (answer.status == 201 && wanted == public_thread) {
            post_system_message(state, channel.place, 18,
                                {{"content", body.at("name")},
                                 {"message_reference", json::object{{"type", 0}, {"channel_id", std::to_string(id)}}}},
                                asked.now, answer);
        }
        return answer;
    }
    // The first message of a post has the post's id.
    const post_place inside{.guild = channel.place.guild, .channel = id, .ephemeral_for = 0};
    json::object message = blank_message(state, id, inside, asked.now);
    compose(state, message, first->get_object(), asked.files, inside, asked.now);
    json::object whole = json::parse(answer.body).as_object();
    whole["message"] = post_message(state, id, std::move(message), inside, asked.now, answer).object;
    answer.body = json::serialize(whole);
    return answer;
}

rest_answer thread_member_put(rest_state& state, const rest_request& asked) {
    const thread_of thread(state, asked);
    if (thread.refusal) return *thread.refusal;
    const bool me = asked.segments[3] == "@me";
    const std::uint64_t user = me ? state.where.bot_user_id() : asked.id(3);
    if (!me && !state.where.member(thread.channel.place.guild, user)) return unknown_member();
    rest_answer answer = told(state.where.set_thread_member(asked.id(1), user, true, asked.now), unknown_channel(), 204);
    state.wake_thread(asked.id(1), asked.now, answer);
    return answer;
}

rest_answer thread_member_delete(rest_state& state, const rest_request& asked) {
    const thread_of thread(state, asked);
    if (thread.refusal) return *thread.refusal;
    const std::uint64_t user = asked.segments[3] == "@me" ? state.where.bot_user_id() : asked.id(3);
    return told(state.where.set_thread_member(asked.id(1), user, false, asked.now), unknown_channel(), 204);
}

rest_answer thread_members_list(rest_state& state, const rest_request& asked) {
    const thread_of thread(state, asked);
    if (thread.refusal) return *thread.refusal;
    return {.body = joined(state.where.thread_members(asked.id(1)))};
}

rest_answer thread_member_get(rest_state& state, const rest_request& asked) {
    const thread_of thread(state, asked);
    if (thread.refusal) return *thread.refusal;
    const std::string user = asked.segments[3] == "@me" ? std::to_string(state.where.bot_user_id()) : asked.segments[3];
    for (const std::string& one : state.where.thread_members(asked.id(1))) {
        if (json::parse(one).at("user_id") == json::value(user)) return {.body = one};
    }
    return unknown_member();
}

rest_answer threads_active(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    const auto threads = state.where.threads(asked.id(1), 0, false);
    std::string members = "[";
    for (const std::string& thread : threads) {
        const std::uint64_t id = parse_snowflake(std::string_view(json::parse(thread).at("id").as_string())).value_or(0);
        for (const std::string& member : state.where.thread_members(id)) {
            if (json::parse(member).at("user_id") != json::value(std::to_string(state.where.bot_user_id()))) continue;
            if (members.size() > 1) members += ',';
            members += member;
        }
    }
    return {.body = "{\"threads\":" + joined(threads) + ",\"members\":" + members + "]}"};
}

rest_answer threads_archived(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const bool own = asked.segments[2] == "users";
    const bool of_private = asked.segments.back() == "private";
    const std::uint32_t limit = asked.number("limit", 50, 2, 100);
    const std::string_view before = asked.word("before");
    struct item {
        std::string when, text;
    };
    std::vector<item> found;
    for (std::string& text : state.where.threads(channel.place.guild, channel.place.channel, true)) {
        const json::object thread = json::parse(text).as_object();
        if ((thread.at("type") == private_thread) != of_private) continue;
        if (own && state.where.thread_members(parse_snowflake(std::string_view(thread.at("id").as_string())).value_or(0)).empty())
            continue;
        const std::string when(thread.at("thread_metadata").at("archive_timestamp").as_string());
        const std::string key = own ? std::string(thread.at("id").as_string()) : when;
        if (before.empty() || key < before) found.push_back({key, std::move(text)});
    }
    std::ranges::sort(found, std::greater{}, &item::when);
    std::vector<std::string> page;
    for (item& one : found) {
        if (page.size() < limit) page.push_back(std::move(one.text));
    }
    const bool more = found.size() > page.size();
    return {.body = "{\"threads\":" + joined(page) + ",\"members\":[],\"has_more\":" + (more ? "true}" : "false}")};
}

}  // namespace route
}  // namespace shoal::sim
