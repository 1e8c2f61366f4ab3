// The brain's answers to operators.

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "cluster/brain.hpp"

namespace shoal::cluster {
namespace {

operator_refused no(operator_refused::reason why, std::string detail) { return {why, std::move(detail)}; }

operator_refused no_worker(const process_id& process) {
    return no(operator_refused::reason::unknown_worker, fmt::format("there is no worker {}", process.value));
}

/// What was ordered, for log and history, and of which worker; nothing of a question.
struct deed {
    std::string what;
    process_id about;
};
deed deed_of(const operator_request& asked) {
    if (const auto* move = std::get_if<move_ask>(&asked)) {
        const std::set<std::uint32_t> shards(move->shards.begin(), move->shards.end());
        return {fmt::format("moves shard{} {}{}", shards.size() == 1 ? "" : "s", list_of(shards),
                            move->to ? " to " + move->to->value : ""),
                {}};
    }
    if (const auto* drain = std::get_if<drain_ask>(&asked)) return {"drains " + drain->process.value, drain->process};
    if (const auto* cordon = std::get_if<cordon_ask>(&asked))
        return {(cordon->on ? "cordons " : "uncordons ") + cordon->process.value, cordon->process};
    if (const auto* pause = std::get_if<pause_ask>(&asked)) return {pause->on ? "pauses the fleet" : "ends the pause", {}};
    if (std::holds_alternative<rebalance_ask>(asked)) return {"spreads the shards evenly", {}};
    if (const auto* fence = std::get_if<fence_ask>(&asked)) return {"fences " + fence->process.value, fence->process};
    if (const auto* reserve = std::get_if<reserve_ask>(&asked))
        return {reserve->use ? "releases the reserve of IDENTIFYs" : "keeps the reserve of IDENTIFYs", {}};
    return {};
}

}  // namespace

void brain::on(const leader::operator_asked& what) {
    asked_by_ = what.by.empty() ? "an operator" : "the operator " + what.by;
    auto told = std::visit([this](const auto& it) { return reply(it); }, what.what);
    const auto* plan = std::get_if<plan_told>(&told);
    const bool done = std::holds_alternative<operator_done>(told) || (plan != nullptr && !plan->dry_run);
    if (const auto deed = deed_of(what.what); done && !deed.what.empty()) {
        say_note(leader::note_code::operator_acted, fmt::format("{} {}", asked_by_, deed.what));
        remember(deed.about, {}, fmt::format("{} {}", asked_by_, deed.what));
    }
    out_->push_back(leader::answer{what.request, std::move(told)});
}

cluster_picture brain::picture(instant now) const {
    cluster_picture out;
    out.coordinator = config_.coordinator;
    out.leader = fleet_.leader;
    out.fleet = fleet_.fleet;
    out.total_shards = table_.total();
    out.succession = {config_.coordinator};
    out.paused = fleet_.paused;
    if (in_office_ && now < waiting_until_)
        out.waiting_for = fmt::format("workers of the time before this coordinator, for {} ms more", to_ms(waiting_until_ - now));
    if (table_.total() == 0) out.waiting_for = "Discord's shard count";
    for (const auto& each : alarms_)
        if (!each.empty()) out.alarms.push_back(each);
    const auto& seen = ledger_.seen;
    out.identify.total = seen.total;
    out.identify.remaining = seen.remaining - (ledger_.spent - ledger_.spent_at_seen);
    out.identify.reserve = static_cast<std::int64_t>(static_cast<double>(seen.total) * config_.identify.reserve_share);
    out.identify.foreign = ledger_.foreign;
    out.identify.spent = ledger_.spent;
    out.identify.trouble = alarm_of(alarm_kind::bot).empty() ? alarm_of(alarm_kind::budget) : alarm_of(alarm_kind::bot);
    out.identify.reset_after = ledger_.window_ends > now ? ledger_.window_ends - now : duration{};
    out.identify.waiting = static_cast<std::uint32_t>(governor_->waiting());
    out.identify.budget_known = ledger_.seen_at != instant{};
    out.identify.reserve_in_use = fleet_.use_reserve || config_.identify.use_reserve;
    out.rest = rest_.picture(now);
    if (out.rest.without > 0)
        out.alarms.push_back(fmt::format("{} workers have nothing of the REST limit of {} a second: there are more of them",
                                         out.rest.without, out.rest.limit_per_second));
    for (const auto& [process, who] : members_.all()) {
        const auto& owned = table_.owned_by(process);
        const auto rest = rest_.held_by({process, who.incarnation});
        out.workers.push_back({process,
                               who.incarnation,
                               who.state,
                               who.reason,
                               who.zone,
                               who.software,
                               who.listen_url,
                               who.capacity,
                               who.metrics,
                               who.cordoned,
                               now - who.last_heard,
                               {owned.begin(), owned.end()},
                               rest.per_second,
                               rest.sent_per_second,
                               rest.waiting});
    }
    out.shards.reserve(table_.total());
    for (std::uint32_t shard = 0; shard < table_.total(); ++shard) {
        const auto& row = table_.at(shard);
        out.shards.push_back({shard, row.owner, row.epoch, row.state, row.reported, row.reason, row.metrics,
                              row.refused ? row.refused->code : std::uint16_t{0}});
    }
    return out;
}

operator_answer brain::reply(const picture_ask&) { return picture(now_); }

operator_answer brain::reply(const events_ask& what) { return history_.since(what.after, now_); }

operator_answer brain::reply(const explain_ask& what) {
    if (what.shard >= table_.total())
        return no(operator_refused::reason::unknown_shard, fmt::format("there are {} shards", table_.total()));
    const auto& row = table_.at(what.shard);
    explained out;
    if (row.owner) {
        const auto* who = members_.find(*row.owner);
        out.lines.push_back(fmt::format("shard {} is {} on {} under epoch {}: {}", what.shard, to_string(row.state),
                                        row.owner->value, number(row.epoch), row.reason));
        if (who != nullptr)
            out.lines.push_back(fmt::format("{} is {}: {}", row.owner->value, to_string(who->state), who->reason));
    } else {
        out.lines.push_back(fmt::format("shard {} has no owner: {}", what.shard, row.reason));
        if (waits()) out.lines.emplace_back("nothing is given away until workers of the time before had their say");
        if (fleet_.paused) out.lines.emplace_back("the fleet is paused");
        if (row.refused) {
            out.lines.push_back(row.refused->why);
            out.lines.push_back(fmt::format("it stays off, and the others run; \"shoal move {}\" tries again", what.shard));
        } else if (const auto& room = alarm_of(alarm_kind::room); !room.empty()) {
            out.lines.push_back(room);
        }
    }
    if (row.ticket)
        out.lines.push_back(fmt::format("its session is known, received {}, done {}", row.ticket->seq, row.ticket->done));
    else if (asking_.contains(what.shard))
        out.lines.emplace_back("it has no session and waits for a permit to IDENTIFY");
    else
        out.lines.emplace_back("it has no session that is known");
    if (const auto& bot = alarm_of(alarm_kind::bot); !bot.empty() && !row.ticket) out.lines.push_back(bot);
    for (const auto& event : history_.of_shard(what.shard, now_).events)
        out.lines.push_back(fmt::format("{} s ago: {}: {}", to_ms(event.ago) / 1000, event.process, event.what));
    return out;
}

operator_answer brain::reply(const move_ask& what) {
    const auto* to = what.to ? members_.find(*what.to) : nullptr;
    if (what.to && to == nullptr) return no_worker(*what.to);
    if (to != nullptr && !to->accepts())
        return no(operator_refused::reason::conflict, fmt::format("{} takes no shards: {}", what.to->value, to->reason));
    if (waits()) return no(operator_refused::reason::not_ready, "nothing is moved until one lease after taking office");
    if (!can_store())
        return no(operator_refused::reason::not_ready,
                  fmt::format("nothing is moved while the store cannot be written: {}", alarm_of(alarm_kind::store)));
    const std::set<std::uint32_t> shards(what.shards.begin(), what.shards.end());
    if (to != nullptr) {
        const auto& there = table_.owned_by(*what.to);
        const auto more = std::ranges::count_if(shards, [&](auto shard) { return !there.contains(shard); });
        const auto room = room_of(to->capacity, config_.placement);
        if (more > 0 && there.size() + static_cast<std::size_t>(more) > room)
            return no(operator_refused::reason::no_room,
                      fmt::format("{} holds {} shards of {} at most", what.to->value, there.size(), room));
    }
    auto seen = view(0);
    plan_told out;
    out.dry_run = what.dry_run;
    for (const auto shard : shards) {
        if (shard >= table_.total())
            return no(operator_refused::reason::unknown_shard, fmt::format("there are {} shards", table_.total()));
        const auto& row = table_.at(shard);
        // What Discord refused is tried again: that is what its alarm tells an operator to order.
        if (!row.refused && (!row.owner || row.state != placement_state::running))
            return no(operator_refused::reason::conflict, fmt::format("shard {} is {}", shard, to_string(row.state)));
        if (row.owner && row.owner == what.to) continue;
        if (what.to) {
            out.moves.push_back({shard, row.owner, *what.to, asked_by_ + " moves it"});
            continue;
        }
        if (row.refused) seen.shards.push_back({.shard = shard, .owner = {}, .why = {}});
        auto& one = *std::ranges::find(seen.shards, shard, &shard_view::shard);
        one.must_leave = true;
        one.why = asked_by_ + " moves it";
    }
    if (!what.to) {
        const auto plan = cluster::place(seen, config_.placement);
        for (const auto& one : plan.moves)
            if (shards.contains(one.shard)) out.moves.push_back(one);
        for (const auto& left : plan.unplaced) out.left_out.push_back(fmt::format("shard {}: {}", left.shard, left.why));
    }
    if (!what.dry_run)
        for (const auto& one : out.moves) queue_move(one.shard, one.to, one.reason);
    return out;
}

operator_answer brain::reply(const drain_ask& what) {
    auto* who = members_.find(what.process);
    if (who == nullptr) return no_worker(what.process);
    const bool before = std::exchange(who->draining, true);
    const auto plan = cluster::place(view(0), config_.placement);
    plan_told out;
    out.dry_run = what.dry_run;
    for (const auto& one : plan.moves)
        if (one.from == what.process) out.moves.push_back(one);
    for (const auto& left : plan.unplaced) out.left_out.push_back(fmt::format("shard {}: {}", left.shard, left.why));
    if (what.dry_run) {
        who->draining = before;
        return out;
    }
    outbox_.store().members.insert(what.process);
    tell(*who, drain_told{fleet_.leader, true});
    look_at(*who);
    place_due_ = true;
    return out;
}

operator_answer brain::reply(const cordon_ask& what) {
    auto* who = members_.find(what.process);
    if (who == nullptr) return no_worker(what.process);
    who->cordoned = what.on;
    if (!what.on && std::exchange(who->draining, false)) tell(*who, drain_told{fleet_.leader, false});
    outbox_.store().members.insert(what.process);
    look_at(*who);
    place_due_ = true;
    return operator_done{fmt::format("{} {}", what.process.value, what.on ? "gets no more shards" : "takes shards")};
}

operator_answer brain::reply(const pause_ask& what) {
    fleet_.paused = what.on;
    outbox_.store().fleet = true;
    place_due_ = true;
    return operator_done{what.on ? "nothing is moved, and shards of lost workers wait" : "the fleet goes on"};
}

operator_answer brain::reply(const rebalance_ask& what) {
    const auto plan = cluster::place(view(fair_share()), config_.placement);
    plan_told out;
    out.dry_run = what.dry_run;
    out.moves = plan.moves;
    for (const auto& left : plan.unplaced) out.left_out.push_back(fmt::format("shard {}: {}", left.shard, left.why));
    if (!what.dry_run) rebalance_due_ = true, ++joined_;
    return out;
}

operator_answer brain::reply(const fence_ask& what) {
    auto* who = members_.find(what.process);
    if (who == nullptr) return no_worker(what.process);
    if (what.incarnation && *what.incarnation != who->incarnation)
        return no(operator_refused::reason::conflict, fmt::format("{} is of another incarnation now", what.process.value));
    if (who->present()) refuse(who->stream, {refusal::fenced, asked_by_ + " fenced it", {}}, what.process);
    const auto shards = table_.owned_by(what.process).size();
    prove_dead(*who, asked_by_ + " fenced it");
    std::string then = "its shards are taken over";
    if (shards == 0) {
        then = "it held no shard";
    } else if (!can_store()) {
        then = "its shards wait until the store can be written";
    } else if (fleet_.paused) {
        then = "its shards wait until the pause ends (\"shoal resume\")";
    } else if (waits()) {
        then = fmt::format("its shards wait for {} ms more, as long as this coordinator gives nothing away",
                           to_ms(waiting_until_ - now_));
    } else if (std::ranges::none_of(members_.all(), [](const auto& one) { return one.second.accepts(); })) {
        then = "its shards wait for a worker that takes them";
    }
    return operator_done{fmt::format("{} counts as dead; {}", what.process.value, then)};
}

operator_answer brain::reply(const reserve_ask& what) {
    fleet_.use_reserve = what.use;
    outbox_.store().fleet = true;
    make_governor();
    return operator_done{what.use ? "the reserve may be used" : "the reserve is kept"};
}

}  // namespace shoal::cluster
