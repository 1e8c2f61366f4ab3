// The session: what each fact means for it. The connection under it is in session_connection.cpp.

#include "gateway/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/send_limiter.hpp"
#include "gateway/session_payloads.hpp"

namespace shoal::gateway {
namespace {

/// A close in answer to RESUME that says that this session will not be resumed, so that trying on is pointless [2.3.1, 2.3.4].
/// A cut connection says nothing, 4000 and 4008 will pass: those attempts are bounded by time only.
bool refuses_resume(std::optional<std::uint16_t> code, bool edge_is_in_trouble) noexcept {
    if (!code) return false;
    switch (*code) {
        case 1000:
        case 1001:
        case 1005: return !edge_is_in_trouble;  // A restarting edge closes so too.
        case 4000:
        case 4008: return false;
        default: return *code >= 4000;
    }
}

// No replay lasts this long [2.7.8]: where events flow and RESUMED never came, it was lost, and the session lives.
constexpr duration longest_replay = std::chrono::seconds(60);

}  // namespace

session::session(session_config config, std::optional<resume_ticket> ticket)
    : config_(std::move(config)), ticket_(std::move(ticket)), random_(config_.seed) {
    // A ticket belongs to its pair of shard and total [peers 11], and RESUME cannot add intents [2.7.11].
    if (ticket_ &&
        (ticket_->shard != config_.shard || ticket_->session_id.empty() || (config_.intents & ~ticket_->intents) != 0)) {
        ticket_.reset();
    }
    had_session_ = ticket_.has_value();
    presence_dropped_ = !presence_fits();
}

/// Drops a presence that would make IDENTIFY too large [2.1.8].
bool session::presence_fits() {
    if (config_.presence_json.empty() || identify_payload(config_).size() < send_limiter::largest_payload_bytes) return true;
    config_.presence_json.clear();
    return false;
}

void session::step(const input& fact, instant now, std::vector<action>& out) {
    out_ = &out;
    if (stats_.gaps != told_gaps_) {
        say(note_code::replay_gap, fmt::format("{} numbers never came", stats_.gaps - std::exchange(told_gaps_, stats_.gaps)));
    }
    if (stats_.duplicates != told_duplicates_) {
        say(note_code::replay_duplicate, fmt::format("{} came twice and were dropped",
                                                     stats_.duplicates - std::exchange(told_duplicates_, stats_.duplicates)));
    }
    std::visit([&](const auto& what) { on(what, now); }, fact);
    arm();
    out_ = nullptr;
}

verdict session::on_dispatch(std::uint64_t seq, instant now) noexcept {
    on_traffic(now);
    if (!ticket_ || (phase_ != phase::live && phase_ != phase::resuming)) return verdict::ignore;
    if (seq <= ticket_->seq) {
        ++stats_.duplicates;
        return verdict::duplicate;
    }
    stats_.gaps += seq - ticket_->seq - 1;
    ticket_->seq = seq;
    ++connection_.events;
    if (phase_ == phase::resuming) {
        connection_.hard_deadline = now + config_.resume_patience;  // The replay goes on.
        if (connection_.replay_until == never) connection_.replay_until = now + longest_replay;
        return verdict::deliver_replayed;
    }
    return verdict::deliver;
}

void session::on_traffic(instant now) noexcept {
    last_traffic_ = now;
    connection_.life_since_beat = true;
}

void session::on_done(std::uint64_t seq) noexcept {
    if (ticket_) ticket_->done = std::max(ticket_->done, std::min(seq, ticket_->seq));
}

const std::optional<resume_ticket>& session::ticket() const noexcept { return ticket_; }

session_status session::status() const noexcept {
    switch (phase_) {
        case phase::off: return ended_ ? session_status::stopped : session_status::idle;
        case phase::waiting: return session_status::waiting;
        case phase::dialing:
        case phase::hello: return session_status::connecting;
        case phase::permit: return session_status::waiting_for_permit;
        case phase::identifying: return session_status::identifying;
        case phase::resuming: return session_status::resuming;
        case phase::live: return session_status::live;
        case phase::closing: return session_status::closing;
    }
    return session_status::idle;
}

const session_stats& session::stats() const noexcept { return stats_; }

// ---- from the dial to READY or RESUMED ----------------------------------------------------------------------------------

void session::on(const started&, instant now) {
    if (phase_ != phase::off) return;
    ended_ = stopping_ = for_good_ = false;
    failures_ = flaps_ = 0;
    least_wait_ = {};
    if (std::exchange(presence_dropped_, false)) say(note_code::presence_dropped, "it made IDENTIFY larger than Discord allows");
    start_dial(now);
}

void session::on(const opened&, instant now) {
    if (phase_ != phase::dialing) return;
    on_traffic(now);
    phase_ = phase::hello;
    connection_.hard_deadline = now + config_.hello_timeout;
}

void session::on(const hello_received& fact, instant now) {
    on_traffic(now);
    if (phase_ == phase::dialing) on(opened{}, now);  // HELLO came in the same read as the upgrade's answer.
    if (!connected()) return;
    connection_.ack_pending = false;  // Also at a second HELLO: one lost ACK must not stay pending for ever [2.4.6].
    connection_.beat_sent = false;
    const auto interval = fact.heartbeat_interval > duration{} ? fact.heartbeat_interval : std::chrono::milliseconds(41250);
    connection_.beat_interval = std::clamp<duration>(interval, std::chrono::milliseconds(50), std::chrono::hours(1));
    const auto first_beat = now + std::chrono::duration_cast<duration>(
                                      std::chrono::duration<double, std::nano>(connection_.beat_interval) * random_.unit());
    connection_.next_beat = std::min(connection_.next_beat, first_beat);
    if (phase_ != phase::hello) return;
    connection_.hello_seen = true;
    connection_.hard_deadline = never;
    say(note_code::hello, fmt::format("a beat each {} ms", to_ms(connection_.beat_interval)));
    if (ticket_) {
        send_resume(now);
    } else if (connection_.to_resume_url) {
        end_connection(4000, "IDENTIFY does not go to a resume address", now);
    } else {
        ask_for_permit();
    }
}

void session::ask_for_permit() {
    phase_ = phase::permit;
    say(note_code::waiting_for_permit);
    out_->emplace_back(ask_permit{had_session_});
}

void session::withdraw_permit() {
    if (phase_ != phase::permit) return;
    connection_.awaited_permit = true;
    out_->emplace_back(return_permit{0});
}

void session::on(const permit_granted& fact, instant now) {
    if (phase_ != phase::permit) {
        // It crossed with our withdrawal, or was given twice.
        out_->emplace_back(return_permit{fact.permit});
        return;
    }
    if (now > fact.valid_until) {
        say(note_code::permit_expired, fmt::format("{} ms too late", to_ms(now - fact.valid_until)));
        out_->emplace_back(return_permit{fact.permit});
        ask_for_permit();
        return;
    }
    send_identify(fact.permit, now);
}

void session::on(const permit_refused& fact, instant) {
    if (phase_ == phase::permit)
        say(note_code::permit_refused, fact.why);  // The connection beats on; the governor keeps us queued.
}

void session::send_identify(std::uint64_t permit, instant now) {
    phase_ = phase::identifying;
    ++stats_.identifies;
    say(note_code::identifying);
    out_->emplace_back(use_permit{permit});
    out_->emplace_back(send{send_kind::identify, identify_payload(config_)});
    // Discord may take minutes in an outage and ACKs meanwhile [2.4.8]; a socket that ACKs and never answers must end too.
    wait_for_answer(config_.ready_timeout, config_.ready_timeout * 10, now);
}

void session::send_resume(instant now) {
    phase_ = phase::resuming;
    connection_.resume_sent = true;
    ++stats_.resume_attempts;
    say(note_code::resuming, fmt::format("from {}", ticket_->seq));
    out_->emplace_back(send{send_kind::resume, resume_payload(config_, *ticket_)});
    // A socket that ACKs and does not resume is left sooner than the session: another of Discord's hosts may do better.
    wait_for_answer(config_.resumed_timeout, std::min(config_.resumed_timeout * 2, config_.resume_patience), now);
}

void session::on(const ready_received& fact, instant now) {
    on_traffic(now);
    // In answer to RESUME it would be news from Discord, but it would be a new session all the same.
    if (phase_ != phase::identifying && phase_ != phase::resuming && phase_ != phase::live) return;
    if (fact.session_id.empty()) {
        on(stream_broken{"READY without a session id"}, now);
        return;
    }
    if (ticket_ && ticket_->session_id == fact.session_id) return;  // A replay brought the session's own READY again [F21].
    ticket_ = resume_ticket{.shard = config_.shard,
                            .session_id = fact.session_id,
                            .resume_url = fact.resume_url,
                            .seq = 0,
                            .done = 0,
                            .intents = config_.intents};
    had_session_ = true;
    broken_at_.reset();
    ++stats_.readies;
    go_live(now);
    say(note_code::ready);
}

void session::on(const resumed_received&, instant now) {
    on_traffic(now);
    if (phase_ != phase::resuming) return;
    ++stats_.resumes;
    go_live(now);
    say(note_code::resumed, fmt::format("at {}", ticket_->seq));
}

void session::go_live(instant now) {
    phase_ = phase::live;
    failures_ = 0;
    least_wait_ = {};
    resume_url_failing_since_.reset();
    resume_failing_since_.reset();
    resume_url_abandoned_ = false;
    connection_.went_live = true;
    connection_.live_since = now;
    connection_.probe_at = connection_.deadline = connection_.hard_deadline = connection_.replay_until = never;
}

// ---- what Discord says to a connection ----------------------------------------------------------------------------------

void session::on(const heartbeat_requested&, instant now) {
    on_traffic(now);
    if (!connected()) return;
    extra_beat(now);
}

void session::on(const heartbeat_acked&, instant now) {
    on_traffic(now);
    if (connected() && std::exchange(connection_.ack_pending, false)) stats_.latency = now - connection_.last_beat;
}

void session::on(const reconnect_requested&, instant now) {
    on_traffic(now);
    if (phase_ == phase::dialing) on(opened{}, now);
    if (!connected()) return;
    say(note_code::reconnect_op7);
    end_connection(4000, "op 7", now);
}

void session::on(const session_invalidated& fact, instant now) {
    on_traffic(now);
    if (phase_ == phase::dialing) on(opened{}, now);
    if (!connected()) return;
    ++stats_.invalid_sessions;
    say(note_code::invalid_session_op9, fact.resumable ? "may be resumed" : "gone");
    if (!fact.resumable) lose_session("Discord invalidated it (op 9)");
    least_wait_ = random_.between(config_.op9_wait_least, config_.op9_wait_most);
    end_connection(4000, "op 9", now);
}

void session::on(const stream_broken& fact, instant now) {
    if (!connected()) return;
    say(note_code::stream_error, fact.what);
    if (ticket_ && (phase_ == phase::live || phase_ == phase::resuming)) {
        if (fact.seq && *fact.seq != 0 && *fact.seq == ticket_->seq) {
            // Received, but not read: it has to come again.
            ticket_->seq = *fact.seq - 1;
            ticket_->done = std::min(ticket_->done, ticket_->seq);
        }
        if (broken_at_ == ticket_->seq) {
            // Nothing came between two breaks: the next message is what breaks its reader. Step over it.
            ++ticket_->seq;
            ++stats_.poison;
            broken_at_.reset();
            say(note_code::poison_skipped, fmt::format("{}", ticket_->seq));
        } else {
            broken_at_ = ticket_->seq;
        }
    }
    end_connection(4000, "unreadable stream", now);
}

// ---- the end of a connection, and of the session -------------------------------------------------------------------------

void session::on(const closed& fact, instant now) {
    if (phase_ == phase::off || phase_ == phase::waiting) return;
    withdraw_permit();
    if (stopping_) {
        stop_now();
        return;
    }
    const bool by_us = phase_ == phase::closing;
    const bool never_open = fact.while_dialing || phase_ == phase::dialing;
    if (never_open && !by_us) {
        say(note_code::dial_failed, fact.detail);
        stats_.last_reconnect_reason = "dial failed";
    } else if (!by_us) {
        const auto code = fact.code ? fmt::format("{}", *fact.code) : std::string("cut");
        say(note_code::closed_by_peer, fmt::format("{}: {} {}", code, discord::explain_close(fact.code), fact.detail));
        stats_.last_reconnect_reason = fact.code ? "closed with " + code : "connection cut";
    }
    // The echo of our own close says nothing; a code that crossed with it does.
    const bool echo = by_us && (!fact.code || fact.code == connection_.hung_up_with);
    if (!never_open && !echo && !lives_after(fact)) return;
    connection_over(now);
}

/// False if this close was the end of everything.
bool session::lives_after(const closed& fact) {
    switch (discord::reaction_to(fact.code)) {
        case discord::close_reaction::stop:
            // A wrong token says nothing about the session; the other codes mean that it could not be had again.
            if (*fact.code != 4004) lose_session("it cannot be continued with these settings");
            end_for_good(*fact.code, std::string(discord::explain_close(fact.code)));
            return false;
        case discord::close_reaction::new_session: lose_session(std::string(discord::explain_close(fact.code))); break;
        case discord::close_reaction::resume:
            if (connection_.resume_sent && !connection_.went_live && refuses_resume(fact.code, trouble_since_.has_value())) {
                lose_session(fmt::format("RESUME was answered by close {}", *fact.code));
            }
            break;
    }
    return true;
}

void session::resume_failed(instant dialed_at, instant now) {
    if (!resume_failing_since_) resume_failing_since_ = dialed_at;
    if (trouble_since_) return;  // Everybody's RESUMEs fail: that is not this session's fault.
    if (now - *resume_failing_since_ >= config_.resume_patience) {
        lose_session(fmt::format("RESUME failed for {} s", to_ms(now - *resume_failing_since_) / 1000));
    }
}

void session::lose_session(std::string why) {
    if (!ticket_) return;
    say(note_code::session_lost, std::move(why));
    ticket_.reset();
    broken_at_.reset();
    resume_failing_since_.reset();
    resume_url_failing_since_.reset();
    resume_url_abandoned_ = false;
}

void session::on(const edge_trouble& fact, instant now) {
    if (fact.now) {
        if (!trouble_since_) trouble_since_ = now;
        return;
    }
    if (!trouble_since_) return;
    if (resume_failing_since_) *resume_failing_since_ += now - std::max(*trouble_since_, *resume_failing_since_);
    trouble_since_.reset();
}

void session::on(const gateway_url_changed& fact, instant) {
    if (!fact.url.empty()) config_.gateway_url = fact.url;
}

void session::on(const presence_changed& fact, instant) {
    config_.presence_json = fact.json;
    if (!presence_fits()) say(note_code::presence_dropped, "it made IDENTIFY larger than Discord allows");
}

void session::on(const renew_requested& fact, instant now) {
    if (!ticket_) return;  // A new one is on its way already.
    lose_session(fact.why);
    if (phase_ == phase::dialing) {
        if (connection_.to_resume_url) end_connection(std::nullopt, "renewed: " + fact.why, now);
    } else if (connected()) {
        end_connection(4000, "renewed: " + fact.why, now);
    }
}

void session::on(const stop_requested& fact, instant now) {
    for_good_ = for_good_ || fact.for_good;
    if (phase_ == phase::off && ended_) {
        if (fact.for_good) ticket_.reset();
        return;
    }
    stopping_ = true;
    if (phase_ == phase::off || phase_ == phase::waiting) {
        stop_now();
    } else if (phase_ == phase::dialing) {
        end_connection(std::nullopt, "stopped", now);
    } else if (connected()) {
        end_connection(for_good_ ? 1000 : 4000, "stopped", now);
    }
}

void session::stop_now() {
    if (for_good_) ticket_.reset();
    say(note_code::stopped, for_good_ ? "for good" : "the session may be resumed");
    end_for_good(0, "It was asked to stop.");
}

void session::end_for_good(std::uint16_t code, std::string why) {
    phase_ = phase::off;
    ended_ = true;
    connection_ = {};
    retry_at_ = never;
    if (code != 0) say(note_code::given_up, why);
    arm();  // Nothing may follow give_up.
    out_->emplace_back(give_up{code, std::move(why)});
}

void session::say(note_code code, std::string detail) { out_->emplace_back(note{code, std::move(detail)}); }

std::string_view to_string(session_status status) noexcept {
    switch (status) {
        case session_status::idle: return "idle";
        case session_status::waiting: return "waiting";
        case session_status::connecting: return "connecting";
        case session_status::waiting_for_permit: return "waiting_for_permit";
        case session_status::identifying: return "identifying";
        case session_status::resuming: return "resuming";
        case session_status::live: return "live";
        case session_status::closing: return "closing";
        case session_status::stopped: return "stopped";
    }
    return "unknown";
}

std::string_view to_string(note_code code) noexcept {
    switch (code) {
        case note_code::dialing: return "dialing";
        case note_code::dial_failed: return "dial_failed";
        case note_code::hello: return "hello";
        case note_code::identifying: return "identifying";
        case note_code::resuming: return "resuming";
        case note_code::ready: return "ready";
        case note_code::resumed: return "resumed";
        case note_code::heartbeat_late: return "heartbeat_late";
        case note_code::zombie: return "zombie";
        case note_code::reconnect_op7: return "reconnect_op7";
        case note_code::invalid_session_op9: return "invalid_session_op9";
        case note_code::closed_by_peer: return "closed_by_peer";
        case note_code::backing_off: return "backing_off";
        case note_code::session_lost: return "session_lost";
        case note_code::resume_url_abandoned: return "resume_url_abandoned";
        case note_code::poison_skipped: return "poison_skipped";
        case note_code::stream_error: return "stream_error";
        case note_code::waiting_for_permit: return "waiting_for_permit";
        case note_code::permit_refused: return "permit_refused";
        case note_code::replay_gap: return "replay_gap";
        case note_code::replay_duplicate: return "replay_duplicate";
        case note_code::stopped: return "stopped";
        case note_code::given_up: return "given_up";
        case note_code::presence_dropped: return "presence_dropped";
        case note_code::permit_expired: return "permit_expired";
    }
    return "unknown";
}

}  // namespace shoal::gateway
