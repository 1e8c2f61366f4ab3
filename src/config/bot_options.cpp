#include "config/bot_options.hpp"

#include <fmt/format.h>

#include <array>

#include "config/reference.hpp"
#include "config/text_file.hpp"
#include "config/token_shape.hpp"

namespace shoal::config {

namespace {

constexpr std::string_view connection = "Discord", sharding = "Shards", keeping = "State", running = "Running", logging = "Log",
                           operating = "Operation", fleet = "Fleet (planned)", general = "General";

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
                .group = connection},
    option_spec{.name = "mode",
                .kind = option_kind::choice,
                .help = "Who hands out the shards: this process alone, or a fleet (coordinator and worker are not built yet).",
                .fallback = "single",
                .alias = "SHARD_MODE",
                .choices = "single|coordinator|worker",
                .group = sharding},
    option_spec{.name = "total-shards",
                .kind = option_kind::integer,
                .help = "How many shards the bot has in all; not set is Discord's recommendation.",
                .least = 1,
                .most = 65536,
                .modes = "single",
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
                .group = sharding},
    option_spec{.name = "half-deaf-after",
                .kind = option_kind::duration,
                .help = "A session that brings events, but none of a kind that used to come steadily, is given up for a new one "
                        "after this long at the least; 0s never does that.",
                .fallback = "15m",
                .group = sharding},
    option_spec{.name = "use-identify-reserve",
                .kind = option_kind::flag,
                .help = "Let this start spend the tenth of the daily identify budget that is kept in reserve.",
                .group = sharding},
    option_spec{.name = "state-dir",
                .kind = option_kind::path,
                .help = "Folder for what should outlive the process; locked, so that one process uses it.",
                .group = keeping},
    option_spec{.name = "identify-ledger",
                .kind = option_kind::path,
                .help = "Folder of the identify ledger, which all processes of one bot on this host must share. Not set is "
                        "/var/lib/shoal where this user may write there, else $XDG_STATE_HOME/shoal, else ~/.local/state/shoal.",
                .group = keeping},
    option_spec{.name = "journal",
                .kind = option_kind::path,
                .help = "Folder into which each handled event is written down, for shoal-sim audit.",
                .group = keeping},
    option_spec{.name = "rest-per-second",
                .kind = option_kind::integer,
                .help = "Requests a second that this process may use of Discord's global limit of 50 a bot. Give each of several "
                        "processes of one bot its part.",
                .fallback = "50",
                .least = 1,
                .most = 10000,
                .group = running},
    option_spec{.name = "threads",
                .kind = option_kind::integer,
                .help = "Threads over which shards are spread; 0 is one a core.",
                .fallback = "0",
                .most = 1024,
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
                .group = running},
    option_spec{.name = "end-sessions",
                .kind = option_kind::flag,
                .help = "At the end close with 1000: the bot goes offline at once and its sessions are gone. Otherwise they stay "
                        "resumable for a while.",
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
                .help = "This node's name, for operators and in a fleet. Not set is the host's name and the process's number.",
                .alias = "PROCESS_ID",
                .value_name = "NAME",
                .group = operating},
    option_spec{.name = "coordinator-url",
                .kind = option_kind::text,
                .help = "Where the coordinators are, with commas between.",
                .alias = "COORDINATOR_URL",
                .value_name = "URL,...",
                .modes = "worker",
                .group = fleet},
    option_spec{.name = "listen-url",
                .kind = option_kind::url,
                .help = "Where other nodes reach this one; https://+:8443 is any address.",
                .alias = "LISTEN_URL",
                .modes = "coordinator, worker",
                .group = fleet},
    option_spec{.name = "max-shards",
                .kind = option_kind::integer,
                .help = "How many shards this worker takes at most.",
                .alias = "MAX_SHARDS",
                .least = 1,
                .most = 65536,
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

std::unexpected<startup_problem> problem(exit_code code, std::string sentence) {
    return std::unexpected(startup_problem{code, std::move(sentence)});
}

std::string_view without_space(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

/// A token as people paste it, or a sentence that does not repeat it.
std::expected<secret, startup_problem> clean_token(std::string_view raw, std::string_view where, bool of_discord) {
    auto text = without_space(raw);
    if (text.starts_with("Bot ")) text = without_space(text.substr(4));
    if (text.empty()) return problem(exit_code::no_token, fmt::format("{}: there is no token in it.", where));
    if (const auto wrong = wrong_with_token(text, of_discord)) {
        return problem(
            exit_code::token_malformed,
            fmt::format("{}: what is there is no bot token: it {}. Copy the token from the developer portal (page Bot, "
                        "Reset Token) as it is.",
                        where, *wrong));
    }
    return secret(std::string(text));
}

std::expected<secret, startup_problem> find_bot_token(const option_values& values, secret code_token, bool of_discord) {
    const auto* direct = values.find("token");
    const auto* file = values.find("token-file");
    if (file != nullptr && (direct == nullptr || file->from > direct->from)) {
        const auto text = read_text_file(file->text, 4096);
        if (!text) {
            return problem(exit_code::no_token,
                           fmt::format("{}: the token file {} cannot be read ({}). Give the name of a file with the token as its "
                                       "only line.",
                                       file->where, shown(file->text), text.error()));
        }
        return clean_token(*text, fmt::format("{}: {}", file->where, shown(file->text)), of_discord);
    }
    if (direct != nullptr) return clean_token(direct->text, direct->where, of_discord);
    if (!code_token.empty()) return clean_token(code_token.reveal(), "the program's own token", of_discord);
    return problem(exit_code::no_token, "There is no bot token: set DISCORD_TOKEN, or give a file with --token-file.");
}

std::string_view host_of(std::string_view url) {
    auto host = url.substr(url.find("://") + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}

bool is_discord(std::string_view url) {
    const auto host = host_of(url);
    return host == "discord.com" || host.ends_with(".discord.com");
}

std::expected<void, startup_problem> choose_shards(const option_values& values, bot_settings& settings) {
    if (values.has("total-shards")) settings.total_shards = static_cast<std::uint32_t>(values.integer("total-shards"));
    const auto* many = values.find("shard-ids");
    const auto* one = values.find("shard-id");
    if (many != nullptr && one != nullptr && many->from == one->from) {
        return problem(exit_code::bad_setting,
                       fmt::format("{} and {} are both set; one of them is enough.", many->where, one->where));
    }
    const auto* chosen = many == nullptr || (one != nullptr && one->from > many->from) ? one : many;
    if (chosen == nullptr) return {};
    settings.shard_ids = read_numbers(chosen->text).value_or(std::vector<std::uint32_t>{});
    if (!settings.total_shards) {
        return problem(
            exit_code::wrong_shard,
            fmt::format("{}: hand-picked shards need --total-shards, the number of shards in all, so that other processes "
                        "can use the same.",
                        chosen->where));
    }
    if (settings.shard_ids.back() >= *settings.total_shards) {
        return problem(exit_code::wrong_shard,
                       fmt::format("{}: there is no shard {} among {} shards; they are numbered from 0 to {}.", chosen->where,
                                   settings.shard_ids.back(), *settings.total_shards, *settings.total_shards - 1));
    }
    return {};
}

std::expected<void, startup_problem> choose_ops(const option_values& values, bot_settings& settings) {
    const auto* url = values.find("ops-url");
    if (url == nullptr) return {};
    auto listen = read_listen_url(url->text);
    if (!listen) return problem(exit_code::bad_setting, fmt::format("{}: {} {}.", url->where, shown(url->text), listen.error()));
    if (listen->tls && settings.certs.empty()) {
        return problem(exit_code::bad_setting,
                       fmt::format("{}: https needs --certs, the folder with ca.pem, node.pem and node.key.", url->where));
    }
    settings.ops = std::move(*listen);
    settings.ops_token_file = values.text("ops-token-file");
    return {};
}

log_level level_of(std::string_view text) {
    constexpr std::array names{"trace", "debug", "info", "warn", "error", "off"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (text == names[i]) return static_cast<log_level>(i);
    }
    return log_level::info;
}

}  // namespace

const option_table& bot_option_table() { return table; }

std::string program_name(std::string_view argv0) {
    const auto slash = argv0.rfind('/');
    return std::string(slash == std::string_view::npos ? argv0 : argv0.substr(slash + 1));
}

std::expected<bot_start, startup_problem> read_bot_settings(const option_sources& sources, std::string_view program,
                                                            secret code_token) {
    auto reading = read_options(table, sources);
    if (!reading) return std::unexpected(std::move(reading.error()));
    bot_start start;
    start.warnings = std::move(reading->warnings);
    if (reading->help) {
        start.print = help_text(table, fmt::format("{} [settings]", program));
        return start;
    }
    if (reading->version) {
        start.print = fmt::format("{} (shoal {})\n", program, version);
        return start;
    }

    const auto& values = reading->values;
    auto& settings = start.settings;
    const auto mode = values.text("mode");
    if (mode != "single") {
        return problem(
            exit_code::not_built_yet,
            fmt::format("{}: mode {} is not built yet; --mode single runs all shards in this process, and --shard-ids a part "
                        "of them.",
                        values.find("mode")->where, mode));
    }
    for (const auto name : {"coordinator-url", "listen-url", "max-shards"}) {
        const auto* value = values.find(name);
        if (value != nullptr) start.warnings.push_back(fmt::format("{} means nothing in mode single", value->where));
    }

    settings.api_base = values.text("api-base");
    while (settings.api_base.ends_with('/')) settings.api_base.pop_back();
    if (settings.api_base.starts_with("http://") && !is_loopback_url(settings.api_base)) {
        return problem(exit_code::bad_setting,
                       fmt::format("{}: {} would send the token in the clear; http:// is allowed for this machine only.",
                                   values.find("api-base")->where, shown(settings.api_base)));
    }
    if (settings.api_base.find('/', settings.api_base.find("://") + 3) == std::string::npos) settings.api_base += "/api/v10";
    if (settings.api_base.ends_with("/api")) settings.api_base += "/v10";
    if (values.has("ca-file")) settings.ca_file = values.text("ca-file");
    if (auto done = choose_shards(values, settings); !done) return std::unexpected(std::move(done.error()));

    settings.state_dir = values.text("state-dir");
    settings.ledger_folder = values.text("identify-ledger");
    settings.journal = values.text("journal");
    const auto compression = values.text("compression");
    settings.compression = compression == "zstd" ? transport::zstd : compression == "zlib" ? transport::zlib : transport::none;
    settings.rest_per_second = static_cast<std::uint32_t>(values.integer("rest-per-second"));
    settings.threads = static_cast<std::uint32_t>(values.integer("threads"));
    settings.level = level_of(values.text("log-level"));
    settings.format = values.text("log-format") == "json" ? log_format::json : log_format::text;
    settings.guild_wait = values.time("guild-wait");
    settings.half_deaf_after = values.time("half-deaf-after");
    settings.start_patience = values.time("start-patience");
    settings.stop_deadline = values.time("stop-deadline");
    settings.process_id = values.text("process-id");
    settings.certs = values.text("certs");
    if (auto done = choose_ops(values, settings); !done) return std::unexpected(std::move(done.error()));
    settings.use_identify_reserve = values.flag("use-identify-reserve");
    settings.end_sessions = values.flag("end-sessions");

    auto token = find_bot_token(values, std::move(code_token), is_discord(settings.api_base));
    if (!token) return std::unexpected(std::move(token.error()));
    settings.token = std::move(*token);
    return start;
}

}  // namespace shoal::config
