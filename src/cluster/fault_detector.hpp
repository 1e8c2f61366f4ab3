#pragma once
// What is known of a worker's health, from evidence: a plain function. Silence proves nothing but that a lease has run out; only
// proof makes a worker dead (protocols.md 2). Not here: what follows from it (brain.hpp).

#include <chrono>
#include <string>

#include "base/time.hpp"
#include "cluster/operator_messages.hpp"

namespace shoal::cluster {

struct fault_policy {
    duration beat_every = std::chrono::seconds(1);
    duration suspect_after = std::chrono::milliseconds(2500);
    duration lease = std::chrono::seconds(5);
    /// Two clocks do not run alike: the coordinator waits this much longer than the worker may believe.
    duration lease_slack = std::chrono::milliseconds(50);
};

struct evidence {
    bool admitted = false;     ///< Registered and stored as a member.
    bool heard_beat = false;   ///< At least one heartbeat of this registration was acked.
    bool stream_open = false;  ///< A broken stream is a hint only.
    bool draining = false;
    instant last_heard{};
    instant lease_until{};  ///< The latest moment until which it may believe that it has a lease.
    std::string proof;      ///< Of its death; empty: none.
};

struct diagnosis {
    worker_state state{};
    std::string reason;
};

[[nodiscard]] diagnosis diagnose(const evidence& what, const fault_policy& policy, instant now);

}  // namespace shoal::cluster
