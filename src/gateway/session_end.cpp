// What ends a connection, or the session itself: Discord's words and closes, our own wishes.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "discord/close_codes.hpp"
#include "gateway/session.hpp"

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

}  // namespace

void session::on(const reconnect_requested&, instant now) {
    on_traffic(now);
    if (phase_ == phase::dialing) on(opened{}, now);
    if (!connected()) return;
    say(note_code::reconnect_op7);
    end_connection(4000, "op 7", now);
}

void session::on(const lease_over&, instant now) {
    if (phase_ != phase::dialing && !connected()) return;
    say(note_code::lease_over);
    connection_.left = true;
    end_connection(phase_ == phase::dialing ? std::nullopt : std::optional<std::uint16_t>(4000), "the lease is over", now);
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
            received_.take_back(*fact.seq);
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
    resume_address_.forget();
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

}  // namespace shoal::gateway
