// REST calls that send and edit messages. Not here: what a message is written as (message_json.hpp), its limits
// (message_check.cpp).

#include "shoal/rest/sending.hpp"

#include <fmt/format.h>

#include "bot/calls.hpp"
#include "bot/message_json.hpp"
#include "bot/rest/put.hpp"
#include "bot/rest/typed_call.hpp"

namespace shoal {

namespace runtime::sending {
namespace {

std::string edit_json(const message_edit& what) {
    json_writer out;
    out.begin_object();
    write_fields(out, what);
    out.end_object();
    return std::move(out).take();
}

std::string webhook_json(const message& what, const webhook_look& look) {
    json_writer out;
    out.begin_object();
    if (!look.username.empty()) out.field("username", look.username);
    if (!look.avatar_url.empty()) out.field("avatar_url", look.avatar_url);
    if (!look.thread_name.empty()) out.field("thread_name", look.thread_name);
    write_fields(out, what);
    out.end_object();
    return std::move(out).take();
}

std::string forum_json(const thread_draft& thread, const message& first) {
    json_writer out;
    out.begin_object().field("name", thread.name);
    if (thread.auto_archive) out.field("auto_archive_duration", thread.auto_archive->count());
    if (thread.rate_limit.is_set()) out.field("rate_limit_per_user", thread.rate_limit.value().count());
    out.key("message").begin_object();
    write_fields(out, first);
    out.end_object().end_object();
    return std::move(out).take();
}

/// What cannot be sent fails when it is awaited, as everything else does.
template <class T, class Make>
call<T> checked(bot_runtime& bot, std::string_view name, result<void> good, Make make) {
    if (good) return make();
    return {bot, name,
            [why = std::move(good).error()](shoal::detail::call_settings) -> task<result<T>> { return failed_with<T>(why); }};
}

}  // namespace
}  // namespace runtime::sending

inline namespace v0 {

using namespace runtime::sending;

result<void> message_edit::check(std::size_t files) const {
    // The limits are those of a message; only that it must not be empty is no rule for a change.
    message whole{
        .content = "-", .mentions = mentions.value_or(allowed_mentions{}), .flags = flags.value_or(flag_set<message_flag>{})};
    if (content.is_set() && !content.value().empty()) whole.content = content.value();
    if (embeds.is_set()) whole.embeds = embeds.value();
    if (components.is_set()) whole.components = components.value();
    if (whole.flags.has(message_flag::is_components_v2) && !content.is_set()) whole.content.clear();
    return whole.check(files);
}

call<sent_message> sending_calls::send_message(channel_id channel, message what, std::vector<file> files) const {
    return {home(), "send_message",
            [&bot = home(), channel, what = std::move(what),
             files = std::move(files)](shoal::detail::call_settings settings) mutable {
                return runtime::send_message(bot, channel, std::move(what), std::move(files), std::move(settings));
            }};
}

call<sent_message> sending_calls::send_direct_message(user_id whom, message what, std::vector<file> files) const {
    return {
        home(), "send_direct_message",
        [&bot = home(), whom, what = std::move(what), files = std::move(files)](shoal::detail::call_settings settings) mutable {
            return runtime::send_direct_message(bot, whom, std::move(what), std::move(files), std::move(settings));
        }};
}

call<owned<message_view>> sending_calls::edit_message(channel_id channel, message_id which, message_edit what,
                                                      std::vector<file> files) const {
    return checked<owned<message_view>>(home(), "edit_message", what.check(files.size()), [&] {
        return ask_for<message_view>(home(), "edit_message",
                                     {.method = "PATCH",
                                      .path = fmt::format("/channels/{}/messages/{}", channel.value(), which.value()),
                                      .json = edit_json(what),
                                      .files = std::move(files)});
    });
}

call<owned<message_view>> sending_calls::execute_webhook(webhook_id webhook, std::string token, message what, webhook_look look,
                                                         std::vector<file> files) const {
    return checked<owned<message_view>>(home(), "execute_webhook", what.check(files.size()), [&] {
        auto path = fmt::format("/webhooks/{}/{}?wait=true", webhook.value(), encoded(token));
        if (look.thread) path += fmt::format("&thread_id={}", look.thread.value());
        return ask_for<message_view>(
            home(), "execute_webhook",
            {.method = "POST", .path = std::move(path), .json = webhook_json(what, look), .files = std::move(files)});
    });
}

call<owned<message_view>> sending_calls::edit_webhook_message(webhook_id webhook, std::string token, message_id which,
                                                              message_edit what, std::vector<file> files) const {
    return checked<owned<message_view>>(home(), "edit_webhook_message", what.check(files.size()), [&] {
        return ask_for<message_view>(
            home(), "edit_webhook_message",
            {.method = "PATCH",
             .path = fmt::format("/webhooks/{}/{}/messages/{}", webhook.value(), encoded(token), which.value()),
             .json = edit_json(what),
             .files = std::move(files)});
    });
}

call<owned<channel_view>> sending_calls::create_forum_thread(channel_id forum, thread_draft thread, message first,
                                                             std::vector<file> files) const {
    return checked<owned<channel_view>>(home(), "create_forum_thread", first.check(files.size()), [&] {
        return ask_for<channel_view>(home(), "create_forum_thread",
                                     {.method = "POST",
                                      .path = fmt::format("/channels/{}/threads", forum.value()),
                                      .json = forum_json(thread, first),
                                      .files = std::move(files)});
    });
}

}  // namespace v0
}  // namespace shoal
