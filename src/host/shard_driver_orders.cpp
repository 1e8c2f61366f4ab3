// The orders of a shard's machine, carried out.

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "host/note_log.hpp"
#include "host/shard_driver.hpp"

namespace shoal::host {

void shard_driver::carry_out(gateway::action& what) {
    std::visit([this](auto& one) { order(one); }, what);
}

void shard_driver::order(gateway::ask_permit& what) {
    permits_.ask(shard(), what.had_session, *where_.on, [self = self_](permit_source::answer answer) {
        if (*self == nullptr) return;
        if (answer.refused.empty()) {
            (*self)->feed(gateway::permit_granted{answer.permit, answer.valid_until});
        } else {
            (*self)->feed(gateway::permit_refused{std::move(answer.refused)});
        }
    });
}

void shard_driver::order(gateway::use_permit& what) {
    identify_open_ = true;
    permits_.used(what.permit, shard());
}

void shard_driver::order(gateway::return_permit& what) {
    if (what.permit == 0) {
        permits_.withdraw(shard());
    } else {
        permits_.returned(what.permit, shard());
    }
}

void shard_driver::order(gateway::send& what) {
    if (socket_ == nullptr) return;
    // If the queue is full the peer does not read: the zombie rule ends such a connection.
    if (!socket_->send(std::move(what.payload))) return;
    outbound_.counted(
        what.kind == gateway::send_kind::heartbeat ? gateway::send_class::heartbeat : gateway::send_class::handshake, now());
}

void shard_driver::order(gateway::hang_up& what) {
    outbound_.disconnected();
    if (socket_ == nullptr) {
        step(gateway::closed{std::nullopt, false, "no connection"});
    } else if (what.code) {
        socket_->close(options_.planted.close_with_1000 ? 1000 : *what.code, options_.close_grace);
    } else {
        socket_->cut();
    }
}

void shard_driver::order(gateway::wake_at& what) { set_timer(machine_timer_, what.when, &shard_driver::machine_due); }

void shard_driver::order(gateway::give_up& what) {
    if (options_.planted.goes_on_after_4004 && what.code == 4004) return later_.push_back(gateway::started{});
    given_up_ = what;
    clear_timer(machine_timer_);
    clear_timer(guild_timer_);
    clear_timer(pump_timer_);
    if (what.code != 0 || !what.why.empty())
        options_.log.info(fmt::format("shard {} stopped: {}", shard().id, what.why), {}, correlation_);
    if (what.code != 0) sink_.on_gave_up(shard(), what.code, what.why);
    members_.end_all();
    if (in_flight_ != 0) set_timer(drain_timer_, now() + options_.drain_patience, &shard_driver::drain_due);
    end_if_drained();
}

void shard_driver::order(gateway::note& what) {
    // A connection's life begins with this note: its lines share one id.
    if (what.code == gateway::note_code::dialing)
        correlation_ = fmt::format("s{}-{:08x}", shard().id, static_cast<std::uint32_t>(random_.next()));
    // What breaks the stream was counted and told by its kind; a far end that sends nothing else must not fill the log.
    if (what.code == gateway::note_code::stream_error) return;
    const auto held_back = what.code == gateway::note_code::poison_skipped ? lines_.pass(stepping_over, now()) : 0;
    if (held_back) {
        if (*held_back != 0) what.detail += fmt::format(" ({} more since the last such line)", *held_back);
        write_note(options_.log, shard(), what, correlation_);
    }
    if (what.code != gateway::note_code::poison_skipped || session_.stats().poison == poison_told_) return;
    poison_told_ = session_.stats().poison;
    if (journal_ != nullptr && window_ && session_.ticket())
        journal_->stepped_over(window_->session_index(), session_.ticket()->seq, now());
}

}  // namespace shoal::host
