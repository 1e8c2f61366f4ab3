#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string_view>

#include "config/bot_options.hpp"
#include "config/command_line.hpp"
#include "roles/cli/commands.hpp"
#include "state/errc.hpp"
#include "trust/errc.hpp"

namespace shoal::roles::cli {
namespace {

using config::exit_code;

exit_code code_of(const failure& why) noexcept {
    if (why.is(state::errc::disk_full)) return exit_code::disk_full;
    if (why.room() == "state") return exit_code::state_unusable;
    for (const auto code : {trust::errc::bad_wish, trust::errc::exists, trust::errc::not_ready}) {
        if (why.is(code)) return exit_code::bad_setting;
    }
    return why.is(trust::errc::failed) ? exit_code::failed : exit_code::certificate_refused;
}

}  // namespace

int mistake(const std::string& sentence, exit_code code) {
    fmt::print(stderr, "shoal: {}\n", sentence);
    return static_cast<int>(code);
}

int mistake(const failure& why) {
    return mistake(why.detail().empty() ? fmt::format("{}.", why.text()) : fmt::format("{}: {}.", why.text(), why.detail()),
                   code_of(why));
}

int run(int argc, char** argv) {
    // Its settings are a bot's, with a file and the environment, which CLI11 does not read.
    if (argc > 1 && std::string_view(argv[1]) == "coordinator") return run_coordinator_program({argv + 2, argv + argc});
    CLI::App app("shoal, the operator's side of a fleet", "shoal");
    app.set_version_flag("--version", fmt::format("shoal {}", config::version));
    app.require_subcommand(1);
    std::string footer = "Exit codes:\n";
    for (const auto& one : config::tool_exit_codes)
        footer += fmt::format("  {:>2}  {}\n", static_cast<int>(one.code), one.meaning);
    app.footer(footer);
    const auto certs = add_certs(app);
    const auto fleet = add_fleet(app);
    app.add_subcommand("coordinator", "Run a coordinator; shoal coordinator --help lists its settings");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& said) {
        // --help and --version are "errors" of code 0 to CLI11.
        if (said.get_exit_code() == 0) return app.exit(said);
        return mistake(config::sentence_of(said, app), exit_code::bad_setting);
    }
    return app.got_subcommand("certs") ? certs() : fleet();
}

}  // namespace shoal::roles::cli
