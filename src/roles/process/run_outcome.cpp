#include "roles/process/run_outcome.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <mutex>
#include <utility>

namespace shoal::roles {

struct run_outcome::shared {
    mutable std::mutex mutex;
    std::optional<config::startup_problem> problem;
};

run_outcome::run_outcome() : shared_(std::make_unique<shared>()), descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
run_outcome::~run_outcome() { ::close(descriptor_); }

void run_outcome::failed(config::startup_problem why) {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->problem) shared_->problem = std::move(why);
}

std::optional<config::startup_problem> run_outcome::problem() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->problem;
}

void run_outcome::mark_ended() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

}  // namespace shoal::roles
