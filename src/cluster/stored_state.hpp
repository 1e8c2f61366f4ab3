#pragma once
// What a coordinator keeps in its store, as text: a record a key, a line a field. A damaged record is a failure, never a guess.
// Not here: the store (src/store), when something is written (brain.hpp).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/assignment_table.hpp"
#include "cluster/membership_table.hpp"
#include "shoal/error.hpp"

namespace shoal::cluster {

/// One key's new value; no value erases it.
struct record {
    std::string key;
    std::optional<std::string> value;
    friend bool operator==(const record&, const record&) = default;
};

/// The fleet's own record, under `fleet`.
struct stored_fleet {
    fleet_id fleet{};
    leader_epoch leader{};
    std::uint32_t total_shards = 0;
    bool paused = false;
    bool use_reserve = false;
    bool settled = false;          ///< A leader waited a whole lease with this store: since then it remembers all workers.
    gateway_refusal refused = {};  ///< Of the bot; code 0: none.
};

/// What is stored of a shard, under `shard/<id>`.
struct stored_shard {
    std::optional<process_id> owner;
    incarnation owner_incarnation{};
    shard_epoch epoch{}, highest{};
    std::optional<resume_ticket> ticket;
    std::string reason;
    std::optional<gateway_refusal> refused;
};

/// How far a shard's session had come, under `progress/<process>`: written every few seconds, so older than the truth.
struct stored_progress {
    std::uint32_t shard = 0;
    std::uint64_t seq = 0, done = 0;
    std::string session_id;  ///< Whose numbers these are.
};

[[nodiscard]] std::string write_fleet(const stored_fleet& what);
[[nodiscard]] result<stored_fleet> read_fleet(std::string_view text);
[[nodiscard]] std::string write_member(const member& what);
/// Its lease, stream and health are not stored.
[[nodiscard]] result<member> read_member(std::string_view text);
[[nodiscard]] std::string write_shard(const assignment& what);
[[nodiscard]] result<stored_shard> read_shard(std::string_view text);
[[nodiscard]] std::string write_progress(const std::vector<stored_progress>& what);
[[nodiscard]] result<std::vector<stored_progress>> read_progress(std::string_view text);

/// Fit to be stored and shown: not empty, at most 256 bytes, no control characters.
[[nodiscard]] bool well_formed(std::string_view text) noexcept;

}  // namespace shoal::cluster
