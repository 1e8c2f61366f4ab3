#pragma once
// What rooms at the rim write their log to: a level and a sink. Pure rooms do not log; they hand out notes.
// Not here: formats and files (src/ops).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shoal/log.hpp"

namespace shoal {

/// A copyable handle; cheap to pass by value. Thread-safe if its sink is.
class logger {
public:
    using fields = std::vector<std::pair<std::string_view, std::string>>;

    logger() = default;
    logger(log_sink sink, log_level level, std::string component = {})
        : sink_(std::move(sink)), level_(level), component_(std::move(component)) {}

    /// The same sink under another room's name.
    [[nodiscard]] logger named(std::string component) const { return {sink_, level_, std::move(component)}; }
    [[nodiscard]] bool on(log_level level) const noexcept { return sink_ && level >= level_ && level_ != log_level::off; }

    void write(log_level level, std::string_view message, const fields& more = {}, std::string_view correlation = {}) const {
        if (!on(level)) return;
        sink_({level, std::chrono::system_clock::now(), component_, message, correlation, &more});
    }
    void debug(std::string_view m, const fields& f = {}, std::string_view c = {}) const { write(log_level::debug, m, f, c); }
    void info(std::string_view m, const fields& f = {}, std::string_view c = {}) const { write(log_level::info, m, f, c); }
    void warn(std::string_view m, const fields& f = {}, std::string_view c = {}) const { write(log_level::warn, m, f, c); }
    void error(std::string_view m, const fields& f = {}, std::string_view c = {}) const { write(log_level::error, m, f, c); }

private:
    log_sink sink_;
    log_level level_ = log_level::off;
    std::string component_;
};

}  // namespace shoal
