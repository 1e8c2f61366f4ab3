// RESUME: what it needs, what it brings back, and how it fails [#22, #23, #25].

#include <boost/json.hpp>
#include <utility>

#include "sim/core/gateway.hpp"
#include "sim/core/protocol.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

void gateway::resume(connection& c, const json::value* d, instant now) {
    if (c.at == phase::live || c.at == phase::identifying) {
        return close(c, close_code::already_authenticated, "Already authenticated.", now);
    }
    const auto request = read_resume(d);
    if (!request) return close(c, close_code::decode_error, "Error while decoding payload.", now);
    const auto bot = bot_of(request->token);
    if (!bot) return close(c, close_code::authentication_failed, "Authentication failed.", now);
    ++count_.resumes;
    session* s = sessions_.find(request->session_id);
    c.at = phase::open;
    if (resume_fault(c, s, now)) return;
    if (s == nullptr || s->state == session_state::dead || s->bot != *bot || s->version != c.asked.version) {
        return invalid_session(c, false);
    }
    if (request->seq > s->last_seq) {
        end(*s, "invalidated", 0);
        return close(c, close_code::invalid_seq, "Invalid seq.", now);
    }
    if (s->state == session_state::live && config_.takeover == takeover_rule::refuse) return invalid_session(c, false);
    s->acked_seq = std::max(s->acked_seq, request->seq);
    if (request->seq < s->trimmed_by_heartbeat && config_.trim_on_heartbeat == trim_rule::close_4007) {
        end(*s, "invalidated", 0);
        return close(c, close_code::invalid_seq, "Invalid seq.", now);
    }
    const bool silently = config_.trim_on_heartbeat == trim_rule::silent && s->forgotten == s->trimmed_by_heartbeat;
    if (request->seq < s->forgotten && !silently) {
        end(*s, "overflow", 0);
        return invalid_session(c, false);
    }
    if (s->state == session_state::live) {
        ++count_.takeovers;
        if (connection* old = find(*s->conn)) {
            old->of = nullptr;
            close(*old, close_code::unknown_error, "The session was resumed elsewhere.", now);
        }
    }
    session_table::attach(*s, c.id, now);
    ++s->resumes;
    c.of = s;
    c.at = phase::live;
    const conn_id id = c.id;
    strike_connection(c, now, false);
    if (find(id) == nullptr) return;
    if (s->compress) set_mode(c, true);
    replay(c, *s, request->seq, now);
}

bool gateway::resume_fault(connection& c, session* s, instant now) {
    fault_subject who = subject(c);
    if (s != nullptr) {
        who.shard = s->shard;
        who.total = s->total;
        who.session = s->id;
    }
    if (s != nullptr && s->wedged_until && s->state != session_state::dead) {
        // Wedged [2.7.9]: resets until the time is over, then op 9.
        if (now < *s->wedged_until) {
            cut(c, wire_fault::rst, now);
        } else {
            if (connection* old = s->conn ? find(*s->conn) : nullptr) close(*old, close_code::unknown_error, "Wedged.", now);
            end(*s, "invalidated", 0);
            invalid_session(c, false);
        }
        return true;
    }
    const auto how = faults_.strike(19, who, now, chance_);
    if (!how) return false;
    if (const auto code = read_whole(how->if_contains("code"))) {
        // These codes mean that the session is gone [2.3].
        if (s != nullptr && (*code == close_code::session_invalid || *code == close_code::invalid_seq ||
                             *code == close_code::session_timed_out)) {
            end(*s, "invalidated", 0);
        }
        close(c, static_cast<std::uint16_t>(*code), "Resume failed.", now);
        return true;
    }
    const json::value* answer = how->if_contains("answer");
    const std::string_view kind = answer != nullptr && answer->is_string() ? std::string_view(answer->as_string()) : "op9_false";
    if (kind == "silence") return true;
    if (kind == "op9_true") {
        invalid_session(c, true);
    } else if (kind == "wedged") {
        if (s != nullptr) s->wedged_until = now + std::chrono::milliseconds(read_whole(how->if_contains("ms")).value_or(90'000));
        cut(c, wire_fault::rst, now);
    } else {
        if (s != nullptr) end(*s, "invalidated", 0);
        invalid_session(c, false);
    }
    return true;
}

void gateway::replay(connection& c, session& s, std::uint64_t from, instant now) {
    const conn_id id = c.id;
    std::uint64_t first = from + 1;
    if (const auto how = faults_.strike(21, subject(c), now, chance_)) {
        const std::uint64_t again = read_whole(how->if_contains("events")).value_or(5);
        first = first > again ? first - again : 1;
    }
    std::optional<std::uint64_t> drop_after;
    if (const auto how = faults_.strike(20, subject(c), now, chance_)) {
        const std::uint64_t whole = s.last_seq - std::min(from, s.last_seq);
        drop_after = std::min(read_whole(how->if_contains("events")).value_or(whole / 2), whole);
    }
    std::uint64_t sent = 0;
    for (const replay_record& record : s.buffer) {
        if (record.seq < first) continue;
        if (drop_after && sent >= *drop_after) break;
        if (std::ranges::find(config_.never_replayed, *record.name) != config_.never_replayed.end()) {
            if (record.seq > from && std::ranges::find(s.gaps, record.seq) == s.gaps.end()) s.gaps.push_back(record.seq);
            continue;
        }
        if (record.seq <= from) {
            s.doubled.push_back(record.seq);
        } else {
            ++sent;
        }
        ++count_.replayed;
        s.written_seq = std::max(s.written_seq, record.seq);
        out_->push_back(send_payload{id, {op::dispatch, *record.name, record.seq, record.data}});
    }
    if (drop_after) return cut(c, wire_fault::fin, now);
    ++count_.resumed;
    dispatch(s, "RESUMED", std::make_shared<const std::string>(R"({"_trace":["[\"gw-sim-1\",{\"micros\":0.0}]"]})"), now);
    const bool wrong_host = !c.on_resume_host && config_.resume_url != config_.gateway_url;
    if (!wrong_host) return;
    ++count_.wrong_host_resumes;
    if (config_.wrong_host_op7 <= duration{}) return;
    agenda_.at(now + config_.wrong_host_op7, [this, id](instant later) {
        if (connection* still = find(id)) reconnect(*still, later);
    });
}

}  // namespace shoal::sim
