// Connections: upgrade, HELLO, the checks on every message, heartbeats, closes.

#include <boost/json.hpp>
#include <cmath>
#include <utility>

#include "sim/core/gateway.hpp"
#include "sim/core/protocol.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

namespace {
shared_text text(std::string what) { return std::make_shared<const std::string>(std::move(what)); }
}  // namespace

gateway::connection* gateway::find(conn_id id) noexcept {
    const auto found = connections_.find(static_cast<std::uint64_t>(id));
    return found == connections_.end() ? nullptr : &found->second;
}

fault_subject gateway::subject(const connection& c) noexcept {
    fault_subject who;
    who.conn = c.id;
    if (c.of != nullptr) {
        who.shard = c.of->shard;
        who.total = c.of->total;
        who.session = c.of->id;
    }
    return who;
}

void gateway::opened(const connection_opened& fact, instant now) {
    ++count_.connections;
    auto [entry, fresh] = connections_.try_emplace(static_cast<std::uint64_t>(fact.conn));
    if (!fresh) return;
    connection& c = entry->second;
    c.id = fact.conn;
    c.on_resume_host = fact.on_resume_host;
    c.asked = read_upgrade_query(fact.target);
    c.interval = config_.heartbeat_interval;
    c.last_beat = now;
    if (c.asked.refused_with != 0) return close(c, c.asked.refused_with, c.asked.reason, now);

    if (faults_.strike(9, subject(c), now, chance_)) return watch_heartbeat(c.id, now);
    if (faults_.strike(10, subject(c), now, chance_)) return reconnect(c, now);
    hello(c, now);
    strike_connection(c, now, true);
}

void gateway::hello(connection& c, instant now) {
    send(c, op::hello,
         text(config_.hello_trace ? fmt::format(R"({{"heartbeat_interval":{},"_trace":["[\"gw-sim-1\",{{\"micros\":0.0}}]"]}})",
                                                to_ms(c.interval))
                                  : fmt::format(R"({{"heartbeat_interval":{}}})", to_ms(c.interval))));
    watch_heartbeat(c.id, now);
}

void gateway::send(connection& c, int op, shared_text data) { out_->push_back(send_payload{c.id, {op, {}, 0, std::move(data)}}); }

void gateway::arrived(const message_arrived& fact, instant now) {
    connection* found = find(fact.conn);
    if (found == nullptr) return;
    connection& c = *found;
    ++count_.sends;
    if (fact.text.size() > limits::client_payload_bytes) {
        return close(c, close_code::decode_error, "The payload is over 4,096 bytes.", now);
    }
    if (!c.sends.admit(now)) return close(c, close_code::rate_limited, "You are being rate limited.", now);
    count_.most_sends_per_minute = std::max<std::uint64_t>(count_.most_sends_per_minute, c.sends.used());

    json::error_code bad;
    const json::value message = json::parse(fact.text, bad);
    const json::object* object = bad ? nullptr : message.if_object();
    const json::value* code_value = object == nullptr ? nullptr : object->if_contains("op");
    const std::int64_t* code = code_value == nullptr ? nullptr : code_value->if_int64();
    if (code == nullptr) return close(c, close_code::decode_error, "Error while decoding payload.", now);
    const json::value* d = object->if_contains("d");

    // A heartbeat is no sending of the session's: clients that wait 1 to 5 s after op 9, as Discord asked for, go on beating.
    if (c.at == phase::condemned && *code != op::heartbeat && *code != op::identify && *code != op::resume) {
        return close(c, close_code::not_authenticated, "The session was invalidated.", now);
    }
    if ((c.at == phase::open || c.at == phase::identifying) && *code != op::heartbeat && *code != op::identify &&
        *code != op::resume) {
        return close(c, close_code::not_authenticated, "Not authenticated.", now);
    }
    switch (*code) {
        case op::heartbeat: return heartbeat(c, d, now);
        case op::identify: return identify(c, d, now);
        case op::resume: return resume(c, d, now);
        case op::presence_update: return presence(c, d, now);
        case op::voice_state_update: return voice_state(c, d, now);
        case op::request_guild_members: return members(c, d, now);
        case op::request_soundboard_sounds: return sounds(c, d, now);
        case op::request_channel_info: return channel_info(c, d, now);
        default: return close(c, close_code::unknown_opcode, "Unknown opcode.", now);
    }
}

void gateway::closed(const connection_closed& fact, instant now) {
    connection* c = find(fact.conn);
    if (c == nullptr) return;
    ++count_.closed_by_client[fact.code.value_or(0)];
    session* s = c->of;
    const bool for_good = fact.code == close_code::normal || fact.code == close_code::going_away;
    if (s != nullptr && for_good) end(*s, "client_closed", session_table::surely_sent(*s, now));
    drop(*c, now);
}

