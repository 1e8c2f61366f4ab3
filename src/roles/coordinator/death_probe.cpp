#include "roles/coordinator/death_probe.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

namespace shoal::roles {
namespace {

using namespace std::chrono_literals;

// A process is often gone within milliseconds; on a busy machine, or with much memory, its end may take a second.
constexpr std::array<duration, 3> first_waits{10ms, 20ms, 50ms};
constexpr duration later_wait = 100ms;
constexpr std::size_t most_attempts = 22;

}  // namespace

void death_probe::look(seen_process who, std::function<void(std::string)> proven) {
    attempt(std::make_shared<const seen_process>(std::move(who)), 0, std::move(proven));
}

void death_probe::attempt(std::shared_ptr<const seen_process> who, std::size_t which, std::function<void(std::string)> proven) {
    on_.wake_at(on_.now() + (which < first_waits.size() ? first_waits[which] : later_wait),
                [this, alive = alive_, who = std::move(who), which, proven = std::move(proven)]() mutable {
                    if (!*alive) return;
                    if (who->is_gone()) return proven(fmt::format("its process {} on this host is gone", who->pid()));
                    if (which + 1 < most_attempts) attempt(std::move(who), which + 1, std::move(proven));
                });
}

}  // namespace shoal::roles
