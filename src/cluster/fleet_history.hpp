#pragma once
// The fleet's last events, for operators: bounded, the oldest fall out. Not here: the log (notes of the brain).

#include <deque>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "cluster/operator_messages.hpp"

namespace shoal::cluster {

class fleet_history {
public:
    static constexpr std::size_t most_events = 2000;

    void add(instant now, std::string process, std::optional<std::uint32_t> shard, std::string what) {
        if (lines_.size() == most_events) lines_.pop_front();
        lines_.push_back({now, {++last_, {}, std::move(process), shard, std::move(what)}});
    }
    /// Those with a higher number than `after`, the oldest first.
    [[nodiscard]] events_told since(std::uint64_t after, instant now) const {
        events_told out;
        for (const auto& [when, event] : lines_) {
            if (event.number <= after) continue;
            out.events.push_back(event);
            out.events.back().ago = now - when;
        }
        return out;
    }
    /// Those of one shard, the oldest first.
    [[nodiscard]] events_told of_shard(std::uint32_t shard, instant now) const {
        auto all = since(0, now);
        std::erase_if(all.events, [&](const fleet_event& e) { return e.shard != shard; });
        return all;
    }

private:
    struct line {
        instant when;
        fleet_event event;
    };
    std::deque<line> lines_;
    std::uint64_t last_ = 0;
};

}  // namespace shoal::cluster
