#include "roles/worker/fleet_desk.hpp"

#include <utility>

#include "base/assert.hpp"

namespace shoal::roles {

namespace worker = cluster::worker;

namespace {

std::int64_t nanoseconds(instant when) noexcept { return when.time_since_epoch().count(); }

}  // namespace

fleet_desk::fleet_desk(scheduler& control, cluster::worker_session& session, cluster::fence_policy fence,
                       std::function<void(worker::fact)> told)
    : control_(control), session_(session), fence_(fence), told_(std::move(told)), self_(std::make_shared<fleet_desk*>(this)) {}

fleet_desk::~fleet_desk() { *self_ = nullptr; }

void fleet_desk::there(std::move_only_function<void(fleet_desk&)> job) {
    control_.post([self = self_, job = std::move(job)]() mutable {
        if (*self != nullptr) job(**self);
    });
}

// ---- leases ----------------------------------------------------------------------------------------------------------------

void fleet_desk::expect(shard_key shard) {
    // One total for the life of a fleet: shards that read here were started after this was made.
    if (places_ == 0) {
        places_ = shard.total;
        fresh_until_ = std::make_unique<std::atomic<std::int64_t>[]>(places_);
    }
    SHOAL_ASSERT(shard.id < places_);
    expected_.insert(shard.id);
    refresh();
}

void fleet_desk::refresh() {
    for (const auto shard : expected_) {
        fresh_until_[shard].store(nanoseconds(session_.fresh_until(shard)), std::memory_order_release);
    }
}

bool fleet_desk::may_be_taken(shard_key shard, instant now) const noexcept {
    return nanoseconds(now) >= fresh_until_[shard.id].load(std::memory_order_acquire);
}

void fleet_desk::forget(std::uint32_t shard) {
    dials_.erase(shard);
    sessions_.erase(shard);
    permits_.erase(shard);
    spares_.erase(shard);
    lost_sessions_.erase(shard);
    if (expected_.erase(shard) != 0) fresh_until_[shard].store(0, std::memory_order_release);
}

// ---- dials -----------------------------------------------------------------------------------------------------------------

void fleet_desk::ask_to_dial(shard_key shard, bool has_session, scheduler& reply_on, std::function<void()> allowed) {
    there([shard, wish = waiting_dial{has_session, &reply_on, std::move(allowed)}](fleet_desk& self) mutable {
        self.dials_.insert_or_assign(shard.id, std::move(wish));
        self.try_dial(shard.id);
    });
}

void fleet_desk::try_dial(std::uint32_t shard) {
    const auto found = dials_.find(shard);
    if (found == dials_.end() || !session_.may_dial(shard, found->second.has_session, control_.now())) return;
    auto wish = std::move(found->second);
    dials_.erase(found);
    wish.reply_on->post([allowed = std::move(wish.allowed)] { allowed(); });
}

void fleet_desk::obey(const worker::rights_changed&) {
    refresh();
    for (auto at = dials_.begin(); at != dials_.end();) try_dial((at++)->first);
}

void fleet_desk::dial_failed(shard_key shard) {
    there([shard](fleet_desk& self) { self.tell(worker::dial_failed{shard.id}); });
}

// ---- new sessions ----------------------------------------------------------------------------------------------------------

void fleet_desk::ask_to_hand_out(shard_key shard, std::string_view session_id, scheduler& reply_on,
                                 std::function<void()> allowed) {
    there([shard, wish = waiting_session{std::string(session_id), &reply_on, std::move(allowed)}](fleet_desk& self) mutable {
        self.sessions_.insert_or_assign(shard.id, std::move(wish));
    });
}

void fleet_desk::obey(const worker::hand_out& order) {
    const auto found = sessions_.find(order.shard);
    if (found == sessions_.end() || found->second.session_id != order.session_id) return;
    auto wish = std::move(found->second);
    sessions_.erase(found);
    refresh();
    wish.reply_on->post([allowed = std::move(wish.allowed)] { allowed(); });
}

// ---- permits ---------------------------------------------------------------------------------------------------------------

void fleet_desk::ask(shard_key shard, bool had_session, scheduler& reply_on, std::function<void(answer)> on_answer) {
    there([shard, had_session, wish = waiting_permit{&reply_on, std::move(on_answer)}](fleet_desk& self) mutable {
        self.permits_.insert_or_assign(shard.id, std::move(wish));
        self.tell(worker::permit_wanted{shard.id, had_session, self.lost_sessions_[shard.id]});
    });
}

void fleet_desk::obey(const worker::give_permit& order) {
    const auto found = permits_.find(order.shard);
    if (found == permits_.end()) return tell(worker::permit_unspent{order.shard, order.permit});
    auto wish = std::move(found->second);
    permits_.erase(found);
    wish.reply_on->post([on_answer = std::move(wish.on_answer), permit = cluster::number(order.permit),
                         until = order.valid_until] { on_answer({permit, until, {}}); });
}

void fleet_desk::obey(const worker::refuse_permit& order) {
    const auto found = permits_.find(order.shard);
    if (found == permits_.end()) return;
    // It stays queued: the answer may come twice.
    found->second.reply_on->post([on_answer = found->second.on_answer, why = order.why] { on_answer({0, {}, why}); });
}

void fleet_desk::withdraw(shard_key shard) {
    there([shard](fleet_desk& self) {
        self.permits_.erase(shard.id);
        self.tell(worker::permit_unwanted{shard.id});
    });
}

void fleet_desk::used(std::uint64_t permit, shard_key shard) {
    there([permit, shard](fleet_desk& self) {
        self.tell(worker::permit_spent{shard.id, static_cast<cluster::permit_number>(permit)});
    });
}

void fleet_desk::returned(std::uint64_t permit, shard_key shard) {
    there([permit, shard](fleet_desk& self) {
        self.tell(worker::permit_unspent{shard.id, static_cast<cluster::permit_number>(permit)});
    });
}

void fleet_desk::identify_ended(shard_key shard, bool ready) {
    there([shard, ready](fleet_desk& self) { self.tell(worker::identify_over{shard.id, ready}); });
}

void fleet_desk::can_spare(shard_key shard, scheduler& reply_on, std::function<void(bool)> on_answer) {
    there([shard, wish = waiting_spare{&reply_on, std::move(on_answer)}](fleet_desk& self) mutable {
        self.spares_.insert_or_assign(shard.id, std::move(wish));
        self.tell(worker::spare_wanted{shard.id});
    });
}

void fleet_desk::obey(const worker::answer_spare& order) {
    const auto found = spares_.find(order.shard);
    if (found == spares_.end()) return;
    auto wish = std::move(found->second);
    spares_.erase(found);
    wish.reply_on->post([on_answer = std::move(wish.on_answer), spare = order.can_spare] { on_answer(spare); });
}

}  // namespace shoal::roles
