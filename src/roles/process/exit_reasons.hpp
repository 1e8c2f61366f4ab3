#pragma once
// What went wrong, as the exit code and the sentence that an operator gets. Pure.
// Not here: noticing it.

#include <cstdint>
#include <string>
#include <string_view>

#include "config/exit_codes.hpp"
#include "shoal/error.hpp"
#include "shoal/ids.hpp"
#include "shoal/intents.hpp"

namespace shoal::roles {

/// For shoal::start's failure; the detail is the sentence.
enum class start_errc : std::uint8_t { cannot_start };
[[nodiscard]] constexpr std::string_view errc_room(start_errc) noexcept { return "run"; }
[[nodiscard]] constexpr std::string_view errc_text(start_errc) noexcept { return "the bot cannot start"; }

/// A gateway close that cannot be tried again. `asked` is what IDENTIFY asked for: those that are at fault are named.
[[nodiscard]] config::startup_problem problem_of_close(shard_key shard, std::uint16_t close_code, std::string_view why,
                                                       intents asked);
/// The gateway's certificate cannot be trusted; `why` is the network's sentence.
[[nodiscard]] config::startup_problem problem_of_gateway_certificate(std::string_view gateway, std::string_view why);
/// GET /gateway/bot failed.
[[nodiscard]] config::startup_problem problem_of_bootstrap(const failure& why, std::string_view api_base);
/// A file or folder is locked or cannot be written. `what` is "the state folder", "the identify ledger", "the journal".
[[nodiscard]] config::startup_problem problem_of_files(const failure& why, std::string_view what);
/// A certificate file is no good.
[[nodiscard]] config::startup_problem problem_of_certificates(const failure& why, std::string_view what);

/// True if asking again may help.
[[nodiscard]] bool may_pass(const failure& why) noexcept;

/// True if Discord answered, and said that it cannot now (429, 5xx): worth any wait.
[[nodiscard]] bool discord_is_unwell(const failure& why) noexcept;

}  // namespace shoal::roles
