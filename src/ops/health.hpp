#pragma once
// The bodies of /health and /ready. Not here: who may read them (ops_server.hpp).

#include <string>

#include "ops/node_picture.hpp"

namespace shoal::ops {

/// {"processId", "mode", "version", "status", "shards", "cpuUsage", "memoryMb"}: shards by id, percent of a core, megabytes. With
/// "trouble", a sentence, while something is not as it should be.
[[nodiscard]] std::string health_json(const node_picture& node, node_status status);
/// {"ready", "status", "waitingFor"}: ids of the shards whose guilds have not all come. With "trouble" as above.
[[nodiscard]] std::string ready_json(const node_picture& node, node_status status);

}  // namespace shoal::ops
