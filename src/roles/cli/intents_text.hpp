#pragma once
// Intents as a person writes them for a coordinator: names or Discord's number. Pure.
// Not here: which intents there are (shoal/intents.hpp).

#include <expected>
#include <string>
#include <string_view>

#include "shoal/intents.hpp"

namespace shoal::roles::cli {

/// "GUILDS,GUILD_MESSAGES", "guilds, guild-messages", "513"; also ALL, UNPRIVILEGED and NONE. The failure is the end of a
/// sentence that begins with the setting's name.
[[nodiscard]] std::expected<intents, std::string> read_intents(std::string_view text);

}  // namespace shoal::roles::cli
