#include "roles/process/run_files.hpp"

#include <utility>

#include "roles/process/exit_reasons.hpp"
#include "state/boot_id.hpp"
#include "state/journal_writer.hpp"
#include "state/shared_ledger.hpp"

namespace shoal::roles {

using config::startup_problem;

std::expected<run_files, startup_problem> open_run_files(const config::bot_settings& settings) {
    run_files files;
    if (!settings.state_dir.empty()) {
        auto folder = state::state_folder::open(settings.state_dir);
        if (!folder) return std::unexpected(problem_of_files(folder.error(), "The state folder " + settings.state_dir));
        files.folder.emplace(std::move(*folder));
    }
    // Before anything is asked over the network; how many shards there are may not be known yet.
    const auto known = settings.shard_ids.empty() ? settings.total_shards.value_or(1) : settings.shard_ids.size();
    if (auto done = reserve_journals(settings, known); !done) return std::unexpected(std::move(done).error());

    // A worker's permits come from its coordinator, whose store has the budget.
    if (settings.mode != config::run_mode::single) return files;

    auto ledger_folder = settings.ledger_folder;
    if (ledger_folder.empty()) {
        auto usual = state::default_shared_folder();
        if (!usual) return std::unexpected(problem_of_files(usual.error(), "The folder of the identify ledger"));
        ledger_folder = std::move(*usual);
    }
    files.application = state::application_key(settings.api_base, settings.token);
    auto path = state::ledger_path(ledger_folder, files.application);
    if (!path) return std::unexpected(problem_of_files(path.error(), "The identify ledger's folder " + ledger_folder));
    files.ledger_path = std::move(*path);
    auto boot = state::boot_id();
    if (!boot) return std::unexpected(problem_of_files(boot.error(), "This boot's id"));
    files.boot_id = std::move(*boot);
    return files;
}

std::expected<void, startup_problem> reserve_journals(const config::bot_settings& settings, std::size_t shards) {
    if (settings.journal.empty()) return {};
    if (auto tried = state::try_journals(settings.journal, shards); !tried)
        return std::unexpected(problem_of_files(tried.error(), "The journal folder " + settings.journal));
    return {};
}

}  // namespace shoal::roles
