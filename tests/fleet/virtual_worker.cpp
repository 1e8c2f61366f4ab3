#include "fleet/virtual_worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "discord/close_codes.hpp"

namespace shoal::fleet_simulation {

using namespace std::chrono_literals;
using cluster::shard_status;
namespace facts = cluster::worker;

namespace {

constexpr duration handling = 200ms;  // How long a handler takes.

}  // namespace

virtual_worker::virtual_worker(world& in, std::uint64_t number, std::uint64_t place, cluster::worker_config config,
                               std::uint64_t seed)
    : in_(in),
      number_(number),
      place_(place),
      config_(std::move(config)),
      random_(seed),
      machine_(config_),
      offset_(random_.between(0s, 100000s)),
      self_(std::make_shared<virtual_worker*>(this)) {}

virtual_worker::~virtual_worker() {
    *self_ = nullptr;
    for (const auto shard : shards()) forget(shard);
}

/// The run is over, its socket with it.
void virtual_worker::forget(std::uint32_t shard) {
    const auto found = runs_.find(shard);
    if (found->second.dial != 0) in_.discord.disconnect({number_, shard, found->second.dial}, in_.time.now());
    runs_.erase(found);
    std::erase(in_.holders[shard], this);
}

instant virtual_worker::time_of_its_own() const {
    return in_.time.now() + offset_ + (in_.lease_on_wall_clock ? wall_ : duration{});
}

/// What a frozen process should do it does when it wakes.
void virtual_worker::run(std::function<void()> job) {
    if (ended_) return;
    if (frozen_) {
        missed_.push_back(std::move(job));
    } else {
        job();
    }
}

void virtual_worker::later(duration wait, std::function<void()> job) {
    in_.time.wake_at(in_.time.now() + wait, [self = self_, job = std::move(job)]() mutable {
        if (*self != nullptr) (*self)->run(std::move(job));
    });
}

void virtual_worker::thaw() {
    frozen_ = false;
    in_.on_rest(*this);
    // Sockets that are ready run before timers: what came meanwhile is handed out first, if it may be.
    for (auto& [shard, it] : runs_) {
        if (must_close(shard)) close(shard, true);
        progress(shard, it);
    }
    for (auto& job : std::exchange(missed_, {})) run(std::move(job));
}

void virtual_worker::feed(facts::fact what) {
    std::vector<facts::order> orders;
    machine_.step(what, now(), orders);
    for (auto& one : orders) {
        if (ended_) return;
        carry_out(one);
    }
}

void virtual_worker::hear(cluster::to_worker what, bool of_the_dead) {
    run([this, what = std::move(what), of_the_dead] {
        if (of_the_dead && !machine_.is_registered()) return;
        if (const auto* told = std::get_if<cluster::registered>(&what)) {
            newest_leader_ = std::max(newest_leader_, told->leader);
            if (std::exchange(fleet_, told->fleet) != told->fleet) newest_epoch_.clear();
        }
        hearing_ = &what;
        feed(facts::message_received{what});
        hearing_ = nullptr;
    });
}

void virtual_worker::stream_closed(cluster::stream_id which) {
    run([this, which] {
        if (which != stream_) return;
        stream_ = {};
        feed(facts::stream_closed{"closed by the coordinator"});
    });
}

void virtual_worker::carry_out(facts::order& what) {
    if (std::holds_alternative<facts::open_stream>(what)) {
        in_.network.open(number_, [self = self_, attempt = ++streams_, &network = in_.network](cluster::stream_id id) {
            if (*self == nullptr) return network.close_from_worker(id);
            (*self)->run([self, attempt, id, &network] {
                auto& me = **self;
                if (attempt != me.streams_) return network.close_from_worker(id);
                me.stream_ = id;
                if (id == cluster::stream_id::none)
                    me.feed(facts::stream_closed{"refused"});
                else
                    me.feed(facts::stream_opened{});
            });
        });
    } else if (std::holds_alternative<facts::close_stream>(what)) {
        ++streams_;
        in_.network.close_from_worker(std::exchange(stream_, {}));
    } else if (auto* say = std::get_if<facts::say>(&what)) {
        in_.network.say_up(stream_, std::move(say->what));
    } else if (std::holds_alternative<facts::look>(what)) {
        publish();
    } else if (const auto* wake = std::get_if<facts::wake_at>(&what)) {
        if (timer_ != timer_id::none) in_.time.cancel(timer_);
        timer_ = in_.time.wake_at(in_.time.now() + (wake->when - now()), [self = self_] {
            if (*self == nullptr) return;
            (*self)->timer_ = timer_id::none;
            (*self)->run([self] { (*self)->feed(facts::tick{}); });
        });
    } else if (const auto* start = std::get_if<facts::start_shard>(&what)) {
        const auto shard = start->shard.id;
        if (const auto* order = hearing_ != nullptr ? std::get_if<cluster::start_order>(hearing_) : nullptr) {
            if (order->leader < newest_leader_)
                in_.wrong(fmt::format("{} obeyed an old leader's start of shard {}", process().value, shard));
            if (order->epoch < newest_epoch_[shard])
                in_.wrong(fmt::format("{} obeyed a start of shard {} under epoch {} after {}", process().value, shard,
                                      cluster::number(order->epoch), cluster::number(newest_epoch_[shard])));
            newest_epoch_[shard] = std::max(newest_epoch_[shard], order->epoch);
        }
        if (runs_.contains(shard)) {
            close(shard, false);
        } else {
            in_.holders[shard].push_back(this);
        }
        auto& it = runs_[shard] = {};
        in_.on_orphan_dial(*this, shard, true);  // Another order: what was before does not count.
        it.key = start->shard;
        it.ticket = start->ticket;
        it.taken_over = it.ticket.has_value();
        in_.write(fmt::format("{} starts shard {} {}", process().value, shard, it.ticket ? "by RESUME" : "anew"));
        dial(shard);
    } else if (const auto* end = std::get_if<facts::stop_shard>(&what)) {
        if (const auto* order = hearing_ != nullptr ? std::get_if<cluster::stop_order>(hearing_) : nullptr) {
            if (order->leader < newest_leader_)
                in_.wrong(fmt::format("{} obeyed an old leader's stop of shard {}", process().value, end->shard));
            if (order->epoch < newest_epoch_[end->shard])
                in_.wrong(fmt::format("{} obeyed a stop of shard {} under an old epoch", process().value, end->shard));
        }
        stop(end->shard);
    } else if (const auto* out = std::get_if<facts::hand_out>(&what)) {
        if (const auto found = runs_.find(out->shard); found != runs_.end()) progress(out->shard, found->second);
    } else if (const auto* permit = std::get_if<facts::give_permit>(&what)) {
        identify(permit->shard, permit->permit, permit->valid_until);
    } else if (std::holds_alternative<facts::rights_changed>(what)) {
        for (auto& [shard, it] : runs_)
            if (std::exchange(it.blocked, false)) dial(shard);
    } else if (std::holds_alternative<facts::use_rest>(what)) {
        in_.on_rest(*this);
    } else if (const auto* cut = std::get_if<facts::cut_shard>(&what)) {
        close(cut->shard, true);
    } else if (const auto* note = std::get_if<facts::note>(&what)) {
        if (note->code == facts::note_code::stale_order || note->code == facts::note_code::order_without_registration)
            in_.write(fmt::format("{} refuses {}", process().value, note->detail));
    } else if (const auto* over = std::get_if<facts::end>(&what)) {
        in_.write(fmt::format("{} ends: {}", process().value, over->detail));
        ended_why_ = over->why;
        for (const auto shard : shards()) forget(shard);
        in_.network.close_from_worker(std::exchange(stream_, {}));
        ended_ = true;
        in_.on_end(*this);
    }
}

void virtual_worker::publish() {
    facts::looked all;
    const auto sent = std::min(rest_wanted_, rest_right());
    all.rest = {.sent_per_second = static_cast<double>(sent), .waiting = rest_wanted_ - sent};
    all.shards.reserve(runs_.size());
    for (auto& [shard, it] : runs_) {
        progress(shard, it);
        all.shards.push_back({shard, it.status, it.ticket, it.lost_session, {}});
        all.shards.back().metrics.resumes = it.resumes;
        all.shards.back().metrics.identifies = it.identifies;
    }
    feed(std::move(all));
}

virtual_worker::shard_run* virtual_worker::find(std::uint32_t shard, std::uint64_t which) {
    const auto found = runs_.find(shard);
    return found == runs_.end() || found->second.dial != which ? nullptr : &found->second;
}

// ---- a shard's life ------------------------------------------------------------------------------------------------------

void virtual_worker::dial(std::uint32_t shard) {
    const auto found = runs_.find(shard);
    if (found == runs_.end() || found->second.dial != 0 || found->second.stopping) return;
    auto& it = found->second;
    in_.before_dial(*this, shard);
    if (!machine_.may_dial(shard, it.ticket.has_value(), now())) {
        it.blocked = true;
        it.status = shard_status::connecting;
        return;
    }
    if (!machine_.owns(shard, now())) in_.on_orphan_dial(*this, shard, false);
    it.dial = ++dials_;
    it.status = shard_status::connecting;
    later(random_.between(20ms, 60ms), [this, shard, which = it.dial] { hello(shard, which); });
}

void virtual_worker::hello(std::uint32_t shard, std::uint64_t which) {
    auto* it = find(shard, which);
    if (it == nullptr) return;
    if (random_.chance(0.01)) {
        it->dial = 0;
        in_.on_orphan_dial(*this, shard, true);
        feed(facts::dial_failed{shard});
        return later(500ms, [this, shard] { dial(shard); });
    }
    it->open = true;
    if (it->ticket) return later(random_.between(20ms, 40ms), [this, shard, which] { answer_to_resume(shard, which); });
    want_permit(shard, which);
}

void virtual_worker::answer_to_resume(std::uint32_t shard, std::uint64_t which) {
    auto* it = find(shard, which);
    if (it == nullptr || !it->ticket) return;
    auto& ticket = *it->ticket;
    const auto from = it->taken_over ? ticket.done : ticket.seq;
    auto* session = in_.discord.resume(ticket.session_id, {number_, shard, which}, in_.time.now());
    ++it->resumes;
    if (session != nullptr) {
        if (it->taken_over && from > session->handled)
            in_.wrong(fmt::format("{} resumes shard {} after {}, and only {} were handled", process().value, shard, from,
                                  session->handled));
        it->taken_over = false;
        it->status = shard_status::live;
        it->session = session;
        it->looked_at = in_.time.now();
        it->pending = from;
        in_.write(fmt::format("{} RESUMED shard {} ({})", process().value, shard, ticket.session_id));
        return publish();
    }
    in_.write(fmt::format("{}: op 9 for shard {} ({})", process().value, shard, ticket.session_id));
    it->lost_session = ticket.session_id;
    it->ticket.reset();
    publish();
    later(random_.between(1s, 5s), [this, shard, which] { want_permit(shard, which); });
}

void virtual_worker::want_permit(std::uint32_t shard, std::uint64_t which) {
    auto* it = find(shard, which);
    if (it == nullptr || it->stopping) return;
    it->status = shard_status::waiting_for_permit;
    feed(facts::permit_wanted{shard, !it->lost_session.empty(), it->lost_session});
}

void virtual_worker::identify(std::uint32_t shard, cluster::permit_number permit, instant valid_until) {
    const auto found = runs_.find(shard);
    const bool usable = found != runs_.end() && found->second.open && !found->second.ticket && !found->second.stopping;
    if (!usable || now() >= valid_until || random_.chance(0.05)) {
        feed(facts::permit_unspent{shard, permit});
        if (usable) later(random_.between(50ms, 500ms), [this, shard, which = found->second.dial] { want_permit(shard, which); });
        return;
    }
    auto& it = found->second;
    it.status = shard_status::connecting;
    ++it.identifies;
    feed(facts::permit_spent{shard, permit});
    const auto which = it.dial;
    // On its way to Discord nothing stops it any more, not even the end of this process.
    in_.time.wake_at(
        in_.time.now() + random_.between(10ms, 40ms),
        [self = self_, &in = in_, shard, which, socket = socket_id{number_, shard, which}, name = process().value] {
            auto* session = in.discord.identify(socket, in.time.now());
            in.write(fmt::format("{} IDENTIFYs shard {} {}", name, shard, session != nullptr ? session->id : "in vain"));
            if (*self == nullptr) {
                if (session != nullptr) in.discord.disconnect(socket, in.time.now());
                return;
            }
            auto& me = **self;
            if (me.ended_ || me.find(shard, which) == nullptr) {
                if (session != nullptr) in.discord.disconnect(socket, in.time.now());
                return;
            }
            const auto id = session != nullptr ? session->id : std::string();
            me.later(me.random_.between(40ms, 300ms), [&me, shard, which, id] { me.ready(shard, which, id); });
        });
}

void virtual_worker::ready(std::uint32_t shard, std::uint64_t which, const std::string& session) {
    auto* it = find(shard, which);
    if (it == nullptr) return;
    feed(facts::identify_over{shard, !session.empty()});
    if (const auto code = in_.discord.refuses(shard); session.empty() && code != 0) return be_refused(shard, *it, code);
    if (session.empty()) return later(random_.between(1s, 5s), [this, shard, which] { want_permit(shard, which); });
    it->ticket = cluster::resume_ticket{it->key, session, "wss://again", 1, 0, 1};
    it->lost_session.clear();
    it->session = in_.discord.find(session);
    it->status = shard_status::live;
    it->looked_at = in_.time.now();
    it->pending = 0;
    publish();
}

/// As the real role: the shard is not tried again, and if Discord refuses the bot the process ends, its other shards first.
void virtual_worker::be_refused(std::uint32_t shard, shard_run& it, std::uint16_t code) {
    in_.discord.disconnect({number_, shard, std::exchange(it.dial, 0)}, in_.time.now());
    it.open = false;
    it.stopping = true;
    it.status = shard_status::starting;
    feed(facts::shard_refused{shard, {code, fmt::format("closed with {}.", code)}});
    if (!discord::concerns_one_shard(code)) feed(facts::stop_asked{});
}

/// Its socket is over, by Discord's wish or by ours.
void virtual_worker::close(std::uint32_t shard, bool redial) {
    const auto found = runs_.find(shard);
    if (found == runs_.end() || found->second.dial == 0) return;
    auto& it = found->second;
    if (it.status == shard_status::live) progress(shard, it);
    if (it.status == shard_status::waiting_for_permit) feed(facts::permit_unwanted{shard});
    in_.discord.disconnect({number_, shard, std::exchange(it.dial, 0)}, in_.time.now());
    it.open = false;
    it.status = shard_status::connecting;
    if (redial) later(random_.between(100ms, 700ms), [this, shard] { dial(shard); });
}

void virtual_worker::kicked(socket_id socket) {
    run([this, socket] {
        auto* it = find(socket.shard, socket.dial);
        if (it == nullptr) return;
        close(socket.shard, true);
        publish();
    });
}

void virtual_worker::cut_socket(std::uint32_t shard) {
    run([this, shard] { close(shard, true); });
}

void virtual_worker::stop(std::uint32_t shard) {
    const auto found = runs_.find(shard);
    if (found == runs_.end()) {
        feed(facts::shard_stopped{shard, std::nullopt});
        return;
    }
    found->second.stopping = true;
    close(shard, false);
    later(random_.between(10ms, 60ms), [this, shard] {
        const auto it = runs_.find(shard);
        if (it == runs_.end()) return;
        auto ticket = it->second.ticket;
        // Its handlers ended: all that was handed out is done.
        if (ticket && !it->second.taken_over) {
            ticket->done = std::max(ticket->done, it->second.pending);
            if (auto* session = in_.discord.find(ticket->session_id)) session->handled = std::max(session->handled, ticket->done);
        }
        in_.write(fmt::format("{} released shard {}", process().value, shard));
        forget(shard);
        feed(facts::shard_stopped{shard, std::move(ticket)});
    });
}

/// Takes in what came since it was looked last, and hands it out if it may.
void virtual_worker::progress(std::uint32_t shard, shard_run& it) {
    if (it.status != shard_status::live || !it.ticket) return;
    auto* session = it.session;
    const auto real = in_.time.now();
    if (session == nullptr || session->socket != socket_id{number_, shard, it.dial}) return;
    it.ticket->seq = std::max(it.ticket->seq, session->seq_at(real));
    in_.before_hand_out(*this, shard);
    const auto right = machine_.right_to(shard, now());
    if (right == cluster::hand_out_right::none || must_close(shard)) return;
    if (!session->ever_noted)
        in_.wrong(
            fmt::format("{} hands out events of session {}, which the coordinator does not know", process().value, session->id));
    if (real - it.looked_at >= handling) {
        it.ticket->done = std::max(it.ticket->done, it.pending);
        session->handled = std::max(session->handled, it.ticket->done);
    }
    it.looked_at = real;
    it.pending = session->seq_at(real);
}

/// What a shard's own thread asks before it hands anything out.
bool virtual_worker::must_close(std::uint32_t shard) const {
    return config_.fence == cluster::fence_policy::close && now() >= machine_.fresh_until(shard);
}

std::optional<std::uint32_t> virtual_worker::unfenced() const {
    if (ended_ || frozen_) return std::nullopt;
    for (const auto& [shard, it] : runs_)
        if (it.dial != 0 && !it.stopping && now() - 1ms >= machine_.fresh_until(shard)) return shard;
    return std::nullopt;
}

bool virtual_worker::serves(std::uint32_t shard) const {
    const auto found = runs_.find(shard);
    if (ended_ || frozen_ || found == runs_.end() || found->second.status != shard_status::live) return false;
    const auto* session = found->second.session;
    return session != nullptr && session->socket == socket_id{number_, shard, found->second.dial} &&
           machine_.owns(shard, now()) && machine_.right_to(shard, now()) == cluster::hand_out_right::fresh;
}

std::string virtual_worker::describe(std::uint32_t shard) const {
    const auto& it = runs_.at(shard);
    return fmt::format("{}{}{}{}, under epoch {}{}", cluster::to_string(it.status), it.blocked ? ", blocked" : "",
                       it.open ? ", open" : "", it.stopping ? ", stopping" : "", cluster::number(machine_.holds(shard)),
                       machine_.owns(shard, now()) ? ", its own" : "");
}

std::vector<std::uint32_t> virtual_worker::shards() const {
    std::vector<std::uint32_t> out;
    for (const auto& [shard, it] : runs_) out.push_back(shard);
    return out;
}

}  // namespace shoal::fleet_simulation
