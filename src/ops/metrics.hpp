#pragma once
// A node's numbers for Prometheus (text format 0.0.4); docs/metrics.md is written from the same table.
// Not here: who may read them (ops_server.hpp). No label takes a value that users of the bot choose, and none multiplies with the
// shards, so that a bot of a thousand shards stays a few ten thousand lines.

#include <string>

#include "ops/node_picture.hpp"

namespace shoal::ops {

[[nodiscard]] std::string metrics_text(const node_picture& node, node_status status);
/// docs/metrics.md.
[[nodiscard]] std::string metrics_page();

}  // namespace shoal::ops
