#include "config/bot_options.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <charconv>

#include "config/reference.hpp"
#include "config/text_file.hpp"
#include "config/token_shape.hpp"

namespace shoal::config {

namespace {

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

std::string host_name() {
    std::array<char, 256> room{};
    return ::gethostname(room.data(), room.size() - 1) == 0 && room[0] != 0 ? std::string(room.data()) : "this-host";
}

/// "https://host:8443", nothing behind it.
bool is_node_address(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    if (!url.starts_with(scheme)) return false;
    url.remove_prefix(scheme.size());
    const auto colon = url.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || url.find_first_of("/?#@ ") != std::string_view::npos) return false;
    const auto digits = url.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return error == std::errc{} && end == digits.data() + digits.size() && port != 0;
}

/// What only the modes of a fleet need.
std::expected<void, startup_problem> choose_fleet(const option_values& values, bot_settings& settings) {
    if (settings.mode == run_mode::single) return {};
    const auto mode = values.text("mode");
    auto& fleet = settings.fleet;
    const auto needs = [&](std::string_view name, std::string_view why) -> std::expected<void, startup_problem> {
        if (values.has(name)) return {};
        return problem(exit_code::bad_setting, fmt::format("mode {} needs --{}: {}.", mode, name, why));
    };
    if (auto done = needs("certs", "every connection between nodes is authenticated by both sides; \"shoal certs\" makes them");
        !done)
        return done;
    const auto* listen = values.find("listen-url");
    if (listen != nullptr) {
        auto read = read_listen_url(listen->text);
        if (read && !read->tls) read = std::unexpected("is plain http; between nodes there is only https");
        if (!read)
            return problem(exit_code::bad_setting, fmt::format("{}: {} {}.", listen->where, shown(listen->text), read.error()));
        fleet.listen = std::move(*read);
    }
    if (settings.mode == run_mode::coordinator) {
        if (auto done = needs("listen-url", "workers reach the coordinator there"); !done) return done;
        fleet.store = values.text("store");
        if (fleet.store.empty() && !settings.state_dir.empty()) fleet.store = "sqlite:" + settings.state_dir + "/fleet.db";
        if (fleet.store.empty()) return needs("state-dir", "what the fleet is lies there, unless --store names another place");
        if (!fleet.store.starts_with("sqlite:") || fleet.store == "sqlite:") {
            return problem(exit_code::bad_setting, fmt::format("{}: {} is no store; write sqlite:PATH.",
                                                               values.find("store")->where, shown(fleet.store)));
        }
        fleet.lease = values.time("lease");
        fleet.heartbeat = values.time("heartbeat");
        if (fleet.lease < 3 * fleet.heartbeat) {
            return problem(exit_code::bad_setting,
                           fmt::format("--lease must be at least three times --heartbeat, or one lost message takes a worker's "
                                       "shards; it is {} to {}.",
                                       values.text("lease"), values.text("heartbeat")));
        }
        return {};
    }
    if (auto done = needs("coordinator-url", "the coordinator hands out the shards"); !done) return done;
    const auto* list = values.find("coordinator-url");
    for (std::size_t at = 0; at <= list->text.size();) {
        const auto end = std::min(list->text.find(',', at), list->text.size());
        auto url = without_space(std::string_view(list->text).substr(at, end - at));
        while (url.ends_with('/')) url.remove_suffix(1);
        if (!is_node_address(url)) {
            return problem(exit_code::bad_setting,
                           fmt::format("{}: {} is no coordinator's address; write https://host:8443.", list->where, shown(url)));
        }
        fleet.coordinators.emplace_back(url);
        at = end + 1;
    }
    if (values.has("max-shards")) fleet.max_shards = static_cast<std::uint32_t>(values.integer("max-shards"));
    fleet.zone = values.text("zone");
    fleet.close_without_lease = values.text("fence") == "close";
    return {};
}

log_level level_of(std::string_view text) {
    constexpr std::array names{"trace", "debug", "info", "warn", "error", "off"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (text == names[i]) return static_cast<log_level>(i);
    }
    return log_level::info;
}

/// What the values mean together; `mode` is among them.
std::expected<bot_start, startup_problem> settle(option_reading reading, secret code_token) {
    bot_start start;
    start.warnings = std::move(reading.warnings);
    const auto& values = reading.values;
    auto& settings = start.settings;
    const auto mode = values.text("mode");
    settings.mode = mode == "worker" ? run_mode::worker : mode == "coordinator" ? run_mode::coordinator : run_mode::single;
    for (const auto& option : bot_option_table().options) {
        const auto* value = values.find(option.name);
        if (value != nullptr && value->from != origin::fallback && option.modes != "all" && !option.modes.contains(mode)) {
            start.warnings.push_back(fmt::format("{} means nothing in mode {}", value->where, mode));
        }
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
    settings.checkpoint = values.text("checkpoint") == "on";
    settings.ledger_folder = values.text("identify-ledger");
    settings.journal = values.text("journal");
    const auto compression = values.text("compression");
    settings.compression = compression == "zstd" ? transport::zstd : compression == "zlib" ? transport::zlib : transport::none;
    if (values.has("rest-per-second")) settings.rest_per_second = static_cast<std::uint32_t>(values.integer("rest-per-second"));
    settings.threads = static_cast<std::uint32_t>(values.integer("threads"));
    settings.level = level_of(values.text("log-level"));
    settings.format = values.text("log-format") == "json" ? log_format::json : log_format::text;
    settings.guild_wait = values.time("guild-wait");
    settings.half_deaf_after = values.time("half-deaf-after");
    settings.renew_after_move = values.text("after-move") == "identify";
    settings.start_patience = values.time("start-patience");
    settings.stop_deadline = values.time("stop-deadline");
    settings.process_id = values.has("process-id") ? values.text("process-id") : host_name();
    settings.certs = values.text("certs");
    if (auto done = choose_ops(values, settings); !done) return std::unexpected(std::move(done.error()));
    if (auto done = choose_fleet(values, settings); !done) return std::unexpected(std::move(done.error()));
    settings.use_identify_reserve = values.flag("use-identify-reserve");
    settings.end_sessions = values.flag("end-sessions");

    auto token = find_bot_token(values, std::move(code_token), is_discord(settings.api_base));
    if (!token) return std::unexpected(std::move(token.error()));
    settings.token = std::move(*token);
    return start;
}

}  // namespace

std::string program_name(std::string_view argv0) {
    const auto slash = argv0.rfind('/');
    return std::string(slash == std::string_view::npos ? argv0 : argv0.substr(slash + 1));
}

std::expected<bot_start, startup_problem> read_bot_settings(const option_sources& sources, std::string_view program,
                                                            secret code_token, bool knows_fleets) {
    auto reading = read_options(bot_option_table(), sources);
    if (!reading) return std::unexpected(std::move(reading.error()));
    bot_start start;
    if (reading->help) {
        start.print = help_text(bot_option_table(), fmt::format("{} [settings]", program));
        return start;
    }
    if (reading->version) {
        start.print = fmt::format("{} (shoal {})\n", program, version);
        return start;
    }
    if (const auto mode = reading->values.text("mode"); mode != "single" && !knows_fleets) {
        return problem(
            exit_code::mode_not_here,
            fmt::format("{}: this program runs in mode single only; one whose main calls shoal::fleet::main has mode {}.",
                        reading->values.find("mode")->where, mode));
    }
    return settle(std::move(*reading), std::move(code_token));
}

std::expected<coordinator_start, startup_problem> read_coordinator_settings(const option_sources& sources,
                                                                            std::string_view program) {
    const auto table = coordinator_option_table();
    auto reading = read_options(table, sources);
    if (!reading) return std::unexpected(std::move(reading.error()));
    coordinator_start out;
    if (reading->help) {
        std::vector<option_spec> shown_ones;
        for (const auto& option : table.options) {
            const bool means_something = option.modes == "all" || option.modes.contains("coordinator");
            if (means_something && option.name != "mode") shown_ones.push_back(option);
        }
        out.start.print = help_text({table.program, table.prefix, shown_ones}, fmt::format("{} [settings]", program));
        return out;
    }
    if (reading->version) {
        out.start.print = fmt::format("{} {}\n", program, version);
        return out;
    }
    auto& values = reading->values;
    if (const auto* mode = values.find("mode"); mode->from != origin::fallback && mode->text != "coordinator") {
        return problem(exit_code::bad_setting,
                       fmt::format("{} says {}, and {} runs in mode coordinator.", mode->where, mode->text, program));
    }
    values.offer("mode", {"coordinator", origin::flag, std::string(program)});
    if (!values.has("intents")) {
        return problem(exit_code::bad_setting,
                       fmt::format("{} needs --intents: those that the bot's workers want, by name (GUILDS,GUILD_MESSAGES) or as "
                                   "Discord's number; a worker with others is refused.",
                                   program));
    }
    out.intents = values.text("intents");
    auto settled = settle(std::move(*reading), {});
    if (!settled) return std::unexpected(std::move(settled).error());
    out.start = std::move(*settled);
    return out;
}

}  // namespace shoal::config
