#include "host/move_renewal.hpp"

#include <utility>

namespace shoal::host {

move_renewal::move_renewal(shard_key shard, scheduler& on, permit_source& permits, orders to)
    : shard_(shard), on_(on), permits_(permits), to_(std::move(to)), self_(std::make_shared<move_renewal*>(this)) {}

void move_renewal::on_second(bool settled) {
    if (!wanted_ || has_turn_ || !settled || on_.now() < not_before_ || !to_.take_turn()) return;
    has_turn_ = true;
    permits_.can_spare(shard_, on_, [self = self_](bool spare) {
        if (*self != nullptr) (*self)->answered(spare);
    });
}

void move_renewal::answered(bool spare) {
    if (!has_turn_) return;
    if (spare && wanted_ && to_.may_renew()) {
        // Its turn lasts until READY: a shard without a session is one at a time.
        wanted_ = false;
        ++renewals_;
        return to_.renew();
    }
    has_turn_ = false;
    not_before_ = on_.now() + pause;
    to_.end_turn();
}

void move_renewal::on_new_session() {
    wanted_ = false;
    if (std::exchange(has_turn_, false)) to_.end_turn();
}

}  // namespace shoal::host
