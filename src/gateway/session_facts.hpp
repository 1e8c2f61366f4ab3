#pragma once
// What a session is told: facts, past tense. Values only. Not here: what follows from them (session.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/time.hpp"
#include "shoal/ids.hpp"

namespace shoal::gateway {

struct started {};  ///< Begin: with a ticket by RESUME, else by IDENTIFY.
/// The dial that was ordered waits for a right to it, as long as that takes: nobody's failure. dial_begun, or lease_over,
/// follows.
struct dial_held {};
struct dial_begun {};  ///< Now it is carried out.
/// The right to the connection is over: another may have the session by now.
struct lease_over {};
struct opened {};  ///< The websocket upgrade is done.
struct hello_received {
    duration heartbeat_interval;
};
struct heartbeat_requested {};  ///< Op 1 from the server.
struct heartbeat_acked {};      ///< Op 11.
struct reconnect_requested {};  ///< Op 7; may come before HELLO.
struct session_invalidated {
    bool resumable;
};  ///< Op 9.
/// READY was read. Comes before on_dispatch() of the same message.
struct ready_received {
    std::string session_id;
    std::string resume_url;
    application_id application{};
};
struct resumed_received {};  ///< RESUMED was read. Comes before on_dispatch() of the same message.
/// The connection ended (net::close_report, in this room's words).
struct closed {
    std::optional<std::uint16_t> code;  ///< The peer's close code; nullopt without a close frame.
    bool while_dialing = false;
    std::string detail;
};
/// The identify governor's answers to ask_permit.
struct permit_granted {
    std::uint64_t permit;
    instant valid_until;
};
struct permit_refused {
    std::string why;
};  ///< For good until an operator acts or the window resets; the governor keeps us queued.
/// The stream cannot be read on: corrupt compression (no seq known), or a message that is no JSON, or whose reader failed.
/// `seq` is the number of the message at fault if on_dispatch() has already counted it as received: it is asked for once more.
struct stream_broken {
    std::string what;
    std::optional<std::uint64_t> seq = {};
};
struct gateway_url_changed {
    std::string url;
};  ///< /gateway/bot was read again.
struct edge_trouble {
    bool now;
};  ///< Many shards of this host lost their connection at once: do not give sessions up for it.
struct tick {};  ///< A wake_at came due.
/// Stop. for_good closes with 1000 (the session dies, the bot goes offline); else 4000 and the ticket stays good.
struct stop_requested {
    bool for_good;
};
/// Give the session up and start a new one (an operator's wish, or a half-deaf session). `why` is for people.
struct renew_requested {
    std::string why = "a new one was asked for";
};
/// The bot's presence was changed (op 3 is sent by the driver): later IDENTIFYs carry this one.
struct presence_changed {
    std::string json;
};

using input = std::variant<started, dial_held, dial_begun, lease_over, opened, hello_received, heartbeat_requested,
                           heartbeat_acked, reconnect_requested, session_invalidated, ready_received, resumed_received, closed,
                           permit_granted, permit_refused, stream_broken, gateway_url_changed, edge_trouble, tick, stop_requested,
                           renew_requested, presence_changed>;

}  // namespace shoal::gateway
