// What programs read of a fleet: each name and each unit stays as it is (docs/operating.md).

#include "ops/cluster_state.hpp"

#include <doctest/doctest.h>

using namespace shoal;
using namespace std::chrono_literals;

namespace {

cluster::cluster_picture whole_picture() {
    cluster::cluster_picture fleet;
    fleet.coordinator = "c1";
    fleet.leader = cluster::leader_epoch{7};
    fleet.fleet = cluster::fleet_id{0xABC};
    fleet.total_shards = 2;
    fleet.succession = {"c1"};
    fleet.paused = true;
    fleet.waiting_for = "the leases of an earlier leader";
    fleet.alarms = {"the store cannot be written"};
    fleet.identify = {.total = 1000,
                      .remaining = 900,
                      .reserve = 100,
                      .foreign = 3,
                      .spent = 97,
                      .reset_after = 1h,
                      .waiting = 2,
                      .budget_known = true,
                      .reserve_in_use = true,
                      .trouble = "none is left"};
    fleet.rest = {.limit_per_second = 50,
                  .paced_per_second = 45,
                  .leased_per_second = 40,
                  .kept_per_second = 4,
                  .sent_per_second = 12.5,
                  .waiting = 6,
                  .without = 0};
    cluster::worker_picture worker;
    worker.process = {"w1"};
    worker.incarnation = cluster::incarnation{0x1234};
    worker.state = cluster::worker_state::healthy;
    worker.reason = "it says so \"every\" second";
    worker.zone = "a";
    worker.software = "0.1.0";
    worker.listen_url = "https://10.0.0.2:8444";
    worker.capacity = {.millicores = 2000, .memory_mb = 512, .max_shards = 16};
    worker.metrics = {.cpu_share = 0.5, .memory_mb = 80, .events_per_second = 101.25, .queue_depth = 9};
    worker.cordoned = true;
    worker.last_heard = 250ms;
    worker.shards = {0};
    worker.rest_per_second = 20;
    worker.rest_sent_per_second = 2.5;
    worker.rest_waiting = 1;
    fleet.workers.push_back(worker);
    cluster::shard_picture owned;
    owned.owner = cluster::process_id{"w1"};
    owned.epoch = cluster::shard_epoch{5};
    owned.state = cluster::placement_state::running;
    owned.status = cluster::shard_status::live;
    owned.reason = "the first to be free";
    owned.metrics = {.guilds = 1200,
                     .cpu_share = 0.25,
                     .events_per_second = 50.5,
                     .latency = 41ms,
                     .lost_events = 4,
                     .resumes = 3,
                     .identifies = 1,
                     .queue_depth = 7,
                     .cache_incomplete = true,
                     .partial_guilds = 8};
    cluster::shard_picture free;
    free.shard = 1;
    free.reason = "no worker has room";
    free.refused_with = 4011;
    fleet.shards = {owned, free};
    return fleet;
}

constexpr std::chrono::sys_seconds now{1'767'225'600s};  // 2026-01-01T00:00:00Z

}  // namespace

TEST_CASE("the fleet's state says everything it knows, by names that stay") {
    CHECK(
        ops::cluster_state_json(whole_picture(), now) ==
        R"({"coordinatorId":"c1","epoch":7,"fleet":"0000000000000abc","succession":["c1"],"totalShards":2,"paused":true,)"
        R"("waitingFor":"the leases of an earlier leader","alarms":["the store cannot be written"],)"
        R"("identify":{"total":1000,"remaining":900,"resetAt":"2026-01-01T01:00:00Z","reserve":100,"reserveInUse":true,)"
        R"("foreign":3,"spent":97,"waiting":2},)"
        R"("rest":{"limitPerSecond":50,"pacedPerSecond":45,"leasedPerSecond":40,"keptPerSecond":4,"sentPerSecond":12.5,)"
        R"("waiting":6},)"
        R"("workers":[{"processId":"w1","shards":[0],"cpuUsage":50,"memoryMb":80,"eventsPerSecond":101.25,"queueDepth":9,)"
        R"("restPerSecond":20,"restSentPerSecond":2.5,"restWaiting":1,"status":"healthy",)"
        R"("reason":"it says so \"every\" second","cordoned":true,"version":"0.1.0","zone":"a",)"
        R"("listenUrl":"https://10.0.0.2:8444","maxShards":16,"millicores":2000,"lastHeardMs":250,)"
        R"("incarnation":"0000000000001234"}],)"
        R"("shards":[{"id":0,"worker":"w1","epoch":5,"status":"running","reported":"live","reason":"the first to be free","refusedWith":0,)"
        R"("guilds":1200,"latencyMs":41,"eventsPerSecond":50.5,"cpuUsage":25,"queueDepth":7,"lostEvents":4,"resumes":3,)"
        R"("identifies":1,"cacheComplete":false,"partialGuilds":8},)"
        R"({"id":1,"worker":null,"epoch":0,"status":"unplaced","reported":"starting","reason":"no worker has room","refusedWith":4011,)"
        R"("guilds":0,"latencyMs":0,"eventsPerSecond":0,"cpuUsage":0,"queueDepth":0,"lostEvents":0,"resumes":0,)"
        R"("identifies":0,"cacheComplete":true,"partialGuilds":0}]})"
        "\n");
}

TEST_CASE("the parts are the state's own") {
    const auto fleet = whole_picture();
    const auto whole = ops::cluster_state_json(fleet, now);
    for (auto part : {ops::cluster_workers_json(fleet), ops::cluster_shards_json(fleet)}) {
        REQUIRE(part.starts_with("{"));
        REQUIRE(part.ends_with("}\n"));
        CHECK(whole.contains(part.substr(1, part.size() - 3)));
    }
}

TEST_CASE("of a budget that Discord was not asked for yet nothing is claimed") {
    auto fleet = whole_picture();
    fleet.identify.budget_known = false;
    CHECK(ops::cluster_state_json(fleet, now)
              .contains(R"("identify":{"total":null,"remaining":null,"resetAt":null,"reserve":100)"));
}
