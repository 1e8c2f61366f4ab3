#include "bot/gateway_json.hpp"

#include <cstdint>
#include <utility>

#include "discord/json_writer.hpp"

namespace shoal::runtime {

std::string presence_json(const presence& what) {
    constexpr std::uint8_t custom = 4;
    discord::json_writer w;
    w.begin_object().field("since", nullptr).key("activities").begin_array();
    if (!what.activity.empty()) {
        w.begin_object().field("name", what.activity).field("type", what.activity_type);
        if (what.activity_type == custom) w.field("state", what.activity);
        w.end_object();
    }
    w.end_array().field("status", what.status).field("afk", false).end_object();
    return std::move(w).take();
}

std::string voice_state_json(guild_id guild, channel_id channel, bool self_mute, bool self_deaf) {
    discord::json_writer w;
    w.begin_object().field("guild_id", guild).key("channel_id");
    if (channel) {
        w.value(channel);
    } else {
        w.value(nullptr);
    }
    w.field("self_mute", self_mute).field("self_deaf", self_deaf).end_object();
    return std::move(w).take();
}

}  // namespace shoal::runtime
