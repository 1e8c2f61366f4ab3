#pragma once
// The fleet's strong ids: processes, incarnations, epochs and numbers of heartbeats.
// Not here: what they belong to (messages.hpp, membership_table.hpp, assignment_table.hpp).

#include <compare>
#include <cstdint>
#include <string>

namespace shoal::cluster {

/// The operator's name of a worker: the same after a restart, unique in the fleet.
struct process_id {
    std::string value;
    friend auto operator<=>(const process_id&, const process_id&) = default;
};

/// Random at each process start. A lease belongs to (process_id, incarnation).
enum class incarnation : std::uint64_t { none = 0 };
/// Random when a store is made: whoever remembers another one remembers another fleet.
enum class fleet_id : std::uint64_t { none = 0 };
/// One more with each assignment of a shard; only rises. Orders of an older one are refused.
enum class shard_epoch : std::uint64_t { none = 0 };
/// One more with each coordinator that takes office; only rises. Orders of an older one are refused.
enum class leader_epoch : std::uint64_t { none = 0 };
/// Counts the heartbeats of one incarnation from 1, over all of its streams.
enum class beat_number : std::uint64_t { none = 0 };
/// The number of an identify permit; never given twice.
enum class permit_number : std::uint64_t { none = 0 };
/// One stream between a worker and a coordinator; the coordinator's driver numbers them and uses no number twice.
enum class stream_id : std::uint64_t { none = 0 };

/// The next one of a counter that only rises.
template <class Counter>
[[nodiscard]] constexpr Counter next(Counter c) noexcept {
    return static_cast<Counter>(static_cast<std::uint64_t>(c) + 1);
}
/// The bare number, for texts, stores and the wire.
template <class Counter>
[[nodiscard]] constexpr std::uint64_t number(Counter c) noexcept {
    return static_cast<std::uint64_t>(c);
}

}  // namespace shoal::cluster
