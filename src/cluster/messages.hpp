#pragma once
// Everything that a worker and a coordinator say to each other on their stream, as plain values.
// Not here: bytes (src/wire), operators' requests (operator_messages.hpp), what follows from a message (brain.hpp,
// worker_session.hpp).
//
// The stream may delay, and after a break lose, what was said; so state is told whole and again, not as changes: each heartbeat
// carries all shards that the worker holds, and both sides mend what differs. Times never travel as times, only as durations
// counted from the worker's own sending of a heartbeat that it can recognise by number.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "cluster/ids.hpp"
#include "discord/resume_ticket.hpp"
#include "shoal/ids.hpp"

namespace shoal::cluster {

using discord::resume_ticket;

/// Of these messages. A coordinator speaks with workers of its own version and of the ones beside it.
inline constexpr std::uint32_t protocol_version = 1;

/// Guilds that the tickets of one message name together; those of further tickets are left out.
inline constexpr std::size_t most_guilds_told = 100'000;
/// On one worker: a message with all of them and their tickets has its bound.
inline constexpr std::uint32_t most_shards_per_worker = 4'096;

// ---- what a worker is and holds ------------------------------------------------------------------------------------------

/// What a worker can carry.
struct capacity {
    std::uint32_t millicores = 1000;  ///< Its weight in the sharing out; 1000 is one core.
    std::uint64_t memory_mb = 0;      ///< 0: not known, no bound.
    std::uint32_t max_shards = 0;     ///< 0: no bound but most_shards_per_worker.
    friend bool operator==(const capacity&, const capacity&) = default;
};

struct node_metrics {
    double cpu_share = 0;  ///< Of all of its cores, 0 to 1.
    std::uint64_t memory_mb = 0;
    double events_per_second = 0;
    std::uint32_t queue_depth = 0;  ///< Events handed out whose handlers did not end yet.
};

struct shard_metrics {
    std::uint32_t guilds = 0;
    double cpu_share = 0;  ///< Of one core.
    double events_per_second = 0;
    duration latency{};  ///< Of the gateway's last heartbeat; 0: none yet.
    std::uint64_t lost_events = 0, resumes = 0, identifies = 0;
    std::uint32_t queue_depth = 0;
    bool cache_incomplete = false;     ///< Its session goes on without the cache that belongs to it.
    std::uint32_t partial_guilds = 0;  ///< Then: those that are known and not complete.
};

/// What a worker does with its part of the bot's global REST limit [4.9]. Interaction callbacks do not count.
struct rest_use {
    double sent_per_second = 0;  ///< In the last second.
    std::uint32_t waiting = 0;   ///< Calls that nothing but this part holds back.
    std::uint32_t in_use = 0;    ///< The most that it may use, or might in any moment of the last second: requests a second.
    std::uint32_t most = 0;      ///< More than this it does not want; 0: no bound.
    beat_number obeys{};         ///< The heartbeat whose ack told what it uses; none: it was told nothing yet.
};
/// A worker's part of the global REST limit, counted from the sending of the heartbeat whose ack tells it.
struct rest_slice {
    std::uint32_t per_second = 0;  ///< Requests; paced already.
    duration good_for{};
    std::uint32_t minimum = 0;  ///< What it may use when that is over,
    duration minimum_for{};     ///< until then; from the same moment.
};

/// Discord's word that it is of no use to try again: the gateway's close code, and a sentence for people.
/// Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
struct gateway_refusal {
    std::uint16_t code = 0;
    std::string why;
    friend bool operator==(const gateway_refusal&, const gateway_refusal&) = default;
};

/// How a shard does on the worker that holds it.
enum class shard_status : std::uint8_t {
    starting,            ///< Ordered, not connected yet.
    waiting_for_permit,  ///< HELLO is in hand and IDENTIFY waits: also a request for a permit, should permit_ask be lost.
    connecting,          ///< Dialling, IDENTIFY or RESUME on the way.
    live,                ///< READY or RESUMED came.
    taken,               ///< An orphan whose socket closed twice: somebody else has the session, nothing is tried.
    released,            ///< Stopped by order; the report is told until a heartbeat that carried it is acked.
};
inline constexpr std::size_t shard_statuses = 6;

/// One shard that a worker holds, or has just released.
struct shard_report {
    std::uint32_t shard = 0;
    shard_epoch epoch{};  ///< Of the order under which it is held.
    shard_status status = shard_status::starting;
    /// Whole when registering, when released, and until ticket_noted answers it; else absent, and `seq` and `done` go on counting
    /// in the session that was noted last. With its guilds when released only.
    std::optional<resume_ticket> ticket;
    std::uint64_t seq = 0;        ///< Highest number received, of the session that the ticket names.
    std::uint64_t done = 0;       ///< Every event up to here was handed out and its handlers ended.
    bool without_guilds = false;  ///< The session is known to have had none at `done`.
    bool leased = false;          ///< It had a lease for it, or what is left of one, when this was said.
    std::string lost_session;     ///< The session that Discord called lost (op 9) and that no other has followed yet; else empty.
    shard_metrics metrics;
    std::optional<gateway_refusal> refused = {};  ///< Its worker tries nothing more with it, and waits to be told to let it go.
};

// ---- worker to coordinator -----------------------------------------------------------------------------------------------

/// The first message on a stream.
struct register_ask {
    std::uint32_t version = protocol_version;
    process_id process;
    cluster::incarnation incarnation{};
    /// Proof of death: the incarnation before, whose lock on the data folder, on a local disk, this one holds now. none: no
    /// proof.
    cluster::incarnation succeeds{};
    std::string zone;        ///< The failure zone; empty: one of its own by no name.
    std::string listen_url;  ///< Where other workers reach it; empty: nowhere.
    std::string software;    ///< Its version, for people.
    cluster::capacity capacity;
    /// Keyed hashes of token and intents: compared, never the values themselves.
    std::string token_proof, intents_proof;
    fleet_id fleet{};                  ///< As last told; none: it never was in one.
    leader_epoch highest_leader{};     ///< That it ever obeyed.
    bool fresh = true;                 ///< This incarnation holds nothing, and never was registered before.
    std::vector<shard_report> shards;  ///< All that it holds, tickets included.
    bool draining = false;             ///< It is on its way out and takes no shard.
    rest_use rest = {};
};

/// Once a second, and at once when a shard changed its status or session.
struct heartbeat {
    beat_number number{};
    node_metrics metrics;
    std::vector<shard_report> shards;  ///< All that it holds.
    bool draining = false;             ///< Asks to be emptied: it ends when it holds nothing.
    rest_use rest = {};
};

/// HELLO is in hand and the session needs an IDENTIFY. Asked again, it replaces the request before.
struct permit_ask {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
    bool had_session = false;
    std::string lost_session;  ///< As in shard_report: the proof that no RESUME is possible.
};
/// The request is over before it was granted.
struct permit_withdrawn {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
};
/// IDENTIFY went out.
struct permit_used {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
    permit_number permit{};
};
/// The permit was not and will not be used.
struct permit_returned {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
    permit_number permit{};
};
/// How an IDENTIFY ended: READY, or anything else.
struct identify_ended {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
    bool ready = false;
};
/// Whether the budget has an IDENTIFY to spare for a session that mostly works (a half-deaf one).
struct spare_ask {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
};
/// This incarnation ends in order and holds nothing any more: its word is proof of death.
struct goodbye {};

using to_coordinator = std::variant<register_ask, heartbeat, permit_ask, permit_withdrawn, permit_used, permit_returned,
                                    identify_ended, spare_ask, goodbye>;

// ---- coordinator to worker -----------------------------------------------------------------------------------------------

/// From now on this stream carries orders, and heartbeats are counted.
struct registered {
    leader_epoch leader{};
    fleet_id fleet{};
    std::string coordinator;  ///< Its name.
    duration lease{};         ///< How long an acked heartbeat is good for, from its sending.
    duration beat_every{};
    std::uint32_t total_shards = 0;  ///< 0: not known yet.
};

enum class refusal : std::uint8_t {
    process_id_in_use,  ///< Another live incarnation has this name.
    other_token,
    other_intents,
    other_version,  ///< Of the messages.
    not_leader,     ///< `detail` is the leader's address, if it is known.
    fenced,         ///< An operator fenced this incarnation.
    malformed,      ///< No name, no incarnation, a shard twice, or the like: `detail` says what.
    not_ready,      ///< The coordinator cannot store a member now.
};
inline constexpr std::size_t refusals = 8;
[[nodiscard]] std::string_view to_string(refusal why) noexcept;
/// As a metric's label: "other_token".
[[nodiscard]] std::string_view name_of(refusal why) noexcept;

struct register_refused {
    refusal why{};
    std::string detail;      ///< For people.
    duration retry_after{};  ///< 0: trying again cannot help.
};

/// Everything up to this heartbeat was taken in, and the lease goes on from its sending.
struct heartbeat_ack {
    beat_number number{};
    leader_epoch leader{};
    duration lease{};
    rest_slice rest = {};
};

/// Hold this shard, under this epoch. With a ticket: RESUME, and nothing else until op 9.
struct start_order {
    shard_key shard;
    shard_epoch epoch{};
    leader_epoch leader{};
    std::optional<resume_ticket> ticket;  ///< RESUME goes on after its `done`.
    bool adopted = false;                 ///< The worker holds it already: only the epoch is confirmed, nothing is touched.
    std::string reason;
};
/// Let this shard go: close with 4000 and report it as released. Also for one that is held under an older epoch.
struct stop_order {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
    leader_epoch leader{};
    std::string reason;
};
/// This session is known and stored: its events may be handed out.
struct ticket_noted {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
    leader_epoch leader{};
    std::string session_id;
};
/// One IDENTIFY, until `valid_for` after the worker sent heartbeat `counted_from`: then it has expired, however late it came.
struct permit_grant {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
    leader_epoch leader{};
    permit_number permit{};
    beat_number counted_from{};
    duration valid_for{};
};
/// Not now; it stays queued.
struct permit_refusal {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
    leader_epoch leader{};
    std::string why;
};
struct spare_answer {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
    leader_epoch leader{};
    bool can_spare = false;
};
/// An operator empties this worker: it keeps its shards until each is ordered away.
struct drain_told {
    leader_epoch leader{};
    bool draining = true;
};

using to_worker = std::variant<registered, register_refused, heartbeat_ack, start_order, stop_order, ticket_noted, permit_grant,
                               permit_refusal, spare_answer, drain_told>;

[[nodiscard]] std::string_view to_string(shard_status status) noexcept;

}  // namespace shoal::cluster
