// What a run opens before anything is asked over the network, by its mode.

#include "roles/process/run_files.hpp"

#include <doctest/doctest.h>

using namespace shoal;
using namespace shoal::roles;

TEST_CASE("a single process needs its identify ledger, and a worker, whose permits come from its coordinator, opens none") {
    config::bot_settings settings;
    settings.token = secret("MTAwMDAwMDAwMDAwMDAwMDAwMQ.Gabcde.a-token-of-a-test-0123456789abcdef");
    settings.api_base = "https://discord.example/api/v10";
    settings.ledger_folder = "/dev/null/no-folder";
    settings.mode = config::run_mode::single;
    const auto single = open_run_files(settings);
    REQUIRE_FALSE(single.has_value());
    CHECK(single.error().code == config::exit_code::state_unusable);
    settings.mode = config::run_mode::worker;
    const auto worker = open_run_files(settings);
    REQUIRE(worker.has_value());
    CHECK(worker->ledger_path.empty());
}
