#pragma once
// What every family of REST calls stands on: the bot that sends them. Nothing here is for use by bots.
// Not here: the calls (rest/, generated).

#include "shoal/call.hpp"

namespace shoal {

namespace runtime {
class bot_runtime;
}

inline namespace v0 {
namespace detail {

class rest_home {
public:
    rest_home() noexcept = default;

protected:
    explicit rest_home(runtime::bot_runtime& bot) noexcept : bot_(&bot) {}
    [[nodiscard]] runtime::bot_runtime& home() const noexcept { return *bot_; }
    [[nodiscard]] detail::call_home& call_home() const noexcept;

private:
    runtime::bot_runtime* bot_ = nullptr;
};

}  // namespace detail
}  // namespace v0
}  // namespace shoal
