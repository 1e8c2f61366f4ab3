#pragma once
// One connection of the virtual network, seen from both sides: its latency, what is under way on it, and which end is gone.
// Not here: what is said on it (virtual_discord.hpp).

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/virtual_scheduler.hpp"
#include "net/websocket.hpp"
#include "sim/core/facts.hpp"
#include "sim/wire/encoder.hpp"

namespace shoal::simulation {

struct virtual_link : std::enable_shared_from_this<virtual_link> {
    sim::conn_id id{};
    net::websocket_events* events = nullptr;  ///< Null once the client was told the end, or let go.
    std::optional<sim::wire::encoder> encoder;
    duration latency{};
    instant last_up{}, last_down{};
    instant stalled_until{};
    std::deque<sim::wire::wire_message> inbox;  ///< Came to the client, which does not read.
    bool open = false, paused = false, closing = false;
    bool server_gone = false, black = false, server_reads = true;
    std::deque<std::string> unread;  ///< Came to the server, which does not read.
    std::shared_ptr<const bool> leaving;
    instant last_arrival{};  ///< Of anything, at the client.
    std::optional<instant> identified_at;
    bool answered = false;   ///< Since then: READY, op 7, op 9 or a close.
    bool corrupted = false;  ///< F35.
    std::optional<std::uint32_t> shard;
    bool resumed_with = false;
    std::string session;

    [[nodiscard]] std::uint64_t number() const noexcept { return static_cast<std::uint64_t>(id); }
    /// `job` happens at the client, or at the server, behind everything that went that way before.
    void to_client(virtual_scheduler& time, std::function<void()> job);
    void to_server(virtual_scheduler& time, std::function<void()> job);
    /// Something large is on its way for so long: what follows waits, and its bytes show life.
    void crawl(virtual_scheduler& time, duration span);
    /// The client reads what has come, as long as it wants to.
    void pump(instant now);
    void end_client(const net::close_report& report);
};

}  // namespace shoal::simulation
