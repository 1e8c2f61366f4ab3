#include "roles/cli/fleet_text.hpp"

#include <doctest/doctest.h>

#include "roles/cli/remaining.hpp"
#include "roles/cli/text_table.hpp"

using namespace shoal;
using namespace shoal::roles::cli;
using namespace std::chrono_literals;
using cluster::placement_state;
using cluster::process_id;
using cluster::shard_status;

namespace {

constexpr std::chrono::sys_seconds noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25) + 12h;

cluster::shard_picture shard(std::uint32_t number, std::optional<std::string> owner,
                             placement_state state = placement_state::running, shard_status status = shard_status::live) {
    cluster::shard_picture out;
    out.shard = number;
    if (owner) out.owner = process_id{*owner};
    out.state = state;
    out.status = status;
    out.epoch = cluster::shard_epoch(7);
    out.reason = owner ? "placed" : "no room";
    return out;
}

cluster::worker_picture worker(std::string name, std::vector<std::uint32_t> shards) {
    cluster::worker_picture out;
    out.process = process_id{std::move(name)};
    out.state = cluster::worker_state::healthy;
    out.reason = "its heartbeats come";
    out.shards = std::move(shards);
    out.last_heard = 400ms;
    out.metrics.cpu_share = 0.12;
    out.metrics.memory_mb = 48;
    return out;
}

cluster::cluster_picture fleet() {
    cluster::cluster_picture out;
    out.coordinator = "c1";
    out.leader = cluster::leader_epoch(3);
    out.total_shards = 3;
    out.identify.budget_known = true;
    out.identify.total = 1000;
    out.identify.remaining = 996;
    out.identify.reserve = 100;
    out.identify.reset_after = 23h + 10min;
    out.rest = {.limit_per_second = 50, .paced_per_second = 45, .leased_per_second = 44, .sent_per_second = 17};
    out.workers = {worker("w1", {0, 1}), worker("worker-2", {})};
    out.workers[0].rest_per_second = 43;
    out.workers[0].rest_sent_per_second = 17;
    out.shards = {shard(0, "w1"), shard(1, "w1"), shard(2, {}, placement_state::unplaced)};
    return out;
}

cluster::plan_told plan(std::vector<std::uint32_t> shards, const std::string& to) {
    cluster::plan_told out;
    for (const auto each : shards) out.moves.push_back({each, process_id{"w1"}, process_id{to}, "an operator moves it"});
    return out;
}

}  // namespace

TEST_CASE("status says in a few lines how the fleet is, and shows its workers") {
    CHECK(status_text(fleet()) ==
          "coordinator   c1, epoch 3\n"
          "shards        3: 1 unplaced, 2 running\n"
          "workers       2: 2 healthy\n"
          "identifies    996 of 1000 left, anew in 23 h 10 min, 100 in reserve\n"
          "rest          17 requests in the last second, 44 of 50 leased\n"
          "\n"
          "WORKER    STATE    SHARDS   CPU  MEMORY  EVENTS/S  QUEUE    REST/S  ZONE      HEARD  REASON\n"
          "w1        healthy       2  12 %   48 MB       0.0      0  17 of 43  -     0.4 s ago  its heartbeats come\n"
          "worker-2  healthy       0  12 %   48 MB       0.0      0    0 of 0  -     0.4 s ago  its heartbeats come\n");
}

TEST_CASE("what is not as it should be has a line of its own in status") {
    auto what = fleet();
    what.paused = true;
    what.waiting_for = "Discord's shard count";
    what.alarms = {"the store is full"};
    what.identify.foreign = 4;
    what.identify.waiting = 1;
    what.identify.reserve_in_use = true;
    what.rest.kept_per_second = 3;
    what.rest.waiting = 1;
    what.workers[0].cordoned = true;
    const auto text = status_text(what);
    CHECK(text.contains("PAUSED        nothing is moved"));
    CHECK(text.contains("WAITING       for Discord's shard count\n"));
    CHECK(text.contains("ALARM         the store is full\n"));
    CHECK(text.contains("100 in reserve (in use), 4 spent by others; 1 shard waiting\n"));
    CHECK(text.contains("44 of 50 leased (3 to lost workers); 1 call waiting\n"));
    CHECK(text.contains("healthy, cordoned"));
    CHECK_FALSE(status_text(fleet()).contains("PAUSED"));
    what.workers.clear();
    what.shards.clear();
    what.total_shards = 0;
    what.identify = {};
    const auto empty = status_text(what);
    CHECK(empty.contains("shards        not known yet\n"));
    CHECK(empty.contains("workers       none\n"));
    CHECK(empty.contains("identifies    Discord has not been asked yet\n"));
}

