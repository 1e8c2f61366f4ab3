// A worker that died on a host of its own, where nobody sees that, and began again: the lock of its state folder is the proof.

#include <doctest/doctest.h>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;

TEST_CASE("a worker that is started again on its state folder after kill -9 has its shards back before its lease is over") {
    if (hosts::left_out()) return;
    hosts net;
    const discord_options options{.shards = 4, .guilds = 40, .max_concurrency = 16, .rate = 5};
    fleet_stage fleet(options, 8, &net);
    fleet.start_worker("w1");
    require_placed(fleet, {"w1"});
    REQUIRE(fleet.further_events(50));
    fleet.kill_worker("w1");
    fleet.start_worker("w1");
    // Another process of that name is turned away for as long as the lease lasts.
    CHECK_MESSAGE(fleet.coordinator().says("-> dead: its successor holds the lock of its data folder"), fleet.last_lines(15));
    require_placed(fleet, {"w1"});
    CHECK_FALSE(fleet.coordinator().err().contains("on this host is gone"));
    CHECK_FALSE(fleet.worker("w1").err().contains("another live worker has this process id"));
    CHECK(fleet.discord.all_live(options.shards));
    CHECK(fleet.discord.counter("identifies") == options.shards);
}
