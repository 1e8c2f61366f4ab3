#pragma once
// A worker's side of the fleet as a pure machine: it registers, reports, obeys the newest orders only, and knows what its lease
// allows. Facts in, orders out, time passed in.
// Not here: running shards (src/host), the stream (src/rpc), what the coordinator decides (brain.hpp).

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "cluster/lease_holder.hpp"
#include "cluster/messages.hpp"
#include "cluster/planted.hpp"
#include "cluster/slice_holder.hpp"

namespace shoal::cluster {

/// What a worker does with a shard's socket when its right to the shard ends.
enum class fence_policy : std::uint8_t {
    keep,   ///< Goes on serving what is connected: Discord's session is the second fence.
    close,  ///< Closes it with 4000, for whoever trusts Discord less.
};

struct worker_config {
    register_ask self;                      ///< Without `fleet`, `highest_leader`, `fresh`, `shards`.
    std::vector<std::string> coordinators;  ///< Addresses, tried in turn.
    std::uint32_t rest_most = 0;            ///< More of the REST limit it does not want, requests a second; 0: no bound.
    fence_policy fence = fence_policy::keep;
    std::uint64_t seed = 1;                              ///< Of the jitter.
    duration answer_patience = std::chrono::seconds(3);  ///< For `registered`: then the stream is given up. See ack_patience().
    duration retry_first = std::chrono::milliseconds(200);
    duration retry_most = std::chrono::seconds(5);
    planted_bugs planted;
};

namespace worker {

// ---- facts, past tense ---------------------------------------------------------------------------------------------------

struct started {};
struct stream_opened {};
struct stream_closed {
    std::string why;
    /// The coordinator there cannot be this worker's, as was seen before it was asked: counts as its refusal.
    std::optional<refusal> refused = {};
};
struct message_received {
    to_worker what;
};
/// How a shard is, as its host sees it. Only of shards that were ordered and not released.
struct shard_seen {
    std::uint32_t shard = 0;
    shard_status status{};                ///< starting, waiting_for_permit, connecting or live.
    std::optional<resume_ticket> ticket;  ///< Of the session that is current; absent: it has none.
    std::string lost_session;             ///< As in shard_report.
    shard_metrics metrics;
};
/// All shards as they are now: the answer to `look`, and told unasked when one changed its status or session.
struct looked {
    node_metrics node;
    std::vector<shard_seen> shards;
    rest_use rest = {};  ///< What was sent, and what waits.
};
/// A stop_shard was carried out, or the process ends and its host has stopped it: nothing is connected any more.
struct shard_stopped {
    std::uint32_t shard = 0;
    std::optional<resume_ticket> ticket;
    bool session_ended = false;  ///< Closed with 1000: Discord has ended the session, and nobody can go on with it.
};
/// A dial that may_dial() allowed ended before RESUME was sent: the allowance was not used.
struct dial_failed {
    std::uint32_t shard = 0;
};
struct permit_wanted {
    std::uint32_t shard = 0;
    bool had_session = false;
    std::string lost_session;
};
struct permit_unwanted {
    std::uint32_t shard = 0;
};
struct permit_spent {
    std::uint32_t shard = 0;
    permit_number permit{};
};
struct permit_unspent {
    std::uint32_t shard = 0;
    permit_number permit{};
};
struct identify_over {
    std::uint32_t shard = 0;
    bool ready = false;
};
/// Discord refuses this shard, or the bot by it: its host has stopped trying. It is held, and reported so, until it is ordered
/// away.
struct shard_refused {
    std::uint32_t shard = 0;
    gateway_refusal why;
};
struct spare_wanted {
    std::uint32_t shard = 0;
};
/// The process should end: it asks to be emptied first.
struct stop_asked {};
/// Everything was stopped: nothing is held, whether or not the coordinator knows.
struct ended {};
struct tick {};

using fact = std::variant<started, stream_opened, stream_closed, message_received, looked, shard_stopped, dial_failed,
                          permit_wanted, permit_unwanted, permit_spent, permit_unspent, identify_over, shard_refused,
                          spare_wanted, stop_asked, ended, tick>;

// ---- orders, imperative --------------------------------------------------------------------------------------------------

struct open_stream {
    std::string address;
};
struct close_stream {};
struct say {
    to_coordinator what;
};
/// Tell `looked` now.
struct look {};
/// Run this shard: by RESUME after the ticket's `done`, else by IDENTIFY. Asks may_dial() before each dial.
struct start_shard {
    shard_key shard;
    std::optional<resume_ticket> ticket;
};
/// Close it with 4000, then tell shard_stopped.
struct stop_shard {
    std::uint32_t shard = 0;
    std::string why;
};
/// The session's events may be handed out: until then they are kept back.
struct hand_out {
    std::uint32_t shard = 0;
    std::string session_id;
};
struct give_permit {
    std::uint32_t shard = 0;
    permit_number permit{};
    instant valid_until{};
};
struct refuse_permit {
    std::uint32_t shard = 0;
    std::string why;
};
struct answer_spare {
    std::uint32_t shard = 0;
    bool can_spare = false;
};
/// may_dial() may say yes now where it said no.
struct rights_changed {};
/// fence_policy::close: the right to this shard is over. Close its socket with 4000, and keep it closed until may_dial().
struct cut_shard {
    std::uint32_t shard = 0;
};
struct wake_at {
    instant when;
};
/// What REST may use of the bot's global limit from now on, requests a second: by leases that end if nobody renews them. None was
/// told yet: nothing.
struct use_rest {
    std::uint32_t per_second = 0;
    instant until{};
    std::uint32_t afterwards = 0;  ///< Then this,
    instant end{};                 ///< until then; then nothing.
};
/// Stop for good: the coordinator will not have this worker, or it is empty and was asked to end. No refusal: the latter. One
/// that has been in the fleet ends for a refusal only if it was fenced: its shards go on, and it asks again.
struct end {
    std::optional<refusal> why;
    std::string detail;
    bool said_goodbye = false;  ///< The coordinator ends the stream when it has taken that in.
};
enum class note_code : std::uint8_t {
    registering,
    registered,
    refused,
    stream_lost,
    lease_lost,
    lease_back,
    stale_order,
    order_without_registration,
    permit_expired,
    taken,
    drained,
};
struct note {
    note_code code;
    std::string detail;
    std::optional<refusal> refused = {};  ///< Of note_code::refused.
};

using order = std::variant<open_stream, close_stream, say, look, start_shard, stop_shard, hand_out, give_permit, refuse_permit,
                           answer_spare, rights_changed, cut_shard, use_rest, wake_at, end, note>;

}  // namespace worker

/// Whether what arrives now may be handed out, and how.
enum class hand_out_right : std::uint8_t {
    fresh,
    possibly_taken,  ///< The lease is over: another may hand it out too; mark it.
    none,            ///< Not yet: the session is not known to the coordinator. Or not at all: the shard is not held.
};

class worker_session {
public:
    explicit worker_session(worker_config config);

