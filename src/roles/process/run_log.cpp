#include "roles/process/run_log.hpp"

#include <fmt/format.h>

#include <utility>

namespace shoal::roles {

run_log::run_log(log_sink sink, const config::bot_settings& settings) {
    if (!sink) {
        own_ = std::make_unique<ops::stderr_log>(
            settings.format == config::log_format::json ? ops::log_format::json : ops::log_format::text,
            ops::redactor({settings.token}));
        sink = own_->sink();
    } else {
        // The promise that no line holds the token is kept for a sink of the user's, too.
        sink = ops::redacting(std::move(sink), ops::redactor({settings.token}));
    }
    log_ = logger(std::move(sink), settings.level, "run");
}

void run_log::flush() {
    if (!own_) return;
    if (own_->dropped() != 0) log_.warn("lines of this log were dropped", {{"lines", fmt::format("{}", own_->dropped())}});
    own_->flush();
}

}  // namespace shoal::roles
