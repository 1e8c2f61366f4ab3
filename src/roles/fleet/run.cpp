// shoal::fleet::run and main: a bot in every mode.

#include "shoal/fleet.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "config/bot_options.hpp"
#include "roles/coordinator/coordinator_role.hpp"
#include "roles/process/entry.hpp"
#include "roles/single/single_role.hpp"
#include "roles/worker/worker_role.hpp"

namespace shoal {
inline namespace v0 {
namespace fleet {

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
    switch (settings->settings.mode) {
        case config::run_mode::single: return roles::run_until_signal(which, std::move(*settings), program, roles::start_single);
        case config::run_mode::worker: return roles::run_until_signal(which, std::move(*settings), program, roles::start_worker);
        case config::run_mode::coordinator: break;
    }
    return roles::run_coordinator({.settings = std::move(settings->settings),
                                   .warnings = std::move(settings->warnings),
                                   .intents = which.inside().intents_to_identify(),
                                   .sink = which.options().log},
                                  program);
}

}  // namespace fleet
}  // namespace v0
}  // namespace shoal
