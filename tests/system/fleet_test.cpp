// A fleet of real processes under traffic: whatever dies, nothing is lost, doubled without mark or out of order, and no IDENTIFY
// is spent.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <boost/json.hpp>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;

namespace {

constexpr std::uint32_t shards = 16;
// Enough guilds that Discord's replay bound holds every outage here.
const discord_options under_traffic{.shards = shards, .guilds = 320, .max_concurrency = 16, .rate = 10};

/// Nothing is wrong, and nobody spent more than one IDENTIFY a shard.
void check_fleet(fleet_stage& fleet) {
    const auto report = fleet.audit();
    CAPTURE(fleet.last_lines(15));
    check_clean(report, fleet.discord.oracle());
    CHECK(fleet.discord.counter("identifies") == shards);
    CHECK(fleet.discord.counter("concurrency_breaches") == 0);
}

#define REQUIRE_PLACED(fleet, ...) \
    if (!(fleet).placed({__VA_ARGS__})) FAIL(boost::json::serialize((fleet).state()) << (fleet).last_lines(15))

}  // namespace

TEST_CASE("workers that join share the shards evenly, and one that comes later is given its part without an IDENTIFY") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    REQUIRE_PLACED(fleet, "w1", "w2");
    CHECK(fleet.running() == std::map<std::string, std::size_t>{{"w1", 8}, {"w2", 8}});
    REQUIRE(fleet.discord.all_live(shards));
    REQUIRE(fleet.further_events(200));
    const auto resumed = fleet.discord.counter("resumed");
    fleet.start_worker("w3");
    REQUIRE_PLACED(fleet, "w1", "w2", "w3");
    REQUIRE(fleet.further_events(200));
    // A join moves at most ceil(shards / workers).
    CHECK(fleet.discord.counter("resumed") - resumed <= 6);
    CHECK(fleet.running().at("w3") >= 5);
    check_fleet(fleet);
}

TEST_CASE("kill -9 of a worker: its shards go on elsewhere by RESUME, from its last word on") {
    fleet_stage fleet(under_traffic);
    for (const auto* name : {"w1", "w2", "w3"}) fleet.start_worker(name);
    REQUIRE_PLACED(fleet, "w1", "w2", "w3");
    fleet.discord.slash(4);
    REQUIRE(fleet.further_events(300));
    fleet.kill_worker("w2");
    // Its port on this host refuses: that is proof, and no lease is waited for.
    REQUIRE_PLACED(fleet, "w1", "w3");
    CHECK(fleet.worker_state("w2") == "dead");
    REQUIRE(fleet.further_events(300));
    fleet.start_worker("w2");
    REQUIRE_PLACED(fleet, "w1", "w2", "w3");
    REQUIRE(fleet.further_events(100));
    check_fleet(fleet);
}

TEST_CASE("the coordinator dies: shards go on; started again on its store it moves nothing and touches no shard") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    REQUIRE_PLACED(fleet, "w1", "w2");
    REQUIRE(fleet.further_events(200));
    const auto before = fleet.running();
    fleet.kill_coordinator();
    REQUIRE(fleet.further_events(400));
    // A shard that loses its socket meanwhile resumes by itself, as long as its worker's lease lasts or once as an orphan.
    (void)fleet.discord.control(R"({"do":"cut","shard":3,"how":"rst"})");
    REQUIRE(eventually([&] { return fleet.discord.counter("resumed") == 1 && fleet.discord.live_sessions() == shards; }));
    fleet.start_coordinator();
    REQUIRE(eventually([&] { return fleet.worker_state("w1") == "healthy" && fleet.worker_state("w2") == "healthy"; }));
    REQUIRE_PLACED(fleet, "w1", "w2");
    REQUIRE(fleet.further_events(200));
    CHECK(fleet.running() == before);
    CHECK(fleet.discord.counter("resumed") == 1);
    check_fleet(fleet);
}

TEST_CASE("a coordinator whose store is gone says so, and adopts what its workers report") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    REQUIRE_PLACED(fleet, "w1", "w2");
    const auto before = fleet.running();
    fleet.kill_coordinator();
    for (const auto* name : {"fleet.db", "fleet.db-wal", "fleet.db-shm"}) ::unlink((fleet.home / "c1/" + name).c_str());
    fleet.start_coordinator();
    CHECK(fleet.coordinator().says("the store began anew"));
    REQUIRE_PLACED(fleet, "w1", "w2");
    REQUIRE(fleet.further_events(200));
    CHECK(fleet.running() == before);
    CHECK(fleet.discord.counter("resumed") == 0);
    check_fleet(fleet);
}

TEST_CASE("coordinator and a worker die together: the shards come back when somebody coordinates again") {
    fleet_stage fleet(under_traffic);
    for (const auto* name : {"w1", "w2", "w3"}) fleet.start_worker(name);
    REQUIRE_PLACED(fleet, "w1", "w2", "w3");
    REQUIRE(fleet.further_events(200));
    fleet.kill_coordinator();
    fleet.kill_worker("w1");
    fleet.start_coordinator();
    REQUIRE_PLACED(fleet, "w2", "w3");
    REQUIRE(fleet.further_events(200));
    check_fleet(fleet);
}

TEST_CASE("a worker that is told to end hands its shards over first") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    REQUIRE_PLACED(fleet, "w1", "w2");
    REQUIRE(fleet.further_events(200));
    fleet.worker("w1").send(SIGTERM);
    const auto ended = fleet.worker("w1").wait(40s);
    REQUIRE(ended.has_value());
    CHECK(ended->code == 0);
    REQUIRE_PLACED(fleet, "w2");
    REQUIRE(fleet.further_events(200));
    check_fleet(fleet);
}

TEST_CASE("a frozen worker is taken over after its lease, and does not fight back when it wakes") {
    fleet_stage fleet(under_traffic);
    for (const auto* name : {"w1", "w2"}) fleet.start_worker(name);
    REQUIRE_PLACED(fleet, "w1", "w2");
    REQUIRE(fleet.further_events(200));
    fleet.worker("w1").send(SIGSTOP);
    REQUIRE_PLACED(fleet, "w2");
    REQUIRE(fleet.discord.all_live(shards));
    fleet.worker("w1").send(SIGCONT);
    REQUIRE(eventually([&] { return fleet.worker_state("w1") == "healthy"; }));
    REQUIRE_PLACED(fleet, "w1", "w2");
    REQUIRE(fleet.further_events(200));
    check_fleet(fleet);
}

TEST_CASE("a second process of a living worker's name is told so, and takes nothing") {
    fleet_stage fleet({.shards = 2, .guilds = 4});
    fleet.start_worker("w1");
    REQUIRE_PLACED(fleet, "w1");
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
