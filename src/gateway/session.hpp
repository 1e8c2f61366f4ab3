#pragma once
// The life of one shard's session as a pure machine: dial, HELLO, IDENTIFY or RESUME, heartbeats, zombies, closes, back-off.
// Facts in, orders out, time passed in; no clock, no socket, no log, no throw.
// Not here: reading of JSON (src/discord), the send limit (send_limiter.hpp), the identify budget (identify_governor.hpp).

#include <array>
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
#include "gateway/send_limiter.hpp"
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

using input =
    std::variant<started, opened, hello_received, heartbeat_requested, heartbeat_acked, reconnect_requested, session_invalidated,
                 ready_received, resumed_received, closed, permit_granted, permit_refused, stream_broken, gateway_url_changed,
                 edge_trouble, tick, stop_requested, renew_requested, presence_changed>;

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
    std::uint64_t identifies = 0;       ///< IDENTIFYs sent,
    std::uint64_t readies = 0;          ///< and those that READY answered.
    std::uint64_t resume_attempts = 0;  ///< RESUMEs sent,
    std::uint64_t resumes = 0;          ///< and those that RESUMED answered.
    std::uint64_t invalid_sessions = 0, zombies = 0, poison = 0;
    std::uint64_t reconnects = 0;  ///< Dials after the first.
    std::uint64_t gaps = 0;        ///< Sequence numbers that never came.
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
    /// Any other frame arrived: life for the zombie rule [2.4.4]. While reading is paused on purpose the driver calls this too:
    /// what nobody reads cannot show life.
    void on_traffic(instant now) noexcept;
    /// Every event of the present session up to `seq` was handed out and its handlers ended. Goes into the ticket.
    void on_done(std::uint64_t seq) noexcept;

    /// Present while Discord may still know the session.
    [[nodiscard]] const std::optional<resume_ticket>& ticket() const noexcept;
    [[nodiscard]] session_status status() const noexcept;
    [[nodiscard]] const session_stats& stats() const noexcept;

private:
    enum class phase : std::uint8_t { off, waiting, dialing, hello, permit, identifying, resuming, live, closing };

    /// What is known of the one connection, from its dial to its `closed`.
    struct connection {
        instant dialed_at{};
        bool to_resume_url = false;
        bool hello_seen = false;
        bool resume_sent = false;
        bool awaited_permit = false;  // It ended while it waited for one.
        bool went_live = false;
        instant live_since{};
        std::uint64_t events = 0;  // That it brought for the first time, replayed ones included.

        duration beat_interval{};
        instant next_beat = never;
        bool beat_sent = false;        // A regular one,
        bool life_since_beat = false;  // and a frame came after it.
        instant last_beat{};           // Of any cause: the latency is counted from here
        bool ack_pending = false;      // while this is set.
        std::array<std::optional<instant>, send_limiter::extra_beats> extra_beats{};  // When each went out, in turn.
        std::size_t next_extra = 0;

        duration patience{};            // While READY or RESUMED is waited for: how much silence is borne,
        instant silent_since{};         // since when it is silent,
        instant probe_at = never;       // when a beat asks for life,
        instant deadline = never;       // and when silence ends the attempt.
        instant hard_deadline = never;  // Life or not, here it ends; also of the dial and of HELLO.
        instant replay_until = never;   // Events flow since RESUME: from here on they count as live, RESUMED or not.

        std::optional<std::uint16_t> hung_up_with;
        instant cut_at = never;  // The peer does not answer our close.
    };

    void on(const started&, instant now);
    void on(const opened&, instant now);
    void on(const hello_received& fact, instant now);
    void on(const heartbeat_requested&, instant now);
    void on(const heartbeat_acked&, instant now);
    void on(const reconnect_requested&, instant now);
    void on(const session_invalidated& fact, instant now);
    void on(const ready_received& fact, instant now);
    void on(const resumed_received&, instant now);
    void on(const closed& fact, instant now);
    void on(const permit_granted& fact, instant now);
    void on(const permit_refused& fact, instant now);
    void on(const stream_broken& fact, instant now);
    void on(const gateway_url_changed& fact, instant now);
    void on(const edge_trouble& fact, instant now);
    void on(const tick&, instant now);
    void on(const stop_requested& fact, instant now);
    void on(const renew_requested& fact, instant now);
    void on(const presence_changed& fact, instant now);

    // session.cpp: the session
    void send_identify(std::uint64_t permit, instant now);
    void send_resume(instant now);
    void ask_for_permit();
    void withdraw_permit();
    void go_live(instant now);
    void lose_session(std::string why);
    void resume_failed(instant dialed_at, instant now);
    [[nodiscard]] bool lives_after(const closed& fact);
    void stop_now();
    void end_for_good(std::uint16_t code, std::string why);
    [[nodiscard]] bool presence_fits();
    void say(note_code code, std::string detail = {});

    // session_connection.cpp: the connection under it
    [[nodiscard]] bool connected() const noexcept;
    void start_dial(instant now);
    void beat(bool regular, instant now);
    void extra_beat(instant now);
    void check_beat(instant now);
    void wait_for_answer(duration patience, duration most, instant now);
    void check_patience(instant now);
    void end_connection(std::optional<std::uint16_t> code, std::string reason, instant now);
    void connection_over(instant now);
    [[nodiscard]] duration reconnect_delay(const connection& was, instant now);
    [[nodiscard]] duration backoff(std::uint32_t failures);
    void arm();

    session_config config_;
    std::optional<resume_ticket> ticket_;
    session_stats stats_;
    random_source random_;
    std::vector<action>* out_ = nullptr;  // Of the step that runs.

    phase phase_ = phase::off;
    bool ended_ = false;     // give_up was ordered.
    bool stopping_ = false;  // stop_requested,
    bool for_good_ = false;  // and how.
    bool presence_dropped_ = false;
    connection connection_;
    std::uint64_t dials_ = 0;
    bool had_session_ = false;
    std::uint32_t failures_ = 0;  // Attempts in a row without READY or RESUMED.
    std::uint32_t flaps_ = 0;     // Connections in a row that went live and brought nothing.
    duration least_wait_{};       // Before the next dial: op 9.
    instant retry_at_ = never;
    instant last_traffic_{};
    instant armed_ = never;

    std::optional<instant> resume_url_failing_since_;
    bool resume_url_abandoned_ = false;
    std::optional<instant> resume_failing_since_;
    std::optional<instant> trouble_since_;
    std::optional<std::uint64_t> broken_at_;  // The number received when the stream last broke.
    std::uint64_t told_gaps_ = 0, told_duplicates_ = 0;
};

}  // namespace shoal::gateway
