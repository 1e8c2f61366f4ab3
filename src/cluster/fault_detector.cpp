#include "cluster/fault_detector.hpp"

#include <fmt/format.h>

namespace shoal::cluster {

diagnosis diagnose(const evidence& what, const fault_policy& policy, instant now) {
    if (!what.proof.empty()) return {worker_state::dead, what.proof};
    if (now >= what.lease_until) return {worker_state::orphan, "its lease lapsed; nothing proves that it is dead"};
    if (!what.admitted) return {worker_state::joining, "registered"};
    if (!what.stream_open) return {worker_state::suspect, "its stream closed"};
    if (!what.heard_beat) return {worker_state::joining, "no heartbeat yet"};
    if (now - what.last_heard >= policy.suspect_after) {
        return {worker_state::suspect,
                fmt::format("no heartbeat for {:.1f} s", std::chrono::duration<double>(policy.suspect_after).count())};
    }
    if (what.draining) return {worker_state::draining, "it is being emptied"};
    return {worker_state::healthy, "its heartbeats come"};
}

}  // namespace shoal::cluster
