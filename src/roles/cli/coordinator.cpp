// shoal coordinator: a coordinator for people who need no bot's code there.

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "config/bot_options.hpp"
#include "roles/cli/commands.hpp"
#include "roles/cli/intents_text.hpp"
#include "roles/coordinator/coordinator_role.hpp"

namespace shoal::roles::cli {

int run_coordinator_program(const std::vector<std::string>& words) {
    config::option_sources sources;
    sources.arguments = words;
    sources.environment = config::process_environment();
    auto read = config::read_coordinator_settings(sources, "shoal coordinator");
    if (!read) return mistake(read.error().sentence, read.error().code);
    if (!read->start.print.empty()) {
        std::fwrite(read->start.print.data(), 1, read->start.print.size(), stdout);
        return 0;
    }
    const auto wanted = read_intents(read->intents);
    if (!wanted) return mistake(fmt::format("--intents: {}", wanted.error()), config::exit_code::bad_setting);
    return run_coordinator({.settings = std::move(read->start.settings),
                            .warnings = std::move(read->start.warnings),
                            .intents = wanted->bits(),
                            .sink = {}},
                           "shoal");
}

}  // namespace shoal::roles::cli
