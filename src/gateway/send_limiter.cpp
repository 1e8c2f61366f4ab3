#include "gateway/send_limiter.hpp"

#include <algorithm>

namespace shoal::gateway {
namespace {

constexpr duration presence_window = std::chrono::milliseconds(20'500);
constexpr std::size_t handshakes = 1;       // IDENTIFY or RESUME, once a connection.
constexpr std::size_t least_commands = 30;  // Whatever interval a server names.

std::size_t reserve_for(duration heartbeat_interval) noexcept {
    const auto interval = std::max(heartbeat_interval, duration(std::chrono::milliseconds(500)));
    // One on either rim of the window.
    const auto beats = static_cast<std::size_t>(send_limiter::window / interval) + 1;
    return std::min(beats + handshakes + send_limiter::extra_beats, send_limiter::limit - least_commands);
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
    wait_for(all_, limit - extra_beats, window);  // More beats than reserved were due: leave room for the next ones.
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
