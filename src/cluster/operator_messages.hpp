#pragma once
// What an operator asks a coordinator, and the answers, as plain values. The cluster's picture here is also what /cluster/state
// shows. Not here: how they are printed (roles), who may ask (src/trust).

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "cluster/ids.hpp"
#include "cluster/messages.hpp"

namespace shoal::cluster {

// ---- requests ------------------------------------------------------------------------------------------------------------

struct picture_ask {};
struct events_ask {
    std::uint64_t after = 0;  ///< Number of the last one known.
};
/// Why is this shard where it is?
struct explain_ask {
    std::uint32_t shard = 0;
};
struct move_ask {
    std::vector<std::uint32_t> shards;
    std::optional<process_id> to;  ///< Absent: wherever the planner puts them, but not where they are.
    bool dry_run = false;
};
/// Empties a worker and keeps it empty.
struct drain_ask {
    process_id process;
    bool dry_run = false;
};
/// A cordoned worker keeps its shards and gets no more. `off` also ends a drain.
struct cordon_ask {
    process_id process;
    bool on = true;
};
/// While paused nothing is moved by the coordinator's own wish; shards of lost workers wait too.
struct pause_ask {
    bool on = true;
};
struct rebalance_ask {
    bool dry_run = false;
};
/// The operator's word that this worker is dead: proof of death. The incarnation is never admitted again.
struct fence_ask {
    process_id process;
    std::optional<cluster::incarnation> incarnation;  ///< Absent: the one that is known now.
};
/// Whether the reserve of the identify budget may be used.
struct reserve_ask {
    bool use = true;
};

using operator_request = std::variant<picture_ask, events_ask, explain_ask, move_ask, drain_ask, cordon_ask, pause_ask,
                                      rebalance_ask, fence_ask, reserve_ask>;

// ---- answers -------------------------------------------------------------------------------------------------------------

enum class worker_state : std::uint8_t {
    joining,   ///< Registered, not stored or not heard of yet.
    healthy,   ///< Its heartbeats come.
    suspect,   ///< They are late, or its stream broke; its lease runs.
    orphan,    ///< Its lease lapsed, nothing proves its death: its shards are taken over by RESUME.
    draining,  ///< Healthy, and being emptied.
    dead,      ///< Proven.
};
inline constexpr std::size_t worker_states = 6;
[[nodiscard]] std::string_view to_string(worker_state state) noexcept;

enum class placement_state : std::uint8_t {
    unplaced,   ///< Nobody may hold it.
    storing,    ///< Decided; the order waits for the store.
    starting,   ///< Ordered, not live yet.
    running,    ///< Live.
    releasing,  ///< Ordered away from its owner.
};
inline constexpr std::size_t placement_states = 5;
[[nodiscard]] std::string_view to_string(placement_state state) noexcept;

/// What of a fleet should not be so.
enum class alarm_kind : std::uint8_t {
    store,    ///< It cannot be written: no order and no permit is given.
    room,     ///< Shards have no place.
    count,    ///< Another number of shards is wanted than runs.
    refused,  ///< Discord refuses single shards: they stay off until an operator says so.
    bot,      ///< Discord refuses the bot: no permit is given to who was there then.
    budget,   ///< Shards wait for an IDENTIFY, and none is left, or none but the reserve.
    foreign,  ///< Somebody else spends the bot's IDENTIFYs.
    guilds,   ///< Shards come close to the number of guilds at which Discord refuses them.
};
inline constexpr std::size_t alarm_kinds = 8;
/// As a metric's label.
[[nodiscard]] std::string_view name_of(alarm_kind kind) noexcept;
/// Numbers of shards in a sentence, not without end.
[[nodiscard]] std::string list_of(const std::set<std::uint32_t>& shards);

struct worker_picture {
    process_id process;
    cluster::incarnation incarnation{};
    worker_state state{};
    std::string reason;  ///< For the state.
    std::string zone, software, listen_url;
    cluster::capacity capacity;
    node_metrics metrics;
    bool cordoned = false;
    duration last_heard{};  ///< How long ago.
    std::vector<std::uint32_t> shards;
    std::uint32_t rest_per_second = 0;  ///< Its slice of the global REST limit.
    double rest_sent_per_second = 0;
    std::uint32_t rest_waiting = 0;  ///< Calls that its slice holds back.
};

struct shard_picture {
    std::uint32_t shard = 0;
    std::optional<process_id> owner;
    shard_epoch epoch{};
    placement_state state{};
    shard_status status{};  ///< As its owner reported it last.
    std::string reason;     ///< Why it is where it is.
    shard_metrics metrics;
    std::uint16_t refused_with = 0;  ///< The close code with which Discord refused it; 0: it did not.
};

struct identify_picture {
    std::int64_t total = 0, remaining = 0, reserve = 0, foreign = 0, spent = 0;
    duration reset_after{};
    std::uint32_t waiting = 0;  ///< Shards that wait for a permit.
    bool budget_known = false;  ///< Discord has been asked.
    bool reserve_in_use = false;
    std::string trouble;  ///< Why shards wait in vain, or empty.
};

/// The bot's global REST limit, requests a second.
struct rest_picture {
    std::uint32_t limit_per_second = 0;
    std::uint32_t paced_per_second = 0;   ///< What of it is leased by demand.
    std::uint32_t leased_per_second = 0;  ///< The most that all workers together may use now.
    std::uint32_t kept_per_second = 0;    ///< Of that, what lost and silent workers may use until their leases are over.
    double sent_per_second = 0;
    std::uint32_t waiting = 0;  ///< Calls that slices hold back.
    std::uint32_t without = 0;  ///< Live workers that have nothing: there are more of them than requests a second.
};

struct cluster_picture {
    std::string coordinator;
    leader_epoch leader{};
    fleet_id fleet{};
    std::uint32_t total_shards = 0;
    std::vector<std::string> succession;  ///< Coordinators in the order in which they would lead; here only this one.
    bool paused = false;
    std::string waiting_for;  ///< Why nothing is given away yet (the lease after taking office), or empty.
    std::vector<std::string> alarms;
    identify_picture identify;
    rest_picture rest;
    std::vector<worker_picture> workers;
    std::vector<shard_picture> shards;
};

/// One line of the fleet's history.
struct fleet_event {
    std::uint64_t number = 0;  ///< Counts from 1.
    duration ago{};
    std::string process;  ///< Whom it is about, or empty.
    std::optional<std::uint32_t> shard;
    std::string what;
};
struct events_told {
    std::vector<fleet_event> events;  ///< The oldest first; the history is bounded.
};

/// What would be, or is being, moved.
struct planned_move {
    std::uint32_t shard = 0;
    std::optional<process_id> from;
    process_id to;
    std::string reason;
};
struct plan_told {
    std::vector<planned_move> moves;
    std::vector<std::string> left_out;  ///< Shards for which there is no room, and why.
    bool dry_run = false;
};
struct explained {
    std::vector<std::string> lines;
};
struct operator_done {
    std::string detail;
};
struct operator_refused {
    enum class reason : std::uint8_t { unknown_worker, unknown_shard, no_room, not_ready, conflict };
    reason why{};
    std::string detail;
};

using operator_answer = std::variant<cluster_picture, events_told, explained, plan_told, operator_done, operator_refused>;

}  // namespace shoal::cluster
