#pragma once
// The subcommands of shoal-sim. Each adds itself and returns what runs it; the returned number is the exit code.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "config/exit_codes.hpp"
#include "shoal/error.hpp"
#include "sim/server/server.hpp"

namespace shoal_sim {

/// The codes of docs/exit-codes.md (simulator_exit_codes) that are not a failure's own.
inline constexpr int exit_fine = 0, exit_no = 1, exit_mistake = 2;

using runner = std::function<int()>;
runner add_serve(CLI::App& app);
runner add_replay(CLI::App& app);
runner add_ctl(CLI::App& app);
runner add_audit(CLI::App& app);
runner add_coverage(CLI::App& app);

/// Prints "shoal-sim: <sentence>" to stderr and returns the code.
int mistake(const std::string& sentence, shoal::config::exit_code code = shoal::config::exit_code::bad_setting);
/// With the code that this failure has.
int mistake(const shoal::failure& why);

/// One HTTP exchange with a control port.
struct answer {
    int status = 0;
    std::string body;
};
shoal::result<answer> http_call(const std::string& method, const std::string& url, const std::string& body = {});
/// "127.0.0.1:1234" or a url -> "http://127.0.0.1:1234" without a slash at its end.
std::string control_url(std::string address);
/// Says that the control port at `url` did not answer, and returns the code for that.
int unanswered(const std::string& url, const shoal::failure& why);

/// The options that serve and replay share, and what they do with a running server: tell, write the ready file, wait for the end.
struct serving {
    shoal::sim::server_options server;
    std::string ready_file, oracle_file;
    int drain_seconds = 5;
    void add_to(CLI::App& app);
    [[nodiscard]] int run(shoal::sim::server::machine_maker make, const std::string& what) const;
};

}  // namespace shoal_sim
