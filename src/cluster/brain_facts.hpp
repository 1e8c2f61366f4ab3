#pragma once
// What a coordinator's brain is told, and what it orders: facts and orders as plain values.
// Not here: what follows from a fact (brain.hpp), carrying an order out (roles).

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "budget/identify_governor.hpp"
#include "cluster/messages.hpp"
#include "cluster/operator_messages.hpp"
#include "cluster/stored_state.hpp"

namespace shoal::cluster::leader {

// ---- facts, past tense ---------------------------------------------------------------------------------------------------

/// The store was opened and read.
struct office_taken {
    std::vector<record> records;  ///< All of it.
    /// Why it holds nothing although it should: lost, corrupt, made anew. Empty: it is as it was left.
    std::string began_anew;
    cluster::fleet_id fresh_fleet{};  ///< A random name, should this be a new fleet.
};
/// What Discord recommends, or what is configured, rounded up as required.
struct shard_count_told {
    std::uint32_t total = 0;
};
struct said {
    stream_id stream{};
    to_coordinator what;
};
struct stream_closed {
    stream_id stream{};
};
/// This incarnation is dead, and `how` says how that is known: on its own host the kernel says that its process is gone.
struct death_proven {
    process_id process;
    cluster::incarnation incarnation{};
    std::string how;
};
struct write_stored {};
struct write_failed {
    std::string why;
    bool leads_no_more = false;  ///< Somebody else took office: the transaction's condition did not hold.
};
struct budget_told {
    budget::session_start_limit limit;
};
struct budget_failed {
    duration retry_after{};
};
struct operator_asked {
    std::uint64_t request = 0;
    operator_request what;
    std::string by = {};  ///< The operator's name, as the certificate has it.
};
struct tick {};

using fact = std::variant<office_taken, shard_count_told, said, stream_closed, death_proven, write_stored, write_failed,
                          budget_told, budget_failed, operator_asked, tick>;

// ---- orders, imperative --------------------------------------------------------------------------------------------------

struct say {
    stream_id stream{};
    to_worker what;
};
/// After what was said on it before. No stream_closed need follow.
struct close_stream {
    stream_id stream{};
    std::string why;
};
/// In one transaction, on the condition that this coordinator still leads. Exactly one write_stored or write_failed follows.
struct write {
    std::vector<record> records;
};
/// Ask Discord for the identify budget (and the shard count). budget_told or budget_failed follows.
struct read_budget {};
struct answer {
    std::uint64_t request = 0;
    operator_answer what;
};
struct wake_at {
    instant when;
};
/// Somebody else leads: nothing more is said.
struct step_down {
    std::string why;
};
enum class note_code : std::uint8_t {
    took_office,
    store_began_anew,
    bad_record,
    waiting_over,
    worker_state,
    worker_refused,
    shard_placed,
    shard_adopted,
    shard_vacated,
    alarm_raised,
    alarm_over,
    refused_by_discord,
    permit_refused,
    stale_report,
    operator_acted,
};
struct note {
    note_code code;
    std::string detail;
    std::optional<alarm_kind> alarm = {};  ///< Of alarm_raised and alarm_over.
};

using order = std::variant<say, close_stream, write, read_budget, answer, wake_at, step_down, note>;

}  // namespace shoal::cluster::leader
