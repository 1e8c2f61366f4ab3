#include "host/outbound_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "discord/json_cursor.hpp"
#include "discord/opcodes.hpp"
#include "host/errc.hpp"

namespace shoal::host {

using discord::opcode;
using gateway::send_class;

result<void> outbound_queue::add(std::uint8_t op, std::string d, std::uint64_t tag) {
    switch (static_cast<opcode>(op)) {
        case opcode::presence_update:
        case opcode::voice_state_update:
        case opcode::request_guild_members:
        case opcode::request_soundboard_sounds:
        case opcode::request_channel_info: break;
        default:
            return std::unexpected(failure(errc::bad_command, fmt::format("a bot may send op 3, 4, 8, 31 and 43, not {}", op)));
    }
    // Discord answers a command that is no JSON by ending the connection (4002): better said here, to whoever made it.
    if (!discord::is_json(d)) return std::unexpected(failure(errc::bad_command, fmt::format("the data of op {} is no JSON", op)));
    auto payload = fmt::format(R"({{"op":{},"d":{}}})", op, d);
    if (payload.size() > gateway::send_limiter::largest_payload_bytes)
        return std::unexpected(failure(errc::too_large, fmt::format("op {} with {} bytes; the most is {}", op, payload.size(),
                                                                    gateway::send_limiter::largest_payload_bytes)));
    if (static_cast<opcode>(op) == opcode::presence_update) {
        last_presence_ = std::move(payload);
        presence_d_ = std::move(d);
        presence_waits_ = true;
        return {};
    }
    if (commands_.size() >= bound)
        return std::unexpected(failure(errc::queue_full, fmt::format("{} commands wait on this shard already", bound)));
    commands_.push_back({std::move(payload), tag});
    return {};
}

const std::string* outbound_queue::next(instant now, instant& wait_until) noexcept {
    wait_until = never;
    if (!limiter_) return nullptr;
    if (presence_waits_) {
        const auto when = limiter_->earliest(send_class::presence, now);
        if (when <= now) {
            next_is_presence_ = true;
            return &*last_presence_;
        }
        wait_until = std::min(wait_until, when);
    }
    if (!commands_.empty()) {
        const auto when = limiter_->earliest(send_class::command, now);
        if (when <= now) {
            next_is_presence_ = false;
            return &commands_.front().payload;
        }
        wait_until = std::min(wait_until, when);
    }
    return nullptr;
}

std::uint64_t outbound_queue::sent(instant now) noexcept {
    if (limiter_) limiter_->sent(next_is_presence_ ? send_class::presence : send_class::command, now);
    if (next_is_presence_) {
        presence_waits_ = false;
        return 0;
    }
    const auto tag = commands_.front().tag;
    commands_.pop_front();
    return tag;
}

}  // namespace shoal::host