    void step(const worker::fact& what, instant now, std::vector<worker::order>& out);

    /// Asked before each dial of a shard. An orphan may RESUME once; after a second close within a minute its session is taken.
    /// IDENTIFY always needs a permit besides. Not const: an orphan's allowance is used up by a yes.
    /// One that stood still while its lease ended has been taken for lost long since: it does not reach for anything.
    [[nodiscard]] bool may_dial(std::uint32_t shard, bool has_session, instant now);
    /// Asked before each batch that was read is handed out.
    [[nodiscard]] hand_out_right right_to(std::uint32_t shard, instant now) const;

    /// Until when right_to() says fresh of this shard, if nothing changes; it is asked for again after each step.
    [[nodiscard]] instant fresh_until(std::uint32_t shard) const;

    /// Acked on the present stream, or still good from the one before.
    [[nodiscard]] bool has_lease(instant now) const noexcept { return lease_.valid(now) || now < carried_until_; }
    /// What it may use of the global REST limit now, requests a second.
    [[nodiscard]] std::uint32_t rest_right(instant now) const noexcept { return slice_.may_use(now); }
    [[nodiscard]] bool is_registered() const noexcept { return phase_ == phase::registered; }
    [[nodiscard]] std::size_t stale_orders() const noexcept { return stale_orders_; }
    /// The epoch under which this shard is held; none: it is not.
    [[nodiscard]] shard_epoch holds(std::uint32_t shard) const;
    /// Whether this worker may connect the shard as its owner, by a lease.
    [[nodiscard]] bool owns(std::uint32_t shard, instant now) const;

private:
    enum class phase : std::uint8_t { off, waiting, opening, registering, registered, ended };
    struct held {
        shard_key key;
        shard_epoch epoch{};
        bool confirmed = false;  // By the present leader, on the present stream.
        instant right_until{};   // Of the stream before.
        bool stopping = false;   // stop_shard was ordered.
        bool released = false;   // Nothing runs; the report is told until it is acked.
        bool taken = false;
        bool was_owned = false;  // When it was looked at last: cut_shard follows its end.
        bool was_live = false;   // Under this order: what it never had connected an orphan does not reach for.
        bool wants_permit = false;
        bool had_session = false;
        std::optional<instant> orphan_dial;
        permit_number last_permit{};  // That came for it: a second time it is the same one, used or not.
        beat_number told_in{};        // The heartbeat that told that it is released.
        shard_status status = shard_status::starting;
        std::optional<resume_ticket> ticket;
        std::string noted;       // The session that some coordinator stored: its events may be handed out.
        std::string noted_here;  // That the one on this stream has: its ticket need not be told again.
        std::string lost_session;
        std::optional<gateway_refusal> refused;
        shard_metrics metrics;
    };

