#pragma once
// What is left to do of a move or a drain, as a coordinator's picture shows it: --wait ends when nothing is. Pure.
// Not here: looking again (fleet_commands.cpp).

#include <string>
#include <vector>

#include "cluster/operator_messages.hpp"

namespace shoal::roles::cli {

/// A phrase for each shard that does not run where it was to go ("3 is releasing on w1"); empty: done.
[[nodiscard]] std::vector<std::string> left_of_move(const cluster::plan_told& plan, const cluster::cluster_picture& fleet);
/// The same for each shard that the worker still holds, and for each that left it and runs nowhere yet.
[[nodiscard]] std::vector<std::string> left_of_drain(const cluster::process_id& process, const cluster::plan_told& plan,
                                                     const cluster::cluster_picture& fleet);

/// The phrases in one sentence, the first few of them.
[[nodiscard]] std::string left_text(const std::vector<std::string>& left);

}  // namespace shoal::roles::cli
