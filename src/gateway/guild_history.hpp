#pragma once
// What events whose handlers have not all ended did to a shard's set of guilds: with it the set can be told as it was before
// them, for a process that will be handed those events again. Pure. Not here: the set (guild_availability.hpp).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/guild_availability.hpp"

namespace shoal::gateway {

class guild_history {
public:
    /// So many changes are remembered; what is older counts as done.
    static constexpr std::size_t most = 4096;

    /// The set is another one altogether.
    void begin() {
        changes_.clear();
        changed_ = true;
    }
    /// Event `seq` made this guild from `before` (nullopt: not known) what it is now.
    void note(std::uint64_t seq, guild_id guild, std::optional<guild_state> before) {
        changes_.push_back({seq, guild, before});
        if (changes_.size() > most) pop();
    }
    /// Every event up to `done` is over. True if the set as of then is not what it was when this was asked last.
    [[nodiscard]] bool settle(std::uint64_t done) {
        while (!changes_.empty() && changes_.front().seq <= done) pop();
        return std::exchange(changed_, false);
    }
    /// The set as it was at the last settle(), in ascending order of id.
    [[nodiscard]] std::vector<known_guild> as_settled(const guild_availability& now) const {
        auto out = now.all();
        for (auto each = changes_.rbegin(); each != changes_.rend(); ++each) {
            const auto at = std::lower_bound(out.begin(), out.end(), each->guild,
                                             [](const known_guild& one, guild_id id) { return one.id < id; });
            const bool is_there = at != out.end() && at->id == each->guild;
            if (!each->before) {
                if (is_there) out.erase(at);
            } else if (is_there) {
                at->state = *each->before;
            } else {
                out.insert(at, {each->guild, *each->before});
            }
        }
        return out;
    }

private:
    struct change {
        std::uint64_t seq;
        guild_id guild;
        std::optional<guild_state> before;
    };
    void pop() {
        changes_.pop_front();
        changed_ = true;
    }
    std::deque<change> changes_;
    bool changed_ = true;
};

}  // namespace shoal::gateway
