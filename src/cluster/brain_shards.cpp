// The brain's hold on shards: what workers report of them, orders, and the planner's plans.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cluster/brain.hpp"

namespace shoal::cluster {

// ---- reports -------------------------------------------------------------------------------------------------------------

void brain::take_report(member& who, const shard_report& report, fleet_id counted_by) {
    // Epochs of another fleet's store say nothing about this one's.
    const auto told = counted_by == fleet_id::none ? report.epoch : shard_epoch::none;
    if (report.shard >= table_.total()) {
        if (report.status != shard_status::released) stop(who, report.shard, told, "there is no such shard");
        return;
    }
    auto& row = table_.at(report.shard);
    if (told > row.highest) {
        row.highest = told;
        outbox_.store().shards.insert(report.shard);
    }
    const bool its = row.held_by(who.process, who.incarnation);
    if (report.status == shard_status::released) {
        if (!its || report.epoch != row.epoch) return;
        take_session(who, report);
        const auto to = std::exchange(row.move_to, std::nullopt);
        const auto reason = row.reason;
        vacate(report.shard, fmt::format("{} released it", who.process.value));
        const auto* target = to ? members_.find(*to) : nullptr;
        const bool goes_on = target != nullptr && target->accepts();
        if (goes_on) assign(report.shard, *target, reason);
        // Its guilds travel with it where it goes on at once. Here they would be most of what a coordinator holds.
        if (!goes_on && row.ticket) row.ticket->guilds = {};
        return;
    }
    if (its && report.epoch == row.epoch) {
        take_session(who, report);
        row.reported = report.status;
        row.reported_at = now_;
        row.metrics = report.metrics;
        count_guilds(report.shard, report);
        // A heartbeat that met its permit on the way has asked once more.
        if (report.status == shard_status::live) unqueue(report.shard);
        if (row.state == placement_state::storing) return;  // The store answers first.
        if (report.refused && row.refusal_heard != row.epoch) return hear_refusal(who, report);
        // Told when it registers, or for the second time: the worker needs the word of this leader on this stream.
        if (!who.heard_beat) confirm(who, report.shard);
        if (row.state == placement_state::releasing) return;
        const auto state = report.status == shard_status::live ? placement_state::running : placement_state::starting;
        if (state != row.state) table_.set_state(report.shard, state, now_);
        // Shards that were just given away are not taken away again before they run: balance goes on then.
        if (state == placement_state::running && moves_left_ > 0) rebalance_due_ = true;
        if (report.status == shard_status::waiting_for_permit) want_permit(who, report.shard, !report.lost_session.empty());
        return;
    }
    if (its && report.epoch < row.epoch) {
        // The newer order is on its way, or was lost with a stream.
        row.reported_at = now_;
        const bool late = !who.heard_beat || now_ - row.said_at >= config_.order_patience;
        if (row.state == placement_state::storing || !late) return;
        row.said_at = now_;
        confirm(who, report.shard);
        return;
    }
    const auto* owner = row.owner ? members_.find(*row.owner) : nullptr;
    // One whose stream broke goes on until its lease is over.
    const bool owner_here =
        owner != nullptr && owner->incarnation == row.owner_incarnation && owner->proof.empty() && now_ < owner->lease_until;
    // But they tell which of its workers was the last.
    const bool newer = row.counted_by == counted_by ? report.epoch > row.epoch : false;
    const bool unheard_of = row.epoch == shard_epoch::none && !row.owner;
    if (unheard_of || (newer && (its || !owner_here || row.unconfirmed))) {
        // Newer than the store: the store is what is wrong.
        if (owner_here && !its) stop(*owner, report.shard, report.epoch, "another worker holds it under a newer epoch");
        table_.adopt(report.shard, who.process, who.incarnation, std::max(report.epoch, shard_epoch{1}),
                     placement_state::starting);
        row.counted_by = counted_by;
        row.said_at = row.reported_at = now_;
        row.unconfirmed = waits() && !report.leased;
        row.reason = fmt::format("{} held it when this coordinator took office", who.process.value);
        outbox_.store().shards.insert(report.shard);
        take_session(who, report);
        confirm(who, report.shard);
        say_note(leader::note_code::shard_adopted, fmt::format("{} from {}", report.shard, who.process.value));
        remember(who.process, report.shard, "adopted as it was reported");
        return;
    }
    if (told >= row.epoch && owner_here && !row.unconfirmed) {
        // It was given to another before this was known. The owner stays, under an epoch that is above both.
        assign(report.shard, *owner, row.reason);
    }
    stop(who, report.shard, std::max(row.epoch, told), "another worker holds it");
    say_note(leader::note_code::stale_report, fmt::format("{} reports shard {}, which is {}'s", who.process.value, report.shard,
                                                          row.owner ? row.owner->value : "nobody"));
}

/// What the report says of its session.
void brain::take_session(member& who, const shard_report& report) {
    auto& row = table_.at(report.shard);
    if (report.ticket) {
        auto told = *report.ticket;
        if (report.status != shard_status::released) {
            told.guilds = {};
            // Should it die now, nobody can say how far its own RESUME went.
            told.unsettled = report.status != shard_status::live;
        }
        if (told.shard != key_of(report.shard) || !well_formed(told.session_id) || !well_formed(told.resume_url)) return;
        if (row.ticket && row.ticket->session_id == told.session_id) {
            row.ticket->seq = std::max(row.ticket->seq, told.seq);
            row.ticket->done = std::max(row.ticket->done, told.done);
            row.ticket->application = told.application;
            row.ticket->unsettled = told.unsettled;
            row.ticket->guilds = std::move(told.guilds);
            row.ticket->without_guilds = told.without_guilds;
            if (row.ticket_stored) tell_now(who, ticket_noted{report.shard, row.epoch, fleet_.leader, told.session_id});
            return;
        }
        if (told.session_id == report.lost_session) return;
        outbox_.then(session_stored{report.shard, told.session_id});
        row.ticket = std::move(told);
        row.ticket_stored = false;
        outbox_.store().shards.insert(report.shard);
        return;
    }
    if (!row.ticket) return;
    if (!report.lost_session.empty() && report.lost_session == row.ticket->session_id) {
        row.ticket.reset();
        row.ticket_stored = false;
        outbox_.store().shards.insert(report.shard);
        return;
    }
    row.ticket->seq = std::max(row.ticket->seq, report.seq);
    row.ticket->done = std::max(row.ticket->done, report.done);
    row.ticket->unsettled = report.status != shard_status::live;
    row.ticket->without_guilds = report.without_guilds;
}

/// The word that a worker needs after it registered: this shard is still its own.
void brain::confirm(member& who, std::uint32_t shard) {
    const auto& row = table_.at(shard);
    if (row.state == placement_state::releasing || row.unconfirmed) return;
    tell(who, start_order{key_of(shard), row.epoch, fleet_.leader, row.ticket, true, row.reason});
}

// ---- orders --------------------------------------------------------------------------------------------------------------

/// Decided; stored first, said then.
void brain::assign(std::uint32_t shard, const member& to, std::string reason) {
    unqueue(shard);
    table_.assign(shard, to.process, to.incarnation, std::move(reason));
    outbox_.store().shards.insert(shard);
    outbox_.then(shard_stored{shard, table_.at(shard).epoch});
    const auto& row = table_.at(shard);
    say_note(leader::note_code::shard_placed, fmt::format("{} to {} ({})", shard, to.process.value, row.reason));
    remember(to.process, shard, fmt::format("placed: {}", row.reason));
}

void brain::start(std::uint32_t shard) {
    auto& row = table_.at(shard);
    table_.set_state(shard, placement_state::starting, now_);
    const auto* who = members_.find(*row.owner);
    if (who == nullptr || who->incarnation != row.owner_incarnation) return;
    auto ticket = row.ticket;
    if (row.ticket) row.ticket->guilds = {};  // Said once; whoever starts it without them asks Discord.
    if (ticket && config_.planted.resume_from_received) ticket->done = ticket->seq;
    if (config_.planted.identify_without_proof) ticket.reset();
    tell_now(*who, start_order{key_of(shard), row.epoch, fleet_.leader, std::move(ticket), false, row.reason});
}

void brain::stop(const member& who, std::uint32_t shard, shard_epoch epoch, std::string reason) {
    tell(who, stop_order{shard, epoch, fleet_.leader, std::move(reason)});
}

void brain::vacate(std::uint32_t shard, std::string reason) {
    unqueue(shard);
    const auto& row = table_.at(shard);
    remember(row.owner.value_or(process_id{}), shard, reason);
    say_note(leader::note_code::shard_vacated, fmt::format("{}: {}", shard, reason));
    table_.vacate(shard, std::move(reason));
    outbox_.store().shards.insert(shard);
    place_due_ = true;
}

/// Stop and resume: its owner releases it with its ticket, then another one starts.
void brain::move(std::uint32_t shard, std::optional<process_id> to, std::string reason) {
    auto& row = table_.at(shard);
    const auto* owner = row.owner ? members_.find(*row.owner) : nullptr;
    if (owner == nullptr || row.state == placement_state::storing || row.state == placement_state::releasing) return;
    row.move_to = std::move(to);
    row.reason = reason;
    table_.set_state(shard, placement_state::releasing, now_);
    stop(*owner, shard, row.epoch, std::move(reason));
}

/// Orders that show no effect are given again, in a new form: a worker that does not name a shard does not hold it.
void brain::insist() {
    if (!can_store()) return;  // Nothing that waits for the store is said.
    for (const auto shard : std::vector(table_.pending().begin(), table_.pending().end())) {
        auto& row = table_.at(shard);
        if (row.state == placement_state::storing || !row.owner || row.unconfirmed || now_ - row.said_at < config_.order_patience)
            continue;
        const auto* who = members_.find(*row.owner);
        if (who == nullptr || who->incarnation != row.owner_incarnation || !who->present() || !who->heard_beat) continue;
        const bool named = row.reported_at >= who->last_heard;                    // Each heartbeat names all that is held.
        if (who->last_heard - row.said_at < config_.faults.beat_every) continue;  // Not heard since: that may still change.
        if (row.state == placement_state::releasing) {
            if (named) {
                row.said_at = now_;
                stop(*who, shard, row.epoch, row.reason);
            } else {
                vacate(shard, fmt::format("{} does not hold it", who->process.value));
            }
        } else if (!named) {
            assign(shard, *who, row.reason);
        }
    }
}

// ---- plans ---------------------------------------------------------------------------------------------------------------

cluster_view brain::view(std::uint32_t most_moves) const {
    cluster_view out;
    out.most_moves = most_moves;
    for (const auto& [process, who] : members_.all()) out.workers.push_back({process, who.zone, who.capacity, who.accepts()});
    out.shards.reserve(table_.total());
    for (std::uint32_t shard = 0; shard < table_.total(); ++shard) {
        const auto& row = table_.at(shard);
        if (row.refused) continue;
        shard_view seen{shard, row.owner, false, row.state == placement_state::running, {}};
        const auto* owner = row.owner ? members_.find(*row.owner) : nullptr;
        if (!row.owner) {
            seen.why = row.reason.empty() ? "nobody holds it" : row.reason;
        } else if (owner == nullptr || owner->incarnation != row.owner_incarnation) {
            seen.must_leave = true;
            seen.why = fmt::format("{} is not in the fleet any more", row.owner->value);
        } else if (owner->state == worker_state::orphan || owner->state == worker_state::dead) {
            seen.must_leave = true;
            seen.why = fmt::format("{} is lost: {}", row.owner->value, owner->reason);
        } else if (owner->emptied() && row.state != placement_state::releasing && row.state != placement_state::storing) {
            seen.must_leave = true;
            seen.why = fmt::format("{} is being emptied", row.owner->value);
        } else if (row.state == placement_state::releasing && row.move_to) {
            seen.owner = row.move_to;  // It counts where it goes.
        }
        out.shards.push_back(std::move(seen));
    }
    return out;
}

/// What a worker that joins is owed, in shards.
std::uint32_t brain::fair_share() const {
    const auto accepting =
        static_cast<std::uint32_t>(std::ranges::count_if(members_.all(), [](const auto& one) { return one.second.accepts(); }));
    return accepting == 0 ? 0 : (table_.total() + accepting - 1) / accepting;
}

void brain::place() {
    const bool rebalance = std::exchange(rebalance_due_, false);
    place_due_ = false;
    if (table_.total() == 0) return;
    if (waits() || fleet_.paused || !can_store()) {
        rebalance_due_ = rebalance;  // Not forgotten.
        return;
    }
    const auto stranded = [this](const auto& one) {
        const auto& [process, who] = one;
        const bool lost = who.state == worker_state::orphan || who.state == worker_state::dead;
        return (lost || who.emptied()) && !table_.owned_by(process).empty();
    };
    if (!rebalance && table_.unplaced().empty() && std::ranges::none_of(members_.all(), stranded)) return;
    if (rebalance) moves_left_ += fair_share() * std::exchange(joined_, 0);
    const auto plan = cluster::place(view(rebalance ? moves_left_ : 0), config_.placement);
    if (rebalance) moves_left_ = plan.unbalanced ? moves_left_ - plan.balancing : 0;
    carry_out_plan(plan);
    if (rebalance && config_.planted.join_moves_everything)
        for (std::uint32_t shard = 0; shard < table_.total(); ++shard) queue_.push_back({shard, {}, "planted"});
}

void brain::carry_out_plan(const placement_plan& plan) {
    for (const auto& one : plan.moves) {
        const auto& row = table_.at(one.shard);
        const auto* to = members_.find(one.to);
        const auto* owner = row.owner ? members_.find(*row.owner) : nullptr;
        const bool alive = owner != nullptr && owner->incarnation == row.owner_incarnation &&
                           owner->state != worker_state::orphan && owner->state != worker_state::dead;
        if (!alive) {
            assign(one.shard, *to, one.reason);
        } else if (std::ranges::find(queue_, one.shard, &queued_move::shard) == queue_.end()) {
            queue_.push_back({one.shard, one.to, one.reason});
        }
    }
    // A worker that ends takes its shards down with it: where nobody can have them, their tickets wait here for who comes next.
    for (const auto& one : plan.unplaced) {
        const auto& row = table_.at(one.shard);
        const auto* owner = row.owner ? members_.find(*row.owner) : nullptr;
        if (owner == nullptr || !owner->leaving || std::ranges::find(queue_, one.shard, &queued_move::shard) != queue_.end())
            continue;
        queue_.push_back({one.shard, {}, fmt::format("{} ends, and nobody else has room", owner->process.value)});
    }
    const auto homeless = std::ranges::count_if(plan.unplaced, [&](const auto& one) { return !table_.at(one.shard).owner; });
    alarm(alarm_kind::room,
          homeless == 0 ? std::string() : fmt::format("{} shards have no place: {}", homeless, plan.unplaced.front().why));
}

/// One a shard, so that the queue is never longer than the fleet has shards: the newest order counts.
void brain::queue_move(std::uint32_t shard, std::optional<process_id> to, std::string reason) {
    std::erase_if(queue_, [&](const queued_move& one) { return one.shard == shard; });
    queue_.push_back({shard, std::move(to), std::move(reason)});
}

void brain::carry_on_moves() {
    while (!queue_.empty() && table_.releasing() < config_.moves_at_once && !fleet_.paused && !waits() && can_store()) {
        auto next_one = std::move(queue_.front());
        queue_.erase(queue_.begin());
        const auto& row = table_.at(next_one.shard);
        const auto* to = next_one.to ? members_.find(*next_one.to) : nullptr;
        const auto* owner = row.owner ? members_.find(*row.owner) : nullptr;
        if (row.refused) {
            table_.try_again(next_one.shard);
            outbox_.store().shards.insert(next_one.shard);
            tell_refusals();
            if (to != nullptr && to->accepts()) {
                assign(next_one.shard, *to, std::move(next_one.reason));
            } else {
                place_due_ = true;
            }
            continue;
        }
        // What changed since it was planned is planned anew.
        const bool fits = !next_one.to || (to != nullptr && to->accepts() && row.owner != next_one.to);
        if (!fits || owner == nullptr || !owner->present() || row.state == placement_state::releasing) {
            place_due_ |= owner != nullptr && owner->emptied();
            continue;
        }
        move(next_one.shard, next_one.to, std::move(next_one.reason));
    }
}

}  // namespace shoal::cluster
