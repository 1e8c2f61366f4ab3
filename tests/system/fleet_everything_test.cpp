// Everything at once on a fleet of hosts: a dead worker, a dead coordinator, a lost host and a frozen one, all together.

#include <doctest/doctest.h>
#include <signal.h>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;

TEST_CASE("everything at once: whoever is left carries all shards, and everybody serves again afterwards") {
    if (hosts::left_out()) return;
    hosts net;
    fleet_stage fleet(under_traffic, 3, &net);
    const std::vector<std::string> all{"w1", "w2", "w3", "w4"};
    for (const auto& name : all) fleet.start_worker(name);
    require_placed(fleet, all);
    REQUIRE(fleet.further_events(200));

    fleet.kill_worker("w1");
    net.unplug("w2");
    fleet.kill_coordinator();
    fleet.worker("w3").send(SIGSTOP);
    fleet.start_coordinator();
    require_placed(fleet, {"w4"});
    REQUIRE(fleet.further_events(200));

    net.plug_in("w2");
    fleet.start_worker("w1");
    fleet.worker("w3").send(SIGCONT);
    for (const auto& name : all)
        if (!eventually([&] { return fleet.worker_state(name) == "healthy"; }, 60s)) FAIL(name << fleet.last_lines(15));
    require_placed(fleet, all);
    REQUIRE(fleet.discord.all_live(under_traffic.shards));
    REQUIRE(fleet.further_events(200));
    check_fleet(fleet);
}
