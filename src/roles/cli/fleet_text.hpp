#pragma once
// What the operator's commands print of a coordinator's answers, for people and as JSON. Pure.
// Not here: asking (operator_line.hpp), /cluster/state and its parts as JSON (ops/cluster_state.hpp).

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "cluster/operator_messages.hpp"

namespace shoal::roles::cli {

/// The fleet in a few lines, alarms first among what is not as it should be, and the workers' table.
[[nodiscard]] std::string status_text(const cluster::cluster_picture& fleet);
[[nodiscard]] std::string workers_text(const cluster::cluster_picture& fleet);
[[nodiscard]] std::string shards_text(const cluster::cluster_picture& fleet);

/// `now`: the calendar, from which "ago" becomes a time. Without `heading` only the lines, for what follows a table.
[[nodiscard]] std::string events_text(std::span<const cluster::fleet_event> events, std::chrono::sys_seconds now, bool heading);
/// {"events":[...]}
[[nodiscard]] std::string events_json(std::span<const cluster::fleet_event> events, std::chrono::sys_seconds now);
/// One event as one line of JSON, for what follows.
[[nodiscard]] std::string event_json(const cluster::fleet_event& event, std::chrono::sys_seconds now);

[[nodiscard]] std::string explained_text(const cluster::explained& what);
/// {"shard":3,"lines":[...]}
[[nodiscard]] std::string explained_json(std::uint32_t shard, const cluster::explained& what);

[[nodiscard]] std::string plan_text(const cluster::plan_told& plan);
/// {"dryRun":false,"moves":[{"shard","from","to","reason"}],"leftOut":[...]}
[[nodiscard]] std::string plan_json(const cluster::plan_told& plan);

/// {"done":"w1 gets no more shards"}
[[nodiscard]] std::string done_json(const cluster::operator_done& done);

}  // namespace shoal::roles::cli
