// shoal::start, run and main for one process.

#include "shoal/run.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <cstdio>

#include "config/bot_options.hpp"
#include "roles/process/exit_reasons.hpp"
#include "roles/process/stop_signals.hpp"
#include "roles/single/single_role.hpp"

namespace shoal {
inline namespace v0 {

namespace {

std::string joined(const std::vector<std::uint32_t>& numbers) {
    std::string list;
    for (const auto number : numbers) list += fmt::format("{}{}", list.empty() ? "" : ",", number);
    return list;
}

/// What the program's code says, as options of the table.
config::option_sources sources_of(const bot& which, const single& how) {
    config::option_sources sources;
    sources.environment = config::process_environment();
    const auto say = [&](const char* name, std::string value) {
        if (!value.empty()) sources.code.emplace(name, std::move(value));
    };
    const auto& options = which.options();
    say("api-base", options.api_base);
    say("ca-file", options.ca_file);
    say("state-dir", options.state_dir);
    if (options.rest_per_second != 50) say("rest-per-second", fmt::format("{}", options.rest_per_second));
    if (options.threads != 0) say("threads", fmt::format("{}", options.threads));
    if (options.log_level) {
        constexpr const char* names[] = {"trace", "debug", "info", "warn", "error", "off"};
        say("log-level", names[static_cast<std::size_t>(*options.log_level)]);
    }
    say("shard-ids", joined(how.shards));
    if (how.total_shards) say("total-shards", fmt::format("{}", *how.total_shards));
    return sources;
}

void say_why(std::string_view program, const config::startup_problem& problem) {
    const auto line = fmt::format("{}: {}\n", program, problem.sentence);
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
}

/// The end of a run that was started: waits, and says why it ended if not in order.
int finish(bot& which, const roles::run_outcome& outcome, std::string_view program) {
    which.join();
    if (auto problem = outcome.problem()) {
        say_why(program, *problem);
        return static_cast<int>(problem->code);
    }
    return 0;
}

}  // namespace

result<void> start(bot& which, single how) {
    auto settings = config::read_bot_settings(sources_of(which, how), "bot", secret(which.options().token));
    if (!settings) return std::unexpected(failure(bot_errc::bad_settings, settings.error().sentence));
    auto started = roles::start_single(which.inside(), std::move(settings->settings), settings->warnings,
                                       std::make_shared<roles::run_outcome>());
    if (!started) return std::unexpected(failure(roles::start_errc::cannot_start, started.error().sentence));
    return {};
}

int run(bot& which, single how) {
    constexpr std::string_view program = "bot";
    auto settings = config::read_bot_settings(sources_of(which, how), program, secret(which.options().token));
    if (!settings) {
        say_why(program, settings.error());
        return static_cast<int>(settings.error().code);
    }
    auto outcome = std::make_shared<roles::run_outcome>();
    auto started = roles::start_single(which.inside(), std::move(settings->settings), settings->warnings, outcome);
    if (!started) {
        say_why(program, started.error());
        return static_cast<int>(started.error().code);
    }
    return finish(which, *outcome, program);
}

int main(bot& which, int argc, char** argv) {
    const auto program = config::program_name(argc > 0 ? argv[0] : "bot");
    auto sources = sources_of(which, {});
    for (int i = 1; i < argc; ++i) sources.arguments.emplace_back(argv[i]);
    auto settings = config::read_bot_settings(sources, program, secret(which.options().token));
    if (!settings) {
        say_why(program, settings.error());
        return static_cast<int>(settings.error().code);
    }
    if (!settings->print.empty()) {
        std::fwrite(settings->print.data(), 1, settings->print.size(), stdout);
        return 0;
    }

    const roles::stop_signals signals;
    auto outcome = std::make_shared<roles::run_outcome>();
    auto started =
        roles::start_single(which.inside(), std::move(settings->settings), settings->warnings, outcome, signals.descriptor());
    if (!started) {
        say_why(program, started.error());
        return static_cast<int>(started.error().code);
    }
    if (!*started) return 0;  // Stopped by a signal before it ran.

    pollfd ends[2] = {{signals.descriptor(), POLLIN, 0}, {outcome->descriptor(), POLLIN, 0}};
    while (::poll(ends, 2, -1) < 0 && errno == EINTR) {
    }
    which.stop();
    return finish(which, *outcome, program);
}

}  // namespace v0
}  // namespace shoal
