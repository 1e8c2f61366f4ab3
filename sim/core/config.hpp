#pragma once
// Every knob of the simulated Discord with its default [7.3]. Values are plain; `shoal-sim --help` shows them.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace shoal::sim {

using namespace std::chrono_literals;

enum class trim_rule : std::uint8_t {
    no,
    silent,
    close_4007,
    op9
};  ///< What a heartbeat's d does to the replay buffer (nobody knows).
enum class takeover_rule : std::uint8_t { newest_wins, refuse };  ///< RESUME of a session that is live.

struct world_config {
    std::uint32_t guilds = 200;
    /// "mix" [6.10], or one class: "tiny", "small", "medium", "community", "large", "giant".
    std::string guild_classes = "mix";
    /// The bot's role has every permission in each guild. Else six guilds in ten make it an administrator, and the others give it
    /// a part.
    bool admin_everywhere = false;
    std::uint32_t largest_members_listed = 1000;  ///< Members generated as objects, whatever member_count says.
    /// Events a second and shard of `traffic_shards`; 0 is silence.
    double events_per_second_per_shard = 0;
    std::uint32_t traffic_shards = 1;
    bool even_traffic = false;                 ///< Equal distances in place of Poisson ones.
    double slash_commands_per_second = 0;      ///< Over all shards; drawn from the registered commands.
    double unknown_event_share = 0.001;        ///< [#48]
    bool vary_json = false;                    ///< Key order, white space and escapes [#48].
    std::uint32_t same_millisecond_pairs = 2;  ///< [#49]; at most one in 20 guilds, so that few guilds stay evenly spread.
    /// What the wall clock showed at instant 0 (ids of what happens are minted from it); the default is 2026-11-01.
    std::int64_t unix_ms_at_zero = 1793491200000;
};

struct simulator_config {
    std::uint64_t seed = 1;
    std::string token = "sim.token";  ///< The bot's token; a breach of the budget rotates it.
    std::uint64_t application_id = 1000000000000000001ULL;
    std::string gateway_url = "ws://127.0.0.1:0";  ///< As /gateway tells it; the server fills it in.
    std::string resume_url = "ws://127.0.0.1:0";   ///< Another host or port than gateway_url [#12].
    world_config world;

    std::uint32_t recommended_shards = 0;  ///< 0: one per 1,000 guilds, at least 1.
    bool large_bot = false;                ///< [#2]
    std::uint32_t large_bot_multiple = 16;
    std::int64_t max_concurrency = 1;
    std::int64_t identify_total = 1000;
    duration identify_window = 24h;
    duration identify_key_window = 5s;
    duration identify_breach_delay = 2s;
    bool charge_breaches = true;  ///< Whether an IDENTIFY answered with op 9 costs budget.
    std::uint64_t allowed_privileged_intents = (1U << 1) | (1U << 8) | (1U << 15);
    std::uint32_t most_guilds_per_shard = 2500;

    duration heartbeat_interval = 41250ms;
    double heartbeat_tolerance = 1.5;         ///< times the interval,
    duration heartbeat_tolerance_extra = 5s;  ///< plus this; then close 4009.
    int heartbeat_close_code = 4009;          ///< 0: silent TCP drop.
    duration ready_delay_least = 50ms;
    duration ready_delay_most = 800ms;
    double guild_creates_per_second = 200;
    double late_guild_share = 0.10;
    duration late_guild_least = 1s;
    duration late_guild_most = 10s;

    duration session_expiry = 120s;
    std::uint32_t replay_bound = 0;  ///< 0: max(100, min(3500, 75 x guilds of the shard)) [2.7.8].
    trim_rule trim_on_heartbeat = trim_rule::no;
    takeover_rule takeover = takeover_rule::newest_wins;
    duration replay_age = 300s;               ///< Older dispatches leave the replay buffer whatever its bound.
    std::vector<std::string> never_replayed;  ///< Event names that RESUME does not bring back.
    std::vector<std::string> other_bots;      ///< Tokens of other bots, in no guild: their sessions are not this bot's [#23].
    duration close_after_op7 = 5s;
    duration forced_op7_least = 1h;  ///< Every session gets an op 7 once in this time; `most` 0 switches it off.
    duration forced_op7_most = 12h;
    duration spontaneous_cut_least = 2h;  ///< Likewise its TCP connection is cut.
    duration spontaneous_cut_most = 24h;
    duration wrong_host_op7 = 10s;      ///< After RESUME on gateway_url where resume_url is another [#13]; 0: never.
    double op9_resumable_share = 0.02;  ///< Of the op 9s that say neither.
    bool outage_as_create = false;      ///< A guild in an outage comes as GUILD_CREATE unavailable, not GUILD_DELETE [2.6.2].
    bool hello_trace = true;            ///< `_trace` in HELLO.
    duration members_chunk_pace = 50ms;
    std::uint64_t members_per_chunk = 1000;  ///< Fewer make chunks of small guilds.
    duration full_member_list_limit = 30s;
    double spontaneous_duplicates = 0;  ///< Share of dispatches sent twice (with their own seq).
    duration rest_latency = 20ms;       ///< Median.
    std::int64_t rest_global_per_second = 50;
    bool shared_hashes = false;                   ///< Routes with limits of their own tell one hash [4.7, #39].
    duration bucket_hash_life{};                  ///< Every bucket's hash changes this often; 0: never [#39].
    std::uint32_t invalid_request_limit = 10000;  ///< 401s, 403s and 429s of an address, [4.10]
    duration invalid_request_window = 10min;      ///< in this time,
    duration edge_ban = 1h;                       ///< before it is banned for so long.
    bool strict_user_agent = false;         ///< A User-Agent that is not "DiscordBot (url, version)" meets an edge's page [4.1].
    double spontaneous_5xx = 0;             ///< Share of requests that fail with a 5xx, half of them after they took effect.
    duration auto_archive_minute = 1min;    ///< How long a minute of a thread's auto_archive_duration takes.
    duration interaction_lifetime = 15min;  ///< How long the token of an interaction is good [5.8].
};

}  // namespace shoal::sim
