#pragma once
// The routes that Shoal calls: method, path, what its limits are counted by, and whether it may safely be asked twice.
// Not here: bodies and headers.
// Source: https://discord.com/developers/docs/topics/rate-limits

#include <cstdint>
#include <string>
#include <string_view>

#include "shoal/ids.hpp"

namespace shoal::rest {

struct route {
    std::string_view method;  ///< Static storage.
    std::string path;         ///< After the api base: "/channels/1/messages".
    /// Method and path template: "POST /channels/{channel}/messages". Static storage.
    std::string_view key;
    /// The top-level resource that Discord counts by [4.6]: a channel, guild, webhook or webhook with token.
    std::string major;
    bool authorized = true;           ///< Sends the bot token [4.14].
    bool counts_globally = true;      ///< False for interaction endpoints [4.9].
    bool harmless_to_repeat = false;  ///< Twice does what once does, also when nobody knows whether the first took effect.
};

[[nodiscard]] route create_message(channel_id channel);  ///< Harmless only with an enforced nonce, which Shoal always sends.
[[nodiscard]] route overwrite_global_commands(application_id application);
[[nodiscard]] route current_application();
[[nodiscard]] route answer_interaction(interaction_id id, std::string_view token);
[[nodiscard]] route edit_original_answer(application_id application, std::string_view token);
[[nodiscard]] route create_followup(application_id application, std::string_view token);

}  // namespace shoal::rest
