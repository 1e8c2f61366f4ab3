// The one table of options: flags, environment, TOML, --help and docs/options.md come from it.

#include <algorithm>
#include <array>

#include "config/bot_options.hpp"

namespace shoal::config {
namespace {

constexpr std::string_view connection = "Discord", sharding = "Shards", keeping = "State", running = "Running", logging = "Log",
                           operating = "Operation", fleet = "Fleet", general = "General";

constexpr std::array table_of_options{
    option_spec{.name = "token",
                .kind = option_kind::secret,
                .help = "The bot's token, without \"Bot \".",
                .alias = "DISCORD_TOKEN",
                .group = connection},
    option_spec{.name = "token-file",
                .kind = option_kind::path,
                .help =
                    "A file whose only line is the token. The token itself is never a flag. Where token and token-file are both "
                    "set, the one from the higher place wins, on a tie the token.",
                .group = connection},
    option_spec{.name = "api-base",
                .kind = option_kind::url,
                .help = "Another Discord-compatible server. Plain http:// is allowed for this machine only.",
                .fallback = "https://discord.com/api/v10",
                .group = connection},
    option_spec{.name = "ca-file",
                .kind = option_kind::path,
                .help = "Trust the authorities in this PEM file in place of the system's.",
                .group = connection},
    option_spec{.name = "compression",
                .kind = option_kind::choice,
                .help = "Compression of the gateway's stream.",
                .fallback = "zstd",
                .choices = "zstd|zlib|none",
                .modes = "single, worker",
                .group = connection},
    option_spec{.name = "mode",
                .kind = option_kind::choice,
                .help = "Who hands out the shards: this process alone, or the coordinator of a fleet, whose workers run them.",
                .fallback = "single",
                .alias = "SHARD_MODE",
                .choices = "single|coordinator|worker",
                .group = sharding},
    option_spec{.name = "total-shards",
                .kind = option_kind::integer,
                .help = "How many shards the bot has in all; not set is Discord's recommendation.",
                .least = 1,
                .most = 65536,
                .modes = "single, coordinator",
                .group = sharding},
    option_spec{.name = "shard-ids",
                .kind = option_kind::numbers,
                .help = "Run these shards only. Needs --total-shards, since other processes must use the same number.",
                .most = 65535,
                .modes = "single",
                .group = sharding},
    option_spec{.name = "shard-id",
                .kind = option_kind::integer,
                .help = "Run this one shard only; short for --shard-ids.",
                .most = 65535,
                .modes = "single",
                .group = sharding},
    option_spec{.name = "guild-wait",
                .kind = option_kind::duration,
                .help = "A shard counts as ready when no further guild came for this long, though some are missing.",
                .fallback = "15s",
                .modes = "single, worker",
                .group = sharding},
    option_spec{.name = "half-deaf-after",
                .kind = option_kind::duration,
                .help = "A session that brings events, but none of a kind that used to come steadily, is given up for a new one "
                        "after this long at the least; 0s never does that.",
                .fallback = "15m",
                .modes = "single, worker",
                .group = sharding},
    option_spec{.name = "after-move",
                .kind = option_kind::choice,
                .help =
                    "How the cache of a shard that another worker ran before is filled: fetch reads each guild over HTTP when it "
                    "is first asked for, within a fifth of rest-per-second; identify also begins a new session, shard after "
                    "shard, which costs an IDENTIFY each and what happens between both sessions.",
                .fallback = "fetch",
                .choices = "fetch|identify",
                .modes = "worker",
                .group = sharding},
    option_spec{.name = "use-identify-reserve",
                .kind = option_kind::flag,
                .help = "Let this start spend the tenth of the daily identify budget that is kept in reserve.",
                .modes = "single, coordinator",
                .group = sharding},
    option_spec{.name = "state-dir",
                .kind = option_kind::path,
                .help = "Folder for what should outlive the process; locked, so that one process uses it.",
                .group = keeping},
    option_spec{.name = "checkpoint",
                .kind = option_kind::choice,
                .help = "Keep sessions and cache in the state folder while the bot runs, so that the next start goes on without "
                        "IDENTIFY and with a warm cache.",
                .fallback = "on",
                .choices = "on|off",
                .modes = "single",
                .group = keeping},
    option_spec{.name = "identify-ledger",
                .kind = option_kind::path,
                .help =
                    "Folder of the identify ledger, which all processes of one bot on this host must share. Not set is "
                    "/var/lib/shoal where this user may write there, else $XDG_STATE_HOME/shoal, else ~/.local/state/shoal. A "
                    "fleet has its budget in the coordinator's store, and shares it with no process beside it.",
                .modes = "single",
                .group = keeping},
    option_spec{.name = "journal",
                .kind = option_kind::path,
                .help = "Folder into which each handled event is written down, for shoal-sim audit.",
                .modes = "single, worker",
                .group = keeping},
    option_spec{.name = "rest-per-second",
                .kind = option_kind::integer,
                .help =
                    "Requests a second of Discord's global limit. Single: this process's part of it; give each of several "
                    "processes of one bot its own. Coordinator: the bot's whole limit, shared among the workers by demand; say "
                    "so if Discord gave the bot more than others. Not set is 50 for both. Worker: the most that it takes of "
                    "what the coordinator shares; not set is no bound.",
                .least = 1,
                .most = 10000,
                .modes = "single, worker, coordinator",
                .group = running},
    option_spec{.name = "threads",
                .kind = option_kind::integer,
                .help = "Threads over which shards are spread; 0 is one a core.",
                .fallback = "0",
                .most = 1024,
                .modes = "single, worker",
                .group = running},
    option_spec{.name = "start-patience",
                .kind = option_kind::duration,
                .help = "How long a start tries to reach Discord's API before it ends with exit code 10.",
                .fallback = "20s",
                .group = running},
    option_spec{.name = "stop-deadline",
                .kind = option_kind::duration,
                .help = "How long running handlers may take to end when the bot stops.",
                .fallback = "10s",
                .modes = "single, worker",
                .group = running},
    option_spec{.name = "end-sessions",
                .kind = option_kind::flag,
                .help = "At the end close with 1000: the bot goes offline at once and its sessions are gone. Otherwise they stay "
                        "resumable for a while.",
                .modes = "single, worker",
                .group = running},
    option_spec{.name = "log-level",
                .kind = option_kind::choice,
                .help = "The least important lines to be written.",
                .fallback = "info",
                .choices = "trace|debug|info|warn|error|off",
                .group = logging},
    option_spec{.name = "log-format",
                .kind = option_kind::choice,
                .help = "Lines for people, or one JSON object a line.",
                .fallback = "text",
                .choices = "text|json",
                .group = logging},
    option_spec{.name = "ops-url",
                .kind = option_kind::text,
                .help = "Where health, readiness and metrics are served: http://127.0.0.1:9100 on this machine only, or "
                        "https://+:9100 with --certs. Port 0 takes a free one, which the log names.",
                .value_name = "URL",
                .group = operating},
    option_spec{.name = "ops-token-file",
                .kind = option_kind::path,
                .help =
                    "A file whose only line opens /metrics as a bearer token. /health and /ready are open to everybody; without "
                    "this file the rest takes a client certificate.",
                .group = operating},
    option_spec{.name = "certs",
                .kind = option_kind::path,
                .help = "Folder with ca.pem, node.pem and node.key: who this node is, and whose certificates it trusts.",
                .group = operating},
    option_spec{.name = "process-id",
                .kind = option_kind::text,
                .help = "This node's name, for operators and in a fleet. Not set is the host's name.",
                .alias = "PROCESS_ID",
                .value_name = "NAME",
                .group = operating},
    option_spec{.name = "coordinator-url",
                .kind = option_kind::text,
                .help = "Where the coordinators are, with commas between: https://c1:8443,https://c2:8443.",
                .alias = "COORDINATOR_URL",
                .value_name = "URL,...",
                .modes = "worker",
                .group = fleet},
    option_spec{.name = "listen-url",
                .kind = option_kind::text,
                .help =
                    "Where other nodes reach this one; https://+:8443 is any address. A worker needs none so far: no node calls "
                    "one.",
                .alias = "LISTEN_URL",
                .value_name = "URL",
                .modes = "coordinator, worker",
                .group = fleet},
    option_spec{.name = "max-shards",
                .kind = option_kind::integer,
                .help = "How many shards this worker takes at most; not set is one for each 16 MB of its memory.",
                .alias = "MAX_SHARDS",
                .least = 1,
                .most = 4096,
                .modes = "worker",
                .group = fleet},
    option_spec{.name = "zone",
                .kind = option_kind::text,
                .help = "What fails together with this worker: a rack, a data centre. Shards are spread over zones.",
                .value_name = "NAME",
                .modes = "worker",
                .group = fleet},
    option_spec{.name = "store",
                .kind = option_kind::text,
                .help = "Where the coordinator keeps what the fleet is: sqlite:PATH. Not set is fleet.db in --state-dir.",
                .value_name = "sqlite:PATH",
                .modes = "coordinator",
                .group = fleet},
    option_spec{.name = "heartbeat",
                .kind = option_kind::duration,
                .help = "How often workers say that they live.",
                .fallback = "1s",
                .modes = "coordinator",
                .group = fleet},
    option_spec{.name = "lease",
                .kind = option_kind::duration,
                .help = "How long a worker that says nothing keeps its shards.",
                .fallback = "5s",
                .modes = "coordinator",
                .group = fleet},
    option_spec{.name = "fence",
                .kind = option_kind::choice,
                .help =
                    "What a worker does with its connections when its lease ends: keep serves on and marks what it hands out, "
                    "until Discord gives the session to another; close ends them, resumably, and waits for a lease.",
                .fallback = "keep",
                .choices = "keep|close",
                .modes = "worker",
                .group = fleet},
    option_spec{.name = "config",
                .kind = option_kind::path,
                .help = "A settings file in TOML; its keys are the names on this page.",
                .not_in_file = true,
                .group = general},
    option_spec{.name = "help", .kind = option_kind::flag, .help = "Prints what there is.", .flag_only = true, .group = general},
    option_spec{.name = "version", .kind = option_kind::flag, .help = "Prints the version.", .flag_only = true, .group = general},
};

constexpr option_table table{"A Discord bot built with Shoal.", "SHOAL_", table_of_options};

/// What a coordinator without a bot's code must be told, since no handlers say it.
constexpr option_spec intents_option{
    .name = "intents",
    .kind = option_kind::text,
    .help =
        "What every worker must want of Discord: names (GUILDS,GUILD_MESSAGES) or Discord's number. A worker with others is "
        "refused.",
    .value_name = "NAMES",
    .modes = "coordinator",
    .group = fleet};

constexpr auto table_of_a_coordinator = [] {
    std::array<option_spec, table_of_options.size() + 1> all;
    std::ranges::copy(table_of_options, all.begin());
    all.back() = intents_option;
    return all;
}();

}  // namespace

const option_table& bot_option_table() { return table; }

option_table coordinator_option_table() { return {"A coordinator of Shoal.", "SHOAL_", table_of_a_coordinator}; }

}  // namespace shoal::config
