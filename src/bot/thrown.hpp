#pragma once
// What exceptions and failures that reach the bot's edge say, for the log. Not here: who catches them.

#include <cstdint>
#include <exception>
#include <string>

#include "shoal/error.hpp"

namespace shoal::runtime {

[[nodiscard]] inline std::string what_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

/// Discord answers 40060 or 10062 when an interaction was answered elsewhere or is over: nobody's fault, so it ends quietly.
[[nodiscard]] inline bool too_late_to_answer(const failure& why) noexcept {
    constexpr std::int64_t already_acknowledged = 40060;
    constexpr std::int64_t unknown_interaction = 10062;
    return why.has_discord_code(already_acknowledged) || why.has_discord_code(unknown_interaction);
}

}  // namespace shoal::runtime
