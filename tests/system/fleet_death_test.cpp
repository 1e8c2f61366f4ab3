// A worker of this host that dies is known to be dead at once, wherever it listens: no lease is waited for.

#include <doctest/doctest.h>
#include <signal.h>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;

TEST_CASE(
    "kill -9 of a worker that listens on any address: its host's kernel says so, and its shards go on before its lease is over") {
    const discord_options options{.shards = 4, .guilds = 40, .max_concurrency = 16, .rate = 5};
    fleet_stage fleet(options, 6);
    fleet.start_worker("w1", {"--listen-url", "https://+:0"});
    fleet.start_worker("w2", {"--listen-url", "https://+:0"});
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.further_events(50));
    fleet.kill_worker("w1");
    // Of one whose lease is over nobody knows whether it is dead.
    CHECK_MESSAGE(fleet.coordinator().says("-> dead: its process "), fleet.last_lines(15));
    require_placed(fleet, {"w2"});
    CHECK(fleet.worker_state("w1") == "dead");
    CHECK(fleet.discord.counter("identifies") == options.shards);
}
