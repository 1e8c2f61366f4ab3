#include "cluster/worker_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace shoal::cluster {
namespace {

// An orphan's second close within this time means that somebody else has the session.
constexpr duration taken_within = std::chrono::seconds(60);
// Who comes so long after there was something to do stood still.
constexpr duration stood_still = std::chrono::seconds(2);

}  // namespace

worker_session::worker_session(worker_config config) : config_(std::move(config)), random_(config_.seed) {}

void worker_session::step(const worker::fact& what, instant now, std::vector<worker::order>& out) {
    notice_sleep(now);
    now_ = now;
    out_ = &out;
    if (phase_ == phase::ended) return;
    std::visit([this](const auto& it) { on(it); }, what);
    watch_lease();
    fence_shards();
    arm();
}

// ---- the stream ----------------------------------------------------------------------------------------------------------

void worker_session::on(const worker::started&) {
    retry_ = config_.retry_first;
    retry_at_ = now_;
    phase_ = phase::waiting;
    on(worker::tick{});
}

void worker_session::on(const worker::stream_opened&) {
    if (phase_ != phase::opening) return;
    phase_ = phase::registering;
    auto ask = config_.self;
    ask.fleet = fleet_;
    ask.highest_leader = highest_leader_;
    ask.fresh = !was_registered_;
    ask.draining = draining_;
    ask.rest = rest_now();
    for (const auto& [shard, what] : held_) ask.shards.push_back(report_of(shard, what, true));
    give_up_at_ = now_ + config_.answer_patience;
    tell(worker::note_code::registering, config_.coordinators[address_]);
    give(worker::say{std::move(ask)});
}

void worker_session::on(const worker::stream_closed& what) {
    if (phase_ != phase::opening && phase_ != phase::registering && phase_ != phase::registered) return;
    if (what.refused) return be_refused({*what.refused, what.why, {}});
    lose_stream(what.why, retry_);
}

void worker_session::lose_stream(std::string why, duration wait) {
    tell(worker::note_code::stream_lost, std::move(why));
    leave_stream(wait);
}

void worker_session::leave_stream(duration wait) {
    // What the leader confirmed on this stream stays true as long as its last ack is good for.
    for (auto& [shard, what] : held_) {
        if (what.confirmed) what.right_until = std::max(what.right_until, lease_.until());
        what.confirmed = false;
        what.noted_here.clear();
    }
    carried_until_ = std::max(carried_until_, lease_.until());
    lease_.begin_anew();
    phase_ = phase::waiting;
    beat_at_ = give_up_at_ = never;
    retry_at_ = now_ + wait + random_.between({}, wait / 2);
    retry_ = std::min(retry_ * 2, config_.retry_most);
    address_ = (address_ + 1) % config_.coordinators.size();
}

void worker_session::on(const worker::tick&) {
    if (phase_ == phase::waiting && now_ >= retry_at_) {
        phase_ = phase::opening;
        retry_at_ = never;
        give_up_at_ = now_ + config_.answer_patience;
        give(worker::open_stream{config_.coordinators[address_]});
        return;
    }
    if (now_ >= give_up_at_) {
        give(worker::close_stream{});
        lose_stream(fmt::format("the coordinator at {} does not answer", config_.coordinators[address_]), retry_);
        return;
    }
    if (phase_ == phase::registered && now_ >= beat_at_) {
        beat_at_ = now_ + beat_every_;
        ask_to_look();
    }
}

void worker_session::arm() {
    auto when = std::min({beat_at_, give_up_at_, retry_at_});
    if (had_lease_) when = std::min(when, std::max(lease_.until(), carried_until_));
    if (config_.fence == fence_policy::close)
        for (const auto& [shard, what] : held_)
            if (what.was_owned) when = std::min(when, fresh_until(shard));
    wakes_at_ = phase_ == phase::ended ? never : when;
    if (wakes_at_ != never) give(worker::wake_at{wakes_at_});
}

void worker_session::notice_sleep(instant now) {
    slept_ = !has_lease(now) && (slept_ || (now >= wakes_at_ && now - wakes_at_ >= stood_still));
}

