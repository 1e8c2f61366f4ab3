#pragma once
// Runs something on another thread's scheduler and waits for it: how a thread that starts or ends a role makes and unmakes what
// lives there. Not here: work that nobody waits for (scheduler::post).

#include <future>

#include "base/scheduler.hpp"

namespace shoal::roles {

/// After everything that was posted before. Not from that thread.
template <class Job>
void run_on(scheduler& thread, Job job) {
    std::promise<void> over;
    thread.post([&] {
        job();
        over.set_value();
    });
    over.get_future().wait();
}

}  // namespace shoal::roles
