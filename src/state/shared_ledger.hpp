#pragma once
// The identify ledger's file: shared by all processes of one host that run the same bot, each touching it under a lock.
// Not here: what the text means (budget/identify_governor.hpp), nor a process's own folder (state_folder.hpp).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "shoal/error.hpp"
#include "state/errc.hpp"

namespace shoal::state {

/// Names the bot without giving its token away: a keyed hash over the server and the bot's id where the token tells it, else over
/// the token. A new token of the same bot names the same ledger.
[[nodiscard]] std::uint64_t application_key(std::string_view api_base, const secret& token) noexcept;

/// Where processes of this host look for the ledgers unless told otherwise: /var/lib/shoal if this user may write there, else
/// $XDG_STATE_HOME/shoal, else ~/.local/state/shoal.
[[nodiscard]] result<std::string> default_shared_folder();

/// `<folder>/identify-<16 hex digits>.ledger`; makes the folder if it is missing, and tries whether it can be written.
[[nodiscard]] result<std::string> ledger_path(const std::string& folder, std::uint64_t application);

/// Takes the text as it is (nullopt: there is no file) and returns the text to store, or nullopt to leave the file alone.
using ledger_change = std::function<std::optional<std::string>(const std::optional<std::string>& text)>;

/// Runs `change` with the file locked and stores durably what it returns. Never waits: fails with errc::busy when another process
/// holds the lock right now. When it fails after `change` ran, nothing was stored.
[[nodiscard]] result<void> with_locked_ledger(const std::string& path, const ledger_change& change);

}  // namespace shoal::state
