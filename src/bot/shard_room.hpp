#pragma once
// What the bot keeps for one shard: its running handlers, its cache, its counts. Belongs to the shard's thread, save for the
// counts. Not here: the connection (src/host).

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/scheduler.hpp"
#include "base/task_group.hpp"
#include "bot/guild_loads.hpp"
#include "bot/running.hpp"
#include "bot/shard_checkpoint.hpp"
#include "cache/shard_cache.hpp"
#include "shoal/ids.hpp"

namespace shoal::runtime {

class bot_runtime;

struct shard_room {
    /// `stored_in`: where its cache is kept for the next process, and may come from the one before; nullptr: nowhere.
    shard_room(bot_runtime& bot_in, shard_key key_in, scheduler& on_in, const cache_settings& keeps,
               shard_checkpoint* stored_in = nullptr)
        : bot(bot_in),
          key(key_in),
          on(on_in),
          own_cache(stored_in == nullptr ? std::make_unique<cache::shard_cache>(keeps) : nullptr),
          cache(stored_in == nullptr ? *own_cache : stored_in->cache()),
          stored(stored_in) {
        cache.of_bot(bot_in);
    }

    bot_runtime& bot;
    const shard_key key;
    scheduler& on;
    shard_loads loads;
    /// Handlers that have suspended. Made anew after a drain.
    std::unique_ptr<task_group> handlers = std::make_unique<task_group>();
    std::unique_ptr<cache::shard_cache> own_cache;
    cache::shard_cache& cache;
    shard_checkpoint* stored;
    running_board running;
    std::atomic<std::uint64_t> handler_errors{0};
    std::atomic<std::uint64_t> stale_interactions{0};
    std::atomic<std::uint64_t> guilds_loaded{0}, guild_loads_failed{0};
    shard_room* next = nullptr;  ///< In its bucket of the table.
};

/// Finds a shard's room without a lock: rooms are added, and go with the table.
class room_table {
public:
    room_table() = default;
    room_table(const room_table&) = delete;
    room_table& operator=(const room_table&) = delete;
    ~room_table() { clear(); }

    [[nodiscard]] shard_room* find(shard_key key) const noexcept {
        for (auto* each = bucket(key).load(std::memory_order_acquire); each != nullptr; each = each->next) {
            if (each->key == key) return each;
        }
        return nullptr;
    }
    /// On the shard's own thread: nobody else adds the same key meanwhile.
    shard_room& add(std::unique_ptr<shard_room> room) {
        auto& first = bucket(room->key);
        auto* raw = room.release();
        raw->next = first.load(std::memory_order_relaxed);
        while (!first.compare_exchange_weak(raw->next, raw, std::memory_order_release, std::memory_order_relaxed)) {
        }
        return *raw;
    }
    template <class F>
    void for_each(F visit) const {
        for (auto& first : buckets_) {
            for (auto* each = first.load(std::memory_order_acquire); each != nullptr; each = each->next) visit(*each);
        }
    }
    /// While no shard runs.
    void clear() noexcept {
        for (auto& first : buckets_) {
            auto* each = first.exchange(nullptr);
            while (each != nullptr) delete std::exchange(each, each->next);
        }
    }

private:
    static constexpr std::size_t count = 256;
    [[nodiscard]] std::atomic<shard_room*>& bucket(shard_key key) noexcept { return buckets_[key.id % count]; }
    [[nodiscard]] const std::atomic<shard_room*>& bucket(shard_key key) const noexcept { return buckets_[key.id % count]; }
    std::atomic<shard_room*> buckets_[count] = {};
};

}  // namespace shoal::runtime
