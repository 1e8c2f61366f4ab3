#pragma once
// What a worker is when it asks to be taken: its name and incarnation, whom it succeeds, what it can carry and how it is bounded.
// Not here: when it asks, and what follows (cluster/worker_session.hpp).

#include <expected>
#include <string>

#include "cluster/worker_session.hpp"
#include "config/bot_options.hpp"
#include "config/exit_codes.hpp"
#include "roles/process/run_files.hpp"

namespace shoal::roles {

struct incarnations {
    cluster::incarnation now{};     ///< Of this process.
    cluster::incarnation before{};  ///< Of the one that had the state folder before, which is dead: this one holds the lock.
};
/// Made anew, and kept in the state folder, if there is one, for whoever comes next.
[[nodiscard]] std::expected<incarnations, config::startup_problem> next_incarnation(const run_files& files,
                                                                                    const config::bot_settings& settings);

/// `listen_url`: where other nodes reach this one; empty: nowhere.
[[nodiscard]] cluster::worker_config describe_self(const config::bot_settings& settings, const incarnations& who,
                                                   std::string listen_url);

}  // namespace shoal::roles
