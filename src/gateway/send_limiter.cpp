#include "gateway/send_limiter.hpp"

#include <algorithm>

namespace shoal::gateway {
namespace {

// Discord counts when messages arrive: half a second more keeps a burst that the network squeezed together inside its window.
constexpr duration slack = std::chrono::milliseconds(500);
constexpr duration window = std::chrono::seconds(60) + slack;
constexpr duration presence_window = std::chrono::seconds(20) + slack;
constexpr std::size_t asked_beats = 2;  // Op 1 of the server.

std::size_t reserve_for(duration heartbeat_interval) noexcept {
    const auto interval = std::max(heartbeat_interval, duration(std::chrono::seconds(1)));
    const auto beats = (duration(std::chrono::seconds(60)) + interval - duration(1)) / interval;
    // A server that wants a beat each second must not leave us without room for anything else.
    return std::min<std::size_t>(static_cast<std::size_t>(beats) + 1 + asked_beats, send_limiter::limit / 2);
}

}  // namespace

send_limiter::send_limiter(duration heartbeat_interval) : reserved_(reserve_for(heartbeat_interval)) {}

instant send_limiter::earliest(send_class what, instant now) const noexcept {
    if (what == send_class::heartbeat || what == send_class::handshake) return now;
    auto when = now;
    const auto wait_for = [&](const auto& ring, std::size_t most, duration span) {
        if (ring.used >= most) when = std::max(when, ring.latest(most) + span);
    };
    wait_for(commands_, limit - reserved_, window);
    wait_for(all_, limit - asked_beats, window);  // More beats than reserved were asked for: leave room for the next ones.
    if (what == send_class::presence) wait_for(presences_, presence_limit, presence_window);
    return when;
}

void send_limiter::sent(send_class what, instant now) noexcept {
    all_.add(now);
    if (what == send_class::heartbeat || what == send_class::handshake) return;
    commands_.add(now);
    if (what == send_class::presence) presences_.add(now);
}

}  // namespace shoal::gateway
