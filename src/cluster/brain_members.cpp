// The brain's knowledge of who is there: registrations, heartbeats, faults.

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "cluster/brain.hpp"

namespace shoal::cluster {
namespace {

// Whose refusals are remembered, so that they are told once a minute.
constexpr std::size_t most_names_refused = 64;

bool sound(const register_ask& ask, std::string& why) {
    if (!well_formed(ask.process.value)) return why = "the process id is empty, too long or not printable", false;
    if (ask.incarnation == incarnation::none) return why = "it names no incarnation", false;
    for (const auto* text : {&ask.zone, &ask.listen_url, &ask.software})
        if (!text->empty() && !well_formed(*text)) return why = "a text is too long or not printable", false;
    std::set<std::uint32_t> shards;
    for (const auto& report : ask.shards)
        if (!shards.insert(report.shard).second) return why = fmt::format("it holds shard {} twice", report.shard), false;
    return true;
}

}  // namespace

void brain::on(const leader::said& what) {
    if (const auto* ask = std::get_if<register_ask>(&what.what)) return hear(what.stream, *ask);
    auto* who = members_.by_stream(what.stream);
    if (who == nullptr) {
        out_->push_back(leader::close_stream{what.stream, "nobody has registered on it"});
        return;
    }
    std::visit(
        [&](const auto& it) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(it)>, register_ask>) hear(*who, it);
        },
        what.what);
}

/// Why this worker cannot be a member; nullopt: it can.
std::optional<register_refused> brain::objection(const register_ask& ask) const {
    // No version is 0: that is a message without one.
    if (ask.version == 0 || ask.version + 1 < protocol_version || ask.version > protocol_version + 1) {
        return register_refused{
            refusal::other_version, fmt::format("the coordinator speaks {}, the worker {}", protocol_version, ask.version), {}};
    }
    std::string why;
    if (!sound(ask, why)) return register_refused{refusal::malformed, why, {}};
    if (ask.token_proof != config_.token_proof) return register_refused{refusal::other_token, "", {}};
    if (ask.intents_proof != config_.intents_proof) return register_refused{refusal::other_intents, "", {}};
    const auto tells_count = [](const shard_report& report) { return report.ticket && report.ticket->shard.total > 0; };
    if (table_.total() == 0 && !ask.shards.empty() && std::ranges::none_of(ask.shards, tells_count))
        return register_refused{refusal::not_ready, "the shard count is not known yet", std::chrono::milliseconds(200)};
    if (!can_store()) return register_refused{refusal::not_ready, alarm_of(alarm_kind::store), config_.store_retry};
    const auto verdict = members_.judge(ask);
    if (verdict == admission::fenced) {
        return register_refused{
            refusal::fenced, members_.find(ask.process) != nullptr ? members_.find(ask.process)->proof : "", {}};
    }
    // After a store was lost, who has been in the fleet before is the elder one, and who holds nothing gives way.
    const bool elder = waits() && !ask.fresh && table_.owned_by(ask.process).empty();
    if (verdict == admission::in_use && !elder && !config_.planted.second_incarnation_admitted) {
        const auto* other = members_.find(ask.process);
        return register_refused{refusal::process_id_in_use, fmt::format("{}: {}", ask.process.value, other->reason),
                                std::max<duration>(other->lease_until - now_, std::chrono::milliseconds(500))};
    }
    return std::nullopt;
}

void brain::refuse(stream_id stream, register_refused why, const process_id& process) {
    const auto kind = static_cast<std::size_t>(why.why);
    ++refused_[kind];
    const bool fits = well_formed(process.value);
    const auto name = fits ? process : process_id{};
    // One that tries again each second would fill log and history with the same line.
    if (refusals_told_.size() >= most_names_refused && !refusals_told_.contains(name)) refusals_told_.clear();
    if (refusals_told_[name].pass(kind, now_)) {
        say_note(leader::note_code::worker_refused,
                 fmt::format("{}: {}{}{}", name.value, to_string(why.why), why.detail.empty() ? "" : ": ", why.detail));
        remember(name, {}, fmt::format("refused: {}", to_string(why.why)));
    }
    out_->push_back(leader::say{stream, std::move(why)});
    out_->push_back(leader::close_stream{stream, "refused"});
}

