#include "ops/health.hpp"

#include "discord/json_writer.hpp"
#include "ops/eighths.hpp"

namespace shoal::ops {
std::string health_json(const node_picture& node, node_status status) {
    discord::json_writer out;
    out.begin_object()
        .field("processId", node.process_id)
        .field("mode", node.mode)
        .field("version", node.version)
        .field("status", to_string(status))
        .key("shards")
        .begin_array();
    for (const auto& each : node.shards) out.value(each.id);
    out.end_array()
        .field("cpuUsage", to_eighths(node.process.cpu_percent))
        .field("memoryMb", to_eighths(static_cast<double>(node.process.resident_bytes) / 1e6));
    if (!node.trouble.empty()) out.field("trouble", node.trouble);
    out.end_object();
    return std::move(out).take() + "\n";
}

std::string ready_json(const node_picture& node, node_status status) {
    discord::json_writer out;
    out.begin_object().field("ready", is_ready(node)).field("status", to_string(status)).key("waitingFor").begin_array();
    for (const auto& each : node.shards) {
        if (!each.guilds_ready) out.value(each.id);
    }
    out.end_array();
    if (!node.trouble.empty()) out.field("trouble", node.trouble);
    out.end_object();
    return std::move(out).take() + "\n";
}

}  // namespace shoal::ops
