#include "gateway/session_payloads.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "discord/json_writer.hpp"
#include "discord/opcodes.hpp"

namespace shoal::gateway {
namespace {

int number(discord::opcode op) noexcept { return static_cast<int>(op); }

}  // namespace

std::string connection_url(std::string_view base, compression transport) {
    base = base.substr(0, base.find('?'));
    while (base.ends_with('/')) base.remove_suffix(1);
    std::string url(base);
    url.append("/?v=10&encoding=json");
    switch (transport) {
        case compression::none: break;
        case compression::zlib_stream: url.append("&compress=zlib-stream"); break;
        case compression::zstd_stream: url.append("&compress=zstd-stream"); break;
    }
    return url;
}

std::string identify_payload(const session_config& config) {
    discord::json_writer w;
    w.begin_object().field("op", number(discord::opcode::identify)).key("d").begin_object();
    w.field("token", config.token.reveal());
    w.field("intents", config.intents);
    w.key("shard").begin_array().value(config.shard.id).value(config.shard.total).end_array();
    w.field("large_threshold", std::clamp<std::uint32_t>(config.large_threshold, 50, 250));
    w.key("properties").begin_object();
    w.field("os", config.os).field("browser", config.library).field("device", config.library).end_object();
    if (!config.presence_json.empty()) w.raw_field("presence", config.presence_json);
    w.end_object().end_object();
    return std::move(w).take();
}

std::string resume_payload(const session_config& config, const resume_ticket& ticket) {
    discord::json_writer w;
    w.begin_object().field("op", number(discord::opcode::resume)).key("d").begin_object();
    w.field("token", config.token.reveal()).field("session_id", ticket.session_id).field("seq", ticket.seq);
    w.end_object().end_object();
    return std::move(w).take();
}

std::string heartbeat_payload(std::optional<std::uint64_t> seq) {
    return seq ? fmt::format(R"({{"op":1,"d":{}}})", *seq) : std::string(R"({"op":1,"d":null})");
}

}  // namespace shoal::gateway
