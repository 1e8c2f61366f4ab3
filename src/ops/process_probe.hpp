#pragma once
// What this process takes of its machine: processor time and memory. Not here: who wants to know (health.hpp, metrics.hpp).

#include "base/time.hpp"
#include "ops/node_picture.hpp"

namespace shoal::ops {

/// Belongs to one thread.
class process_probe {
public:
    process_probe();
    /// What it takes now; the percentage is over the time since the last call that was at least a second ago.
    [[nodiscard]] process_use look(instant now);

private:
    double started_at_seconds_;
    instant since_{};
    double seconds_then_ = 0;
    double percent_ = 0;
};

}  // namespace shoal::ops
