// A fleet whose heartbeats are as far apart as its operator wants them.

#include <doctest/doctest.h>

#include "system/support/fleet_stage.hpp"
#include "system/support/node_numbers.hpp"

using namespace shoal::system_test;

TEST_CASE("with a heartbeat of three seconds a worker keeps its one stream") {
    fleet_stage fleet({.shards = 2, .guilds = 4}, 9, nullptr, "shoal-fleet-bot", {"--heartbeat", "3s"});
    fleet.start_worker("w1");
    // The lease that a new coordinator waits has room for several heartbeats.
    require_placed(fleet, {"w1"});
    CHECK(times_said(fleet.worker("w1").err(), "the coordinator has taken this worker") == 1);
    CHECK(fleet.worker_state("w1") == "healthy");
}
