#include "cluster/placement_planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

namespace shoal::cluster {
namespace {

struct bin {
    const worker_view* worker = nullptr;
    std::uint64_t weight = 1;
    std::uint32_t room = 0, load = 0;
    std::size_t zone = 0;
    std::vector<std::uint32_t> movable;  // settled shards that it holds, the highest last
};

/// a/b < c/d without rounding.
bool less(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) noexcept {
    return static_cast<unsigned __int128>(a) * d < static_cast<unsigned __int128>(c) * b;
}

/// The planner's working state: one bin a worker, sorted by id, so that an index is a tie-breaker.
class floor_plan {
public:
    floor_plan(const cluster_view& view, const placement_policy& policy);
    placement_plan run();

private:
    /// Would rather get the next shard: less load for its weight afterwards, then the zone with less, then the lower id.
    struct emptier {
        const floor_plan* plan;
        bool operator()(std::size_t a, std::size_t b) const {
            const auto &x = plan->bins_[a], &y = plan->bins_[b];
            if (less(x.load + 1, x.weight, y.load + 1, y.weight)) return true;
            if (less(y.load + 1, y.weight, x.load + 1, x.weight)) return false;
            return a < b;
        }
    };
    std::size_t emptiest(std::optional<std::size_t> but) const;
    void change_load(std::size_t which, int by);
    void place_homeless();
    void rebalance();

