// The connection under a session: dial, heartbeats, patience, hanging up, back-off.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/session.hpp"
#include "gateway/session_payloads.hpp"

namespace shoal::gateway {
namespace {

// The dialer has its own time-out; this is for one that forgets us.
constexpr duration dial_grace = std::chrono::seconds(20);
// How long the peer may take to answer our close before the connection is cut.
constexpr duration close_grace = std::chrono::seconds(5);
// After a live connection's end the next dial is spread over this, so that a thousand shards do not dial in one instant.
constexpr duration first_jitter = std::chrono::milliseconds(100);
// A connection that lived as long as this, or brought an event, was no flap.
constexpr duration steady_after = std::chrono::seconds(5);

}  // namespace

bool session::connected() const noexcept {
    return phase_ == phase::hello || phase_ == phase::permit || phase_ == phase::identifying || phase_ == phase::resuming ||
           phase_ == phase::live;
}

void session::start_dial(instant now) {
    retry_at_ = never;
    least_wait_ = {};
    if (const auto rest = resume_address_.leave_if_patience_is_over(now)) {
        say(note_code::resume_url_abandoned,
            fmt::format("RESUME goes to the general address, for {} s at least", to_ms(*rest) / 1000));
    }
    connection_ = {};
    connection_.dialed_at = now;
    connection_.to_resume_url = ticket_ && !ticket_->resume_url.empty() && !resume_address_.rests(now);
    // An address that was dead before has the session wait for it no longer than it did then.
    connection_.only_a_try = connection_.to_resume_url && resume_address_.was_left();
    connection_.hard_deadline = now + dial_patience();
    phase_ = phase::dialing;
    if (dials_++ > 0) ++stats_.reconnects;
    auto url = connection_url(connection_.to_resume_url ? ticket_->resume_url : config_.gateway_url, config_.transport);
    say(note_code::dialing, url);
    out_->emplace_back(dial{std::move(url)});
}

duration session::dial_patience() const noexcept {
    return connection_.only_a_try ? config_.resume_url_patience : config_.hello_timeout + dial_grace;
}

void session::on(const dial_held&, instant) {
    if (phase_ != phase::dialing) return;
    connection_.held = true;
    connection_.hard_deadline = never;
    say(note_code::waiting_for_lease);
}

void session::on(const dial_begun&, instant now) {
    if (phase_ != phase::dialing || !std::exchange(connection_.held, false)) return;
    if (resume_failing_since_) *resume_failing_since_ += now - connection_.dialed_at;
    connection_.dialed_at = now;
    connection_.hard_deadline = now + dial_patience();
}

void session::beat(bool regular, instant now) {
    connection_.last_beat = now;
    connection_.ack_pending = true;
    if (regular) {
        connection_.beat_sent = true;
        connection_.life_since_beat = false;
    }
    out_->emplace_back(send{send_kind::heartbeat, heartbeat_payload(acknowledged(now))});
}

std::optional<std::uint64_t> session::acknowledged(instant now) const noexcept {
    if (!ticket_) return std::nullopt;
    auto seq = ticket_->seq;
    // A disk or a handler that takes longer must not make Discord keep everything, or think that nothing arrives.
    if (config_.acknowledges_kept) seq = std::min(seq, std::max(kept_, received_.received_before(now)));
    return seq != 0 ? std::optional(seq) : std::nullopt;
}

/// Asked for by the server, or by our own doubt. A server that asks without end must not make us breach the send limit: so many
/// in any window and no more. The regular beats go on.
void session::extra_beat(instant now) {
    auto& oldest = connection_.extra_beats[connection_.next_extra];
    if (oldest && now - *oldest < send_limiter::window) return;
    oldest = now;
    connection_.next_extra = (connection_.next_extra + 1) % connection_.extra_beats.size();
    beat(false, now);
}

void session::on(const heartbeat_requested&, instant now) {
    on_traffic(now);
    if (!connected()) return;
    extra_beat(now);
}

void session::on(const heartbeat_acked&, instant now) {
    on_traffic(now);
    if (connected() && std::exchange(connection_.ack_pending, false)) stats_.latency = now - connection_.last_beat;
}

void session::check_beat(instant now) {
    if (now < connection_.next_beat) return;
    const auto late = now - connection_.next_beat;
    // So late means that this process stood still, not that Discord is silent: what came meanwhile is not read yet.
    const bool stood_still = late >= connection_.beat_interval / 2;
    if (connection_.beat_sent && !connection_.life_since_beat && !stood_still) {
        ++stats_.zombies;
        say(note_code::zombie, fmt::format("silent for {} ms", to_ms(now - last_traffic_)));
        end_connection(4000, "zombie", now);
        return;
    }
    if (late >= connection_.beat_interval / 10) say(note_code::heartbeat_late, fmt::format("{} ms", to_ms(late)));
    beat(true, now);
    connection_.next_beat += connection_.beat_interval;
    if (connection_.next_beat <= now) connection_.next_beat = now + connection_.beat_interval;
}

void session::wait_for_answer(duration patience, duration most, instant now) {
    connection_.patience = patience;
    connection_.silent_since = now;
    connection_.probe_at = now + patience / 2;
    connection_.deadline = now + patience;
    connection_.hard_deadline = now + most;
}

/// While READY or RESUMED is waited for: silence is borne for `patience`, with a beat in its middle that asks for life.
void session::check_patience(instant now) {
    if (now >= connection_.hard_deadline) {
        end_connection(4000, "no answer", now);
        return;
    }
    if (connection_.deadline == never) return;
    if (last_traffic_ > connection_.silent_since) {
        connection_.silent_since = last_traffic_;
        connection_.probe_at = last_traffic_ + connection_.patience / 2;
        connection_.deadline = last_traffic_ + connection_.patience;
    }
    if (now >= connection_.deadline) {
        end_connection(4000, "silence", now);
    } else if (now >= connection_.probe_at) {
        connection_.probe_at = never;
        extra_beat(now);
    }
}

void session::end_connection(std::optional<std::uint16_t> code, std::string reason, instant now) {
    withdraw_permit();
    stats_.last_reconnect_reason = std::move(reason);
    phase_ = phase::closing;
    connection_.hung_up_with = code;
    connection_.cut_at = code ? now + close_grace : never;
    out_->emplace_back(hang_up{code});
}

void session::connection_over(instant now) {
    const auto was = std::exchange(connection_, {});
    const bool tells = !was.held && !was.left;  // Something about Discord.
    if (was.to_resume_url && ticket_) {
        if (was.hello_seen) {
            resume_address_.answered();
        } else if (tells) {
            resume_address_.failed(was.dialed_at, now);
        }
    }
    if (was.resume_sent && !was.went_live && ticket_ && tells) resume_failed(was.dialed_at, now);
    phase_ = phase::waiting;
    const auto delay = reconnect_delay(was, now);
    retry_at_ = now + delay;
    say(note_code::backing_off, fmt::format("{} ms", to_ms(delay)));
}

duration session::reconnect_delay(const connection& was, instant now) {
    duration delay{};
    if (was.held || was.left) {
        delay = random_.between({}, first_jitter);
    } else if (was.went_live) {
        // READY's or RESUMED's own number is the first event.
        const bool steady = was.events > 1 || now - was.live_since >= steady_after;
        flaps_ = steady ? 0 : flaps_ + 1;
        delay = flaps_ < 3 ? random_.between({}, first_jitter) : backoff(flaps_ - 2);
    } else if (was.only_a_try && !was.hello_seen) {
        // That was to be expected, and says nothing about the general address, which is next.
        delay = random_.between({}, first_jitter);
    } else if (was.awaited_permit && now - was.dialed_at >= steady_after) {
        // Discord lost patience with a connection that says nothing. In a long queue that is no failure, and its turn must not
        // find it in a long back-off.
        delay = backoff(1);
    } else {
        delay = backoff(++failures_);
    }
    // The general address is tried as soon as patience with the resume address ends, not a whole back-off later.
    if (const auto left = resume_address_.patience_left(now)) delay = std::min(delay, *left);
    return std::max(delay, std::exchange(least_wait_, {}));
}

duration session::backoff(std::uint32_t failures) {
    auto longest = config_.backoff_first;
    for (std::uint32_t i = 1; i < failures && longest < config_.backoff_most; ++i) longest *= 2;
    longest = std::min(longest, config_.backoff_most);
    return random_.between(longest / 2, longest);
}

void session::on(const tick&, instant now) {
    armed_ = never;  // The wake-up is spent.
    switch (phase_) {
        case phase::off: break;
        case phase::waiting:
            if (now >= retry_at_) start_dial(now);
            break;
        case phase::dialing:
            if (now >= connection_.hard_deadline) end_connection(std::nullopt, "dial timed out", now);
            break;
        case phase::hello:
            if (now >= connection_.hard_deadline) end_connection(4000, "no HELLO", now);
            break;
        case phase::closing:
            if (now >= connection_.cut_at) {
                connection_.cut_at = never;
                out_->emplace_back(hang_up{std::nullopt});
            }
            break;
        case phase::permit:
        case phase::live: check_beat(now); break;
        case phase::identifying:
        case phase::resuming:
            if (now >= connection_.replay_until) {
                say(note_code::resumed, "events flow, and RESUMED never came");
                go_live(now);
                check_beat(now);
                break;
            }
            check_patience(now);
            if (connected()) check_beat(now);
            break;
    }
}

void session::arm() {
    auto next = never;
    switch (phase_) {
        case phase::off: break;
        case phase::waiting: next = retry_at_; break;
        case phase::dialing:
        case phase::hello: next = connection_.hard_deadline; break;
        case phase::closing: next = connection_.cut_at; break;
        case phase::permit:
        case phase::live: next = connection_.next_beat; break;
        case phase::identifying:
        case phase::resuming:
            next = std::min({connection_.next_beat, connection_.probe_at, connection_.deadline, connection_.hard_deadline});
            break;
    }
    if (next == armed_) return;
    armed_ = next;
    out_->emplace_back(wake_at{next});
}

}  // namespace shoal::gateway