/// The lease's end and return change what may be dialled.
void worker_session::watch_lease() {
    // A shard that was ordered on this stream has no right from the one before: it waits for the first ack here.
    const bool has = has_lease(now_), acked = lease_.valid(now_);
    if ((acked && !was_acked_) || (has && !had_lease_)) give(worker::rights_changed{});
    was_acked_ = acked;
    if (has == had_lease_) return;
    had_lease_ = has;
    if (has) return tell(worker::note_code::lease_back, {});
    tell(worker::note_code::lease_lost,
         fmt::format("{} shards {}", held_.size(),
                     config_.fence == fence_policy::close ? "wait for it" : "go on without it, and none is begun"));
}

/// A right may end before the lease does: that of a shard which this stream's leader has not confirmed.
void worker_session::fence_shards() {
    if (config_.fence != fence_policy::close) return;
    for (auto& [shard, what] : held_) {
        const bool owned = owns(shard, now_);
        const bool over = std::exchange(what.was_owned, owned) && !owned && !what.stopping && !what.released;
        if (over && !config_.planted.fence_forgotten) give(worker::cut_shard{shard});
    }
}

// ---- what the host tells -------------------------------------------------------------------------------------------------

void worker_session::on(const worker::looked& what) {
    node_ = what.node;
    rest_ = what.rest;
    bool changed = false;
    for (const auto& seen : what.shards) {
        const auto found = held_.find(seen.shard);
        if (found == held_.end() || found->second.released) continue;
        auto& mine = found->second;
        const auto session = [](const std::optional<resume_ticket>& t) {
            return t ? std::string_view(t->session_id) : std::string_view();
        };
        changed |=
            mine.status != seen.status || session(mine.ticket) != session(seen.ticket) || mine.lost_session != seen.lost_session;
        mine.status = seen.status;
        mine.ticket = seen.ticket;
        mine.lost_session = seen.lost_session;
        mine.metrics = seen.metrics;
        if (seen.status == shard_status::live) mine.taken = false, mine.was_live = true;
    }
    // The answer to `look`, or news that should not wait for it.
    const bool asked = std::exchange(look_asked_, false);
    if (phase_ == phase::registered && (changed || asked)) beat();
}

void worker_session::on(const worker::shard_stopped& what) {
    const auto found = held_.find(what.shard);
    if (found == held_.end() || found->second.released) return;
    auto& mine = found->second;
    mine.released = true;
    mine.wants_permit = false;
    mine.status = shard_status::released;
    if (what.session_ended && mine.ticket) mine.lost_session = mine.ticket->session_id;
    mine.ticket = what.ticket;
    if (phase_ == phase::registered) beat();
    end_when_empty();
}

void worker_session::on(const worker::dial_failed& what) {
    if (const auto found = held_.find(what.shard); found != held_.end()) found->second.orphan_dial.reset();
}

void worker_session::ask_permit(std::uint32_t shard, const held& what) {
    if (phase_ == phase::registered) give(worker::say{permit_ask{shard, what.epoch, what.had_session, what.lost_session}});
}

void worker_session::on(const worker::permit_wanted& what) {
    const auto found = held_.find(what.shard);
    if (found == held_.end() || found->second.released || found->second.stopping) return;
    auto& mine = found->second;
    mine.wants_permit = true;
    mine.had_session = what.had_session;
    mine.lost_session = what.lost_session;
    mine.status = shard_status::waiting_for_permit;
    ask_permit(what.shard, mine);
}

void worker_session::on(const worker::permit_unwanted& what) {
    const auto found = held_.find(what.shard);
    if (found == held_.end() || !std::exchange(found->second.wants_permit, false)) return;
    if (phase_ == phase::registered) give(worker::say{permit_withdrawn{what.shard, found->second.epoch}});
}

void worker_session::on(const worker::permit_spent& what) {
    if (phase_ == phase::registered) give(worker::say{permit_used{what.shard, holds(what.shard), what.permit}});
}

void worker_session::on(const worker::permit_unspent& what) {
    if (phase_ == phase::registered) give(worker::say{permit_returned{what.shard, holds(what.shard), what.permit}});
}

void worker_session::on(const worker::identify_over& what) {
    if (phase_ == phase::registered) give(worker::say{identify_ended{what.shard, holds(what.shard), what.ready}});
}

void worker_session::on(const worker::shard_refused& what) {
    const auto found = held_.find(what.shard);
    if (found == held_.end() || found->second.released) return;
    found->second.refused = what.why;
    found->second.wants_permit = false;
    if (phase_ == phase::registered) beat();
}

void worker_session::on(const worker::spare_wanted& what) {
    if (phase_ == phase::registered) {
        give(worker::say{spare_ask{what.shard, holds(what.shard)}});
    } else {
        give(worker::answer_spare{what.shard, false});
    }
}

