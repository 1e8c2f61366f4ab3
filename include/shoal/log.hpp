#pragma once
// What a log line is and where it goes. The default sink writes text or JSON lines to stderr; a bot may set its own.
// Not here: metrics and counts (bot.shards()), the journal of handled events (docs/journal.md).

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal {
inline namespace v0 {

/// From most to least: `warn` is what an operator should look at one day, `error` what failed and was not made good. `off` as a
/// level lets nothing through; no line has it.
enum class log_level : std::uint8_t { trace, debug, info, warn, error, off };

/// One log line. The views live for the sink's call only.
struct log_record {
    log_level level = log_level::info;
    std::chrono::system_clock::time_point time;
    /// The room that speaks: "gateway", "rest", "bot".
    std::string_view component;
    std::string_view message;
    /// One id through a connection's (or a request's) life; empty where there is none.
    std::string_view correlation;
    /// Further facts, as text.
    const std::vector<std::pair<std::string_view, std::string>>* fields = nullptr;
};

/// Receives every line at or above the level. Called from any thread, possibly from several at once, shards' threads among them:
/// it must neither throw nor block for long. The token was taken out of every line before.
using log_sink = std::function<void(const log_record&)>;

}  // namespace v0
}  // namespace shoal
