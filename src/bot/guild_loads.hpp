#pragma once
// Guilds whose shard moved here without its cache, read over HTTP when somebody asks for them: once for all who wait, within a
// fifth of this process's share of the REST limit. Not here: what an answer changes (cache/guild_refill.hpp), when a request may
// go out beside that (src/rest).

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bot/share_pace.hpp"
#include "cache/guild_refill.hpp"
#include "shoal/error.hpp"
#include "shoal/ids.hpp"
#include "shoal/task.hpp"

namespace shoal::runtime {

class bot_runtime;
struct shard_room;

/// What a read of a guild needs first.
enum class guild_need : std::uint8_t {
    nothing,  ///< It is complete.
    asking,   ///< Only Discord can tell.
    waiting,  ///< Discord will tell: its GUILD_CREATE comes after READY, or when its outage ends.
    none,     ///< It is not a guild of this shard.
};
[[nodiscard]] guild_need need_of(const cache::shard_cache& cache, guild_id which) noexcept;

/// True when the guild is complete now, false when there is no such guild for this bot.
using load_outcome = std::move_only_function<void(const result<bool>&)>;

/// What one shard waits for, on its thread.
struct shard_loads {
    cache::guild_refill refill;
    std::map<guild_id, std::vector<load_outcome>> waiting;
};

class guild_loads {
public:
    /// Guilds that wait or are asked for, in all shards; more fail with queue_full.
    static constexpr std::size_t most = 1024;
    /// Who waits for one guild; more fail with queue_full.
    static constexpr std::size_t most_readers = 1024;
    /// Protocol: refilling caches takes no more of the share than this.
    static constexpr double part_of_share = 0.2;

    explicit guild_loads(bot_runtime& bot) noexcept : bot_(bot) {}

    /// `rest_per_second`: this process's share as it is at the moment. From any thread.
    void start(std::function<double()> rest_per_second);
    /// The bot stops: nobody is waited for any more. From any thread.
    void stop() noexcept { open_ = false; }
    /// Who the bot is, as READY tells it (a user object). From any thread.
    void know_self(std::string_view user_json);
    [[nodiscard]] std::string self() const;

    /// On the room's thread. `then` is called there, later or inside this call, unless the bot ends before.
    void load(shard_room& room, guild_id which, load_outcome then);

private:
    struct running;
    [[nodiscard]] task<> run(shard_room& room, guild_id which);
    [[nodiscard]] task<result<bool>> ask(shard_room& room, guild_id which);
    [[nodiscard]] std::optional<duration> wait_for(instant now, std::size_t requests);

    bot_runtime& bot_;
    std::atomic<bool> open_{false};
    std::atomic<std::size_t> running_{0};
    mutable std::mutex mutex_;  // Of what follows.
    std::function<double()> rest_per_second_;
    share_pace pace_;
    std::string self_json_;
};

}  // namespace shoal::runtime
