#pragma once
// message: what is to be sent, checked against Discord's limits before it is.
// Not here: sending (event.hpp, context.hpp); messages that come (models/messages.hpp).
// Source, also of the limits: https://discord.com/developers/docs/resources/message#create-message

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shoal/component.hpp"
#include "shoal/embed.hpp"
#include "shoal/error.hpp"
#include "shoal/ids.hpp"
#include "shoal/models/messages.hpp"

namespace shoal {
inline namespace v0 {

/// Who is told of a mention. Nobody, unless it is said here: a text that came from people cannot wake a guild.
struct allowed_mentions {
    bool everyone = false;            ///< @everyone and @here.
    bool all_users = false;           ///< Whoever is mentioned.
    bool all_roles = false;           ///< Whichever are mentioned.
    std::vector<user_id> users = {};  ///< These, if they are mentioned; at most 100. Not together with all_users.
    std::vector<role_id> roles = {};  ///< Likewise.
    bool replied_user = false;        ///< Whose message is answered.
};

/// An answer that can be voted for.
struct poll_choice {
    std::string text;  ///< 1 to 55 characters.
    emoji_choice emoji = {};
};

/// A question that people vote on.
struct poll {
    std::string question;              ///< 1 to 300 characters.
    std::vector<poll_choice> answers;  ///< 1 to 10.
    std::chrono::hours open_for{24};   ///< 1 hour to 32 days.
    bool allow_multiselect = false;    ///< One may vote for several answers.
};

/// Say what it should have: `shoal::message{.content = "Hello", .embeds = {report}}`. It needs a content, an embed, a sticker, a
/// poll, a component or a file. Lengths are in characters (code points), not bytes.
struct message {
    std::string content = {};                ///< At most 2,000 characters.
    std::vector<embed> embeds = {};          ///< At most 10, with 6,000 characters together.
    std::vector<component> components = {};  ///< At most 5 rows; with flags is_components_v2 at most 40 components in all, and no
                                             ///< content, embeds, stickers or poll.
    std::vector<sticker_id> stickers = {};   ///< At most 3.
    std::optional<shoal::poll> poll = {};
    allowed_mentions mentions = {};     ///< Nobody is told, unless it is said here.
    message_id replies_to = {};         ///< In the same channel; 0: it is no reply.
    flag_set<message_flag> flags = {};  ///< suppress_embeds, suppress_notifications, is_components_v2; in replies to interactions
                                        ///< ephemeral.
    bool tts = false;

    /// Fails with bot_errc::bad_request and the field that breaks a limit of Discord's: "embeds[2].fields[0].name has 257
    /// characters; at most 256 are allowed". Nothing is sent to learn it, and no limit of requests is touched. `files`: how many
    /// go with it.
    [[nodiscard]] result<void> check(std::size_t files = 0) const;
};

}  // namespace v0
}  // namespace shoal
