#pragma once
// How things are written into a message so that Discord shows more than text: mentions, emojis, times, and text that stays as it
// is. Not here: who is told of a mention (message.hpp: nobody, unless it is allowed). Source:
// https://discord.com/developers/docs/reference#message-formatting

#include <chrono>
#include <string>
#include <string_view>

#include "shoal/ids.hpp"

namespace shoal {
inline namespace v0 {

/// "<@1>", "<#1>", "<@&1>".
[[nodiscard]] inline std::string mention(user_id who) { return "<@" + who.to_string() + ">"; }
[[nodiscard]] inline std::string mention(channel_id where) { return "<#" + where.to_string() + ">"; }
[[nodiscard]] inline std::string mention(role_id which) { return "<@&" + which.to_string() + ">"; }
/// A slash command that can be clicked. `name` with its subcommands: "config set".
[[nodiscard]] inline std::string mention(command_id which, std::string_view name) {
    return "</" + std::string(name) + ":" + which.to_string() + ">";
}
/// A guild's emoji; for a Unicode emoji (id 0) its name.
[[nodiscard]] inline std::string show_emoji(emoji_id which, std::string_view name, bool animated = false) {
    if (!which) return std::string(name);
    return (animated ? "<a:" : "<:") + std::string(name) + ":" + which.to_string() + ">";
}

/// How a time is shown, to everybody in their own language and zone.
enum class time_style : char {
    short_time = 't',       ///< 16:20
    long_time = 'T',        ///< 16:20:30
    short_date = 'd',       ///< 20/04/2026
    long_date = 'D',        ///< 20 April 2026
    short_date_time = 'f',  ///< 20 April 2026 16:20; what Discord does if nothing is said
    long_date_time = 'F',   ///< Monday, 20 April 2026 16:20
    relative = 'R',         ///< 2 months ago
};
/// "<t:1700000000:R>".
[[nodiscard]] inline std::string show_time(std::chrono::system_clock::time_point when,
                                           time_style style = time_style::short_date_time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
    return "<t:" + std::to_string(seconds) + ":" + static_cast<char>(style) + ">";
}

/// The link to a message; guild 0 for a direct message.
[[nodiscard]] inline std::string message_link(guild_id guild, channel_id channel, message_id message) {
    return "https://discord.com/channels/" + (guild ? guild.to_string() : std::string("@me")) + "/" + channel.to_string() + "/" +
           message.to_string();
}

/// A text with everything that Discord's markdown would read as more than text behind a backslash. Mentions are no matter of
/// this.
[[nodiscard]] inline std::string as_plain_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("\\*_~`|>#-[]():<").find(c) != std::string_view::npos) out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

}  // namespace v0
}  // namespace shoal
