#pragma once
// Calls that nobody awaits: each belongs to the handler's shard or, outside of any, to REST's thread, and says in the log how it
// failed. Not here: the calls themselves (calls.hpp).

#include <string>
#include <string_view>

#include "base/scheduler.hpp"
#include "base/task_group.hpp"
#include "shoal/error.hpp"
#include "shoal/task.hpp"

namespace shoal::runtime {

class bot_runtime;

class forgotten_calls {
public:
    explicit forgotten_calls(const bot_runtime& bot) noexcept : bot_(bot) {}

    void open(scheduler& rest_on) noexcept { rest_on_ = &rest_on; }
    /// From any thread.
    void add(std::string_view what, task<result<void>> running);
    /// Runs on REST's thread, and reports its failures itself.
    void start_on_rest(task<> running);

private:
    [[nodiscard]] task<> log_failure(std::string what, task<result<void>> running);

    const bot_runtime& bot_;
    scheduler* rest_on_ = nullptr;
    task_group on_rest_;
};

}  // namespace shoal::runtime
