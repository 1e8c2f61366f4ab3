#pragma once
// The life of one shard's session as a pure machine: dial, HELLO, IDENTIFY or RESUME, heartbeats, zombies, closes, back-off.
// Facts in, orders out, time passed in; no clock, no socket, no log, no throw.
// Not here: reading of JSON (src/discord), the send limit (send_limiter.hpp), the identify budget (identify_governor.hpp).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "gateway/receipt_times.hpp"
#include "gateway/resume_address.hpp"
#include "gateway/send_limiter.hpp"
#include "gateway/session_config.hpp"
#include "gateway/session_facts.hpp"
#include "gateway/session_orders.hpp"
#include "gateway/ticket.hpp"

namespace shoal::gateway {

enum class session_status : std::uint8_t {
    idle,
    waiting,
    waiting_for_lease,
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
    /// Any other frame arrived: life for the zombie rule [2.4.4].
    void on_traffic(instant now) noexcept;
    /// Reading is paused on purpose, or was until now: what nobody reads cannot show life, and answers no RESUME.
    void on_pause(instant now) noexcept;
    /// Every event of the present session up to `seq` was handed out and its handlers ended. Goes into the ticket.
    void on_done(std::uint64_t seq) noexcept;
    /// Every event of the present session up to `seq` is safe elsewhere: whoever goes on with the session asks from there on.
    void on_kept(std::uint64_t seq) noexcept;

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
        bool only_a_try = false;  // Of an address that was dead before.
        bool held = false;        // Its dial waits for a right to it.
        bool left = false;        // For want of one: it says nothing about Discord.
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
    void on(const dial_held&, instant now);
    void on(const dial_begun&, instant now);
    void on(const lease_over&, instant now);
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

    // session.cpp: the way to a live session
    void send_identify(std::uint64_t permit, instant now);
    void send_resume(instant now);
    void ask_for_permit();
    void withdraw_permit();
    void go_live(instant now);
    [[nodiscard]] bool presence_fits();
    void say(note_code code, std::string detail = {});

    // session_end.cpp: what ends a connection or the session
    void lose_session(std::string why);
    void resume_failed(instant dialed_at, instant now);
    [[nodiscard]] bool lives_after(const closed& fact);
    void stop_now();
    void end_for_good(std::uint16_t code, std::string why);

    // session_connection.cpp: the connection under it
    [[nodiscard]] bool connected() const noexcept;
    void start_dial(instant now);
    [[nodiscard]] duration dial_patience() const noexcept;
    void beat(bool regular, instant now);
    [[nodiscard]] std::optional<std::uint64_t> acknowledged(instant now) const noexcept;
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

    resume_address resume_address_;
    std::optional<instant> resume_failing_since_;
    std::optional<instant> trouble_since_;
    std::optional<std::uint64_t> broken_at_;  // The number received when the stream last broke.
    std::uint64_t told_gaps_ = 0, told_duplicates_ = 0;

    std::uint64_t kept_ = 0;  // Of the present session, what may be forgotten.
    receipt_times received_;
};

}  // namespace shoal::gateway
