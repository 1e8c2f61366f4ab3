// shoal::fleet::run and main: a bot in every mode.

#include "shoal/fleet.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>

#include "config/bot_options.hpp"
#include "roles/coordinator/coordinator_role.hpp"
#include "roles/process/entry.hpp"
#include "roles/single/single_role.hpp"
#include "roles/worker/worker_role.hpp"

namespace shoal {
inline namespace v0 {
namespace fleet {
namespace {

/// A coordinator as what a bot runs: bot.stop() and join() are its.
class coordinator_runner final : public runtime::role {
public:
    coordinator_runner(std::unique_ptr<roles::coordinator_role> inner, std::shared_ptr<roles::run_outcome> outcome)
        : inner_(std::move(inner)), outcome_(std::move(outcome)) {}
    void stop(bool) override { outcome_->mark_ended(); }
    void join() override {
        pollfd end{outcome_->descriptor(), POLLIN, 0};
        while (::poll(&end, 1, -1) < 0 && errno == EINTR) {
        }
        const std::lock_guard lock(mutex_);
        inner_.reset();
    }

private:
    std::mutex mutex_;
    std::unique_ptr<roles::coordinator_role> inner_;
    std::shared_ptr<roles::run_outcome> outcome_;
};

std::expected<bool, config::startup_problem> start_coordinator(runtime::bot_runtime& bot, config::bot_settings settings,
                                                               const std::vector<std::string>& warnings,
                                                               std::shared_ptr<roles::run_outcome> outcome,
                                                               int give_up_descriptor) {
    auto started = roles::coordinator_role::start({.settings = std::move(settings),
                                                   .warnings = warnings,
                                                   .intents = bot.intents_to_identify(),
                                                   .sink = bot.options().log,
                                                   .give_up_descriptor = give_up_descriptor},
                                                  outcome);
    if (!started) return std::unexpected(std::move(started).error());
    if (*started == nullptr) return false;
    bot.attach(std::make_unique<coordinator_runner>(std::move(*started), std::move(outcome)));
    return true;
}

}  // namespace

int run(bot& which, worker how) {
    constexpr std::string_view program = "bot";
    auto sources = roles::sources_of(which);
    std::string addresses;
    for (const auto& each : how.coordinators) addresses += (addresses.empty() ? "" : ",") + each;
    roles::say(sources, "mode", "worker");
    roles::say(sources, "coordinator-url", std::move(addresses));
    roles::say(sources, "certs", std::move(how.certs));
    roles::say(sources, "listen-url", std::move(how.listen));
    roles::say(sources, "process-id", std::move(how.process_id));
    roles::say(sources, "state-dir", std::move(how.state_dir));
    if (how.max_shards) roles::say(sources, "max-shards", fmt::format("{}", *how.max_shards));
    auto settings = config::read_bot_settings(sources, program, secret(which.options().token), true);
    if (!settings) return roles::say_why(program, settings.error());
    return roles::run_to_end(which, std::move(*settings), program, roles::start_worker);
}

int run(bot& which, coordinator how) {
    constexpr std::string_view program = "bot";
    auto sources = roles::sources_of(which);
    roles::say(sources, "mode", "coordinator");
    roles::say(sources, "certs", std::move(how.certs));
    roles::say(sources, "listen-url", std::move(how.listen));
    roles::say(sources, "process-id", std::move(how.process_id));
    roles::say(sources, "state-dir", std::move(how.state_dir));
    if (how.total_shards) roles::say(sources, "total-shards", fmt::format("{}", *how.total_shards));
    auto settings = config::read_bot_settings(sources, program, secret(which.options().token), true);
    if (!settings) return roles::say_why(program, settings.error());
    return roles::run_to_end(which, std::move(*settings), program, start_coordinator);
}

int main(bot& which, int argc, char** argv) {
    const auto program = config::program_name(argc > 0 ? argv[0] : "bot");
    auto sources = roles::sources_of(which);
    for (int i = 1; i < argc; ++i) sources.arguments.emplace_back(argv[i]);
    auto settings = config::read_bot_settings(sources, program, secret(which.options().token), true);
    if (!settings) return roles::say_why(program, settings.error());
    if (!settings->print.empty()) {
        std::fwrite(settings->print.data(), 1, settings->print.size(), stdout);
        return 0;
    }
    const auto start = settings->settings.mode == config::run_mode::coordinator ? start_coordinator
                       : settings->settings.mode == config::run_mode::worker    ? roles::start_worker
                                                                                : roles::start_single;
    return roles::run_until_signal(which, std::move(*settings), program, start);
}

}  // namespace fleet
}  // namespace v0
}  // namespace shoal