TEST_CASE("a shard without an owner has neither worker nor session") {
    const auto text = shards_text(fleet());
    CHECK(text.starts_with(
        "SHARD  WORKER  STATE     SESSION  EPOCH  GUILDS  CACHE    CPU  LATENCY  EVENTS/S  LOST  RESUMES  IDENTIFIES  REASON\n"));
    CHECK(
        text.contains("\n    1  w1      running   live         7       0  whole  0.0 %     0 ms       0.0     0        0         "
                      "  0  placed\n"));
    CHECK(
        text.contains("\n    2  -       unplaced  -            7       0  -      0.0 %     0 ms       0.0     0        0         "
                      "  0  no room\n"));
}

TEST_CASE("a worker's words steer no terminal") {
    auto what = fleet();
    what.workers[0].reason = "\x1b[2J\nw9 healthy";
    what.workers[1].process = process_id{
        "w\xC2\x9B"
        "31m"};
    const auto text = workers_text(what);
    CHECK(text.contains("?[2J?w9 healthy"));
    CHECK(text.contains("w?31m"));
    CHECK(printable("Zürich\t") == "Zürich?");
}

TEST_CASE("columns stand below each other whatever the alphabet, and no line ends in spaces") {
    CHECK(table_text({{"NAME", "N", "WHY"}, {"Zürich", "7", "x"}, {"a", "12", ""}}, {1}) ==
          "NAME     N  WHY\nZürich   7  x\na       12\n");
}

TEST_CASE("events have a time, and a stable form for programs") {
    const std::vector<cluster::fleet_event> events{{4, 90s, "w1", {}, "joined"}, {5, 500ms, "", 2, "lost its owner"}};
    CHECK(events_text(events, noon, true) ==
          "TIME                  WORKER        SHARD  WHAT\n"
          "2026-11-25T11:58:30Z  w1                -  joined\n"
          "2026-11-25T11:59:59Z  -                 2  lost its owner\n");
    CHECK_FALSE(events_text(events, noon, false).contains("TIME"));
    CHECK(events_json(events, noon) ==
          R"({"events":[{"number":4,"time":"2026-11-25T11:58:30Z","worker":"w1","shard":null,"what":"joined"},)"
          R"({"number":5,"time":"2026-11-25T11:59:59Z","worker":null,"shard":2,"what":"lost its owner"}]})"
          "\n");
}

TEST_CASE("a plan says what moves where and why, what finds no room, and whether it was meant") {
    auto what = plan({0, 12}, "w2");
    what.moves[1].from.reset();
    what.left_out = {"shard 3: no worker has room"};
    what.dry_run = true;
    CHECK(plan_text(what) ==
          "SHARD  FROM  TO  WHY\n"
          "    0  w1    w2  an operator moves it\n"
          "   12  -     w2  an operator moves it\n"
          "Left out: shard 3: no worker has room\n"
          "This was a dry run: nothing was ordered.\n");
    CHECK(plan_json(what) == R"({"dryRun":true,"moves":[{"shard":0,"from":"w1","to":"w2","reason":"an operator moves it"},)"
                             R"({"shard":12,"from":null,"to":"w2","reason":"an operator moves it"}],)"
                             R"("leftOut":["shard 3: no worker has room"]})"
                             "\n");
    CHECK(plan_text({}) == "Nothing is to be moved.\n");
}

TEST_CASE("a move is done when each of its shards is live where it was to go") {
    auto now = fleet();
    CHECK(left_of_move(plan({0, 1}, "w1"), now).empty());
    CHECK(left_of_move(plan({0, 2}, "worker-2"), now) == std::vector<std::string>{"0 is live on w1", "2 is unplaced"});
    now.shards[0] = shard(0, "worker-2", placement_state::starting, shard_status::connecting);
    CHECK(left_of_move(plan({0}, "worker-2"), now) == std::vector<std::string>{"0 is starting on worker-2"});
    now.shards[0] = shard(0, "worker-2", placement_state::running, shard_status::connecting);
    CHECK(left_of_move(plan({0}, "worker-2"), now) == std::vector<std::string>{"0 is connecting on worker-2"});
}

TEST_CASE("a drain is done when the worker holds nothing and what it held is live elsewhere") {
    auto now = fleet();
    const process_id w1{"w1"};
    CHECK(left_of_drain(w1, plan({0, 1}, "worker-2"), now).size() == 2);
    now.shards[0] = shard(0, "worker-2");
    now.shards[1] = shard(1, "worker-2", placement_state::starting, shard_status::starting);
    CHECK(left_of_drain(w1, plan({0, 1}, "worker-2"), now) == std::vector<std::string>{"1 is starting on worker-2"});
    now.shards[1] = shard(1, "worker-2");
    // Shard 2 has no owner, which is not this worker's doing.
    CHECK(left_of_drain(w1, plan({0, 1}, "worker-2"), now).empty());
}

TEST_CASE("what is left is told in a line, however much it is") {
    CHECK(left_text({"0 is live on w1"}) == "0 is live on w1");
    CHECK(left_text({"a", "b", "c", "d", "e", "f", "g"}) == "a, b, c, d, e, and 2 more");
}
