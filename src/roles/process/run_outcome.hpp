#pragma once
// How a run ended; shared by the role and whoever started it. Not here: which end has which exit code (exit_reasons.hpp).

#include <memory>
#include <optional>

#include "config/exit_codes.hpp"

namespace shoal::roles {

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

}  // namespace shoal::roles
