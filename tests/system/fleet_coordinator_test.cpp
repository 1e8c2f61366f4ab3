// A fleet of real processes whose coordinator dies, alone or with a worker: the shards do not notice, or come back.

#include <doctest/doctest.h>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;

TEST_CASE("the coordinator dies: shards go on; started again on its store it moves nothing and touches no shard") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.further_events(200));
    const auto before = fleet.running();
    fleet.kill_coordinator();
    REQUIRE(fleet.further_events(400));
    // A shard that loses its socket meanwhile resumes by itself, as long as its worker's lease lasts or once as an orphan.
    (void)fleet.discord.control(R"({"do":"cut","shard":3,"how":"rst"})");
    REQUIRE(eventually(
        [&] { return fleet.discord.counter("resumed") == 1 && fleet.discord.live_sessions() == under_traffic.shards; }));
    fleet.start_coordinator();
    REQUIRE(eventually([&] { return fleet.worker_state("w1") == "healthy" && fleet.worker_state("w2") == "healthy"; }));
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.further_events(200));
    CHECK(fleet.running() == before);
    CHECK(fleet.discord.counter("resumed") == 1);
    check_fleet(fleet);
}

TEST_CASE("coordinator and a worker die together: the shards come back when somebody coordinates again") {
    fleet_stage fleet(under_traffic);
    for (const auto* name : {"w1", "w2", "w3"}) fleet.start_worker(name);
    require_placed(fleet, {"w1", "w2", "w3"});
    REQUIRE(fleet.further_events(200));
    fleet.kill_coordinator();
    fleet.kill_worker("w1");
    fleet.start_coordinator();
    require_placed(fleet, {"w2", "w3"});
    REQUIRE(fleet.further_events(200));
    check_fleet(fleet);
}
