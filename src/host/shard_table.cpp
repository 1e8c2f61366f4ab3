#include "host/shard_table.hpp"

#include <algorithm>
#include <utility>

namespace shoal::host {

void shard_table::want(std::set<shard_key> shards, ticket_map tickets) {
    wanted_ = std::move(shards);
    for (auto& [shard, ticket] : tickets) tickets_.insert_or_assign(shard, std::move(ticket));
}

std::vector<shard_table::order> shard_table::reconcile() {
    std::vector<order> orders;
    for (auto& [shard, one] : slots_) {
        if (wanted_.contains(shard) || one.now == phase::stopping) continue;
        const bool gave_up = std::exchange(one.now, phase::stopping) == phase::gave_up;
        orders.emplace_back(stop{shard, one.thread, gave_up});
    }
    for (const auto& shard : wanted_) {
        if (slots_.contains(shard)) continue;
        const auto before = was_on_.find(shard);
        const auto thread = before == was_on_.end() ? emptiest() : before->second;
        was_on_[shard] = thread;
        slots_[shard] = {thread, phase::running, {}};
        slots_[shard].picture.shard = shard;
        std::optional<gateway::resume_ticket> ticket;
        if (const auto found = tickets_.find(shard); found != tickets_.end()) {
            ticket = std::move(found->second);
            tickets_.erase(found);
        }
        orders.emplace_back(start{shard, thread, std::move(ticket)});
    }
    return orders;
}

std::size_t shard_table::emptiest() const {
    std::vector<std::size_t> load(threads_);
    for (const auto& [shard, one] : slots_) ++load[one.thread];
    return static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
}

bool shard_table::was_to_end(shard_key shard) {
    auto& one = slots_.at(shard);
    if (one.now == phase::running) {
        one.now = phase::gave_up;
        return false;
    }
    return true;
}

void shard_table::gone(shard_key shard, std::optional<gateway::resume_ticket> ticket) {
    slots_.erase(shard);
    if (ticket) tickets_.insert_or_assign(shard, std::move(*ticket));
}

bool shard_table::is_stopping(shard_key shard) const {
    const auto found = slots_.find(shard);
    return found != slots_.end() && found->second.now == phase::stopping;
}

std::optional<std::size_t> shard_table::thread_of(shard_key shard) const {
    const auto found = slots_.find(shard);
    return found == slots_.end() ? std::nullopt : std::optional(found->second.thread);
}

std::vector<shard_key> shard_table::shards_of(std::size_t thread) const {
    std::vector<shard_key> out;
    for (const auto& [shard, one] : slots_) {
        if (one.thread == thread) out.push_back(shard);
    }
    return out;
}

void shard_table::set_picture(shard_key shard, shard_snapshot picture) {
    if (const auto found = slots_.find(shard); found != slots_.end()) found->second.picture = std::move(picture);
}

std::vector<shard_snapshot> shard_table::pictures() const {
    std::vector<shard_snapshot> out;
    out.reserve(slots_.size());
    for (const auto& [shard, one] : slots_) out.push_back(one.picture);
    return out;
}

}  // namespace shoal::host
