#pragma once
// What a session wants done: orders, imperative, and notes for the log. Values only. Not here: who carries them out (src/host).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.hpp"

namespace shoal::gateway {

/// Open a connection to this url (query included). A fresh inflater belongs to it.
struct dial {
    std::string url;
};
/// Ask the identify governor for a permit for this shard. Withdraw the request when give_up, hang_up or return_permit follows
/// first.
struct ask_permit {
    bool had_session;
};
/// IDENTIFY went out under this permit (told right before the `send` order).
struct use_permit {
    std::uint64_t permit;
};
/// The permit was not used: give it back. 0 withdraws a request that is still waiting.
struct return_permit {
    std::uint64_t permit;
};
enum class send_kind : std::uint8_t { heartbeat, identify, resume };
/// Send this text; all kinds go ahead of queued commands and use the room that the limiter keeps.
struct send {
    send_kind kind;
    std::string payload;
};
/// Close the connection with this code; nullopt cuts it without a frame. `closed` must follow.
struct hang_up {
    std::optional<std::uint16_t> code;
};
/// Wake the machine (tick) at this time. Replaces the wish before; `never` takes it back.
struct wake_at {
    instant when;
};
/// The end: nothing follows until `started`. `code` is Discord's close code or 0 after stop_requested.
struct give_up {
    std::uint16_t code;
    std::string why;
};
/// The log and the metrics of the machine.
enum class note_code : std::uint8_t {
    dialing,
    waiting_for_lease,
    lease_over,
    dial_failed,
    hello,
    identifying,
    resuming,
    ready,
    resumed,
    heartbeat_late,
    zombie,
    reconnect_op7,
    invalid_session_op9,
    closed_by_peer,
    backing_off,
    session_lost,
    resume_url_abandoned,
    poison_skipped,
    stream_error,
    waiting_for_permit,
    permit_refused,
    replay_gap,
    replay_duplicate,
    stopped,
    given_up,
    presence_dropped,
    permit_expired
};
[[nodiscard]] std::string_view to_string(note_code code) noexcept;
struct note {
    note_code code;
    std::string detail;
};

using action = std::variant<dial, ask_permit, use_permit, return_permit, send, hang_up, wake_at, give_up, note>;

}  // namespace shoal::gateway
