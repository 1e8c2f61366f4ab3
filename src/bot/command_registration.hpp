#pragma once
// Tells Discord which commands the bot has: once a run, with the first session that can. Not here: what they are
// (handler_table.hpp), the call (calls.hpp).

#include <atomic>

#include "shoal/ids.hpp"
#include "shoal/task.hpp"

namespace shoal::runtime {

class bot_runtime;
class forgotten_calls;
class handler_table;

class command_registration {
public:
    /// All three must outlive it.
    command_registration(bot_runtime& bot, const handler_table& handlers, forgotten_calls& calls) noexcept
        : bot_(bot), handlers_(handlers), calls_(calls) {}

    /// A new run.
    void open() noexcept { done_ = false; }
    /// READY named the application (0: it did not). From any shard's thread.
    void on_session(application_id own);

private:
    [[nodiscard]] task<> send(application_id own);

    bot_runtime& bot_;
    const handler_table& handlers_;
    forgotten_calls& calls_;
    std::atomic<bool> done_{false};  // Or under way.
};

}  // namespace shoal::runtime
