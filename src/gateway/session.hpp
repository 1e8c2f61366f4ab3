#pragma once
// The life of one shard's session as a pure machine: dial, HELLO, IDENTIFY or RESUME, heartbeats, zombies, closes, back-off.
// Facts in, orders out, time passed in; no clock, no socket, no log, no throw.
// Not here: reading of JSON (src/discord), the send limit (send_limiter.hpp), the identify budget (identify_governor.hpp).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "discord/close_codes.hpp"
#include "gateway/ticket.hpp"
#include "shoal/ids.hpp"

namespace shoal::gateway {

enum class compression : std::uint8_t { none, zlib_stream, zstd_stream };

struct session_config {
    shard_key shard;
    secret token;  ///< Without "Bot ".
    std::uint64_t intents = 0;
    std::uint32_t large_threshold = 50;
    std::string gateway_url;  ///< From /gateway/bot; with or without a trailing slash.
    compression transport = compression::zstd_stream;
    std::string presence_json;  ///< The `presence` object of IDENTIFY, or empty.
    std::string os = "linux";
    std::string library = "shoal";
    std::uint64_t seed = 1;  ///< Of the jitter.

    duration hello_timeout = std::chrono::seconds(20);
    duration ready_timeout =
        std::chrono::seconds(60);  ///< From IDENTIFY to READY while the socket shows no life; heartbeats ACKed extend it.
    duration resumed_timeout = std::chrono::seconds(30);  ///< Likewise for RESUME until the first replayed event or RESUMED.
    duration backoff_first = std::chrono::milliseconds(500);
    duration backoff_most = std::chrono::seconds(60);
    duration resume_url_patience =
        std::chrono::seconds(8);  ///< Dials that fail for this long fall back to gateway_url for RESUME [2.7.12].
    duration resume_patience =
        std::chrono::seconds(180);  ///< Resume attempts that fail for this long give the session up, unless edge_trouble.
    duration op9_wait_least = std::chrono::seconds(1);  ///< [2.7.3]
    duration op9_wait_most = std::chrono::seconds(5);
};

// ---- facts, past tense -------------------------------------------------------------------------------------------------

struct started {};  ///< Begin: with a ticket by RESUME, else by IDENTIFY.
struct opened {};   ///< The websocket upgrade is done.
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
struct stream_broken {
    std::string what;
};
struct gateway_url_changed {
    std::string url;
};  ///< /gateway/bot was read again.
struct edge_trouble {
    bool now;
};               ///< Many shards of this host lost their connection at once: do not give sessions up for it.
struct tick {};  ///< A wake_at came due.
/// Stop. for_good closes with 1000 (the session dies, the bot goes offline); else 4000 and the ticket stays good.
struct stop_requested {
    bool for_good;
};
/// Give the session up and start a new one (an operator's wish, or a half-deaf session).
struct renew_requested {};

using input = std::variant<started, opened, hello_received, heartbeat_requested, heartbeat_acked, reconnect_requested,
                           session_invalidated, ready_received, resumed_received, closed, permit_granted, permit_refused,
                           stream_broken, gateway_url_changed, edge_trouble, tick, stop_requested, renew_requested>;

// ---- orders, imperative ------------------------------------------------------------------------------------------------

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
    given_up
};
struct note {
    note_code code;
    std::string detail;
};

using action = std::variant<dial, ask_permit, use_permit, return_permit, send, hang_up, wake_at, give_up, note>;

// ---- the machine -------------------------------------------------------------------------------------------------------

enum class session_status : std::uint8_t {
    idle,
    waiting,
    connecting,
    waiting_for_permit,
    identifying,
    resuming,
    live,
    closing,
    stopped
};

[[nodiscard]] std::string_view to_string(session_status status) noexcept;

/// What to do with a dispatch of this sequence number.
enum class verdict : std::uint8_t {
    deliver,           ///< Hand it out.
    deliver_replayed,  ///< Hand it out; it came between RESUME and RESUMED.
    duplicate,         ///< Already received in this session [F21]: drop it.
    ignore,            ///< Not expected now (no session, or closing): drop it.
};

struct session_stats {
    std::uint64_t identifies = 0, resumes = 0, readies = 0, invalid_sessions = 0, zombies = 0, poison = 0, reconnects = 0;
    std::uint64_t gaps = 0;  ///< Sequence numbers that never came.
    std::uint64_t duplicates = 0;
    duration latency{};  ///< Last heartbeat to its ACK; 0 before the first.
    std::string last_reconnect_reason;
};

class session {
public:
    session(session_config config, std::optional<resume_ticket> ticket);

    /// One fact at a time; appends orders to `out`, to be carried out in order before the next fact.
    void step(const input& fact, instant now, std::vector<action>& out);

    /// The hot path: one dispatch arrived. Counts as life. Allocates nothing and gives no orders: what it notices (a gap) shows
    /// in stats().
    [[nodiscard]] verdict on_dispatch(std::uint64_t seq, instant now) noexcept;
    /// Any other frame arrived: life for the zombie rule [2.4.4].
    void on_traffic(instant now) noexcept;
    /// Every event up to `seq` was handed out and its handlers ended. Goes into the ticket.
    void on_done(std::uint64_t seq) noexcept;

    /// Present while Discord may still know the session.
    [[nodiscard]] const std::optional<resume_ticket>& ticket() const noexcept;
    [[nodiscard]] session_status status() const noexcept;
    [[nodiscard]] const session_stats& stats() const noexcept;

private:
    // The implementer of this room completes the private part and may split it into files.
};

}  // namespace shoal::gateway