void brain::hear(stream_id stream, const register_ask& ask) {
    // Said twice on one stream, it is an echo: what it says of shards was true before they were given.
    if (const auto* here = members_.by_stream(stream);
        here != nullptr && here->process == ask.process && here->incarnation == ask.incarnation)
        return;
    if (auto why = objection(ask)) return refuse(stream, std::move(*why), ask.process);
    // A store that was lost began to count leaders anew: go above what this worker has obeyed.
    if (ask.highest_leader > fleet_.leader || (ask.highest_leader == fleet_.leader && ask.fleet != fleet_.fleet)) {
        fleet_.leader = next(ask.highest_leader);
        outbox_.store().fleet = true;
        office_stored_ = false;
        outbox_.then(office_stored{});
    }
    if (auto* before = members_.find(ask.process)) {
        if (before->incarnation != ask.incarnation) {
            if (ask.succeeds == before->incarnation) prove_dead(*before, "its successor holds the lock of its data folder");
            if (before->present())
                refuse(before->stream, {refusal::process_id_in_use, "an older incarnation came back", config_.faults.lease},
                       ask.process);
            vacate_all(ask.process, before->incarnation, fmt::format("{} began anew", ask.process.value));
        } else if (before->present() && before->stream != stream) {
            out_->push_back(leader::close_stream{before->stream, "it registered anew"});
        }
    }
    if (ask.fleet != fleet_.fleet && !ask.fresh) anew_ = true;  // It remembers another store than this one.
    if (!ask.fresh) rest_.fleet_is_old();
    auto& who = members_.admit(ask, stream);
    who.last_heard = now_;
    if (ask.fresh && fleet_.refused.code != 0) who.may_try = true;
    // It has no lease yet; but what it held before it may hold on to until then.
    who.lease_until = std::max(who.lease_until, now_ + config_.faults.lease + config_.faults.lease_slack);
    auto rest = ask.rest;
    if (config_.planted.slices_not_adopted) rest.in_use = 0;
    rest_.registered({who.process, who.incarnation}, rest, now_);
    if (!who.stored) {
        outbox_.store().members.insert(who.process);
        outbox_.then(member_stored{who.process, who.incarnation});
    }
    if (table_.total() == 0)
        for (const auto& report : ask.shards)
            if (report.ticket && report.ticket->shard.total > 0 && table_.total() == 0) begin_shards(report.ticket->shard.total);
    tell(who, registered{fleet_.leader, fleet_.fleet, config_.coordinator, config_.faults.lease, config_.faults.beat_every,
                         table_.total()});
    const auto counted_by = ask.fleet == fleet_.fleet ? fleet_id::none : ask.fleet;
    for (const auto& report : ask.shards) take_report(who, report, counted_by);
    // Orders of streams before this one do not reach it any more: what it does not name it does not hold.
    miss(who, ask.shards);
    remember(who.process, {}, fmt::format("registered with {} shards", ask.shards.size()));
    members_due_ = true;
}

void brain::hear(member& who, const heartbeat& beat) {
    if (beat.number <= who.last_beat) return;  // Doubled, or overtaken by a newer one: it tells nothing new.
    who.last_beat = beat.number;
    who.last_heard = now_;
    who.metrics = beat.metrics;
    who.leaving |= beat.draining;
    for (const auto& report : beat.shards) take_report(who, report, fleet_id::none);
    if (beat.shards.size() < table_.owned_by(who.process).size()) miss(who, beat.shards);
    // Counted from here, which is later than when it was sent: the worker's own count ends before this one.
    who.lease_until = now_ + config_.faults.lease + config_.faults.lease_slack;
    tell_now(who, heartbeat_ack{beat.number, fleet_.leader, config_.faults.lease,
                                rest_.heard({who.process, who.incarnation}, beat.number, beat.rest, now_)});
    const bool first = !std::exchange(who.heard_beat, true);
    if (first || who.state != worker_state::healthy) look_at(who);
}

void brain::hear(member& who, const goodbye&) { prove_dead(who, "it ended in order"); }

void brain::on(const leader::stream_closed& what) {
    if (auto* who = members_.stream_closed(what.stream)) look_at(*who);
}

