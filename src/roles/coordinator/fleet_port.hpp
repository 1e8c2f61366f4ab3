#pragma once
// What a coordinator serves to other nodes: workers attach their streams, operators ask. Who calls is known by certificate; that
// a worker holds the same token and wants the same intents is shown by keyed hashes, which are never the values. Not here: what
// is answered (office.hpp), certificates and rules of who may call what (src/rpc).

#include <cstdint>
#include <memory>

#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "base/secret.hpp"
#include "roles/coordinator/death_probe.hpp"
#include "roles/coordinator/office.hpp"
#include "rpc/server.hpp"
#include "wire/bad_messages.hpp"

namespace shoal::roles {

/// What a worker's own must equal. A right proof reaches the office as wire::proven.
struct join_secrets {
    secret token;
    std::uint64_t intents = 0;
};

/// The calls, for rpc::server::start. On the office's thread; all that is referred to outlives the server. `bad` counts what
/// could not be read.
[[nodiscard]] rpc::served_calls serve_fleet(scheduler& on, office& where, death_probe& deaths, join_secrets secrets,
                                            wire::bad_messages& bad, logger log);

}  // namespace shoal::roles
