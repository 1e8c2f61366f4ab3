#pragma once
// Guilds that are being asked for over HTTP: what events tell of them meanwhile is kept, and applied once more after the answers,
// which may be older. Pure. Not here: who asks (src/bot), what an answer changes (shard_cache.hpp).
//
// Why it is right. An answer shows the guild as it was at some moment after the question. Whatever changed it later comes as an
// event, so that what events since the question tell is never older than the answer in the end: one that the answer knows
// already sets a thing back until the event after it comes, and that is on its way. Applying an event twice does what once does.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cache/shard_cache.hpp"

namespace shoal::cache {

class guild_refill {
public:
    /// Of one guild; Discord lets nobody change a guild's structure so fast that this fills while an answer is on its way.
    static constexpr std::size_t most_log_bytes = std::size_t{256} * 1024;

    /// Before the question goes out.
    void begin(guild_id which) { asked_[which] = {}; }
    [[nodiscard]] bool any() const noexcept { return !asked_.empty(); }
    /// An event that was applied to `cache`.
    void event(const shard_cache& cache, discord::event_kind kind, const discord::json_value& object, std::string_view json);
    /// The answers are there, and are no news any more after this. False if more happened meanwhile than is kept: the guild is as
    /// it was, and must be asked for again.
    [[nodiscard]] bool finish(shard_cache& cache, guild_id which, const guild_answers& answers);
    /// No answer comes, or a new session began.
    void abandon(guild_id which) { asked_.erase(which); }
    void clear() noexcept { asked_.clear(); }

private:
    struct kept {
        discord::event_kind kind;
        std::string json;
    };
    struct log {
        std::vector<kept> events;
        std::size_t bytes = 0;
        bool too_long = false, left = false;
    };
    std::map<guild_id, log> asked_;
};

}  // namespace shoal::cache
