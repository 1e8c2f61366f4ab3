#pragma once
// What one run keeps on disk: its state folder, the identify ledger that the processes of a host share, and room for journals.
// Everything is tried before the first IDENTIFY. Not here: what is written (src/state), settings (src/config).

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "config/bot_options.hpp"
#include "state/state_folder.hpp"

namespace shoal::roles {

struct run_files {
    std::optional<state::state_folder> folder;  ///< Locked while this lives; empty: no state is kept.
    // Of a single process only.
    std::string ledger_path;
    std::string boot_id;
    std::uint64_t application = 0;  ///< Whose budget the ledger keeps.
};

[[nodiscard]] std::expected<run_files, config::startup_problem> open_run_files(const config::bot_settings& settings);

/// Whether the journals of so many shards find room; yes if none are kept.
[[nodiscard]] std::expected<void, config::startup_problem> reserve_journals(const config::bot_settings& settings,
                                                                            std::size_t shards);

}  // namespace shoal::roles
