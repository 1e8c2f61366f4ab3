#pragma once
// The port through which shards get their identify permits. In single-process mode this is identify_desk (ledger in a locked
// file); on a fleet the coordinator gives them (roles/worker). Not here: who may identify when (budget/identify_governor.hpp).

#include <cstdint>
#include <functional>
#include <string>

#include "base/scheduler.hpp"
#include "shoal/ids.hpp"

namespace shoal::host {

/// Called and answered on any thread; answers are posted to `reply_on`.
class permit_source {
public:
    struct answer {
        std::uint64_t permit = 0;
        instant valid_until{};
        std::string refused;  ///< Not empty: refused, still queued.
    };
    virtual ~permit_source() = default;
    virtual void ask(shard_key shard, bool had_session, scheduler& reply_on, std::function<void(answer)> on_answer) = 0;
    virtual void withdraw(shard_key shard) = 0;
    virtual void used(std::uint64_t permit, shard_key shard) = 0;
    virtual void returned(std::uint64_t permit, shard_key shard) = 0;
    virtual void identify_ended(shard_key shard, bool ready) = 0;
    /// Whether the budget has an IDENTIFY to spare for a session that mostly works.
    virtual void can_spare(shard_key shard, scheduler& reply_on, std::function<void(bool)> on_answer) = 0;
};

}  // namespace shoal::host
