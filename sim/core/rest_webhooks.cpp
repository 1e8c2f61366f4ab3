// Webhooks of channels: making and changing them, and the messages that they send [4.13, 4.16]. The routes of a token serve
// interactions as well; those are in rest_interactions.cpp.

#include <algorithm>
#include <boost/json/parse.hpp>
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

json::object object_of(const rest_state& state, const webhook& hook, bool with_user) {
    json::object out{{"id", std::to_string(hook.id)},
                     {"type", 1},
                     {"guild_id", std::to_string(hook.guild)},
                     {"channel_id", std::to_string(hook.channel)},
                     {"name", hook.name},
                     {"avatar", hook.avatar},
                     {"token", hook.token},
                     {"application_id", std::to_string(state.config.application_id)},
                     {"url", "https://discord.com/api/webhooks/" + std::to_string(hook.id) + "/" + hook.token}};
    if (with_user) out["user"] = json::parse(*state.user_text(state.where.bot_user_id()));
    return out;
}

world_event webhooks_update(rest_state& state, const webhook& hook) {
    json_text out;
    out.open('{').id("guild_id", hook.guild).id("channel_id", hook.channel).close('}');
    const post_place place{.guild = hook.guild, .channel = hook.channel, .ephemeral_for = 0};
    return channel_event(state, "WEBHOOKS_UPDATE", place, intent::webhooks, 0, out.take());
}

rest_answer listed(const rest_state& state, std::uint64_t guild, std::uint64_t channel) {
    json::array list;
    for (const auto& [id, hook] : state.webhooks) {
        if (hook.guild == guild && (channel == 0 || hook.channel == channel)) list.push_back(object_of(state, hook, true));
    }
    return {.body = json::serialize(list)};
}

/// The webhook that a path names, by its token where the path has one; or why not.
struct hook_of {
    webhook* hook = nullptr;
    bool by_token;
    rest_answer refusal;

    hook_of(rest_state& state, const rest_request& asked) : by_token(asked.segments.size() > 2) {
        const auto found = state.webhooks.find(asked.id(1));
        // With its channel, or when the bot left, a webhook is gone.
        if (found == state.webhooks.end() || state.where.guild_of_channel(found->second.channel) != found->second.guild) {
            refusal = unknown_webhook();
        } else if (by_token && found->second.token != asked.segments[2]) {
            refusal = refuse(401, 50027, "Invalid Webhook Token");
        } else {
            hook = &found->second;
        }
    }
};

/// Where it writes: its channel, or the thread that the query names.
post_place place_of(const rest_state& state, const webhook& hook, const rest_request& asked) {
    const std::uint64_t thread = asked.query_id("thread_id");
    const bool fits = thread != 0 && state.where.is_thread(thread) && state.where.guild_of_channel(thread) == hook.guild;
    return {.guild = hook.guild, .channel = fits ? thread : hook.channel, .ephemeral_for = 0};
}

/// Webhooks ping users only, unless they say otherwise [5.9].
json::object with_pings(const json::object& body) {
    json::object out = body;
    if (!out.contains("allowed_mentions")) out["allowed_mentions"] = json::object{{"parse", json::array{"users"}}};
    return out;
}

stored_message* message_of(rest_state& state, const webhook& hook, const rest_request& asked) {
    stored_message* message = find_message(state, place_of(state, hook, asked).channel, asked.id(4), asked.now);
    const json::value* owner = message == nullptr ? nullptr : message->object.if_contains("webhook_id");
    return owner != nullptr && *owner == json::value(std::to_string(hook.id)) ? message : nullptr;
}

rest_answer execute(rest_state& state, const rest_request& asked) {
    const hook_of of(state, asked);
    if (of.hook == nullptr) return of.refusal;
    const json::object body = with_pings(asked.fields());
    form_errors errors;
    const form_path where(errors, {});
    const bool filled = check_message(body, true, asked.files.size(), where);
    where.text(body, "username", 1, 80, false);
    where.text(body, "avatar_url", 0, 2048, false);
    if (!errors.empty()) return refuse_form(errors, asked);
    if (!filled) return refuse(400, 50006, "Cannot send an empty message");
    const post_place place = place_of(state, *of.hook, asked);
    const std::uint64_t id = state.fresh_id(asked.now);
    json::object message = blank_message(state, id, place, asked.now);
    const json::value* name = body.if_contains("username");
    message["author"] = json::object{{"id", std::to_string(of.hook->id)},
                                     {"username", name != nullptr && name->is_string() ? *name : json::value(of.hook->name)},
                                     {"discriminator", "0000"},
                                     {"global_name", nullptr},
                                     {"avatar", of.hook->avatar},
                                     {"bot", true}};
    message["webhook_id"] = std::to_string(of.hook->id);
    message["application_id"] = std::to_string(state.config.application_id);
    compose(state, message, body, asked.files, place, asked.now);
    rest_answer answer = nothing();
    const stored_message& stored = post_message(state, id, std::move(message), place, asked.now, answer);
    if (asked.truth("wait")) {
        answer.status = 200;
        answer.body = json::serialize(stored.object);
    }
    return answer;
}

