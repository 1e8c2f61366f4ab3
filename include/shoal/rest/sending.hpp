#pragma once
// REST calls that send and edit messages: into channels, as a webhook, as the first of a forum's thread.
// Not here: answers to interactions (context.hpp), messages that are there (message.hpp beside this).
// Source: https://discord.com/developers/docs/resources/message and .../resources/webhook#execute-webhook

#include <optional>
#include <string>
#include <vector>

#include "shoal/detail/rest_home.hpp"
#include "shoal/event.hpp"
#include "shoal/file.hpp"
#include "shoal/message.hpp"
#include "shoal/models/channels.hpp"
#include "shoal/models/messages.hpp"
#include "shoal/owned.hpp"
#include "shoal/rest/channel.hpp"
#include "shoal/rest/parts.hpp"

namespace shoal {
inline namespace v0 {

/// What of a message to change; what is not set stays, what is cleared goes. Mentions tell nobody unless they are set.
struct message_edit {
    clearable<std::string> content = {};                  ///< At most 2,000 characters.
    clearable<std::vector<embed>> embeds = {};            ///< All of them anew.
    clearable<std::vector<component>> components = {};    ///< All of them anew.
    std::optional<allowed_mentions> mentions = {};        ///< Who is told of what the new text mentions.
    std::optional<flag_set<message_flag>> flags = {};     ///< Of a sent message only suppress_embeds can be changed.
    std::optional<std::vector<attachment_id>> kept = {};  ///< Attachments that stay; left out: all.
    /// As message::check().
    [[nodiscard]] result<void> check(std::size_t files = 0) const;
};

/// How a webhook's message looks, and where it goes.
struct webhook_look {
    std::string username = {};     ///< In place of the webhook's own.
    std::string avatar_url = {};   ///< Likewise.
    channel_id thread = {};        ///< A thread of its channel; 0: the channel itself.
    std::string thread_name = {};  ///< Of a forum: begins a thread of this name.
};

/// Sending and editing of messages. Part of bot.rest(). What breaks a limit of Discord's fails with bad_request and the field's
/// name, as does a file that cannot be read; nothing is sent then.
class sending_calls : public virtual detail::rest_home {
public:
    /// Sends a message. Safe to repeat inside Shoal: it carries a nonce that Discord enforces. POST /channels/{channel}/messages.
    [[nodiscard]] call<sent_message> send_message(channel_id channel, message what, std::vector<file> files = {}) const;
    /// Sends a message to somebody alone: opens the channel of direct messages, then sends there. within() bounds each of the
    /// two. Many new channels at once may be taken for spam. POST /users/@me/channels and /channels/{channel}/messages.
    [[nodiscard]] call<sent_message> send_direct_message(user_id whom, message what, std::vector<file> files = {}) const;
    /// Changes a message of the bot's own. PATCH /channels/{channel}/messages/{message}.
    [[nodiscard]] call<owned<message_view>> edit_message(channel_id channel, message_id which, message_edit what,
                                                         std::vector<file> files = {}) const;
    /// Sends as a webhook; not repeated when nobody knows whether it took effect. POST /webhooks/{webhook}/{token}.
    [[nodiscard]] call<owned<message_view>> execute_webhook(webhook_id webhook, std::string token, message what,
                                                            webhook_look look = {}, std::vector<file> files = {}) const;
    /// Changes a message that the webhook sent. PATCH /webhooks/{webhook}/{token}/messages/{message}.
    [[nodiscard]] call<owned<message_view>> edit_webhook_message(webhook_id webhook, std::string token, message_id which,
                                                                 message_edit what, std::vector<file> files = {}) const;
    /// Begins a thread of a forum with its first message. POST /channels/{channel}/threads. Takes reason().
    [[nodiscard]] call<owned<channel_view>> create_forum_thread(channel_id forum, thread_draft thread, message first,
                                                                std::vector<file> files = {}) const;
};

}  // namespace v0
}  // namespace shoal
