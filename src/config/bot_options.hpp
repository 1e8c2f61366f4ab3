#pragma once
// The settings of a bot: the one table, and the values with their types after everything was read and checked together.
// Not here: what is done with them (src/roles).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "config/listen_url.hpp"
#include "config/option_reader.hpp"
#include "shoal/log.hpp"

namespace shoal::config {

inline constexpr std::string_view version = "0.1.0";

[[nodiscard]] const option_table& bot_option_table();
/// The same and --intents: what `shoal coordinator` reads, so that one file and one environment may serve a whole fleet.
[[nodiscard]] option_table coordinator_option_table();

enum class run_mode : std::uint8_t { single, coordinator, worker };
enum class transport : std::uint8_t { none, zlib, zstd };
enum class log_format : std::uint8_t { text, json };

/// What the modes coordinator and worker need beside the rest.
struct fleet_settings {
    std::vector<std::string> coordinators;    ///< "https://c1:8443", as they are to be tried.
    std::optional<listen_url> listen;         ///< Where other nodes reach this one.
    std::optional<std::uint32_t> max_shards;  ///< Of a worker; none: one for each 16 MB of its memory.
    std::string zone;                         ///< What fails together with this worker; empty: not known.
    bool close_without_lease = false;         ///< A worker whose lease ends closes its connections.
    std::string store;                        ///< Of a coordinator: "sqlite:PATH".
    duration lease{}, heartbeat{};            ///< As the coordinator sets them for all.
};

struct bot_settings {
    secret token;  ///< Without "Bot ".
    run_mode mode = run_mode::single;
    std::string api_base;  ///< "https://discord.com/api/v10", no slash at its end.
    std::optional<std::string> ca_file;
    std::vector<std::uint32_t> shard_ids;  ///< Empty: all.
    std::optional<std::uint32_t> total_shards;
    std::string state_dir;      ///< Empty: no state is kept.
    bool checkpoint = true;     ///< Where there is a state folder.
    std::string ledger_folder;  ///< Of the identify ledger that the processes of this host share; empty: this host's usual one.
    std::string journal;        ///< Folder; empty: none.
    transport compression = transport::zstd;
    std::uint32_t threads = 0;                     ///< 0: one a core.
    std::optional<std::uint32_t> rest_per_second;  ///< Of the global limit: what of it is meant is the mode's matter.
    log_level level = log_level::info;
    log_format format = log_format::text;
    duration guild_wait{};
    duration half_deaf_after{};     ///< 0: never.
    bool renew_after_move = false;  ///< A session whose cache stayed with another worker is given up for a new one.
    duration start_patience{};
    duration stop_deadline{};
    std::string process_id;         ///< This node's name for operators and in a fleet; the host's if nobody named it.
    std::optional<listen_url> ops;  ///< Where health and metrics are; none: nowhere.
    std::string ops_token_file;     ///< What it holds opens the metrics; empty: client certificates only.
    std::string certs;              ///< Folder with ca.pem, node.pem and node.key; empty: none.
    fleet_settings fleet;
    bool use_identify_reserve = false;
    bool end_sessions = false;  ///< Close with 1000 at the end: the bot goes offline at once, and its sessions are gone.
};

/// What a command line amounts to: settings, or a text to print (then the program ends with exit code 0).
struct bot_start {
    bot_settings settings;
    std::vector<std::string> warnings;
    std::string print;
};

/// Reads everything. `program` is argv[0]'s last part. What the code says is in `sources.code`; `code_token` likewise.
/// Without `knows_fleets` the modes coordinator and worker are refused: the program was linked without them.
[[nodiscard]] std::expected<bot_start, startup_problem> read_bot_settings(const option_sources& sources, std::string_view program,
                                                                          secret code_token = {}, bool knows_fleets = false);

struct coordinator_start {
    bot_start start;
    std::string intents;  ///< As it was written.
};
/// The same for a coordinator that no bot's code belongs to. Its help shows what means something in mode coordinator.
[[nodiscard]] std::expected<coordinator_start, startup_problem> read_coordinator_settings(const option_sources& sources,
                                                                                          std::string_view program);

/// "/usr/bin/mybot" -> "mybot".
[[nodiscard]] std::string program_name(std::string_view argv0);

}  // namespace shoal::config