void worker_session::on(const worker::stop_asked&) {
    if (std::exchange(draining_, true)) return;
    if (phase_ == phase::registered) beat();
    end_when_empty();
}

void worker_session::on(const worker::ended&) {
    const bool heard = phase_ == phase::registered;
    if (heard) give(worker::say{goodbye{}});
    phase_ = phase::ended;
    give(worker::end{{}, "ended", heard});
}

void worker_session::end_when_empty() {
    // A release that nobody has heard of would cost its ticket.
    if (!draining_ || !held_.empty()) return;
    tell(worker::note_code::drained, {});
    on(worker::ended{});
}

// ---- the heartbeat -------------------------------------------------------------------------------------------------------

shard_report worker_session::report_of(std::uint32_t shard, const held& what, bool whole) const {
    shard_report out;
    out.shard = shard;
    out.epoch = what.epoch;
    out.status = what.taken ? shard_status::taken : what.status;
    out.leased = owns(shard, now_);
    out.lost_session = what.lost_session;
    out.metrics = what.metrics;
    out.refused = what.refused;
    if (what.ticket) {
        out.seq = what.ticket->seq;
        out.done = what.ticket->done;
        out.without_guilds = what.ticket->without_guilds;
        if (whole || what.released || what.noted_here != what.ticket->session_id) out.ticket = what.ticket;
        if (out.ticket && !what.released) out.ticket->guilds = {};
    }
    return out;
}

rest_use worker_session::rest_now() const {
    auto out = rest_;
    out.in_use = slice_.in_use(now_);
    out.most = config_.rest_most;
    out.obeys = slice_.obeys();
    return out;
}

void worker_session::beat() {
    heartbeat out{lease_.send(now_), node_, {}, draining_, rest_now()};
    out.shards.reserve(held_.size());
    auto guilds_left = most_guilds_told;
    for (auto& [shard, what] : held_) {
        if (what.released && what.told_in == beat_number::none) what.told_in = out.number;
        auto& told = out.shards.emplace_back(report_of(shard, what, false)).ticket;
        if (!told) continue;
        if (told->guilds.size() > guilds_left) told->guilds = {};
        guilds_left -= told->guilds.size();
    }
    give(worker::say{std::move(out)});
}

// ---- what is allowed -----------------------------------------------------------------------------------------------------

bool worker_session::owns(std::uint32_t shard, instant now) const {
    const auto found = held_.find(shard);
    if (found == held_.end() || found->second.stopping || found->second.released) return false;
    return (found->second.confirmed && lease_.valid(now)) || now < found->second.right_until;
}

bool worker_session::may_dial(std::uint32_t shard, bool has_session, instant now) {
    if (owns(shard, now)) return true;
    const auto found = held_.find(shard);
    if (config_.fence == fence_policy::close) return false;
    if (found == held_.end() || found->second.stopping || found->second.released || !has_session) return false;
    if (!found->second.was_live) return false;
    notice_sleep(now);
    if (slept_) return false;
    auto& mine = found->second;
    if (mine.orphan_dial && now - *mine.orphan_dial < taken_within && !config_.planted.orphan_reconnects_twice) {
        mine.taken = true;
        return false;
    }
    mine.orphan_dial = now;
    return true;
}

hand_out_right worker_session::right_to(std::uint32_t shard, instant now) const {
    const auto found = held_.find(shard);
    if (found == held_.end() || found->second.released) return hand_out_right::none;
    const auto& mine = found->second;
    const bool known = mine.ticket && mine.noted == mine.ticket->session_id;
    if (!known && !config_.planted.events_before_noted) return hand_out_right::none;
    // A shard that is being stopped hands out what it has read: nobody else may before it is released.
    const bool leased = (mine.confirmed && lease_.valid(now)) || now < mine.right_until;
    return leased ? hand_out_right::fresh : hand_out_right::possibly_taken;
}

instant worker_session::fresh_until(std::uint32_t shard) const {
    const auto found = held_.find(shard);
    if (found == held_.end() || found->second.released) return {};
    return std::max(found->second.confirmed ? lease_.until() : instant{}, found->second.right_until);
}

shard_epoch worker_session::holds(std::uint32_t shard) const {
    const auto found = held_.find(shard);
    return found == held_.end() ? shard_epoch::none : found->second.epoch;
}

}  // namespace shoal::cluster
