// IDENTIFY: its checks in Discord's order [#9], limits, READY and what a session lives with from then on.

#include <boost/json.hpp>
#include <utility>

#include "sim/core/gateway.hpp"
#include "sim/core/guild_burst.hpp"
#include "sim/core/protocol.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

gateway::gateway(simulator_config& config, world& where, agenda& later)
    : config_(config),
      world_(where),
      agenda_(later),
      token_(config.token),
      ids_(config.seed ^ 0x1D5ULL),
      timing_(config.seed ^ 0x71E5ULL),
      chance_(config.seed ^ 0xFA17ULL),
      variation_(config.seed ^ 0x7A21ULL) {
    limits_.assign(1 + config.other_bots.size(), identify_limits(limit_settings()));
}

identify_limits::settings gateway::limit_settings() const {
    identify_limits::settings out;
    out.max_concurrency = config_.max_concurrency;
    out.total = config_.identify_total;
    if (config_.large_bot) {
        // [1.15]: raised with the number of guilds.
        const auto guilds = static_cast<std::int64_t>(world_.guilds().size());
        out.total = std::max({out.total, std::int64_t{2000}, guilds / 1000 * 5});
        out.max_concurrency = std::max<std::int64_t>(out.max_concurrency, 16);
    }
    out.window = config_.identify_window;
    out.key_window = config_.identify_key_window;
    out.charge_breaches = config_.charge_breaches;
    return out;
}

void gateway::rescale_limits() {
    for (auto& one : limits_) one.set(limit_settings());
}

void gateway::restart_window(instant) {
    for (auto& one : limits_) one.restart();
}

std::optional<std::uint32_t> gateway::bot_of(std::string_view token) const noexcept {
    // Discord takes IDENTIFY's and RESUME's token with and without the prefix that REST wants; Discordeno sends it.
    if (constexpr std::string_view prefix = "Bot "; token.starts_with(prefix)) token.remove_prefix(prefix.size());
    if (token == token_) return 0;
    for (std::size_t i = 0; i < config_.other_bots.size(); ++i) {
        if (token == config_.other_bots[i]) return static_cast<std::uint32_t>(i + 1);
    }
    return std::nullopt;
}

std::vector<std::uint64_t> gateway::guilds_of(std::uint32_t shard, std::uint32_t total) const {
    std::vector<std::uint64_t> out;
    for (const std::uint64_t guild : world_.guilds()) {
        if (shard_of(guild, total) == shard && !away_.contains(guild)) out.push_back(guild);
    }
    return out;
}

void gateway::set_mode(connection& c, bool compress) {
    if (!c.asked.transport_compression) out_->push_back(connection_mode{c.id, compress});
}

