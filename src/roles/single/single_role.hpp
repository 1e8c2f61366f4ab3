#pragma once
// One process, all shards or a hand-picked part of them: a constant source of assignments. It makes the threads, asks Discord
// where the gateway is, and puts bot, host and identify desk together.
// Not here: reading settings (src/config), what shards do (src/host), what events mean (src/bot).

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/logger.hpp"
#include "bot/runtime.hpp"
#include "config/bot_options.hpp"

namespace shoal::roles {

/// How a run ended; shared by the role and whoever started it.
class run_outcome {
public:
    /// The first problem counts.
    void failed(config::startup_problem why);
    [[nodiscard]] std::optional<config::startup_problem> problem() const;
    /// Becomes readable when the role has stopped.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    void mark_ended() noexcept;

    run_outcome();
    ~run_outcome();
    run_outcome(const run_outcome&) = delete;
    run_outcome& operator=(const run_outcome&) = delete;

private:
    struct shared;
    std::unique_ptr<shared> shared_;
    int descriptor_;
};

/// Starts the bot and attaches the role to it, or says why not; then nothing runs. Waits for Discord's first answer; when
/// `give_up_descriptor` becomes readable meanwhile (a signal), it gives up without a problem: `false`.
[[nodiscard]] std::expected<bool, config::startup_problem> start_single(runtime::bot_runtime& bot, config::bot_settings settings,
                                                                        const std::vector<std::string>& warnings,
                                                                        std::shared_ptr<run_outcome> outcome,
                                                                        int give_up_descriptor = -1);

}  // namespace shoal::roles
