#pragma once
// What the methods of objects share: the bot that an object came from, and small values made for its calls.
// Not here: the methods (methods.cpp, generated).

#include <chrono>
#include <utility>

#include "base/assert.hpp"
#include "shoal/cache.hpp"
#include "shoal/event.hpp"
#include "shoal/rest.hpp"

namespace shoal {
inline namespace v0 {
namespace detail {

template <class Self>
[[nodiscard]] rest_api rest_of(const Self& self) {
    runtime::bot_runtime* bot = nullptr;
    if constexpr (requires { self.from; }) {
        bot = self.from.bot;
    } else {
        bot = self.bot();
    }
    // A program's own mistake: it made the object itself, so there is no bot to ask.
    SHOAL_ASSERT(bot != nullptr);
    return rest_api(*bot);
}

[[nodiscard]] inline std::chrono::sys_time<std::chrono::milliseconds> in(std::chrono::seconds length) {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + length;
}

[[nodiscard]] inline message answering(message_id which, message what) {
    what.replies_to = which;
    return what;
}

}  // namespace detail
}  // namespace v0
}  // namespace shoal
