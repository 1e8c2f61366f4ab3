// shoal-sim serve and shoal-sim replay.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/shoal-sim/commands.hpp"
#include "sim/server/recording.hpp"

namespace shoal_sim {
namespace {

using shoal::sim::simulator_config;

/// CLI11's own says "in range 0 to" and three hundred digits.
const CLI::Validator not_negative(
    [](std::string& text) { return text.starts_with('-') ? std::string("must not be negative") : std::string(); }, "NUMBER >= 0");

/// An option in milliseconds (or what CLI11's suffixes say) for one of the config's durations.
CLI::Option* add_ms(CLI::App& app, const std::string& name, shoal::duration& to, const std::string& what) {
    return app.add_option_function<std::int64_t>(
                  name, [&to](std::int64_t ms) { to = std::chrono::milliseconds(ms); }, what)
        ->check(not_negative)
        ->type_name("MS")
        ->default_str(std::to_string(shoal::to_ms(to)));
}

/// An option whose value is one of these words.
template <class T>
void add_word(CLI::App& app, const std::string& name, T& to, std::map<std::string, T> words, const std::string& what) {
    std::vector<std::string> allowed;
    for (const auto& [word, value] : words) allowed.push_back(word);
    app.add_option_function<std::string>(
           name, [&to, words = std::move(words)](const std::string& word) { to = words.at(word); }, what)
        ->check(CLI::IsMember(allowed));
}

struct serve_call {
    serving how;
    simulator_config config;

