#pragma once
// /cluster/state: the coordinator's picture of the fleet as JSON. Not here: how the picture comes about (cluster/brain.hpp).

#include <chrono>
#include <string>

#include "cluster/operator_messages.hpp"

namespace shoal::ops {

/// `calendar`: the wall clock now, from which the time of the budget's reset is told. Times are milliseconds or RFC 3339; ids of
/// incarnations and fleets are hexadecimal, since JSON's numbers end at 2^53.
[[nodiscard]] std::string cluster_state_json(const cluster::cluster_picture& fleet, std::chrono::sys_seconds calendar);
/// Parts of it, with the same names: {"workers":[...]}, {"shards":[...]}.
[[nodiscard]] std::string cluster_workers_json(const cluster::cluster_picture& fleet);
[[nodiscard]] std::string cluster_shards_json(const cluster::cluster_picture& fleet);

}  // namespace shoal::ops
