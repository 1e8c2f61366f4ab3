// A fleet of real processes under traffic: whatever dies, nothing is lost, doubled without mark or out of order, and no IDENTIFY
// is spent.

#include <doctest/doctest.h>
#include <signal.h>

#include <boost/json.hpp>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;

namespace {

/// What the workers' heartbeats tell is what happens: 160 events a second in all, each on the shard that it came by.
void check_metrics(const fleet_stage& fleet) {
    const auto about_160 = [](double events) { return events > 60 && events < 400; };
    CHECK(eventually(
        [&] { return about_160(fleet.number_of("w1", "eventsPerSecond") + fleet.number_of("w2", "eventsPerSecond")); }));
    CHECK(eventually([&] {
        double events = 0;
        std::int64_t guilds = 0;
        const auto state = fleet.state();
        if (state.empty()) return false;
        for (const auto& each : state.at("shards").as_array()) {
            events += each.at("eventsPerSecond").to_number<double>();
            guilds += each.at("guilds").to_number<std::int64_t>();
        }
        return about_160(events) && guilds == under_traffic.guilds;
    }));
    for (const auto* name : {"w1", "w2"}) {
        CAPTURE(name);
        CHECK(fleet.number_of(name, "memoryMb") > 5);
        CHECK(fleet.number_of(name, "memoryMb") < 1000);
        CHECK(eventually([&] { return fleet.number_of(name, "cpuUsage") > 0; }));
        CHECK(fleet.number_of(name, "cpuUsage") <= 100);
        CHECK(fleet.number_of(name, "queueDepth") < 1000);
    }
}

}  // namespace

TEST_CASE("workers that join share the shards evenly, and one that comes later is given its part without an IDENTIFY") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    CHECK(fleet.running() == std::map<std::string, std::size_t>{{"w1", 8}, {"w2", 8}});
    REQUIRE(fleet.discord.all_live(under_traffic.shards));
    REQUIRE(fleet.further_events(200));
    check_metrics(fleet);
    const auto resumed = fleet.discord.counter("resumed");
    fleet.start_worker("w3");
    require_placed(fleet, {"w1", "w2", "w3"});
    REQUIRE(fleet.further_events(200));
    // A join moves at most ceil(shards / workers).
    CHECK(fleet.discord.counter("resumed") - resumed <= 6);
    CHECK(fleet.running().at("w3") >= 5);
    check_fleet(fleet);
}

TEST_CASE("kill -9 of a worker: its shards go on elsewhere by RESUME, from its last word on") {
    fleet_stage fleet(under_traffic);
    for (const auto* name : {"w1", "w2", "w3"}) fleet.start_worker(name);
    require_placed(fleet, {"w1", "w2", "w3"});
    fleet.discord.slash(4);
    REQUIRE(fleet.further_events(300));
    fleet.kill_worker("w2");
    // Its port on this host refuses: that is proof, and no lease is waited for.
    require_placed(fleet, {"w1", "w3"});
    CHECK(fleet.worker_state("w2") == "dead");
    REQUIRE(fleet.further_events(300));
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2", "w3"});
    REQUIRE(fleet.further_events(100));
    check_fleet(fleet);
}

TEST_CASE("a worker that is told to end hands its shards over first") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.further_events(200));
    fleet.worker("w1").send(SIGTERM);
    const auto ended = fleet.worker("w1").wait(40s);
    REQUIRE(ended.has_value());
    CHECK(ended->code == 0);
    require_placed(fleet, {"w2"});
    REQUIRE(fleet.further_events(200));
    check_fleet(fleet);
}

TEST_CASE("a second process of a living worker's name is told so, and takes nothing") {
    fleet_stage fleet({.shards = 2, .guilds = 4});
    fleet.start_worker("w1");
    require_placed(fleet, {"w1"});
    process second(fleet.bot_command({"--mode", "worker", "--process-id", "w1", "--coordinator-url", fleet.coordinator_url(),
                                      "--certs", fleet.certs("w1")}),
                   fleet.environment());
    REQUIRE(second.says("another live worker has this process id"));
    CHECK(fleet.coordinator().says("a worker was refused"));
    CHECK(fleet.worker_state("w1") == "healthy");
    second.send(SIGTERM);
    const auto ended = second.wait(30s);
    REQUIRE_MESSAGE(ended.has_value(), second.err());
    CHECK(ended->code == 0);
    CHECK(fleet.discord.counter("identifies") == 2);
}
