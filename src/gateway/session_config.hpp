#pragma once
// How a session is told to be: its shard, what it asks Discord for, and its patience. Values only.
// Not here: where they come from (src/config, src/roles).

#include <chrono>
#include <cstdint>
#include <string>

#include "base/secret.hpp"
#include "base/time.hpp"
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
    /// Heartbeats acknowledge what session::on_kept() named, at most five seconds behind what was received: nobody knows whether
    /// Discord forgets what a heartbeat acknowledged. False: they acknowledge all that was received.
    bool acknowledges_kept = false;

    duration hello_timeout = std::chrono::seconds(20);
    duration ready_timeout =
        std::chrono::seconds(60);  ///< From IDENTIFY to READY while the socket shows no life; heartbeats ACKed extend it.
    duration resumed_timeout = std::chrono::seconds(30);  ///< Likewise for RESUME until the first replayed event or RESUMED.
    duration backoff_first = std::chrono::milliseconds(500);
    duration backoff_most = std::chrono::seconds(60);
    /// Dials of the session's own address that fail for this long are followed by RESUME at gateway_url [2.7.12].
    duration resume_url_patience = std::chrono::seconds(8);
    /// So long it is left alone then, twice as long after each dial there that fails again, and at most the second.
    duration resume_url_rest = std::chrono::minutes(1);
    duration resume_url_longest_rest = std::chrono::hours(1);
    duration resume_patience =
        std::chrono::seconds(180);  ///< Resume attempts that fail for this long give the session up, unless edge_trouble.
    duration op9_wait_least = std::chrono::seconds(1);  ///< [2.7.3]
    duration op9_wait_most = std::chrono::seconds(5);
};

}  // namespace shoal::gateway
