#include "cluster/assignment_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace shoal::cluster {

void assignment_table::begin(std::uint32_t total) {
    rows_.assign(total, {});
    owned_.clear();
    unplaced_.clear();
    refused_.clear();
    pending_.clear();
    releasing_ = 0;
    for (std::uint32_t shard = 0; shard < total; ++shard) unplaced_.insert(unplaced_.end(), shard);
}

void assignment_table::enter(std::uint32_t shard, placement_state state) {
    auto& row = rows_[shard];
    const bool was_releasing = row.state == placement_state::releasing;
    row.state = state;
    releasing_ += static_cast<std::size_t>(state == placement_state::releasing);
    releasing_ -= static_cast<std::size_t>(was_releasing);
    if (state == placement_state::unplaced && !row.refused) {
        unplaced_.insert(shard);
    } else {
        unplaced_.erase(shard);
    }
    if (state == placement_state::unplaced || state == placement_state::running) {
        pending_.erase(shard);
    } else {
        pending_.insert(shard);
    }
}

void assignment_table::disown(std::uint32_t shard) {
    auto& row = rows_[shard];
    if (!row.owner) return;
    if (const auto found = owned_.find(*row.owner); found != owned_.end()) {
        found->second.erase(shard);
        if (found->second.empty()) owned_.erase(found);
    }
    row.owner.reset();
    row.owner_incarnation = incarnation::none;
}

void assignment_table::assign(std::uint32_t shard, const process_id& owner, incarnation which, std::string reason) {
    auto& row = rows_[shard];
    adopt(shard, owner, which, next(std::max(row.epoch, row.highest)), placement_state::storing);
    row.reason = std::move(reason);
    row.reported = shard_status::starting;
}

void assignment_table::adopt(std::uint32_t shard, const process_id& owner, incarnation which, shard_epoch epoch,
                             placement_state state) {
    disown(shard);
    auto& row = rows_[shard];
    row.owner = owner;
    row.owner_incarnation = which;
    row.epoch = epoch;
    row.highest = std::max(row.highest, epoch);
    row.move_to.reset();
    row.refused.reset();
    refused_.erase(shard);
    row.unconfirmed = false;
    row.counted_by = fleet_id::none;
    owned_[owner].insert(shard);
    enter(shard, state);
}

void assignment_table::vacate(std::uint32_t shard, std::string reason) {
    disown(shard);
    rows_[shard].reason = std::move(reason);
    enter(shard, placement_state::unplaced);
}

void assignment_table::refuse(std::uint32_t shard, gateway_refusal why) {
    disown(shard);
    rows_[shard].reason = fmt::format("Discord refuses it with {}", why.code);
    rows_[shard].refused = std::move(why);
    refused_.insert(shard);
    enter(shard, placement_state::unplaced);
}

void assignment_table::try_again(std::uint32_t shard) {
    auto& row = rows_[shard];
    if (refused_.erase(shard) == 0) return;
    row.refused.reset();
    row.reason.clear();
    enter(shard, placement_state::unplaced);
}

void assignment_table::set_state(std::uint32_t shard, placement_state state, instant now) {
    rows_[shard].said_at = now;
    if (rows_[shard].state != state) enter(shard, state);
}

const std::set<std::uint32_t>& assignment_table::owned_by(const process_id& process) const {
    static const std::set<std::uint32_t> none;
    const auto found = owned_.find(process);
    return found == owned_.end() ? none : found->second;
}

}  // namespace shoal::cluster
