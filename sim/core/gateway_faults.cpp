// The faults [7.2]: what each command starts at once, what it leaves standing, and what `clear` undoes. What F28 does is in
// gateway_bot.cpp, those of one connection are in gateway_wire_faults.cpp.

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "sim/core/bad_data.hpp"
#include "sim/core/command_reader.hpp"
#include "sim/core/gateway.hpp"
#include "sim/core/giant_guild.hpp"
#include "sim/core/protocol.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

namespace {
accept_fault accept_kind(int number) noexcept {
    switch (number) {
        case 5: return accept_fault::refuse_tcp;
        case 6: return accept_fault::mute_tls;
        default: return accept_fault::upgrade_status;
    }
}
}  // namespace

void gateway::tell_listener(int number, double percent, int status, std::string_view host) {
    for (const bool resume_host : {false, true}) {
        if (host == (resume_host ? "gateway" : "resume")) continue;
        out_->push_back(accept_order{accept_kind(number), percent, status, resume_host});
    }
}

// ---- F1 to F46 ---------------------------------------------------------------------------------------------------------

json::object gateway::start_fault(const json::object& command, int number, instant now, std::string& problem) {
    command_reader read(command);
    (void)read.text("fault");
    if (number == 0) {
        problem = "\"fault\" must be F1 to F46.";
        return {};
    }
    selector by = read.who();
    const auto fallback_all = [&by] {
        if (!by.given()) by.all = true;
    };
    const auto needs_who = [&] {
        if (!by.given()) read.fail("Say whom it strikes: \"all\", \"percent\", \"shard\", \"session\" or \"conn\".");
    };
    const auto fine = [&] {
        problem = read.finish();
        return problem.empty();
    };
    // Leaves the fault standing; by default for one occasion of a shard, session or connection, and without end for a share or
    // all.
    const auto stand = [&](int as) -> json::object {
        const auto times = read.whole_number("times", 1, 1'000'000'000);
        const duration for_long = read.milliseconds("for_ms", {});
        fallback_all();
        if (!fine()) return {};
        fault_table::entry entry;
        entry.number = as;
        entry.by = by;
        entry.until = for_long > duration{} ? now + for_long : never;
        if (times) {
            entry.left = *times;
        } else if (by.shard || by.conn || !by.session.empty()) {
            entry.left = 1;
        }
        entry.how = command;
        faults_.add(std::move(entry));
        return {{"ok", true}, {"standing", true}};
    };
    // Strikes the connections that there are; with "standing" also later ones.
    const auto connections = [&]() -> json::object {
        needs_who();
        const bool later = read.flag("standing").value_or(false);
        if (later) {
            const json::object answer = stand(by.shard || !by.session.empty() ? number + by_identity : number);
            if (answer.empty()) return {};
        }
        if (!fine()) return {};
        std::uint64_t struck = 0;
        for (connection* c : pick_connections(by)) {
            ++struck;
            (void)wire_fault_on(*c, number, command, now);
        }
        return {{"ok", true}, {"connections", struck}};
    };
    const auto sessions = [&](auto&& change) -> json::object {
        needs_who();
        if (!fine()) return {};
        const auto picked = pick_sessions(by);
        for (session* s : picked) change(*s);
        return {{"ok", true}, {"sessions", picked.size()}};
    };

    switch (number) {
        case 2: (void)read.word("how", {"rst", "mid_record", "mid_frame"}); return connections();
        case 4: read.need(read.whole_number("code", 1000, 4999).has_value(), "code"); return connections();
        case 11: (void)read.flag("events"); return connections();
        case 12:
        case 13: (void)read.milliseconds("ms", {}); return connections();
        case 33:
        case 34:
        case 36:
        case 37: (void)read.whole_number("count", 1, 1'000'000'000); return connections();
        case 35:
            (void)read.word("how", {"byte", "truncate", "bomb", "cut_json", "no_op"});
            (void)read.whole_number("megabytes", 1, 1000);
            return connections();
        case 1:
        case 3: return connections();

        case 5:
        case 6:
        case 7: {
            if (by.shard || by.conn || !by.session.empty())
                read.fail("F5 to F7 come before a shard is known: use \"percent\" or \"all\".");
            const auto status = number == 7 ? read.whole_number("status", 400, 599) : std::nullopt;
            const std::string host = read.word("host", {"gateway", "resume", "both"}).value_or("both");
            const duration for_long = read.milliseconds("for_ms", {});
            if (!fine()) return {};
            accept_faults_.insert(number);
            tell_listener(number, by.percent.value_or(100), static_cast<int>(status.value_or(number == 7 ? 503 : 0)), host);
            if (for_long > duration{}) {
                agenda_.at(now + for_long, [this, number, round = storms_](instant) {
                    if (round == storms_) tell_listener(number, 0, 0, "both");
                });
            }
            return {{"ok", true}, {"standing", true}};
        }

        case 9:
        case 10:
            if (by.shard || !by.session.empty())
                read.fail("F9 and F10 come before a shard is known: use \"percent\" or \"all\".");
            return stand(number);
        case 8: (void)read.text("url"); return stand(number);
        case 15: (void)read.whole_number("megabytes", 1, 1000); return stand(number);
        case 16: (void)read.milliseconds("ms", {}); return stand(number);
        case 17:
            (void)read.text("guild");
            (void)read.number("guilds_percent", 0, 100);
            return stand(number);
        case 18:
            (void)read.word("answer", {"op9_false", "op9_true", "silence"});
            (void)read.whole_number("code", 1000, 4999);
            return stand(number);
        case 19:
            (void)read.word("answer", {"op9_false", "op9_true", "silence", "wedged"});
            (void)read.whole_number("code", 1000, 4999);
            (void)read.milliseconds("ms", {});
            return stand(number);
        case 20:
        case 21: (void)read.whole_number("events", 0, 1'000'000); return stand(number);
        case 27: return stand(number);
        case 38:
            (void)read.word("how", {"reorder", "missing", "duplicate", "interleave", "wrong_nonce", "rate_limited"});
            (void)read.whole_number("retry_after", 0, 1'000'000);
            return stand(number);

        case 14: {
            const auto events = read.texts("events");
            read.need(!events.empty(), "events");
            return sessions([&](session& s) { s.mute.insert(events.begin(), events.end()); });
        }
        case 22: {
            const std::uint64_t events = read.whole_number("events", 1, 1'000'000).value_or(1);
            return sessions([&](session& s) { s.skip_next += events; });
        }
        case 23: {
            const duration expiry = read.milliseconds("ms", {});
            return sessions([&](session& s) {
                s.own_expiry = expiry;
                if (s.state == session_state::resumable) detach(s, s.lost_at);
            });
        }
        case 24: {
            const duration spread = read.milliseconds("ms", 1s);
            fallback_all();
            return fine() ? reconnect_some(by, spread, now) : json::object{};
        }
        case 25: {
            const bool lose = read.flag("lose_sessions").value_or(false);
            const std::string how = read.word("how", {"fin", "rst"}).value_or("rst");
            fallback_all();
            return fine() ? cut_some(by, how == "fin" ? wire_fault::fin : wire_fault::rst, lose, now) : json::object{};
        }
        case 26: {
            const auto remaining = read.whole_number("remaining", 0, 1'000'000);
            const bool breach = read.flag("breach").value_or(false);
            if (!breach) read.need(remaining.has_value(), "remaining");
            if (!fine()) return {};
            if (remaining) limits_.front().leave(static_cast<std::int64_t>(*remaining), now);
            if (breach) budget_blown(0, now);
            return {{"ok", true}, {"remaining", limits_.front().remaining(now)}};
        }
        case 28: return start_gateway_bot_fault(read, by, now, problem);
        case 29: return start_refusals(read, now, problem);
        case 30:
        case 31: {
            const bool away = number == 31;
            const auto one = read.id("guild");
            const duration span = read.milliseconds("ms", away ? 500ms : 120s);
            const duration pause = read.milliseconds("pause_ms", away ? 500ms : 60s);
            const std::uint64_t times = read.whole_number("times", 1, 1'000'000).value_or(away ? 3 : 1);
            if (one && !world_.has_guild(*one)) read.fail("The bot is not in this guild.");
            if (away && !one && !by.given())
                read.fail("Say which guilds: \"guild\", \"shard\" with \"total\", \"percent\" or \"all\".");
            fallback_all();
            if (!fine()) return {};
            auto guilds = one ? std::vector<std::uint64_t>{*one} : pick_guilds(by);
            const std::size_t count = guilds.size();
            storm(std::move(guilds), span, pause, times, away, now);
            return {{"ok", true}, {"guilds", count}};
        }
        case 32: {
            const auto one = read.id("guild");
            const double megabytes = read.number("megabytes", 0, 64).value_or(5);
            const auto roles = static_cast<std::uint32_t>(read.whole_number("roles", 0, 60'000).value_or(2000));
            if (one && !world_.has_guild(*one)) read.fail("The bot is not in this guild.");
            if (!one && !by.shard) read.fail("Say which guild: \"guild\", or \"shard\" with \"total\" for one of its guilds.");
            const auto guilds = one ? std::vector<std::uint64_t>{*one} : pick_guilds(by);
            if (guilds.empty()) read.fail("This shard has no guild.");
            if (!fine()) return {};
            const std::uint64_t guild = guilds.front();
            const auto giant = std::make_shared<const std::string>(make_giant(
                *world_.guild_create(guild, {intent::all, 250}), guild, roles, static_cast<std::size_t>(megabytes * 1e6)));
            giants_[guild] = giant;
            guild_available(guild, now);
            return {{"ok", true}, {"guild", std::to_string(guild)}, {"bytes", giant->size()}};
        }
        case 46: {
            const std::string kind = read.word("kind", {"all", "utf8", "surrogate", "nesting", "presence_types", "numbers",
                                                        "null", "permissions", "no_ids", "cut_json"})
                                         .value_or("all");
            const auto depth = read.whole_number("depth", 1, 10'000'000).value_or(2000);
            return sessions([&](session& s) {
                const auto guilds = guilds_of(s.shard, s.total);
                const std::uint64_t guild = guilds.empty() ? 1 : guilds.front();
                for (auto& one : make_bad_data(kind, guild, world_.mint_id(now), depth)) {
                    dispatch(s, one.name, std::make_shared<const std::string>(std::move(one.data)), now);
                }
            });
        }
        default: problem = "This fault is not the gateway's."; return {};
    }
}

json::object gateway::start_refusals(command_reader& read, instant now, std::string& problem) {
    const auto code = read.whole_number("code", 4010, 4014);
    const auto intents = read.whole_number("intents", 1, intent::privileged);
    const auto multiple = read.whole_number("multiple", 1, 1'000'000);
    const auto most = read.whole_number("most", 0, 1'000'000);
    const bool close_live = read.flag("close_live").value_or(false);
    read.need(code.has_value(), "code");
    if (code == 4012 || code == 4013) read.fail("F29 is 4010, 4011 or 4014.");
    if (code == 4014) read.need(intents.has_value(), "intents");
    problem = read.finish();
    if (!problem.empty()) return {};
    if (!before_faults_) before_faults_ = config_;
    std::uint64_t closed = 0;
    if (code == 4014) {
        config_.allowed_privileged_intents &= ~*intents;
        std::vector<conn_id> with_it;
        for (const auto& [id, c] : connections_) {
            if (close_live && c.of != nullptr && (c.of->intents & *intents) != 0) with_it.push_back(c.id);
        }
        std::ranges::sort(with_it);
        for (const conn_id id : with_it) {
            connection* c = find(id);
            end(*c->of, "invalidated", 0);
            close(*c, close_code::disallowed_intents, "Disallowed intent(s).", now);
            ++closed;
        }
    } else if (code == 4010) {
        config_.large_bot = true;
        config_.large_bot_multiple = static_cast<std::uint32_t>(multiple.value_or(16));
        rescale_limits();
    } else {
        config_.most_guilds_per_shard = static_cast<std::uint32_t>(most.value_or(0));
    }
    return {{"ok", true}, {"connections", closed}};
}

void gateway::clear_faults(instant now) {
    faults_.clear();
    ++storms_;
    for (const int number : accept_faults_) tell_listener(number, 0, 0, "both");
    accept_faults_.clear();
    giants_.clear();
    for (const std::uint64_t guild : std::vector(outages_.begin(), outages_.end())) set_outage(guild, false, now);
    for (const std::uint64_t guild : std::vector(away_.begin(), away_.end())) set_away(guild, false, now);
    if (before_faults_) {
        config_.recommended_shards = before_faults_->recommended_shards;
        config_.max_concurrency = before_faults_->max_concurrency;
        config_.allowed_privileged_intents = before_faults_->allowed_privileged_intents;
        config_.large_bot = before_faults_->large_bot;
        config_.large_bot_multiple = before_faults_->large_bot_multiple;
        config_.most_guilds_per_shard = before_faults_->most_guilds_per_shard;
        before_faults_.reset();
        rescale_limits();
    }
    for (const auto& one : sessions_.all()) {
        one->mute.clear();
        one->skip_next = 0;
        one->own_expiry.reset();
        one->wedged_until.reset();
    }
    std::vector<conn_id> ids;
    for (const auto& [id, c] : connections_) ids.push_back(c.id);
    std::ranges::sort(ids);
    for (const conn_id id : ids) {
        connection& c = *find(id);
        c.acks = true;
        if (!c.reading) out_->push_back(wire_order{id, wire_fault::resume_reading, 0, {}});
        c.reading = true;
        if (std::exchange(c.silent, false) && c.of != nullptr) {
            // What was held back goes out first, so that the numbers keep their order.
            for (const replay_record& record : c.of->buffer) {
                if (record.seq <= c.of->written_seq) continue;
                out_->push_back(send_payload{id, {op::dispatch, *record.name, record.seq, record.data}});
                c.of->written_seq = record.seq;
            }
            c.withheld = false;
        }
    }
}

}  // namespace shoal::sim
