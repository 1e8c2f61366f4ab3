#pragma once
// Runs handlers: hands each event to those that want it, routes interactions to commands, components and modals, and reports what
// they throw. Everything is called on the shard's own thread. Not here: who registered what (handler_table.hpp), waiting for
// events (event_waits.hpp).

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "bot/handler_table.hpp"
#include "host/event_sink.hpp"
#include "shoal/event.hpp"

namespace shoal::runtime {

class bot_runtime;
class event_waits;
struct shard_room;

class dispatcher {
public:
    /// All three must outlive it.
    dispatcher(bot_runtime& bot, const handler_table& handlers, event_waits& waits) noexcept
        : bot_(bot), handlers_(handlers), waits_(waits) {}

    /// One event of Discord's: the cache takes it, then its handlers do. What the cache knew before is kept for those of them
    /// whose event has old(); nothing is copied for others. Fails if what somebody wants of the event cannot be read.
    [[nodiscard]] result<void> dispatch(shard_room& room, host::dispatch event, host::guild_change change);
    /// An event that came without a buffer, or is the bot's own.
    void tell(shard_room& room, event_type type, std::string_view json);
    /// On REST's thread.
    void tell_of_limits(const rest_notice& what);

private:
    void run_interaction(shard_room& room, const shoal::detail::event_ref& ref);
    void run_command(shard_room& room, const shoal::detail::event_ref& ref, std::string_view data_json);
    /// The user of an interaction whose handler threw before it answered is told so.
    void went_wrong(const shoal::detail::event_ref& ref, interaction_type type);
    void start_all(shard_room& room, const std::vector<handler_table::event_entry>& handlers,
                   const shoal::detail::event_ref& ref);
    template <class Run, class Failed>
    void start(shard_room& room, const std::string& name, const shoal::detail::event_ref& ref, Run run, Failed failed);
    [[nodiscard]] bool answered_before(shard_room& room, const std::exception_ptr& thrown);
    void report(shard_room& room, const std::string& name, const std::exception_ptr& thrown);
    void answer_quietly(const shoal::detail::event_ref& ref, std::string text);

    bot_runtime& bot_;
    const handler_table& handlers_;
    event_waits& waits_;
};

}  // namespace shoal::runtime
