#include "roles/cli/remaining.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "roles/cli/text_table.hpp"

namespace shoal::roles::cli {
namespace {

bool runs(const cluster::shard_picture& shard) noexcept {
    return shard.owner && shard.state == cluster::placement_state::running && shard.status == cluster::shard_status::live;
}

std::string where_text(const cluster::shard_picture& shard) {
    // A shard that runs by order and is not live is between sessions; its own word says more.
    const auto what =
        shard.owner && shard.state == cluster::placement_state::running ? to_string(shard.status) : to_string(shard.state);
    return shard.owner ? fmt::format("{} is {} on {}", shard.shard, what, printable(shard.owner->value))
                       : fmt::format("{} is {}", shard.shard, what);
}

}  // namespace

std::vector<std::string> left_of_move(const cluster::plan_told& plan, const cluster::cluster_picture& fleet) {
    std::vector<std::string> left;
    for (const auto& move : plan.moves) {
        const auto shard = std::ranges::find(fleet.shards, move.shard, &cluster::shard_picture::shard);
        if (shard == fleet.shards.end() || (runs(*shard) && shard->owner == move.to)) continue;
        left.push_back(where_text(*shard));
    }
    return left;
}

std::vector<std::string> left_of_drain(const cluster::process_id& process, const cluster::plan_told& plan,
                                       const cluster::cluster_picture& fleet) {
    std::vector<std::string> left;
    for (const auto& shard : fleet.shards) {
        const bool was_there = std::ranges::find(plan.moves, shard.shard, &cluster::planned_move::shard) != plan.moves.end();
        if (shard.owner == process || (was_there && !runs(shard))) left.push_back(where_text(shard));
    }
    return left;
}

std::string left_text(const std::vector<std::string>& left) {
    constexpr std::size_t most = 5;
    std::string out;
    for (std::size_t i = 0; i < std::min(left.size(), most); ++i) out += (i == 0 ? "" : ", ") + left[i];
    if (left.size() > most) out += fmt::format(", and {} more", left.size() - most);
    return out;
}

}  // namespace shoal::roles::cli
