#pragma once
// What an operator may see of one node at one moment, as plain values: health, metrics and the state page are made from it.
// Not here: how it is gathered (the roles), how it looks (health.hpp, metrics.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/operator_messages.hpp"
#include "shoal/bot.hpp"
#include "shoal/rest.hpp"

namespace shoal::ops {

/// What the process takes of its machine.
struct process_use {
    double cpu_seconds = 0;  ///< User and system, since its start.
    double cpu_percent = 0;  ///< Of one core, over the last second or more.
    std::uint64_t resident_bytes = 0;
    double started_at_seconds = 0;  ///< Unix time.
};

/// The identify budget as this node knows it.
struct identify_use {
    std::int64_t total = 0, remaining = 0;  ///< Discord's last word; both 0 before it.
    double resets_in_seconds = 0;           ///< As of Discord's last word.
    std::int64_t spent = 0;                 ///< By this bot's processes, since the last reset.
    std::int64_t foreign = 0;               ///< By somebody else with the same token.
    std::size_t waiting = 0;                ///< Shards that wait for a permit.
    std::string trouble;                    ///< Why nobody gets one; empty: all is well.
};

/// Numbers by one label's value, every value that there is, so that a sum over them is whole.
using counts_by = std::vector<std::pair<std::string_view, std::uint64_t>>;

/// What a worker knows of its coordinator.
struct coordinator_use {
    bool registered = false;
    counts_by lost;     ///< Streams that ended or did not come about, by kind.
    counts_by refused;  ///< Times that a coordinator said no, by reason.
};

/// What a coordinator knows of its fleet.
struct fleet_use {
    counts_by workers;  ///< By state.
    counts_by shards;   ///< By where they are on their way.
    counts_by alarms;   ///< 1 or 0, by kind.
    counts_by refused;  ///< Workers that were told no, by reason.
};

/// What came to a node's port for other nodes, and what they said.
struct node_port_use {
    counts_by connections;   ///< By how far they got.
    counts_by calls;         ///< By what became of them.
    counts_by bad_messages;  ///< By what was wrong.
};

struct node_picture {
    std::string process_id;
    std::string mode;  ///< "single", "worker", "coordinator".
    std::string version;
    bool stopping = false;
    process_use process;
    std::vector<shard_status> shards;
    bool serves = false;                   ///< Of a node that has no shard: it does what it is there for.
    std::string trouble;                   ///< What keeps it from that, or is not as it should be, as a sentence; or empty.
    std::optional<identify_use> identify;  ///< Of nodes that keep the budget.
    std::optional<coordinator_use> coordinator;
    std::optional<fleet_use> fleet;
    std::optional<node_port_use> node_port;
    counts_by ops_connections;  ///< To the ops address, by what became of them.
    rest_status rest;
    std::optional<cluster::rest_picture> fleet_rest;  ///< Of a coordinator.
    bad_answers answers;
};

/// How a node is, in one word.
enum class node_status : std::uint8_t {
    starting,  ///< Not every shard has had all of its guilds yet.
    ready,     ///< Every shard is live and has its guilds.
    degraded,  ///< It was ready; now a shard is on its way back.
    stopping,
};
[[nodiscard]] std::string_view to_string(node_status status) noexcept;
/// `was_ready`: whether it was ready at any moment before.
[[nodiscard]] node_status status_of(const node_picture& node, bool was_ready) noexcept;
/// Whether every shard has the guilds of its session. A shard that resumes still has them: nothing is lost meanwhile, so a short
/// reconnect makes no node unready.
[[nodiscard]] bool is_ready(const node_picture& node) noexcept;

}  // namespace shoal::ops
