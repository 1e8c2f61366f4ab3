// The session, from its start to READY or RESUMED. What ends it is in session_end.cpp, the connection under it in
// session_connection.cpp.

#include "gateway/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/send_limiter.hpp"
#include "gateway/session_payloads.hpp"

namespace shoal::gateway {
namespace {

// No replay lasts this long [2.7.8]: where events flow and RESUMED never came, it was lost, and the session lives.
constexpr duration longest_replay = std::chrono::seconds(60);

}  // namespace

session::session(session_config config, std::optional<resume_ticket> ticket)
    : config_(std::move(config)),
      ticket_(std::move(ticket)),
      random_(config_.seed),
      resume_address_({config_.resume_url_patience, config_.resume_url_rest, config_.resume_url_longest_rest}) {
    // A ticket belongs to its pair of shard and total [peers 11], and RESUME cannot add intents [2.7.11].
    if (ticket_ &&
        (ticket_->shard != config_.shard || ticket_->session_id.empty() || (config_.intents & ~ticket_->intents) != 0)) {
        ticket_.reset();
    }
    had_session_ = ticket_.has_value();
    if (ticket_) kept_ = ticket_->done;
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
    received_.note(seq, now);
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

void session::on_pause(instant now) noexcept {
    on_traffic(now);
    if (phase_ == phase::resuming) connection_.hard_deadline = std::max(connection_.hard_deadline, now + config_.resumed_timeout);
}

void session::on_done(std::uint64_t seq) noexcept {
    if (ticket_) ticket_->done = std::max(ticket_->done, std::min(seq, ticket_->seq));
}

void session::on_kept(std::uint64_t seq) noexcept { kept_ = std::max(kept_, seq); }

const std::optional<resume_ticket>& session::ticket() const noexcept { return ticket_; }

session_status session::status() const noexcept {
    switch (phase_) {
        case phase::off: return ended_ ? session_status::stopped : session_status::idle;
        case phase::waiting: return session_status::waiting;
        case phase::dialing: return connection_.held ? session_status::waiting_for_lease : session_status::connecting;
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
    connection_.hard_deadline = std::min(connection_.hard_deadline, now + config_.hello_timeout);
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
                            .intents = config_.intents,
                            .application = fact.application};
    kept_ = 0;
    received_.clear();
    resume_address_.forget();
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
    resume_failing_since_.reset();
    connection_.went_live = true;
    connection_.live_since = now;
    connection_.probe_at = connection_.deadline = connection_.hard_deadline = connection_.replay_until = never;
}

void session::say(note_code code, std::string detail) { out_->emplace_back(note{code, std::move(detail)}); }

}  // namespace shoal::gateway
