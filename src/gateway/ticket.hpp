#pragma once
// What RESUME needs, and as text for a file. Not here: the value itself, which the fleet knows too (discord/resume_ticket.hpp),
// where it is kept (src/state), who may go on with it (roles).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "discord/resume_ticket.hpp"
#include "shoal/error.hpp"

namespace shoal::gateway {

using discord::guild_state;
using discord::known_guild;
using discord::resume_ticket;

/// A ticket with what it must fit, and when it was written.
struct kept_ticket {
    resume_ticket ticket;           ///< Without its guilds, which change less often.
    std::uint64_t bot = 0;          ///< Which bot at which server: a hash without secret (state::application_key).
    std::string presence;           ///< That the program's code asked for; a session keeps what it last had.
    std::int64_t unix_seconds = 0;  ///< Of the wall clock, which decides nothing but whether it is worth a try.
};

/// One line a field: a reader passes over lines that it does not know, so that the version before and after can be read. The
/// text holds a secret, the session's id. Whoever stores it adds a checksum.
[[nodiscard]] std::string write_ticket(const kept_ticket& ticket);
/// Fails if a field that RESUME needs is missing or senseless.
[[nodiscard]] result<kept_ticket> read_ticket(std::string_view text);

/// A byte that says how, then 9 bytes a guild.
[[nodiscard]] std::string write_guilds(const std::vector<known_guild>& guilds);
[[nodiscard]] result<std::vector<known_guild>> read_guilds(std::string_view bytes);

}  // namespace shoal::gateway
