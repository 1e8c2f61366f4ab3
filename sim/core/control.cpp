// The control commands (README.md lists them): each reads its parameters, refuses what makes no sense, and acts.

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <utility>

#include "sim/core/rest_faults.hpp"
#include "sim/core/simulator_impl.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

namespace {
json::object error(std::string sentence) { return {{"error", std::move(sentence)}}; }
const json::object& done() {
    static const json::object ok{{"ok", true}};
    return ok;
}
}  // namespace

json::object simulator::impl::command(const json::object& what, instant now) {
    command_reader read(what);
    const std::string name = read.text("do").value_or("");
    // Reads whatever is wrong with the parameters so far; empty answer: nothing is.
    const auto wrong = [&read]() -> std::optional<json::object> {
        if (const std::string& problem = read.finish(); !problem.empty()) return error(problem);
        return std::nullopt;
    };

    if (name == "fault") {
        std::string problem;
        const int number = fault_number(read.text("fault").value_or(""));
        json::object answer =
            is_rest_fault(number) ? rest.start_fault(what, number, now, problem) : gate.start_fault(what, number, now, problem);
        return problem.empty() ? answer : error(problem);
    }
    if (name == "clear") {
        if (auto bad = wrong()) return *bad;
        gate.clear_faults(now);
        rest.clear_faults();
        return done();
    }
    if (name == "change_hashes") {
        if (auto bad = wrong()) return *bad;
        rest.change_hashes();
        return done();
    }
    if (name == "traffic") {
        const auto rate = read.number("rate", 0, 1'000'000);
        const auto shard_count = read.whole_number("shards", 1, 1'000'000);
        const auto slash_rate = read.number("slash_rate", 0, 100'000);
        const auto even = read.flag("even");
        if (auto bad = wrong()) return *bad;
        if (rate) config.world.events_per_second_per_shard = *rate;
        if (shard_count) config.world.traffic_shards = static_cast<std::uint32_t>(*shard_count);
        if (slash_rate) config.world.slash_commands_per_second = *slash_rate;
        if (even) config.world.even_traffic = *even;
        draining_since.reset();
        set_traffic(now);
        return done();
    }
    if (name == "drain") {
        if (auto bad = wrong()) return *bad;
        config.world.events_per_second_per_shard = 0;
        config.world.slash_commands_per_second = 0;
        set_traffic(now);
        if (!draining_since) {
            draining_since = now;
            // So that `drained` becomes true by itself when nothing else happens.
            later.at(now + 1s, [](instant) {});
        }
        return {{"ok", true}, {"drained", drained()}};
    }
    if (name == "status") {
        if (auto bad = wrong()) return *bad;
        return status(now);
    }
    if (name == "sessions") {
        if (auto bad = wrong()) return *bad;
        return {{"ok", true}, {"sessions", gate.describe_sessions()}};
    }
    if (name == "guilds") {
        const std::uint64_t most = read.whole_number("most", 1, 1'000'000).value_or(1000);
        if (auto bad = wrong()) return *bad;
        json::array list;
        for (const std::uint64_t guild : where.guilds()) {
            if (list.size() == most) break;
            list.emplace_back(std::to_string(guild));
        }
        return {{"ok", true}, {"count", where.guilds().size()}, {"guilds", std::move(list)}};
    }
    if (name == "token") {
        if (auto bad = wrong()) return *bad;
        return {{"ok", true}, {"token", gate.token()}};
    }
    if (auto answer = user_command(name, read, now)) return *std::move(answer);
    if (name == "join_guild") {
        const std::string kind =
            read.word("class", {"mix", "tiny", "small", "medium", "community", "large", "giant"}).value_or("small");
        if (auto bad = wrong()) return *bad;
        const std::uint64_t guild = where.join_guild(kind, now);
        gate.guild_joined(guild, now);
        return {{"ok", true}, {"guild", std::to_string(guild)}};
    }
    if (name == "leave_guild") {
        const auto guild = read.id("guild");
        read.need(guild.has_value(), "guild");
        if (guild && !where.has_guild(*guild)) read.fail("The bot is not in this guild.");
        if (auto bad = wrong()) return *bad;
        leave_guild(*guild, now);
        return done();
    }
    if (name == "outage") {
        const auto guild = read.id("guild");
        const auto percent = read.number("percent", 0, 100);
        const bool down = read.flag("unavailable").value_or(true);
        if (!guild && !percent) read.fail("Say which guilds: \"guild\" or \"percent\".");
        if (guild && !where.has_guild(*guild)) read.fail("The bot is not in this guild.");
        if (auto bad = wrong()) return *bad;
        std::uint64_t count = 0;
        const std::vector<std::uint64_t> list = guild ? std::vector<std::uint64_t>{*guild} : where.guilds();
        for (const std::uint64_t one : list) {
            if (!guild && !shards.chance(*percent / 100.0)) continue;
            gate.set_outage(one, down, now);
            ++count;
        }
        return {{"ok", true}, {"guilds", count}};
    }
    if (name == "send_raw") {
        const selector by = read.who();
        const auto event = read.text("event");
        const json::value* data = read.value("data");
        const auto raw = read.text("text");
        read.need(event.has_value(), "event");
        if (!by.given()) read.fail("Say who gets it: \"all\", \"percent\", \"shard\", \"session\" or \"conn\".");
        if ((data == nullptr) == !raw.has_value()) read.fail("Give either \"data\" (JSON) or \"text\" (sent as it is).");
        if (auto bad = wrong()) return *bad;
        auto text = std::make_shared<const std::string>(raw ? *raw : json::serialize(*data));
        return gate.send_raw(by, *event, std::move(text), now);
    }
    if (name == "op7" || name == "op9" || name == "cut" || name == "ask_heartbeat") {
        selector by = read.who();
        if (!by.given()) read.fail("Say whom: \"all\", \"percent\", \"shard\", \"session\" or \"conn\".");
        if (name == "op7") {
            const duration spread = read.milliseconds("ms", {});
            if (auto bad = wrong()) return *bad;
            return gate.reconnect_some(by, spread, now);
        }
        if (name == "op9") {
            const auto resumable = read.flag("resumable");
            if (auto bad = wrong()) return *bad;
            return gate.invalidate_some(by, resumable, now);
        }
        if (name == "cut") {
            const bool lose = read.flag("lose_sessions").value_or(false);
            const std::string how = read.word("how", {"fin", "rst"}).value_or("rst");
            if (auto bad = wrong()) return *bad;
            return gate.cut_some(by, how == "fin" ? wire_fault::fin : wire_fault::rst, lose, now);
        }
        const duration within = read.milliseconds("within_ms", 5s);
        if (auto bad = wrong()) return *bad;
        return gate.ask_heartbeats(by, within, now);
    }
    if (name == "restart_window") {
        if (auto bad = wrong()) return *bad;
        gate.restart_window(now);
        return done();
    }
    if (name == "set") return set_knobs(read, now);
    if (name.empty()) return error("\"do\" is missing.");
    return error(fmt::format("There is no command \"{}\".", name));
}

json::object simulator::impl::set_knobs(command_reader& read, instant) {
    // All or nothing: the knobs are changed in a copy, which counts only if every one of them made sense.
    simulator_config wanted = config;
    bool any = false;
    const auto milliseconds = [&](std::string_view key, duration& knob) {
        if (!read.has(key)) return;
        knob = read.milliseconds(key, knob);
        any = true;
    };
    const auto whole = [&](std::string_view key, auto& knob, std::uint64_t low, std::uint64_t high) {
        if (const auto got = read.whole_number(key, low, high)) {
            knob = static_cast<std::remove_reference_t<decltype(knob)>>(*got);
            any = true;
        }
    };
    const auto number = [&](std::string_view key, double& knob, double low, double high) {
        if (const auto got = read.number(key, low, high)) {
            knob = *got;
            any = true;
        }
    };
    const auto flag = [&](std::string_view key, bool& knob) {
        if (const auto got = read.flag(key)) {
            knob = *got;
            any = true;
        }
    };
    milliseconds("session_expiry", wanted.session_expiry);
    milliseconds("replay_age", wanted.replay_age);
    milliseconds("heartbeat_interval", wanted.heartbeat_interval);
    milliseconds("heartbeat_tolerance_extra", wanted.heartbeat_tolerance_extra);
    milliseconds("identify_window", wanted.identify_window);
    milliseconds("identify_key_window", wanted.identify_key_window);
    milliseconds("identify_breach_delay", wanted.identify_breach_delay);
    milliseconds("ready_delay_least", wanted.ready_delay_least);
    milliseconds("ready_delay_most", wanted.ready_delay_most);
    milliseconds("late_guild_least", wanted.late_guild_least);
    milliseconds("late_guild_most", wanted.late_guild_most);
    milliseconds("close_after_op7", wanted.close_after_op7);
    milliseconds("forced_op7_least", wanted.forced_op7_least);
    milliseconds("forced_op7_most", wanted.forced_op7_most);
    milliseconds("spontaneous_cut_least", wanted.spontaneous_cut_least);
    milliseconds("spontaneous_cut_most", wanted.spontaneous_cut_most);
    milliseconds("wrong_host_op7", wanted.wrong_host_op7);
    milliseconds("members_chunk_pace", wanted.members_chunk_pace);
    milliseconds("full_member_list_limit", wanted.full_member_list_limit);
    milliseconds("rest_latency", wanted.rest_latency);
    milliseconds("bucket_hash_life", wanted.bucket_hash_life);
    milliseconds("invalid_request_window", wanted.invalid_request_window);
    milliseconds("edge_ban", wanted.edge_ban);
    milliseconds("auto_archive_minute", wanted.auto_archive_minute);
    milliseconds("interaction_lifetime", wanted.interaction_lifetime);
    whole("invalid_request_limit", wanted.invalid_request_limit, 1, 1'000'000'000);
    number("spontaneous_5xx", wanted.spontaneous_5xx, 0, 1);
    flag("shared_hashes", wanted.shared_hashes);
    flag("strict_user_agent", wanted.strict_user_agent);
    whole("rest_global_per_second", wanted.rest_global_per_second, 1, 1'000'000);
    whole("replay_bound", wanted.replay_bound, 0, 1'000'000);
    whole("recommended_shards", wanted.recommended_shards, 0, 1'000'000);
    whole("max_concurrency", wanted.max_concurrency, 1, 1'000'000);
    whole("identify_total", wanted.identify_total, 1, 1'000'000'000);
    whole("members_per_chunk", wanted.members_per_chunk, 1, limits::members_per_chunk);
    whole("most_guilds_per_shard", wanted.most_guilds_per_shard, 0, 1'000'000);
    whole("large_bot_multiple", wanted.large_bot_multiple, 1, 1'000'000);
    whole("allowed_privileged_intents", wanted.allowed_privileged_intents, 0, 0x8102);
    number("heartbeat_tolerance", wanted.heartbeat_tolerance, 0, 1000);
    number("guild_creates_per_second", wanted.guild_creates_per_second, 0, 1e9);
    number("late_guild_share", wanted.late_guild_share, 0, 1);
    number("op9_resumable_share", wanted.op9_resumable_share, 0, 1);
    number("spontaneous_duplicates", wanted.spontaneous_duplicates, 0, 1);
    number("unknown_event_share", wanted.world.unknown_event_share, 0, 1);
    flag("vary_json", wanted.world.vary_json);
    flag("large_bot", wanted.large_bot);
    flag("charge_breaches", wanted.charge_breaches);
    flag("outage_as_create", wanted.outage_as_create);
    flag("hello_trace", wanted.hello_trace);
    if (const auto got = read.whole_number("heartbeat_close_code", 0, 4999)) {
        if (*got != 0 && *got < 1000) read.fail("\"heartbeat_close_code\" must be 0 (a silent cut) or a close code.");
        wanted.heartbeat_close_code = static_cast<int>(*got);
        any = true;
    }
    if (const auto got = read.word("trim_on_heartbeat", {"no", "silent", "4007", "op9"})) {
        wanted.trim_on_heartbeat = *got == "no"       ? trim_rule::no
                                   : *got == "silent" ? trim_rule::silent
                                   : *got == "4007"   ? trim_rule::close_4007
                                                      : trim_rule::op9;
        any = true;
    }
    if (const auto got = read.word("takeover", {"newest_wins", "refuse"})) {
        wanted.takeover = *got == "refuse" ? takeover_rule::refuse : takeover_rule::newest_wins;
        any = true;
    }
    if (read.has("never_replayed")) {
        wanted.never_replayed = read.texts("never_replayed");
        any = true;
    }
    if (const std::string& problem = read.finish(); !problem.empty()) return error(problem);
    if (!any) return error("Say which knob to set.");
    config = std::move(wanted);
    gate.rescale_limits();
    return done();
}

json::object simulator::impl::status(instant now) {
    std::uint64_t live = 0, resumable = 0, dead = 0;
    for (const auto& one : gate.describe_sessions()) {
        const auto& state = one.as_object().at("state").as_string();
        ++(state == "live" ? live : state == "resumable" ? resumable : dead);
    }
    json::array faults = gate.faults(now);
    for (json::value& one : rest.faults(now)) faults.push_back(std::move(one));
    return {{"ok", true},
            {"guilds", where.guilds().size()},
            {"connections", gate.connections()},
            {"sessions", {{"live", live}, {"resumable", resumable}, {"dead", dead}}},
            {"bot_online", gate.online()},
            {"identifies_left", gate.identifies_left(now)},
            {"events_per_second_per_shard", config.world.events_per_second_per_shard},
            {"slash_commands_per_second", config.world.slash_commands_per_second},
            {"draining", draining_since.has_value()},
            {"drained", drained()},
            {"faults", std::move(faults)},
            {"counters", gate.counters().to_json()}};
}

}  // namespace shoal::sim
