#pragma once
// What a lease allows a shard: to dial, to hand out what a new session brings. In single-process mode there is no lease and no
// such object. Not here: leases (cluster/worker_session.hpp), permits to IDENTIFY (permit_source.hpp).

#include <functional>
#include <string_view>

#include "base/scheduler.hpp"
#include "base/time.hpp"
#include "shoal/ids.hpp"

namespace shoal::host {

/// Called on the shards' threads.
class shard_rights {
public:
    virtual ~shard_rights() = default;
    /// `allowed` is posted to `reply_on` as soon as the shard may dial, once; a later call for the same shard takes its place.
    /// Without a right it waits.
    virtual void ask_to_dial(shard_key shard, bool has_session, scheduler& reply_on, std::function<void()> allowed) = 0;
    /// A dial that was allowed ended before it brought HELLO.
    virtual void dial_failed(shard_key shard) = 0;
    /// A new session: nothing of it is handed out before `allowed`, which is posted to `reply_on`, once.
    virtual void ask_to_hand_out(shard_key shard, std::string_view session_id, scheduler& reply_on,
                                 std::function<void()> allowed) = 0;
    /// Whether another process may hand out the same by now. Cheap and without a lock: asked before each event.
    [[nodiscard]] virtual bool may_be_taken(shard_key shard, instant now) const noexcept = 0;
    /// Whether the shard may have no connection at this time: what still comes over one counts no more. Cheap and without a lock,
    /// from any thread.
    [[nodiscard]] virtual bool must_close(shard_key shard, instant now) const noexcept = 0;
};

}  // namespace shoal::host
