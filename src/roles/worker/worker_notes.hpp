#pragma once
// What the worker's session notes, as lines of the log, and what a host shows, as the session wants it. Pure.
// Not here: when (worker_role.cpp).

#include "base/logger.hpp"
#include "cluster/worker_session.hpp"
#include "host/event_sink.hpp"

namespace shoal::roles {

/// `held_back`: how many of the kind were not written since the last one.
void write_note(const logger& log, const cluster::worker::note& what, std::uint64_t held_back = 0);
[[nodiscard]] cluster::worker::shard_seen seen_of(const host::shard_snapshot& picture);

}  // namespace shoal::roles