    const cluster_view& view_;
    std::vector<bin> bins_;
    std::vector<std::uint64_t> zone_load_, zone_weight_;
    std::vector<const shard_view*> homeless_;
    std::vector<std::set<std::size_t, emptier>> open_;  // by zone: bins with room that accept
    std::unordered_map<std::string_view, std::size_t> index_;
    placement_plan out_;
};

constexpr auto nowhere = std::numeric_limits<std::size_t>::max();

floor_plan::floor_plan(const cluster_view& view, const placement_policy& policy) : view_(view) {
    std::vector<const worker_view*> workers;
    for (const auto& worker : view.workers) workers.push_back(&worker);
    std::ranges::sort(workers, {}, [](const worker_view* w) -> const process_id& { return w->process; });
    std::map<std::string_view, std::size_t> zones;
    for (const auto* worker : workers) {
        const auto zone = zones.emplace(worker->zone, zones.size()).first->second;
        index_.emplace(worker->process.value, bins_.size());
        bins_.push_back({.worker = worker,
                         .weight = std::max<std::uint64_t>(worker->capacity.millicores, 1),
                         .room = worker->accepts ? room_of(worker->capacity, policy) : 0,
                         .load = 0,
                         .zone = zone,
                         .movable = {}});
    }
    zone_load_.resize(zones.size());
    zone_weight_.resize(zones.size());
    for (const auto& one : bins_) zone_weight_[one.zone] += one.weight;
    for (const auto& shard : view.shards) {
        const auto found = shard.owner ? index_.find(shard.owner->value) : index_.end();
        if (found == index_.end() || shard.must_leave) {
            homeless_.push_back(&shard);
            continue;
        }
        auto& home = bins_[found->second];
        ++home.load;
        ++zone_load_[home.zone];
        if (shard.may_move) home.movable.push_back(shard.shard);
    }
    std::ranges::sort(homeless_, {}, &shard_view::shard);
    for (auto& one : bins_) std::ranges::sort(one.movable);
    open_.assign(zones.size(), std::set<std::size_t, emptier>(emptier{this}));
    for (std::size_t i = 0; i < bins_.size(); ++i)
        if (bins_[i].load < bins_[i].room) open_[bins_[i].zone].insert(i);
}

void floor_plan::change_load(std::size_t which, int by) {
    auto& one = bins_[which];
    open_[one.zone].erase(which);
    one.load = static_cast<std::uint32_t>(static_cast<int>(one.load) + by);
    zone_load_[one.zone] = static_cast<std::uint64_t>(static_cast<std::int64_t>(zone_load_[one.zone]) + by);
    if (one.load < one.room) open_[one.zone].insert(which);
}

/// Of each zone its emptiest bin; of these the emptiest, of equals the one whose zone has least.
std::size_t floor_plan::emptiest(std::optional<std::size_t> but) const {
    auto best = nowhere;
    for (const auto& zone : open_) {
        auto it = zone.begin();
        if (it != zone.end() && but && *it == *but) ++it;
        if (it == zone.end()) continue;
        if (best == nowhere) {
            best = *it;
            continue;
        }
        const auto &mine = bins_[*it], &other = bins_[best];
        if (less(other.load + 1, other.weight, mine.load + 1, mine.weight)) continue;
        const bool emptier_one = less(mine.load + 1, mine.weight, other.load + 1, other.weight);
        const bool emptier_zone =
            less(zone_load_[mine.zone], zone_weight_[mine.zone], zone_load_[other.zone], zone_weight_[other.zone]);
        const bool fuller_zone =
            less(zone_load_[other.zone], zone_weight_[other.zone], zone_load_[mine.zone], zone_weight_[mine.zone]);
        if (emptier_one || emptier_zone || (!fuller_zone && *it < best)) best = *it;
    }
    return best;
}

void floor_plan::place_homeless() {
    for (const auto* shard : homeless_) {
        std::optional<std::size_t> but;
        if (shard->owner)
            if (const auto found = index_.find(shard->owner->value); found != index_.end()) but = found->second;
        const auto to = emptiest(but);
        if (to == nowhere) {
            const bool any = std::ranges::any_of(view_.workers, [](const auto& w) { return w.accepts; });
            out_.unplaced.push_back(
                {shard->shard, any ? "every worker holds as many shards as it can" : "no worker takes shards now"});
            continue;
        }
        out_.moves.push_back({shard->shard, shard->owner, bins_[to].worker->process, shard->why});
        change_load(to, 1);
    }
}

void floor_plan::rebalance() {
    auto left = view_.most_moves;
    const auto fuller = [this](std::size_t a, std::size_t b) {
        if (less(bins_[b].load, bins_[b].weight, bins_[a].load, bins_[a].weight)) return true;
        if (less(bins_[a].load, bins_[a].weight, bins_[b].load, bins_[b].weight)) return false;
        return a > b;  // of equals the higher id gives
    };
    std::set<std::size_t, decltype(fuller)> givers(fuller);
    for (std::size_t i = 0; i < bins_.size(); ++i)
        if (!bins_[i].movable.empty()) givers.insert(i);
    while (left > 0 && !givers.empty()) {
        const auto from = *givers.begin();
        const auto to = emptiest(from);
        // Worth it only if the taker stays below the giver as it was: so it ends, and nothing moves to and fro.
        if (to == nowhere || !less(bins_[to].load + 1, bins_[to].weight, bins_[from].load, bins_[from].weight)) break;
        givers.erase(from);
        const bool gives = givers.erase(to) != 0;
        const auto shard = bins_[from].movable.back();
        bins_[from].movable.pop_back();
        out_.moves.push_back({shard, bins_[from].worker->process, bins_[to].worker->process,
                              fmt::format("{} held {} shards and {} only {}", bins_[from].worker->process.value, bins_[from].load,
                                          bins_[to].worker->process.value, bins_[to].load)});
        change_load(from, -1);
        change_load(to, 1);
        if (!bins_[from].movable.empty()) givers.insert(from);
        if (gives) givers.insert(to);
        --left;
        ++out_.balancing;
    }
    for (std::size_t from = 0; from < bins_.size() && !out_.unbalanced; ++from) {
        const auto to = emptiest(from);
        out_.unbalanced = to != nowhere && less(bins_[to].load + 1, bins_[to].weight, bins_[from].load, bins_[from].weight);
    }
}

placement_plan floor_plan::run() {
    place_homeless();
    if (view_.most_moves > 0) rebalance();
    return std::move(out_);
}

}  // namespace

std::uint32_t room_of(const capacity& what, const placement_policy& policy) noexcept {
    auto room = what.max_shards == 0 ? most_shards_per_worker : std::min(what.max_shards, most_shards_per_worker);
    if (what.memory_mb != 0 && policy.memory_per_shard_mb != 0) {
        room = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(room, std::max<std::uint64_t>(1, what.memory_mb / policy.memory_per_shard_mb)));
    }
    return room;
}

placement_plan place(const cluster_view& view, const placement_policy& policy) { return floor_plan(view, policy).run(); }

}  // namespace shoal::cluster
