#pragma once
// What the cache knew of the thing that an event is about, copied out before the event is applied: what event.old() stands on. It
// owns all that it shows and may go to any thread. Not here: who asks for it (src/bot).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/shard_cache.hpp"
#include "discord/event_kind.hpp"

namespace shoal::cache {

class old_value {
public:
    /// Before apply(). A copy of one packed record (of emojis and stickers: of the list), some tens of bytes; empty if the thing
    /// is not known or not kept, or if the event is about none; also for events that only add, and where the guild has seen the
    /// event `seq` already (it came out of a snapshot, or twice): what it knows then is not what was before. 0: not looked at.
    [[nodiscard]] static old_value before(const shard_cache& cache, discord::event_kind kind, std::string_view json,
                                          std::uint64_t seq = 0);

    [[nodiscard]] bool empty() const noexcept { return records_.empty(); }
    /// The thing, if it is a T; good as long as this object.
    template <class T>
    [[nodiscard]] std::optional<T> get() const;
    /// All of a list that an event replaces.
    template <class T>
    [[nodiscard]] std::vector<T> all() const;

private:
    struct kept {
        std::uint64_t key;
        std::string record;
        std::string text;
    };
    template <class T>
    void take(const cached_guild& guild, std::uint64_t key);
    template <class T>
    void take(const record_home& home, const detail::packed_table::entry& from);

    int what_ = -1;  // A cache_table; a user: cache_tables.
    std::vector<kept> records_;
    std::vector<std::uint64_t> role_ids_;
};

}  // namespace shoal::cache
