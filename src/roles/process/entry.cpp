#include "roles/process/entry.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "roles/process/main_process.hpp"

namespace shoal::roles {
namespace {

/// The end of a run that was started.
int finish(bot& which, const run_outcome& outcome, std::string_view program) {
    which.join();
    if (const auto problem = outcome.problem()) return say_why(program, *problem);
    return 0;
}

}  // namespace

void say(config::option_sources& sources, std::string_view name, std::string value) {
    if (!value.empty()) sources.code.insert_or_assign(std::string(name), std::move(value));
}

config::option_sources sources_of(const bot& which) {
    config::option_sources sources;
    sources.environment = config::process_environment();
    const auto& options = which.options();
    say(sources, "api-base", options.api_base);
    say(sources, "ca-file", options.ca_file);
    say(sources, "state-dir", options.state_dir);
    if (options.rest_per_second != 50) say(sources, "rest-per-second", fmt::format("{}", options.rest_per_second));
    if (options.threads != 0) say(sources, "threads", fmt::format("{}", options.threads));
    if (options.log_level) {
        constexpr const char* names[] = {"trace", "debug", "info", "warn", "error", "off"};
        say(sources, "log-level", names[static_cast<std::size_t>(*options.log_level)]);
    }
    return sources;
}

int say_why(std::string_view program, const config::startup_problem& problem) {
    const auto line = fmt::format("{}: {}\n", program, problem.sentence);
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
    return static_cast<int>(problem.code);
}

int run_to_end(bot& which, config::bot_start settings, std::string_view program, const starter& start) {
    auto outcome = std::make_shared<run_outcome>();
    const auto started = start(which.inside(), std::move(settings.settings), settings.warnings, outcome, -1);
    if (!started) return say_why(program, started.error());
    return finish(which, *outcome, program);
}

int run_until_signal(bot& which, config::bot_start settings, std::string_view program, const starter& start) {
    const stop_signals signals;
    raise_descriptor_limit();
    auto outcome = std::make_shared<run_outcome>();
    const auto started = start(which.inside(), std::move(settings.settings), settings.warnings, outcome, signals.descriptor());
    if (!started) return say_why(program, started.error());
    if (!*started) return 0;  // Stopped by a signal before it ran.

    pollfd ends[2] = {{signals.descriptor(), POLLIN, 0}, {outcome->descriptor(), POLLIN, 0}};
    while (::poll(ends, 2, -1) < 0 && errno == EINTR) {
    }
    which.stop();
    return finish(which, *outcome, program);
}

}  // namespace shoal::roles