rest_answer message_get_by_hook(rest_state& state, const rest_request& asked) {
    const hook_of of(state, asked);
    if (of.hook == nullptr) return of.refusal;
    const stored_message* message = message_of(state, *of.hook, asked);
    return message == nullptr ? unknown_message() : rest_answer{.body = json::serialize(message->object)};
}

rest_answer message_patch_by_hook(rest_state& state, const rest_request& asked) {
    const hook_of of(state, asked);
    if (of.hook == nullptr) return of.refusal;
    stored_message* message = message_of(state, *of.hook, asked);
    if (message == nullptr) return unknown_message();
    const json::object body = with_pings(asked.fields());
    form_errors errors;
    static_cast<void>(check_message(body, false, asked.files.size(), form_path(errors, {})));
    if (!errors.empty()) return refuse_form(errors, asked);
    compose(state, message->object, body, asked.files, place_of(state, *of.hook, asked), asked.now);
    rest_answer answer;
    tell_update(state, *message, asked.now, answer);
    answer.body = json::serialize(message->object);
    return answer;
}

rest_answer message_delete_by_hook(rest_state& state, const rest_request& asked) {
    const hook_of of(state, asked);
    if (of.hook == nullptr) return of.refusal;
    if (message_of(state, *of.hook, asked) == nullptr) return unknown_message();
    rest_answer answer = nothing();
    tell_delete(state, asked.id(4), answer);
    return answer;
}

bool of_interaction(const rest_state& state, const rest_request& asked) { return asked.id(1) == state.config.application_id; }

}  // namespace

rest_answer webhook_post(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    if (channel.place.guild == 0 || state.where.is_thread(channel.place.channel)) return unknown_channel();
    form_errors errors;
    const json::string* name = form_path(errors, {}).text(asked.fields(), "name", 1, 80, true);
    if (!errors.empty()) return refuse_form(errors, asked);
    const auto in_channel =
        std::ranges::count_if(state.webhooks, [&](const auto& one) { return one.second.channel == channel.place.channel; });
    if (in_channel >= 15) return refuse(400, 30007, "Maximum number of webhooks reached (15)");
    webhook hook{.id = state.fresh_id(asked.now),
                 .guild = channel.place.guild,
                 .channel = channel.place.channel,
                 .token = state.interactions.token_of(state.random.next()).substr(0, 68),
                 .name = std::string(*name),
                 .avatar = nullptr};
    rest_answer answer{.status = 200, .body = json::serialize(object_of(state, hook, true))};
    answer.events.push_back(webhooks_update(state, hook));
    state.webhooks.emplace(hook.id, std::move(hook));
    return answer;
}

rest_answer channel_webhooks(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    return channel.refusal ? *channel.refusal : listed(state, channel.place.guild, channel.place.channel);
}

rest_answer guild_webhooks(rest_state& state, const rest_request& asked) {
    return state.where.has_guild(asked.id(1)) ? listed(state, asked.id(1), 0) : unknown_guild();
}

rest_answer webhook_get(rest_state& state, const rest_request& asked) {
    const hook_of of(state, asked);
    return of.hook == nullptr ? of.refusal : rest_answer{.body = json::serialize(object_of(state, *of.hook, !of.by_token))};
}

rest_answer webhook_patch(rest_state& state, const rest_request& asked) {
    const hook_of of(state, asked);
    if (of.hook == nullptr) return of.refusal;
    form_errors errors;
    const form_path where(errors, {});
    const json::string* name = where.text(asked.fields(), "name", 1, 80, false);
    const auto channel = of.by_token ? std::nullopt : where.id(asked.fields(), "channel_id");
    if (channel && state.where.guild_of_channel(*channel) != of.hook->guild)
        where.at("channel_id").wrong("CHANNEL_INVALID", "Unknown channel");
    if (!errors.empty()) return refuse_form(errors, asked);
    if (name != nullptr) of.hook->name = std::string(*name);
    if (channel) of.hook->channel = *channel;
    rest_answer answer{.body = json::serialize(object_of(state, *of.hook, !of.by_token))};
    answer.events.push_back(webhooks_update(state, *of.hook));
    return answer;
}

rest_answer webhook_delete(rest_state& state, const rest_request& asked) {
    const hook_of of(state, asked);
    if (of.hook == nullptr) return of.refusal;
    rest_answer answer = nothing();
    answer.events.push_back(webhooks_update(state, *of.hook));
    state.webhooks.erase(of.hook->id);
    return answer;
}

rest_answer token_post(rest_state& state, const rest_request& asked) {
    return of_interaction(state, asked) ? followup_post(state, asked) : execute(state, asked);
}
rest_answer token_message_get(rest_state& state, const rest_request& asked) {
    return of_interaction(state, asked) ? followup_get(state, asked) : message_get_by_hook(state, asked);
}
rest_answer token_message_patch(rest_state& state, const rest_request& asked) {
    return of_interaction(state, asked) ? followup_patch(state, asked) : message_patch_by_hook(state, asked);
}
rest_answer token_message_delete(rest_state& state, const rest_request& asked) {
    return of_interaction(state, asked) ? followup_delete(state, asked) : message_delete_by_hook(state, asked);
}

}  // namespace shoal::sim::route
