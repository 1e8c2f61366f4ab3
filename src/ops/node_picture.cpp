#include "ops/node_picture.hpp"

#include <algorithm>

namespace shoal::ops {

std::string_view to_string(node_status status) noexcept {
    switch (status) {
        case node_status::starting: return "starting";
        case node_status::ready: return "ready";
        case node_status::degraded: return "degraded";
        case node_status::stopping: return "stopping";
    }
    return "starting";
}

node_status status_of(const node_picture& node, bool was_ready) noexcept {
    if (node.stopping) return node_status::stopping;
    const bool all_live =
        is_ready(node) && std::ranges::all_of(node.shards, [](const auto& each) { return each.status == shard_state::live; });
    if (all_live) return node_status::ready;
    return was_ready ? node_status::degraded : node_status::starting;
}

bool is_ready(const node_picture& node) noexcept {
    if (node.stopping) return false;
    if (node.shards.empty()) return node.serves;
    return std::ranges::all_of(node.shards, [](const auto& each) { return each.guilds_ready; });
}

}  // namespace shoal::ops
