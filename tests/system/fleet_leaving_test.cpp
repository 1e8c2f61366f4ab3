// A worker that is told to end and has no time to be emptied: what it holds it gives back, with a word, before its line closes.

#include <doctest/doctest.h>
#include <signal.h>

#include "system/support/fleet_stage.hpp"
#include "system/support/node_numbers.hpp"

using namespace shoal::system_test;

namespace {

discord_options shards_in_all(std::uint32_t count) {
    return {.shards = count, .guilds = count * 10, .max_concurrency = 32, .rate = 5};
}

/// Ends it, and says how many of its shards it gave back with a word. By its death alone, or by its lease, they would be lost.
std::size_t end_in_order(fleet_stage& fleet, const std::string& name) {
    const auto given_back = [&] { return times_said(fleet.coordinator().err(), ": " + name + " released it"); };
    const auto before = given_back();
    fleet.worker(name).send(SIGTERM);
    const auto ended = fleet.worker(name).wait(40s);
    REQUIRE(ended.has_value());
    CHECK(ended->code == 0);
    CHECK_MESSAGE(fleet.coordinator().says("-> dead: it ended in order"), fleet.last_lines(15));
    return given_back() - before;
}

}  // namespace

TEST_CASE("a worker whose stop deadline is over before it is emptied gives all of its shards back, with their tickets") {
    const auto options = shards_in_all(24);
    fleet_stage fleet(options, 3, nullptr, "shoal-test-bot");
    // Its handlers do not end, so no shard is moved in time, and not even ordered away: that is eight at once.
    fleet.start_worker("w1", {"--stop-deadline", "1s"}, {{"TEST_HOLDS", "1"}});
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.further_events(150));
    const auto had = fleet.running().at("w1");
    CHECK(had > 8);
    CHECK(end_in_order(fleet, "w1") == had);
    require_placed(fleet, {"w2"});
    REQUIRE(fleet.further_events(100));
    const auto report = fleet.audit();
    check_clean(report, fleet.discord.oracle());
    CHECK(fleet.discord.counter("identifies") == options.shards);
}

TEST_CASE("a worker that ends its sessions says so: others begin new ones at once, and try none that is gone") {
    const auto options = shards_in_all(6);
    fleet_stage fleet(options);
    fleet.start_worker("w1", {"--end-sessions"});
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.discord.all_live(options.shards));
    const auto had = fleet.running().at("w1");
    CHECK(end_in_order(fleet, "w1") == had);
    require_placed(fleet, {"w2"});
    CHECK(fleet.discord.all_live(options.shards));
    CHECK(fleet.discord.counter("identifies") == static_cast<std::int64_t>(options.shards + had));
    CHECK_FALSE(fleet.worker("w2").err().contains("resuming"));
}
