#pragma once
// What a bot asks of its shards from whatever thread it runs on: gateway commands, members, and copies of what is cached there.
// Not here: REST (calls.hpp, rest_client.hpp), one request's chunks (member_query.hpp).

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/scheduler.hpp"
#include "bot/awaiting.hpp"
#include "bot/guild_loads.hpp"
#include "host/event_sink.hpp"
#include "host/member_desk.hpp"
#include "shoal/bot.hpp"
#include "shoal/members.hpp"

namespace shoal::host {
class shard_host;
}

namespace shoal::runtime {

class bot_runtime;

/// A command counts as sent when its shard has queued it; too many, or one that is too large, fail.
/// The tasks may be awaited on any thread and resume on a thread of the bot's; they fail with not_running while the bot is not
/// open, or the shard is not in this process. `within`: how long to wait; empty: until the outcome.
class gateway_calls {
public:
    explicit gateway_calls(bot_runtime& bot) noexcept : bot_(bot) {}

    /// `elsewhere`: where those resume that ask from a thread without a scheduler.
    void open(scheduler& elsewhere) noexcept { elsewhere_ = &elsewhere; }
    /// nullptr takes it back: afterwards nobody is in it.
    void attach(host::shard_host* shards);
    [[nodiscard]] std::vector<host::shard_snapshot> shards() const;

    [[nodiscard]] task<result<void>> send_presence(presence what, std::optional<duration> within);
    [[nodiscard]] task<result<void>> send_voice_state(guild_id guild, channel_id channel, bool self_mute, bool self_deaf,
                                                      std::optional<duration> within);
    [[nodiscard]] task<result<member_list>> request_members(guild_id guild, member_request which, std::optional<duration> within);
    /// On the shard's thread: one shard is told what its session should show. Empty: nothing.
    void show_presence(shard_key shard, std::string json);
    /// Has the guild complete on its shard, over HTTP if need be.
    [[nodiscard]] task<result<bool>> load(guild_id guild, std::optional<duration> within);
    /// A copy of what the guild's shard knows of it, made on that shard's thread; what is missing is loaded first.
    [[nodiscard]] task<result<std::optional<guild_summary>>> summary_of(guild_id guild, std::optional<duration> within);

private:
    struct place {
        shard_key shard;
        scheduler* on;
    };
    [[nodiscard]] std::optional<place> place_of(guild_id guild) const;
    [[nodiscard]] scheduler* thread_of(shard_key shard) const;
    [[nodiscard]] scheduler& home() const noexcept;
    [[nodiscard]] task<result<void>> send(shard_key to, std::uint8_t op, std::string d, instant deadline);
    void load_there(const place& where, guild_id guild, load_outcome then);
    void ask_for_members(const place& where, gateway::member_query query, instant deadline, resolver<result<member_list>> answer);

    bot_runtime& bot_;
    scheduler* elsewhere_ = nullptr;
    mutable std::mutex mutex_;
    host::shard_host* shards_ = nullptr;
};

}  // namespace shoal::runtime
