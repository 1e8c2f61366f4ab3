#pragma once
// Waits, at a start, until Discord has said where the gateway is. An API that nobody can reach is a mistake in the settings more
// often than an outage: after a while the start gives up, and whoever supervises the bot starts it again. An API that answers
// with an error is one that will recover: that is waited for. Not here: the request itself (host/bootstrap.hpp).

#include <optional>

#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "host/bootstrap.hpp"
#include "shoal/error.hpp"

namespace shoal::roles {

/// Blocks the calling thread, which must not be `on`'s. Nothing: `give_up_descriptor` became readable first (-1: it never does).
/// `source` is called on `on`, and not after this has returned with an answer.
[[nodiscard]] std::optional<result<host::gateway_bot>> wait_for_first_answer(scheduler& on,
                                                                             const host::gateway_bot_source& source,
                                                                             duration patience, const logger& log,
                                                                             int give_up_descriptor);

}  // namespace shoal::roles
