// shoal-sim: a simulated Discord to test bots on, and the audit of what they handled.
#include <fmt/format.h>

#include <map>

#include "apps/shoal-sim/commands.hpp"
#include "config/bot_options.hpp"
#include "config/command_line.hpp"

int main(int argc, char** argv) {
    CLI::App app("shoal-sim, a simulated Discord: gateway and REST with traffic, faults and an audit", "shoal-sim");
    app.set_version_flag("--version", fmt::format("shoal-sim {}", shoal::config::version));
    app.require_subcommand(1);
    std::string footer =
        "Start it, then point any bot at it:\n  shoal-sim serve --ca-out ca.pem --ready-file ready.json\nExit codes:\n";
    for (const auto& one : shoal::config::simulator_exit_codes)
        footer += fmt::format("  {:>2}  {}\n", static_cast<int>(one.code), one.meaning);
    app.footer(footer);

    std::map<CLI::App*, shoal_sim::runner> runners;
    const auto add = [&](const char* name, const char* what, shoal_sim::runner (*make)(CLI::App&)) {
        auto* const sub = app.add_subcommand(name, what);
        runners.emplace(sub, make(*sub));
    };
    add("serve", "Run the simulated Discord until Ctrl-C", shoal_sim::add_serve);
    add("ctl", "Send a command to a running one: faults, traffic, drain, oracle", shoal_sim::add_ctl);
    add("audit", "Hold a bot's journals against the oracle", shoal_sim::add_audit);
    add("replay", "Serve a recording to clients of a bench", shoal_sim::add_replay);
    add("coverage", "Show which behaviours and faults have a test", shoal_sim::add_coverage);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& said) {
        // --help and --version are "errors" of code 0 to CLI11.
        if (said.get_exit_code() == 0) return app.exit(said);
        return shoal_sim::mistake(shoal::config::sentence_of(said, app));
    }
    return runners.at(app.get_subcommands().front())();
}