void gateway::close(connection& c, std::uint16_t code, std::string_view why, instant now) {
    ++count_.closed_with[code];
    out_->push_back(close_connection{c.id, code, std::string(why)});
    // A session closed with 4001 is never resumable [2.3.2], and 4007 tells a client to start a new one.
    if (c.of != nullptr && (code == close_code::unknown_opcode || code == close_code::invalid_seq)) end(*c.of, "invalidated", 0);
    drop(c, now);
}

void gateway::cut(connection& c, wire_fault how, instant now) {
    out_->push_back(wire_order{c.id, how, 0, {}});
    drop(c, now);
}

void gateway::drop(connection& c, instant now) {
    if (c.of != nullptr && c.of->state == session_state::live && c.of->conn == c.id) detach(*c.of, now);
    connections_.erase(static_cast<std::uint64_t>(c.id));
}

void gateway::detach(session& s, instant now) {
    session_table::detach(s, now);
    const duration expiry = s.own_expiry.value_or(config_.session_expiry);
    if (expiry <= duration{}) return end(s, "expired", 0);
    agenda_.at(now + expiry, [this, &s, life = s.life](instant) {
        if (s.life == life && s.state == session_state::resumable) end(s, "expired", 0);
    });
}

void gateway::end(session& s, std::string_view why, std::uint64_t safe_seq) {
    if (s.conn) {
        if (connection* c = find(*s.conn)) c->of = nullptr;
    }
    s.presence = "offline";
    sessions_.end(s, why, safe_seq);
}

// ---- heartbeats --------------------------------------------------------------------------------------------------------

void gateway::watch_heartbeat(conn_id id, instant now) {
    connection* c = find(id);
    if (c == nullptr) return;
    const duration tolerance(static_cast<std::int64_t>(static_cast<double>(c->interval.count()) * config_.heartbeat_tolerance));
    const instant deadline = c->last_beat + tolerance + config_.heartbeat_tolerance_extra;
    if (now < deadline) {
        agenda_.at(deadline, [this, id](instant later) { watch_heartbeat(id, later); });
        return;
    }
    ++count_.missed_heartbeats;
    if (config_.heartbeat_close_code == 0) return cut(*c, wire_fault::fin, now);
    close(*c, static_cast<std::uint16_t>(config_.heartbeat_close_code), "Session timed out.", now);
}

void gateway::heartbeat(connection& c, const json::value* d, instant now) {
    const auto seq = read_whole(d);
    const bool null = d == nullptr || d->is_null();
    if (!seq && !null) return close(c, close_code::decode_error, "A heartbeat's d is a sequence number or null.", now);
    ++count_.heartbeats;
    if (now - c.last_beat > c.interval + c.interval / 10) ++count_.late_heartbeats;
    c.last_beat = now;
    c.beat_asked = false;
    if (c.of != nullptr && seq) {
        session& s = *c.of;
        s.acked_seq = std::max(s.acked_seq, std::min(*seq, s.last_seq));
        if (config_.trim_on_heartbeat != trim_rule::no) session_table::trim(s, s.acked_seq);
    }
    if (!c.acks) return;
    if (c.of != nullptr) {
        if (const auto how = faults_.strike(15, subject(c), now, chance_)) {
            // One shared megabyte, many times over: the ACK waits behind all of them.
            const json::value* megabytes = how->if_contains("megabytes");
            const std::uint64_t count = read_whole(megabytes).value_or(50);
            const auto block = text(R"({"padding":")" + std::string(1'000'000, 'x') + R"("})");
            const conn_id id = c.id;
            for (std::uint64_t i = 0; i < count && c.of != nullptr; ++i) dispatch(*c.of, "SIM_BURST", block, now);
            if (find(id) == nullptr) return;
        }
    }
    send(c, op::heartbeat_ack, nullptr);
}

void gateway::ask_heartbeat(connection& c, duration within, instant now) {
    send(c, op::heartbeat, nullptr);
    c.beat_asked = true;
    agenda_.at(now + within, [this, id = c.id, round = ++c.beats_asked](instant later) {
        connection* still = find(id);
        if (still == nullptr || !still->beat_asked || still->beats_asked != round) return;
        ++count_.missed_heartbeats;
        if (config_.heartbeat_close_code == 0) return cut(*still, wire_fault::fin, later);
        close(*still, static_cast<std::uint16_t>(config_.heartbeat_close_code), "The asked-for heartbeat did not come.", later);
    });
}

// ---- op 7 and op 9 -----------------------------------------------------------------------------------------------------

void gateway::reconnect(connection& c, instant now) {
    ++count_.op7s;
    send(c, op::reconnect, nullptr);
    if (++c.op7s > 1) return;  // The close is on its way already.
    agenda_.at(now + config_.close_after_op7, [this, id = c.id](instant later) {
        if (connection* still = find(id)) close(*still, close_code::unknown_error, "Reconnect.", later);
    });
}

void gateway::invalid_session(connection& c, bool resumable) {
    ++count_.op9s;
    send(c, op::invalid_session, text(resumable ? "true" : "false"));
}

}  // namespace shoal::sim
