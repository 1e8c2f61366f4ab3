#pragma once
// Who should hold which shard: a plain function over a view of the cluster. The same view in any order gives the same plan, ties
// go to the lower id, every move says why. Not here: carrying a plan out (brain.hpp), what a worker can carry (it says so
// itself).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cluster/messages.hpp"
#include "cluster/operator_messages.hpp"

namespace shoal::cluster {

struct placement_policy {
    /// What a shard is reckoned to need; 0: memory is no bound. 1,000 guilds in the standard cache are 5 MB, a connection is
    /// below 1 MB (docs/performance.md); the rest is for handlers, bursts and larger guilds.
    std::uint64_t memory_per_shard_mb = 16;
};

struct worker_view {
    process_id process;
    std::string zone;
    cluster::capacity capacity;
    bool accepts = true;  ///< May be given shards: healthy, neither cordoned nor being emptied.
};

struct shard_view {
    std::uint32_t shard = 0;
    std::optional<process_id> owner;  ///< Present: it counts as that worker's load.
    bool must_leave = false;          ///< Its owner is lost or being emptied: it needs another place.
    bool may_move = true;             ///< It is settled, so that balance may move it.
    std::string why;                  ///< It must leave, or has no owner.
};

struct cluster_view {
    std::vector<worker_view> workers;
    std::vector<shard_view> shards;
    /// Move so many settled shards at most, until the load for each core differs by at most one shard.
    std::uint32_t most_moves = 0;
};

struct placement_plan {
    struct left_out {
        std::uint32_t shard = 0;
        std::string why;
    };
    std::vector<planned_move> moves;
    std::vector<left_out> unplaced;  ///< There is no room: nothing is overfilled.
    std::uint32_t balancing = 0;     ///< How many of the moves are for balance.
    bool unbalanced = false;  ///< It was asked for balance, and there is more to do, maybe by shards that are not settled yet.
};

/// How many shards this worker can hold.
[[nodiscard]] std::uint32_t room_of(const capacity& what, const placement_policy& policy) noexcept;

[[nodiscard]] placement_plan place(const cluster_view& view, const placement_policy& policy);

}  // namespace shoal::cluster
