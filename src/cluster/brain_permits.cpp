// The brain's purse: who may IDENTIFY when. The governor decides; here is who may ask it, and that a permit is stored before it
// is given.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cluster/brain.hpp"

namespace shoal::cluster {

void brain::make_governor() {
    auto rules = config_.identify;
    rules.use_reserve |= fleet_.use_reserve || config_.planted.reserve_spent;
    governor_.emplace(rules);
    // Who waits is asked anew by its worker's reports.
    asking_.clear();
}

void brain::on(const leader::budget_told& what) {
    budget_asked_ = false;
    governor_->budget_seen(what.limit, ledger_, now_);
    tell_foreign();
    told_at_ = now_;
    reread_at_ = now_ + config_.reread_every;
    outbox_.store().ledger = true;
    permits_due_ = true;
}

void brain::on(const leader::budget_failed& what) {
    budget_asked_ = false;
    budget_not_before_ = now_ + std::max<duration>(what.retry_after, std::chrono::seconds(1));
    permits_at_ = std::min(permits_at_, budget_not_before_);
    reread_at_ = now_ + std::max<duration>(what.retry_after, config_.reread_retry);
}

void brain::tell_foreign() {
    alarm(
        alarm_kind::foreign,
        ledger_.foreign == 0
            ? std::string()
            : fmt::format("{} of the IDENTIFYs of Discord's window went to somebody else with the bot's token, and come off the "
                          "reserve: end the other program, or make a new token if it is not yours",
                          ledger_.foreign));
}

void brain::ask_discord() {
    if (budget_asked_) return;
    if (now_ < budget_not_before_) {
        permits_at_ = std::min(permits_at_, budget_not_before_);
        return;
    }
    budget_asked_ = true;
    reread_at_ = now_ + config_.reread_every;
    out_->push_back(leader::read_budget{});
}

/// Only the owner may ask, only while it has a lease, and only for a session that is not known or is known to be lost: a shard
/// that was taken over may have another session that still can be resumed.
void brain::hear(member& who, const permit_ask& ask) {
    if (ask.shard >= table_.total()) return;
    auto& row = table_.at(ask.shard);
    if (!row.held_by(who.process, who.incarnation) || row.epoch != ask.epoch) return;
    if (row.ticket && row.ticket->session_id == ask.lost_session) {
        row.ticket.reset();
        row.ticket_stored = false;
        outbox_.store().shards.insert(ask.shard);
    }
    want_permit(who, ask.shard, ask.had_session);
}

void brain::want_permit(member& who, std::uint32_t shard, bool had_session) {
    const auto& row = table_.at(shard);
    if (row.state == placement_state::storing || row.state == placement_state::releasing) return;
    if (row.ticket && !config_.planted.identify_without_proof) {
        // There is a session that this worker does not know of: a new order brings it the ticket.
        assign(shard, who, "a session is known that can be resumed");
        return;
    }
    // It would hear what Discord said before, and end of it.
    if (!may_identify(who)) return;
    const auto [waiting, fresh] = asking_.try_emplace(shard, row.epoch);
    if (!fresh && waiting->second == row.epoch) return;
    waiting->second = row.epoch;
    governor_->ask(key_of(shard), had_session);
    permits_due_ = true;
}

void brain::hear(member& who, const permit_withdrawn& what) {
    if (what.shard < table_.total() && table_.at(what.shard).held_by(who.process, who.incarnation)) unqueue(what.shard);
}

/// It needs no permit any more, or not for this owner.
void brain::unqueue(std::uint32_t shard) {
    if (asking_.erase(shard) == 0) return;
    governor_->withdraw(key_of(shard));
    permits_due_ = true;
}

void brain::hear(member&, const permit_used& what) {
    if (what.shard >= table_.total()) return;
    governor_->used(number(what.permit), key_of(what.shard), ledger_, now_);
    outbox_.store().ledger = true;
}

void brain::hear(member&, const permit_returned& what) {
    if (what.shard >= table_.total()) return;
    governor_->returned(number(what.permit), key_of(what.shard), ledger_, now_);
    if (config_.planted.refund_doubled) --ledger_.spent;
    outbox_.store().ledger = true;
    permits_due_ = true;
}

void brain::hear(member&, const identify_ended& what) {
    if (what.ready && fleet_.refused.code != 0) {
        fleet_.refused = {};
        outbox_.store().fleet = true;
        tell_refusals();
    }
    governor_->ended(what.ready, ledger_, now_);
    outbox_.store().ledger = true;
}

void brain::hear(member& who, const spare_ask& what) {
    if (what.shard >= table_.total()) return;
    tell(who, spare_answer{what.shard, what.epoch, fleet_.leader, governor_->can_spare(ledger_, now_)});
}

void brain::give_permits() {
    permits_due_ = false;
    permits_at_ = never;
    decided_at_ = now_;
    // A permit that cannot be stored is not given; nor is one before workers of another leader had their say.
    if (waits() || !can_store()) {
        permits_at_ = now_;
        return;
    }
    bool gave = false, refused = false;
    for (const auto& decision : governor_->decide(ledger_, now_)) {
        if (const auto* given = std::get_if<budget::identify_governor::granted>(&decision)) {
            grant(*given);
            gave = true;
        } else if (const auto* no = std::get_if<budget::identify_governor::refused>(&decision)) {
            refused = true;
            tell_no_budget(no->nothing_left);
            say_note(leader::note_code::permit_refused, fmt::format("shard {}: {}", no->shard.id, no->why));
            const auto& row = table_.at(no->shard.id);
            const auto* who = row.owner ? members_.find(*row.owner) : nullptr;
            if (who != nullptr) tell(*who, permit_refusal{no->shard.id, row.epoch, fleet_.leader, no->why});
        } else if (std::holds_alternative<budget::identify_governor::read_budget>(decision)) {
            ask_discord();
        } else if (const auto* later = std::get_if<budget::identify_governor::ask_again_at>(&decision)) {
            permits_at_ = std::min(permits_at_, later->when);
        }
    }
    if (!refused && (gave || governor_->waiting() == 0)) alarm(alarm_kind::budget, {});
    tell_foreign();  // Its window may have ended.
}

void brain::tell_no_budget(bool nothing_left) {
    const auto total = ledger_.seen.total;
    alarm(alarm_kind::budget,
          nothing_left
              ? fmt::format("no IDENTIFY of Discord's {} is left, and shards wait for one until its window ends", total)
              : fmt::format(
                    "all IDENTIFYs of Discord's {} but the reserve are spent, and shards wait for one until its window ends; "
                    "\"shoal reserve use\" releases the reserve",
                    total));
}

/// Counted; stored, then said. Its time runs from here, told as time since a heartbeat that the worker can recognise.
void brain::grant(const budget::identify_governor::granted& what) {
    outbox_.store().ledger = true;
    const auto shard = what.shard.id;
    const auto epoch = asking_.contains(shard) ? asking_.at(shard) : shard_epoch::none;
    if (!config_.planted.permit_granted_twice) asking_.erase(shard);
    const auto& row = table_.at(shard);
    const auto* who = row.owner ? members_.find(*row.owner) : nullptr;
    if (who == nullptr || row.epoch != epoch || !who->heard_beat || !who->present()) {
        governor_->returned(what.permit, what.shard, ledger_, now_);
        return;
    }
    tell(*who, permit_grant{shard, epoch, fleet_.leader, static_cast<permit_number>(what.permit), who->last_beat,
                            what.valid_until - who->last_heard});
    if (config_.planted.permit_granted_twice) {
        // Uncounted: another one, of a number that the ledger will give to somebody else.
        tell(*who, permit_grant{shard, epoch, fleet_.leader, static_cast<permit_number>(what.permit + 1), who->last_beat,
                                what.valid_until - who->last_heard});
    }
}

}  // namespace shoal::cluster
