#pragma once
// The bounds of what one node takes from another: whatever is read was checked against them, and whatever is written keeps them.
// Not here: how many messages may wait (src/rpc).

#include <cstddef>
#include <cstdint>

#include "base/time.hpp"
#include "cluster/messages.hpp"

namespace shoal::wire {

/// A whole message on a worker's stream. 4,096 shards with their tickets are two thirds of it, and the guilds of those that are
/// handed over (cluster::most_guilds_told) less than a quarter.
inline constexpr std::size_t most_stream_bytes = std::size_t{4} * 1024 * 1024;
/// An operator's request, and an answer: a picture of 16,384 shards is about 3 MB.
inline constexpr std::size_t most_request_bytes = std::size_t{256} * 1024;
inline constexpr std::size_t most_answer_bytes = std::size_t{16} * 1024 * 1024;

/// Discord's largest bots are far below.
inline constexpr std::uint32_t most_total_shards = 65'536;
/// Of one shard; Discord gives none more than 2,500.
inline constexpr std::size_t most_ticket_guilds = 10'000;
/// On one worker.
inline constexpr std::size_t most_reports = cluster::most_shards_per_worker;
/// Requests of one worker: far above what Discord gives anybody.
inline constexpr std::uint32_t most_rest_per_second = 100'000;
inline constexpr std::size_t most_workers = 10'000;
inline constexpr std::size_t most_listed_events = 10'000;

inline constexpr std::size_t most_name_bytes = 64;    ///< Process ids, zones, versions, names of coordinators.
inline constexpr std::size_t most_url_bytes = 512;    ///< And session ids.
inline constexpr std::size_t most_text_bytes = 1024;  ///< Sentences for people.
/// Longer than any lease, delay or retry.
inline constexpr duration longest = std::chrono::hours(24 * 366);

}  // namespace shoal::wire