    void on(const worker::started&);
    void on(const worker::stream_opened&);
    void on(const worker::stream_closed& what);
    void on(const worker::message_received& what);
    void on(const worker::looked& what);
    void on(const worker::shard_stopped& what);
    void on(const worker::dial_failed& what);
    void on(const worker::permit_wanted& what);
    void on(const worker::permit_unwanted& what);
    void on(const worker::permit_spent& what);
    void on(const worker::permit_unspent& what);
    void on(const worker::identify_over& what);
    void on(const worker::shard_refused& what);
    void on(const worker::spare_wanted& what);
    void on(const worker::stop_asked&);
    void on(const worker::ended&);
    void on(const worker::tick&);

    // What the coordinator said.
    void obey(const registered& what);
    void obey(const register_refused& what);
    void obey(const heartbeat_ack& what);
    void obey(const start_order& what);
    void obey(const stop_order& what);
    void obey(const ticket_noted& what);
    void obey(const permit_grant& what);
    void obey(const permit_refusal& what);
    void obey(const spare_answer& what);
    void obey(const drain_told& what);
    /// Of a leader that is not older than one that was obeyed before, and on a stream on which it registered this worker.
    [[nodiscard]] bool heeds(leader_epoch leader, std::string_view what);
    [[nodiscard]] held* under(std::uint32_t shard, shard_epoch epoch);

    void obey_slice(const heartbeat_ack& what);
    void hold(const start_order& what);
    void ask_permit(std::uint32_t shard, const held& what);
    void end_when_empty();
    void ask_to_look() {
        look_asked_ = true;
        give(worker::look{});
    }
    void beat();
    [[nodiscard]] rest_use rest_now() const;
    [[nodiscard]] shard_report report_of(std::uint32_t shard, const held& what, bool whole) const;
    void lose_stream(std::string why, duration wait);
    void leave_stream(duration wait);
    void be_refused(const register_refused& what);
    void watch_lease();
    void fence_shards();
    void notice_sleep(instant now);
    void arm();
    /// From one ack to the next; then the stream is given up. Heartbeats may be far apart, as the coordinator has it.
    [[nodiscard]] duration ack_patience() const noexcept {
        return std::max<duration>(config_.answer_patience, beat_every_ + std::chrono::seconds(2));
    }
    template <class Order>
    void give(Order what) {
        out_->push_back(std::move(what));
    }
    void tell(worker::note_code code, std::string detail) { give(worker::note{code, std::move(detail), {}}); }

    worker_config config_;
    random_source random_;
    phase phase_ = phase::off;
    instant now_{};
    std::vector<worker::order>* out_ = nullptr;

    lease_holder lease_;
    instant carried_until_{};  // The end of the lease of the stream before.
    bool had_lease_ = false;
    bool was_acked_ = false;  // The lease of the present stream.
    bool slept_ = false;      // It stood still, and has had no lease since.
    leader_epoch highest_leader_{};
    fleet_id fleet_{};
    bool was_registered_ = false;
    bool draining_ = false;
    bool look_asked_ = false;  // The next picture is a heartbeat, changed or not.
    duration beat_every_ = std::chrono::seconds(1);
    instant beat_at_ = never, give_up_at_ = never, retry_at_ = never;
    instant wakes_at_ = never;  // The first of these, and the lease's end: when there is something to do.
    duration retry_{};
    std::size_t address_ = 0;

    node_metrics node_;
    rest_use rest_;  // As last looked.
    slice_holder slice_;
    std::map<std::uint32_t, held> held_;
    std::map<std::uint32_t, shard_epoch> seen_;  // The highest epoch of each shard that was ever obeyed.
    std::size_t stale_orders_ = 0;
};

}  // namespace shoal::cluster
