#pragma once
// What an exception of a bot's own code says, for the log. Not here: who catches it.

#include <exception>
#include <string>

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

}  // namespace shoal::runtime
