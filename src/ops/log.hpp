#pragma once
// Where log lines go by default: text or JSON lines on stderr, written by one thread of their own, with no token in any of them.
// Not here: levels and components (base/logger.hpp), metrics.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "shoal/log.hpp"

namespace shoal::ops {

enum class log_format : std::uint8_t { text, json };

/// Takes secrets out of text: the ones that it was told of, and whatever has the shape of a bot token.
class redactor {
public:
    redactor() = default;
    explicit redactor(std::vector<secret> known);
    [[nodiscard]] std::string clean(std::string_view text) const;

private:
    std::vector<secret> known_;
};

/// One line without its newline. Text: "2026-01-02T03:04:05.678Z INFO  gateway  message  key=value  (correlation)".
/// JSON: {"time":...,"level":...,"component":...,"message":...,"id":...,further fields}. Control characters and broken UTF-8 are
/// escaped, so that no content of a message can forge a line.
[[nodiscard]] std::string format_line(const log_record& record, log_format format, const redactor& hide);

/// A sink that hands on what it gets, without secrets in it: for sinks that are not ours.
[[nodiscard]] log_sink redacting(log_sink to, redactor hide);

/// The default sink. Lines wait in a bounded queue of `queue_lines`; when stderr is slower than that the oldest are dropped and
/// counted, because a full pipe must not stop a shard. Destroying it writes what is left.
class stderr_log {
public:
    stderr_log(log_format format, redactor hide, std::size_t queue_lines = 8192, int descriptor = 2);
    ~stderr_log();
    stderr_log(const stderr_log&) = delete;
    stderr_log& operator=(const stderr_log&) = delete;

    /// A sink that shares this log; the log lives on while a sink does.
    [[nodiscard]] log_sink sink() const;
    /// Waits until all lines so far are written.
    void flush();
    [[nodiscard]] std::size_t dropped() const noexcept;

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace shoal::ops