void brain::on(const leader::death_proven& what) {
    auto* who = members_.find(what.process);
    if (who == nullptr || who->incarnation != what.incarnation) {
        members_.fence(what.process, what.incarnation);
        rest_.died({what.process, what.incarnation}, now_);
        return;
    }
    prove_dead(*who, what.how);
}

/// This incarnation is over: what it held may be given away at once.
void brain::prove_dead(member& who, std::string how) {
    if (!who.proof.empty()) return;
    if (who.present()) out_->push_back(leader::close_stream{who.stream, how});
    members_.prove_dead(who, std::move(how));
    rest_.died({who.process, who.incarnation}, now_);
    outbox_.store().members.insert(who.process);
    look_at(who);
    vacate_all(who.process, who.incarnation, fmt::format("{} is lost: {}", who.process.value, who.proof));
}

void brain::vacate_all(const process_id& process, incarnation which, const std::string& why) {
    const auto owned = table_.owned_by(process);  // A copy: it changes.
    for (const auto shard : owned)
        if (table_.at(shard).owner_incarnation == which) vacate(shard, why);
}

/// Shards that it should hold and does not name. Ordered and not yet begun is no wonder; what it held before it has lost.
void brain::miss(const member& who, const std::vector<shard_report>& reports) {
    std::set<std::uint32_t> named;
    for (const auto& report : reports) named.insert(report.shard);
    const auto owned = table_.owned_by(who.process);
    for (const auto shard : owned) {
        const auto& row = table_.at(shard);
        if (named.contains(shard) || row.owner_incarnation != who.incarnation) continue;
        if (!who.heard_beat && row.state != placement_state::storing) {
            vacate(shard, fmt::format("{} came back without it", who.process.value));
        } else if (row.state == placement_state::running) {
            table_.set_state(shard, placement_state::starting, now_);
        }
    }
}

/// Its health, as the evidence has it now.
void brain::look_at(member& who) {
    auto now = diagnose(who.what_is_known(), config_.faults, now_);
    if (config_.planted.dead_by_silence && now.state == worker_state::suspect) now.state = worker_state::orphan;
    if (now.state == worker_state::orphan && who.present()) {
        // Its orders may still be on their way on this stream: with the stream they end.
        out_->push_back(leader::close_stream{who.stream, "its lease lapsed"});
        members_.stream_closed(who.stream);
    }
    if (now.state == who.state) {
        who.reason = std::move(now.reason);
        return;
    }
    const auto line = fmt::format("{} -> {}: {}", to_string(who.state), to_string(now.state), now.reason);
    say_note(leader::note_code::worker_state, fmt::format("{} {}", who.process.value, line));
    remember(who.process, {}, line);
    // From being new, or lost: whoever was only not heard for a moment has its share.
    const bool joined = who.state != worker_state::suspect && now.state == worker_state::healthy;
    who.state = now.state;
    who.reason = std::move(now.reason);
    place_due_ = true;
    if (joined) rebalance_due_ = true, ++joined_;
}

void brain::look_at_all() {
    rest_.look(now_);
    std::vector<process_id> forgotten;
    for (auto& [process, who] : members_.all()) {
        if (who.state != worker_state::healthy || now_ - who.last_heard >= config_.faults.suspect_after || !who.present() ||
            who.emptied())
            look_at(who);
        const bool lost = who.state == worker_state::dead || who.state == worker_state::orphan;
        if (lost && now_ - who.last_heard > config_.forget_after && table_.owned_by(process).empty())
            forgotten.push_back(process);
    }
    for (const auto& process : forgotten) {
        members_.forget(process);
        outbox_.store().members.insert(process);
        outbox_.store().progress.insert(process);
    }
    if (waiting_until_ != instant{} && (!waits() || all_confirmed())) {
        say_note(leader::note_code::waiting_over,
                 waits() ? "all workers that the store remembers are back" : "one lease has passed");
        waiting_until_ = {};
        fleet_.settled = true;
        outbox_.store().fleet = true;
        place_due_ = true;
        for (std::uint32_t shard = 0; shard < table_.total(); ++shard) {
            auto& row = table_.at(shard);
            auto* owner = row.owner ? members_.find(*row.owner) : nullptr;
            if (std::exchange(row.unconfirmed, false) && owner != nullptr && owner->incarnation == row.owner_incarnation)
                confirm(*owner, shard);
        }
    }
}

}  // namespace shoal::cluster
