#include "fleet/virtual_gateway.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace shoal::fleet_simulation {

using namespace std::chrono_literals;

gateway_session* virtual_gateway::identify(socket_id socket, instant now) {
    before_identify(socket.shard);
    ++identifies;
    if (identifies + others > total_ - std::max<std::int64_t>(0, reserve - others))
        on_wrong(fmt::format("IDENTIFY {} of shard {} out of a budget of {} with {} in reserve", identifies, socket.shard, total_,
                             reserve));
    const auto key = static_cast<std::int64_t>(socket.shard) % keys_;
    if (const auto used = key_used_.find(key); used != key_used_.end() && now - used->second < 5s) {
        on_wrong(fmt::format("IDENTIFY of shard {} {} ms after another one of its key", socket.shard, to_ms(now - used->second)));
        return nullptr;
    }
    key_used_[key] = now;
    if (refuses(socket.shard) != 0) return nullptr;
    auto id = fmt::format("s{}-{}", socket.shard, identifies);
    auto& fresh = sessions_[id];
    fresh.id = id;
    fresh.shard = socket.shard;
    fresh.born = now;
    fresh.events_per_second = 0.5 + 4 * random_.unit();
    fresh.socket = socket;
    current_[socket.shard] = id;
    of_shard_[socket.shard].push_back(&fresh);
    return &fresh;
}

gateway_session* virtual_gateway::resume(const std::string& session, socket_id socket, instant now) {
    auto* found = find(session);
    if (found == nullptr || !resumable(*found, now)) {
        ++invalid;
        if (found != nullptr) found->dead = true;
        return nullptr;
    }
    ++resumes;
    const auto before = found->socket;
    found->socket = socket;
    if (before && *before != socket) on_kicked(*before);
    return found;
}

void virtual_gateway::disconnect(socket_id socket, instant now) {
    for (auto* session : of_shard_[socket.shard]) {
        if (session->socket != socket) continue;
        session->socket.reset();
        session->off_since = now;
    }
}

void virtual_gateway::invalidate(std::uint32_t shard) {
    auto* session = newest(shard);
    if (session == nullptr || session->dead) return;
    session->dead = true;
    if (const auto socket = std::exchange(session->socket, std::nullopt)) on_kicked(*socket);
}

gateway_session* virtual_gateway::find(const std::string& session) {
    const auto found = sessions_.find(session);
    return found == sessions_.end() ? nullptr : &found->second;
}

gateway_session* virtual_gateway::newest(std::uint32_t shard) { return find(current_[shard]); }

bool virtual_gateway::resumable(const gateway_session& session, instant now) const {
    return !session.dead && (session.socket || now - session.off_since < 120s);
}

budget::session_start_limit virtual_gateway::limit() const { return {total_, total_ - identifies - others, 20h, keys_}; }

}  // namespace shoal::fleet_simulation
