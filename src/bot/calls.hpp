#pragma once
// The calls that public objects make, as lazy tasks: their JSON, their routes, and what their answers mean.
// Not here: answers to interactions (interaction_calls.hpp), when calls go out (src/rest), HTTP (rest_client.hpp).

#include <string>
#include <vector>

#include "bot/event_body.hpp"
#include "shoal/call.hpp"
#include "shoal/context.hpp"
#include "shoal/file.hpp"
#include "shoal/task.hpp"

namespace shoal::runtime {

class bot_runtime;

/// Sends a message, with a nonce that Discord enforces.
[[nodiscard]] task<result<sent_message>> send_message(bot_runtime& bot, channel_id channel, message what, std::vector<file> files,
                                                      shoal::detail::call_settings settings);
/// The same in direct messages, whose channel Discord names (the same at each call).
[[nodiscard]] task<result<sent_message>> send_direct_message(bot_runtime& bot, user_id whom, message what,
                                                             std::vector<file> files, shoal::detail::call_settings settings);
/// A request as the public API makes them.
struct rest_request {
    std::string method;
    std::string path;  ///< Behind the version.
    std::string json = {};
    std::vector<file> files = {};
    bool harmless_to_repeat = false;  ///< Though it is a POST.
};
/// The body of its answer.
[[nodiscard]] task<result<std::string>> ask_discord(bot_runtime& bot, rest_request what, shoal::detail::call_settings settings);
/// PUT of all global commands.
[[nodiscard]] task<result<void>> overwrite_commands(bot_runtime& bot, application_id application, std::string json);

}  // namespace shoal::runtime