void gateway::identify(connection& c, const json::value* d, instant now) {
    if (c.at == phase::live || c.at == phase::identifying) {
        return close(c, close_code::already_authenticated, "Already authenticated.", now);
    }
    const auto request = read_identify(d);
    if (!request) return close(c, close_code::decode_error, "Error while decoding payload.", now);
    const auto bot = bot_of(request->token);
    if (!bot) return close(c, close_code::authentication_failed, "Authentication failed.", now);
    ++count_.identifies;
    if (c.on_resume_host && config_.resume_url != config_.gateway_url) ++count_.identifies_on_resume_host;
    if (!request->intents || (*request->intents & ~intent::all) != 0) {
        return close(c, close_code::invalid_intents, "Invalid intent(s).", now);
    }
    if ((*request->intents & intent::privileged & ~config_.allowed_privileged_intents) != 0) {
        return close(c, close_code::disallowed_intents, "Disallowed intent(s).", now);
    }
    const bool wrong_multiple = config_.large_bot && request->total % std::max(1U, config_.large_bot_multiple) != 0;
    if (!request->shard_valid || wrong_multiple) return close(c, close_code::invalid_shard, "Invalid shard.", now);
    if (*bot == 0 && guilds_of(request->shard, request->total).size() > config_.most_guilds_per_shard) {
        return close(c, close_code::sharding_required, "Sharding required.", now);
    }

    c.at = phase::identifying;
    fault_subject who = subject(c);
    who.shard = request->shard;
    who.total = request->total;
    identify_verdict verdict = identify_verdict::ok;
    if (faults_.strike(27, who, now, chance_)) {
        // Somebody else's IDENTIFY was faster: the key is taken, whatever this client did.
        verdict = identify_verdict::key_breach;
        ++count_.breaches_by_fault;
        if (config_.charge_breaches && !limits_[*bot].charge(now)) verdict = identify_verdict::budget_breach;
    } else {
        verdict = limits_[*bot].take(request->shard, now);
    }
    if (verdict == identify_verdict::budget_breach) return budget_blown(*bot, now);
    if (verdict == identify_verdict::key_breach) {
        ++count_.concurrency_breaches;
        return refuse_identify(c.id, false, config_.identify_breach_delay, now);
    }
    if (const auto how = faults_.strike(18, who, now, chance_)) {
        if (const auto code = read_whole(how->if_contains("code"))) {
            return close(c, static_cast<std::uint16_t>(*code), "Injected.", now);
        }
        const json::value* answer = how->if_contains("answer");
        const std::string_view kind =
            answer != nullptr && answer->is_string() ? std::string_view(answer->as_string()) : "op9_false";
        if (kind == "silence") return;
        return refuse_identify(c.id, kind == "op9_true", {}, now);
    }
    set_mode(c, request->compress);

    duration delay = log_normal_between(config_.ready_delay_least, config_.ready_delay_most, timing_);
    if (const auto how = faults_.strike(16, who, now, chance_)) {
        delay = std::chrono::milliseconds(read_whole(how->if_contains("ms")).value_or(30'000));
    }
    ++pending_jobs_;
    agenda_.at(now + delay, [this, id = c.id, what = *request, bot = *bot](instant later) {
        --pending_jobs_;
        ready(id, what, bot, later);
    });
}

void gateway::refuse_identify(conn_id id, bool resumable, duration after, instant now) {
    const auto refuse = [this, id, resumable](instant) {
        connection* c = find(id);
        if (c == nullptr || c->at != phase::identifying) return;
        c->at = phase::open;  // The socket stays open, and IDENTIFY on it is fine.
        invalid_session(*c, resumable);
    };
    if (after <= duration{}) return refuse(now);
    agenda_.at(now + after, refuse);
}

void gateway::budget_blown(std::uint32_t bot, instant now) {
    ++count_.budget_breaches;
    if (bot == 0) token_ = fmt::format("{}.rotated-{}", config_.token, ++rotations_);
    std::vector<conn_id> to_close;
    for (const auto& one : sessions_.all()) {
        if (one->bot != bot || one->state == session_state::dead) continue;
        if (one->conn) to_close.push_back(*one->conn);
        end(*one, "budget", 0);
    }
    for (const auto& [id, c] : connections_) {
        if (c.at == phase::identifying) to_close.push_back(c.id);
    }
    std::ranges::sort(to_close);
    for (const conn_id id : to_close) {
        if (connection* c = find(id)) close(*c, close_code::authentication_failed, "The token was reset.", now);
    }
}

void gateway::ready(conn_id id, const identify_request& request, std::uint32_t bot, instant now) {
    connection* c = find(id);
    if (c == nullptr || c->at != phase::identifying) return;
    ++count_.readies;
    std::vector<std::uint64_t> guilds;
    if (bot == 0) guilds = guilds_of(request.shard, request.total);

    session fresh;
    fresh.id = fmt::format("{:016x}{:016x}", ids_.next(), ids_.next());
    fresh.bot = bot;
    fresh.shard = request.shard;
    fresh.total = request.total;
    fresh.version = c->asked.version;
    fresh.intents = *request.intents;
    fresh.large_threshold = request.large_threshold;
    fresh.presence = request.status;
    fresh.compress = request.compress;
    fresh.bound = config_.replay_bound != 0 ? config_.replay_bound
                                            : static_cast<std::uint32_t>(std::clamp<std::size_t>(75 * guilds.size(), 100, 3500));
    session& s = sessions_.add(std::move(fresh));
    session_table::attach(s, id, now);
    c->of = &s;
    c->at = phase::live;
    strike_connection(*c, now, false);
    if (find(id) == nullptr) return;

    fault_subject who = subject(*c);
    std::string resume_url = config_.resume_url;
    if (const auto how = faults_.strike(8, who, now, chance_)) {
        const json::value* url = how->if_contains("url");
        resume_url = url != nullptr && url->is_string() ? std::string(url->as_string()) : "wss://gone.shoal-sim.invalid";
    }
    std::string list;
    list.reserve(48 * guilds.size());
    for (const std::uint64_t guild : guilds) {
        fmt::format_to(std::back_inserter(list), R"({}{{"id":"{}","unavailable":true}})", list.empty() ? "" : ",", guild);
    }
    // The limited forms of the flags that say which privileged intents are granted [2.5.4], and that it has commands.
    std::uint64_t flags = 1U << 23;
    if ((config_.allowed_privileged_intents & intent::guild_presences) != 0) flags |= 1U << 13;
    if ((config_.allowed_privileged_intents & intent::guild_members) != 0) flags |= 1U << 15;
    if ((config_.allowed_privileged_intents & intent::message_content) != 0) flags |= 1U << 19;
    const std::string shard = request.shard_given ? fmt::format(R"("shard":[{},{}],)", s.shard, s.total) : std::string();
    dispatch(s, "READY",
             std::make_shared<const std::string>(fmt::format(
                 R"({{"v":{},"user":{},"session_id":"{}","session_type":"normal","resume_gateway_url":"{}",{}"guilds":[{}],)"
                 R"("private_channels":[],"presences":[],"relationships":[],"application":{{"id":"{}","flags":{}}},)"
                 R"("_trace":["[\"gw-sim-1\",{{\"micros\":0.0}}]"]}})",
                 s.version, world_.bot_user_json(), s.id, resume_url, shard, list, world_.application_id(), flags)),
             now);
    keep_restless(s, now);
    if ((s.intents & intent::guilds) == 0 || guilds.empty()) return;

    s.pending.insert(guilds.begin(), guilds.end());
    if (const auto how = faults_.strike(17, who, now, chance_)) {
        // READY names these guilds, and they never come.
        const json::value* one = how->if_contains("guild");
        const std::string named = one != nullptr && one->is_string() ? std::string(one->as_string()) : std::string();
        const double share = how->contains("guilds_percent") ? how->at("guilds_percent").to_number<double>() / 100.0 : 0.1;
        std::erase_if(
            guilds, [&](std::uint64_t guild) { return named.empty() ? chance_.chance(share) : std::to_string(guild) == named; });
    }
    s.burst = plan_burst(
        std::move(guilds),
        {config_.guild_creates_per_second, config_.late_guild_share, config_.late_guild_least, config_.late_guild_most}, now,
        timing_);
    if (!s.burst.empty()) agenda_.at(s.burst.back().when, [this, &s](instant later) { run_burst(s, later); });
}

void gateway::keep_restless(session& s, instant now) {
    // Once in a while Discord moves a session (op 7) or the network cuts it, for as long as it lives [7.3].
    const auto plan = [this, &s, now](duration least, duration most, bool op7) {
        if (most <= duration{}) return;
        agenda_.at(now + timing_.between(std::min(least, most), most), [this, &s, op7](instant later) {
            if (s.state == session_state::dead) return;
            connection* c = s.conn ? find(*s.conn) : nullptr;
            if (c != nullptr && op7) {
                reconnect(*c, later);
            } else if (c != nullptr) {
                ++count_.spontaneous_cuts;
                cut(*c, wire_fault::rst, later);
            }
        });
    };
    plan(config_.forced_op7_least, config_.forced_op7_most, true);
    plan(config_.spontaneous_cut_least, config_.spontaneous_cut_most, false);
}

}  // namespace shoal::sim
