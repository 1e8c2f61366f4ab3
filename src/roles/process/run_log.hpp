#pragma once
// The log of one process, as its settings want it: the user's sink or stderr, and no secret in either.
// Not here: how a line looks (src/ops).

#include <memory>

#include "base/logger.hpp"
#include "config/bot_options.hpp"
#include "ops/log.hpp"

namespace shoal::roles {

class run_log {
public:
    /// `sink`: the program's own; empty: stderr.
    run_log(log_sink sink, const config::bot_settings& settings);
    [[nodiscard]] const logger& log() const noexcept { return log_; }
    /// Tells of dropped lines, and waits until everything is written.
    void flush();

private:
    std::unique_ptr<ops::stderr_log> own_;
    logger log_;
};

}  // namespace shoal::roles
