// A coordinator's main after its settings were read.

#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "roles/coordinator/coordinator_role.hpp"
#include "roles/process/entry.hpp"
#include "roles/process/main_process.hpp"

namespace shoal::roles {

int run_coordinator(coordinator_wish wish, std::string_view program) {
    const stop_signals signals;
    raise_descriptor_limit();
    wish.give_up_descriptor = signals.descriptor();
    auto outcome = std::make_shared<run_outcome>();
    const auto started = coordinator_role::start(std::move(wish), outcome);
    if (!started) return say_why(program, started.error());
    if (*started == nullptr) return 0;  // Stopped by a signal before it ran.
    pollfd ends[2] = {{signals.descriptor(), POLLIN, 0}, {outcome->descriptor(), POLLIN, 0}};
    while (::poll(ends, 2, -1) < 0 && errno == EINTR) {
    }
    if (const auto problem = outcome->problem()) return say_why(program, *problem);
    return 0;
}

}  // namespace shoal::roles