    void add_to(CLI::App& app) {
        how.add_to(app);
        auto& c = config;
        auto& w = config.world;
        const auto number = [&app](const char* name, auto& to, const char* what) {
            return app.add_option(name, to, what)->capture_default_str();
        };
        app.add_option("--record", how.server.record_file, "Write every gateway message to this file, for replay");
        number("--seed", c.seed, "The same seed gives the same world and the same run");
        number("--token", c.token, "The bot's token");
        number("--application-id", c.application_id, "The bot's application id");
        number("--guilds", w.guilds, "How many guilds the bot is in");
        number("--guild-class", w.guild_classes, "How big they are")
            ->check(CLI::IsMember({"mix", "tiny", "small", "medium", "community", "large", "giant"}));
        number("--members-listed", w.largest_members_listed, "Members generated a guild, whatever its count says");
        number("--rate", w.events_per_second_per_shard, "Events a second and shard")->check(not_negative);
        number("--traffic-shards", w.traffic_shards, "Over how many shards that rate is spread")->check(CLI::PositiveNumber);
        app.add_flag("--even-traffic", w.even_traffic, "Events at equal distances");
        app.add_flag("--admin-everywhere", w.admin_everywhere, "The bot may do everything in each guild");
        number("--slash-rate", w.slash_commands_per_second, "Slash commands a second, in all")->check(not_negative);
        number("--unknown-event-share", w.unknown_event_share, "Share of events with names nobody knows")
            ->check(CLI::Range(0.0, 1.0));
        app.add_flag("--vary-json", w.vary_json, "Vary order of keys, white space and escapes");
        number("--shards", c.recommended_shards, "What /gateway/bot recommends (0: one per 1,000 guilds)");
        app.add_flag("--large-bot", c.large_bot, "Only totals in the assigned multiple are taken");
        number("--large-bot-multiple", c.large_bot_multiple, "That multiple")->check(CLI::PositiveNumber);
        number("--max-concurrency", c.max_concurrency, "IDENTIFYs per 5 s")->check(CLI::PositiveNumber);
        number("--identify-total", c.identify_total, "IDENTIFYs per window")->check(not_negative);
        add_ms(app, "--identify-window", c.identify_window, "That window");
        add_ms(app, "--identify-key-window", c.identify_key_window, "Between two IDENTIFYs of one key");
        number("--most-guilds-per-shard", c.most_guilds_per_shard, "More are refused with 4011");
        number("--privileged-intents", c.allowed_privileged_intents, "Mask of privileged intents that are allowed");
        add_ms(app, "--heartbeat-interval", c.heartbeat_interval, "As HELLO tells it");
        number("--heartbeat-tolerance", c.heartbeat_tolerance, "Silence of this many intervals, and 5 s, closes");
        number("--heartbeat-close-code", c.heartbeat_close_code, "With this code; 0: a silent drop");
        add_ms(app, "--ready-delay-least", c.ready_delay_least, "READY comes after at least this");
        add_ms(app, "--ready-delay-most", c.ready_delay_most, "and at most this");
        number("--guild-creates-per-second", c.guild_creates_per_second, "Pace of the burst behind READY, a session")
            ->check(CLI::PositiveNumber);
        number("--late-guild-share", c.late_guild_share, "Share of guilds that come late")->check(CLI::Range(0.0, 1.0));
        add_ms(app, "--late-guild-most", c.late_guild_most, "How late at most");
        add_ms(app, "--session-expiry", c.session_expiry, "A session without connection lives this long");
        number("--replay-bound", c.replay_bound, "Events kept for RESUME (0: max(100, min(3500, 75 x guilds)))");
        add_ms(app, "--replay-age", c.replay_age, "Older events are not kept");
        app.add_option("--never-replayed", c.never_replayed, "Names of events that RESUME does not bring back");
        using shoal::sim::takeover_rule;
        using shoal::sim::trim_rule;
        add_word<trim_rule>(
            app, "--trim-on-heartbeat", c.trim_on_heartbeat,
            {{"no", trim_rule::no}, {"silent", trim_rule::silent}, {"4007", trim_rule::close_4007}, {"op9", trim_rule::op9}},
            "What a heartbeat's number does to the replay buffer");
        add_word<takeover_rule>(app, "--takeover", c.takeover,
                                {{"newest_wins", takeover_rule::newest_wins}, {"refuse", takeover_rule::refuse}},
                                "RESUME of a live session");
        add_ms(app, "--forced-op7-least", c.forced_op7_least, "Every session gets an op 7 once in at least this");
        add_ms(app, "--forced-op7-most", c.forced_op7_most, "and at most this; 0: never");
        add_ms(app, "--spontaneous-cut-least", c.spontaneous_cut_least, "Its TCP is cut once in at least this");
        add_ms(app, "--spontaneous-cut-most", c.spontaneous_cut_most, "and at most this; 0: never");
        number("--spontaneous-duplicates", c.spontaneous_duplicates, "Share of events sent twice")->check(CLI::Range(0.0, 1.0));
        add_ms(app, "--rest-latency", c.rest_latency, "Median of REST's answers");
        number("--rest-global", c.rest_global_per_second, "REST requests a second")->check(CLI::PositiveNumber);
        app.add_flag("--shared-hashes", c.shared_hashes, "Routes with limits of their own tell one bucket hash");
        add_ms(app, "--bucket-hash-life", c.bucket_hash_life, "Bucket hashes change this often; 0: never");
        number("--invalid-request-limit", c.invalid_request_limit, "401s, 403s and 429s that ban an address")
            ->check(CLI::PositiveNumber);
        add_ms(app, "--invalid-request-window", c.invalid_request_window, "in this time");
        add_ms(app, "--edge-ban", c.edge_ban, "for so long");
        app.add_flag("--strict-user-agent", c.strict_user_agent, "Only \"DiscordBot (url, version)\" may ask");
        number("--spontaneous-5xx", c.spontaneous_5xx, "Share of REST requests that fail")->check(CLI::Range(0.0, 1.0));
        add_ms(app, "--auto-archive-minute", c.auto_archive_minute,
               "How long a minute of a thread's auto_archive_duration takes");
    }
    int run() {
        how.server.vary_json = config.world.vary_json;
        how.server.seed = config.seed;
        return how.run(shoal::sim::live(config), fmt::format("{} guilds, seed {}", config.world.guilds, config.seed));
    }
};

struct replay_call {
    serving how;
    std::string file;
    shoal::sim::replay_options options;

    int run() {
        auto streams = shoal::sim::read_recording(file);
        if (!streams) return mistake(streams.error());
        auto shared = std::make_shared<const std::vector<shoal::sim::recorded_stream>>(std::move(*streams));
        const auto what = fmt::format("a recording of {} connections", shared->size());
        return how.run(
            [this, shared](const shoal::sim::server_addresses& where) {
                options.gateway_url = where.gateway;
                return shoal::sim::make_replay_machine(shared, options);
            },
            what);
    }
};

}  // namespace

runner add_serve(CLI::App& app) {
    auto call = std::make_shared<serve_call>();
    call->add_to(app);
    return [call] { return call->run(); };
}

runner add_replay(CLI::App& app) {
    auto call = std::make_shared<replay_call>();
    call->how.add_to(app);
    app.add_option("file", call->file, "The recording (shoal-sim serve --record)")->required();
    app.add_option("--speed", call->options.speed, "1: as recorded, 2: twice as fast, 0: as fast as clients read")
        ->check(not_negative)
        ->capture_default_str();
    app.add_flag("--hold", call->options.hold, "Send READY, then wait for the control command {\"do\":\"go\"}");
    add_ms(app, "--heartbeat-interval", call->options.heartbeat_interval, "As HELLO tells it");
    return [call] { return call->run(); };
}

}  // namespace shoal_sim
