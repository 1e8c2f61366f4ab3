#pragma once
// One bot.request_members() while its chunks come in: reads them, and answers once. Lives on the shard's thread.
// Not here: which chunk belongs to whom, time-outs from chunk to chunk, RATE_LIMITED (src/gateway/member_requests.hpp).

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/scheduler.hpp"
#include "bot/event_body.hpp"
#include "host/member_desk.hpp"
#include "shoal/members.hpp"

namespace shoal::runtime {

/// As the gateway's machine takes it.
[[nodiscard]] gateway::member_query query_of(guild_id guild, member_request what);
/// What of Shoal's other rooms went wrong, in the codes that a bot's author knows.
[[nodiscard]] failure bot_failure_of(const failure& why);

class member_query : public std::enable_shared_from_this<member_query> {
public:
    using answered = std::move_only_function<void(result<member_list>)>;
    /// Gives up the request that was named to started().
    using canceller = std::function<void(host::member_desk::request_id)>;

    /// `bot` and `guild` are whose members they are.
    member_query(bot_runtime& bot, guild_id guild, scheduler& on, answered answer)
        : bot_(bot), guild_(guild), on_(on), answer_(std::move(answer)) {}

    /// For the desk; keeps this alive.
    [[nodiscard]] host::member_listener listener();
    /// The request stands. `deadline` never: Discord's own limits alone bound it.
    void started(host::member_desk::request_id request, instant deadline, canceller cancel);
    void failed(failure why) { settle(std::unexpected(std::move(why))); }

private:
    struct store : shoal::detail::member_store {
        event_arena arena{event_arena::copying{}};
    };
    void begin();
    void take(std::string_view chunk);
    void ended(const gateway::member_requests::ended& how);
    void settle(result<member_list> outcome);

    bot_runtime& bot_;
    const guild_id guild_;
    scheduler& on_;
    answered answer_;  // Empty once it was given.
    std::shared_ptr<store> store_;
    timer_id timer_ = timer_id::none;
};

}  // namespace shoal::runtime
