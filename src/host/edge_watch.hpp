#pragma once
// Notices that Discord's edge is in trouble: many shards of this process lost their connection within seconds. Pure.
// Not here: what the sessions do about it (gateway/session.hpp).

#include <cstddef>
#include <map>
#include <optional>

#include "base/time.hpp"
#include "shoal/ids.hpp"

namespace shoal::host {

class edge_watch {
public:
    static constexpr std::size_t least_shards = 4;
    static constexpr duration together = std::chrono::seconds(5);

    /// Each returns the new state if it changed.
    std::optional<bool> lost(shard_key shard, instant now) {
        auto& one = shards_[shard];
        if (one.live || !one.lost_at) one.lost_at = now;
        one.live = false;
        return judge(now);
    }
    std::optional<bool> live(shard_key shard, instant now) {
        shards_[shard] = {true, std::nullopt, true};
        return judge(now);
    }
    std::optional<bool> removed(shard_key shard, instant now) {
        shards_.erase(shard);
        return judge(now);
    }
    [[nodiscard]] bool trouble() const noexcept { return trouble_; }

private:
    struct one {
        bool live = false;
        std::optional<instant> lost_at;
        bool was_live = false;
    };

    std::optional<bool> judge(instant now) {
        std::size_t count = 0, away = 0, just_lost = 0;
        for (const auto& [shard, state] : shards_) {
            // Shards that never came up say nothing about the edge: they may wait for a permit.
            if (!state.was_live) continue;
            ++count;
            if (state.live) continue;
            ++away;
            if (state.lost_at && now - *state.lost_at <= together) ++just_lost;
        }
        bool next = trouble_;
        if (!trouble_ && count >= least_shards && just_lost * 2 > count) next = true;
        // A quarter may stay away for reasons of their own.
        if (trouble_ && away * 4 <= count) next = false;
        if (next == trouble_) return std::nullopt;
        trouble_ = next;
        return trouble_;
    }

    std::map<shard_key, one> shards_;
    bool trouble_ = false;
};

}  // namespace shoal::host
