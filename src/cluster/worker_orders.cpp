// The worker's obedience: what it does with each word of a coordinator, and what it refuses.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cluster/worker_session.hpp"

namespace shoal::cluster {

void worker_session::on(const worker::message_received& what) {
    std::visit([this](const auto& it) { obey(it); }, what.what);
}

bool worker_session::heeds(leader_epoch leader, std::string_view what) {
    if (phase_ != phase::registered) {
        ++stale_orders_;
        tell(worker::note_code::order_without_registration, std::string(what));
        return false;
    }
    if (leader < highest_leader_ && !config_.planted.old_leader_obeyed) {
        ++stale_orders_;
        tell(worker::note_code::stale_order,
             fmt::format("{} of leader {} after leader {}", what, number(leader), number(highest_leader_)));
        return false;
    }
    highest_leader_ = std::max(highest_leader_, leader);
    return true;
}

worker_session::held* worker_session::under(std::uint32_t shard, shard_epoch epoch) {
    const auto found = held_.find(shard);
    return found == held_.end() || found->second.released || found->second.epoch != epoch ? nullptr : &found->second;
}

void worker_session::obey(const registered& what) {
    if (phase_ != phase::registering) return;
    if (what.leader < highest_leader_) {
        ++stale_orders_;
        tell(worker::note_code::stale_order,
             fmt::format("registered by leader {} after leader {}", number(what.leader), number(highest_leader_)));
        give(worker::close_stream{});
        lose_stream("it leads no more", retry_);
        return;
    }
    phase_ = phase::registered;
    highest_leader_ = what.leader;
    // Another store counts epochs anew; what came of the one before has an older leader.
    if (std::exchange(fleet_, what.fleet) != what.fleet) {
        seen_.clear();
        for (auto& [shard, mine] : held_) mine.epoch = shard_epoch::none;  // Until it is confirmed under one of this fleet.
    }
    was_registered_ = true;
    retry_ = config_.retry_first;
    beat_every_ = what.beat_every;
    give_up_at_ = now_ + ack_patience();
    beat_at_ = now_ + beat_every_;
    tell(worker::note_code::registered, what.coordinator);
    for (const auto& [shard, mine] : held_)
        if (mine.wants_permit) ask_permit(shard, mine);
    ask_to_look();
}

void worker_session::obey(const register_refused& what) {
    if (phase_ != phase::registering && phase_ != phase::registered) return;
    give(worker::close_stream{});
    be_refused(what);
}

void worker_session::be_refused(const register_refused& what) {
    give(worker::note{worker::note_code::refused, what.detail, what.why});
    const bool may_pass = what.retry_after > duration{};
    // Where this worker was taken before it is the coordinator that has changed, and may change back. Its shards are not to end
    // with somebody's mistake on another machine.
    if (may_pass || (was_registered_ && what.why != refusal::fenced)) return leave_stream(may_pass ? what.retry_after : retry_);
    phase_ = phase::ended;
    give(worker::end{what.why, what.detail});
}

void worker_session::obey(const heartbeat_ack& what) {
    if (!heeds(what.leader, "an ack")) return;
    if (config_.planted.lease_from_receive) {
        lease_.extend_to(now_ + what.lease);
    } else {
        lease_.acked(what.number, what.lease);
    }
    obey_slice(what);
    give_up_at_ = std::max(give_up_at_, now_ + ack_patience());
    std::erase_if(held_, [&](const auto& one) {
        return one.second.released && one.second.told_in != beat_number::none && one.second.told_in <= what.number;
    });
    end_when_empty();
}

void worker_session::obey_slice(const heartbeat_ack& what) {
    const auto sent = lease_.sent_at(what.number);
    auto slice = what.rest;
    if (config_.planted.orphan_keeps_slice) slice.good_for = slice.minimum_for = std::chrono::hours(1);
    if (sent == instant{} || !slice_.told(slice, what.number, sent, now_)) return;
    give(worker::use_rest{slice.per_second, slice_.slice_until(), slice.minimum, slice_.minimum_until()});
}

void worker_session::hold(const start_order& what) {
    held fresh;
    fresh.key = what.shard;
    fresh.epoch = what.epoch;
    fresh.confirmed = true;
    fresh.ticket = what.ticket;
    if (fresh.ticket) fresh.ticket->guilds = {};  // Whoever runs the shard has them.
    // Who gave the ticket knows the session.
    fresh.noted = fresh.noted_here = what.ticket ? what.ticket->session_id : std::string();
    held_[what.shard.id] = std::move(fresh);
    give(worker::start_shard{what.shard, what.ticket});
}

void worker_session::obey(const start_order& what) {
    if (!heeds(what.leader, fmt::format("a start of shard {}", what.shard.id))) return;
    auto& seen = seen_[what.shard.id];
    const auto found = held_.find(what.shard.id);
    const bool holding = found != held_.end() && !found->second.released;
    const bool stale = holding ? what.epoch < found->second.epoch : what.epoch <= seen;
    if (stale && !config_.planted.epoch_ignored) {
        // Told again what was obeyed already: no news, and no sign of anything wrong.
        if (what.epoch == seen) return;
        ++stale_orders_;
        tell(worker::note_code::stale_order,
             fmt::format("a start of shard {} under epoch {} after {}", what.shard.id, number(what.epoch), number(seen)));
        return;
    }
    if (!holding) {
        if (what.adopted) return;  // The next heartbeat says that it is not held, and the coordinator orders anew.
        seen = std::max(seen, what.epoch);
        hold(what);
        return;
    }
    auto& mine = found->second;
    if (mine.stopping) return;  // It is released first; the coordinator will hear of that.
    seen = std::max(seen, what.epoch);
    mine.epoch = what.epoch;
    mine.confirmed = true;
    mine.taken = false;
    if (!mine.ticket && what.ticket && what.ticket->session_id != mine.lost_session) {
        // It was to begin a session, and there is one.
        hold(what);
        return;
    }
    if (mine.wants_permit) ask_permit(what.shard.id, mine);
    give(worker::rights_changed{});
}

void worker_session::obey(const stop_order& what) {
    if (!heeds(what.leader, fmt::format("a stop of shard {}", what.shard))) return;
    auto& seen = seen_[what.shard];
    const auto found = held_.find(what.shard);
    if (found != held_.end() && what.epoch < found->second.epoch && !config_.planted.epoch_ignored) {
        ++stale_orders_;
        tell(worker::note_code::stale_order, fmt::format("a stop of shard {} under epoch {} after {}", what.shard,
                                                         number(what.epoch), number(found->second.epoch)));
        return;
    }
    // A start under this epoch that comes later than this is over, too.
    seen = std::max(seen, what.epoch);
    if (found == held_.end() || found->second.released || std::exchange(found->second.stopping, true)) return;
    found->second.wants_permit = false;
    give(worker::stop_shard{what.shard, what.reason});
}

void worker_session::obey(const ticket_noted& what) {
    if (!heeds(what.leader, "a ticket noted")) return;
    auto* mine = under(what.shard, what.epoch);
    if (mine == nullptr || !mine->ticket || mine->ticket->session_id != what.session_id) return;
    mine->noted_here = what.session_id;
    if (std::exchange(mine->noted, what.session_id) == what.session_id) return;
    give(worker::hand_out{what.shard, what.session_id});
}

void worker_session::obey(const permit_grant& what) {
    if (!heeds(what.leader, "a permit")) return;
    auto* mine = under(what.shard, what.epoch);
    // A permit of an epoch that is over, or one that came before, may be used already: it expires by itself.
    if (mine == nullptr || (what.permit <= mine->last_permit && !config_.planted.epoch_ignored)) return;
    mine->last_permit = what.permit;
    const auto sent = lease_.sent_at(what.counted_from);
    const auto until = sent == instant{} ? instant{} : sent + what.valid_for;
    const bool in_time = now_ < until;
    if (!in_time || !mine->wants_permit || !owns(what.shard, now_)) {
        if (!in_time) tell(worker::note_code::permit_expired, fmt::format("of shard {}", what.shard));
        give(worker::say{permit_returned{what.shard, what.epoch, what.permit}});
        if (mine->wants_permit) ask_permit(what.shard, *mine);
        return;
    }
    mine->wants_permit = false;
    give(worker::give_permit{what.shard, what.permit, until});
}

void worker_session::obey(const permit_refusal& what) {
    if (!heeds(what.leader, "a permit refused")) return;
    const auto* mine = under(what.shard, what.epoch);
    if (mine != nullptr && mine->wants_permit) give(worker::refuse_permit{what.shard, what.why});
}

void worker_session::obey(const spare_answer& what) {
    if (!heeds(what.leader, "an answer")) return;
    if (under(what.shard, what.epoch) != nullptr) give(worker::answer_spare{what.shard, what.can_spare});
}

void worker_session::obey(const drain_told& what) {
    if (!heeds(what.leader, "a drain")) return;
    if (what.draining) tell(worker::note_code::drained, "an operator empties this worker");
}

}  // namespace shoal::cluster
