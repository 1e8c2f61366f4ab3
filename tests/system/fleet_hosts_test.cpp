// A fleet whose nodes are hosts of their own, under traffic, while lines between them break: one whole host, one direction, one
// line. Whatever breaks, nothing is lost or doubled without mark, no IDENTIFY is spent, and each shard ends with one owner.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <thread>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;

namespace {

/// Everybody serves, with traffic on all shards. Commands would not outlive an outage: Discord waits three seconds for an answer.
void begin(fleet_stage& fleet, const std::vector<std::string>& workers) {
    for (const auto& name : workers) fleet.start_worker(name);
    require_placed(fleet, workers);
    REQUIRE(fleet.discord.all_live(under_traffic.shards));
    REQUIRE(fleet.further_events(200));
}

/// All serve again; then the audit.
void end(fleet_stage& fleet, const std::vector<std::string>& workers) {
    for (const auto& name : workers)
        if (!eventually([&] { return fleet.worker_state(name) == "healthy"; }, 60s)) FAIL(name << fleet.last_lines(15));
    require_placed(fleet, workers);
    REQUIRE(fleet.discord.all_live(under_traffic.shards));
    REQUIRE(fleet.further_events(200));
    check_fleet(fleet);
}

std::string seconds_since(clock::time_point from) {
    return fmt::format("{:.2f} s", std::chrono::duration<double>(clock::now() - from).count());
}

/// Waits for so many more RESUMEs than `before`; how long after `from` the last came, as text.
std::string resumed_within(const fleet_stage& fleet, std::int64_t before, std::size_t count, clock::time_point from) {
    const auto wanted = before + static_cast<std::int64_t>(count);
    if (!eventually([&] { return fleet.discord.counter("resumed") >= wanted; }, 60s)) FAIL(fleet.last_lines(15));
    return seconds_since(from);
}

/// One node hears nothing of another any more, which still hears it; w2 is one of them.
void deafen(const std::string& node, const std::string& other) {
    if (hosts::left_out()) return;
    hosts net;
    fleet_stage fleet(under_traffic, 3, &net);
    begin(fleet, {"w1", "w2"});
    const auto held = fleet.running().at("w2");
    const auto before = fleet.discord.counter("resumed");
    const auto cut = clock::now();
    net.drop(node, net.address(other));
    MESSAGE("resumed elsewhere within " << resumed_within(fleet, before, held, cut) << " of the cut; lease 3 s");
    require_placed(fleet, {"w1"});
    REQUIRE(fleet.further_events(200));
    net.heal();
    end(fleet, {"w1", "w2"});
}

}  // namespace

TEST_CASE(
    "a lost host: its shards go on elsewhere once its lease is over, and it does not fight back when its line is there again") {
    if (hosts::left_out()) return;
    hosts net;
    fleet_stage fleet(under_traffic, 5, &net);
    begin(fleet, {"w1", "w2", "w3"});
    const auto held = fleet.running().at("w2");
    const auto before = fleet.discord.counter("resumed");
    const auto cut = clock::now();
    net.unplug("w2");
    const auto took = resumed_within(fleet, before, held, cut);
    MESSAGE(held << " shards of a lost host were resumed elsewhere within " << took << " of the cut; lease 5 s");
    require_placed(fleet, {"w1", "w3"});
    // Silence proves nothing: it is not called dead.
    CHECK(fleet.worker_state("w2") == "orphan");
    REQUIRE(fleet.further_events(200));
    net.plug_in("w2");
    const auto back = clock::now();
    REQUIRE(eventually([&] { return fleet.worker_state("w2") == "healthy"; }, 60s));
    MESSAGE("it is a healthy worker again " << seconds_since(back) << " after its line is there again");
    require_placed(fleet, {"w1", "w2", "w3"});
    MESSAGE("and runs shards " << seconds_since(back) << " after that");
    // Each was taken over once. An orphan whose socket closes may RESUME once, and its new owner answers; then it has lost it.
    // Some move to it again: at most ceil(shards / workers).
    const auto resumed = static_cast<std::size_t>(fleet.discord.counter("resumed") - before);
    MESSAGE("RESUMEs in all: " << resumed);
    CHECK(resumed <= 3 * held + 6);
    end(fleet, {"w1", "w2", "w3"});
}

TEST_CASE("the coordinator does not hear a worker that hears it: one owner a shard in the end") { deafen("c1", "w2"); }

TEST_CASE("a worker does not hear the coordinator, which hears it: one owner a shard in the end") { deafen("w2", "c1"); }

TEST_CASE("a worker that is cut from the coordinator alone goes on serving until its shards are taken, and lets them go then") {
    if (hosts::left_out()) return;
    hosts net;
    fleet_stage fleet(under_traffic, 3, &net);
    begin(fleet, {"w1", "w2"});
    net.drop("w2", net.address("c1"));
    net.drop("c1", net.address("w2"));
    require_placed(fleet, {"w1"});
    // Nobody reaches for them a third time: the new owner keeps what it has.
    REQUIRE(eventually([&] {
        const auto resumed = fleet.discord.counter("resumed");
        return fleet.further_events(300) && fleet.discord.counter("resumed") == resumed;
    }));
    CHECK(fleet.discord.live_sessions() == under_traffic.shards);
    net.heal();
    end(fleet, {"w1", "w2"});
}

TEST_CASE("a fleet of one worker that is cut from its coordinator: no shard is touched") {
    if (hosts::left_out()) return;
    hosts net;
    fleet_stage fleet(under_traffic, 3, &net);
    begin(fleet, {"w1"});
    fleet.discord.slash(2);
    net.unplug("c1");
    REQUIRE(fleet.worker("w1").says("go on without it, and none is begun"));
    REQUIRE(fleet.further_events(300));
    net.plug_in("c1");
    end(fleet, {"w1"});
    CHECK(fleet.discord.counter("resumed") == 0);
}

TEST_CASE("a coordinator that does not reach Discord leads on: a worker that joins is given its part") {
    if (hosts::left_out()) return;
    hosts net;
    fleet_stage fleet(under_traffic, 3, &net);
    begin(fleet, {"w1", "w2"});
    net.drop("c1", hosts::middle);
    net.drop("", net.address("c1"));
    fleet.start_worker("w3");
    require_placed(fleet, {"w1", "w2", "w3"});
    fleet.kill_worker("w1");
    require_placed(fleet, {"w2", "w3"});
    REQUIRE(fleet.further_events(200));
    net.heal();
    fleet.start_worker("w1");
    end(fleet, {"w1", "w2", "w3"});
}

TEST_CASE("all lines are cut for three seconds, and there again") {
    if (hosts::left_out()) return;
    hosts net;
    fleet_stage fleet(under_traffic, 5, &net);
    begin(fleet, {"w1", "w2"});
    for (const auto* host : {"c1", "w1", "w2"}) net.unplug(host);
    std::this_thread::sleep_for(3s);  // The fault's own length.
    for (const auto* host : {"c1", "w1", "w2"}) net.plug_in(host);
    const auto back = clock::now();
    REQUIRE(fleet.further_events(100));
    require_placed(fleet, {"w1", "w2"});
    MESSAGE("all shards have a worker " << seconds_since(back)
                                        << " after the lines came back; RESUMEs: " << fleet.discord.counter("resumed"));
    end(fleet, {"w1", "w2"});
}

TEST_CASE("a refused connection proves nothing of a worker on another host: nothing is moved before its lease is over") {
    if (hosts::left_out()) return;
    hosts net;
    fleet_stage fleet(under_traffic, 15, &net);
    fleet.start_worker("w1");
    // As it calls itself, its port is one of loopback: on the coordinator's host that one refuses, too.
    fleet.start_worker("w2", {"--listen-url", "https://127.0.0.1:0"});
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.further_events(200));
    const auto before = fleet.running();
    net.refuse("w2", net.address("c1"));
    REQUIRE(eventually([&] { return fleet.worker_state("w2") == "suspect"; }));
    // All the time in which a worker of this host would be proven dead.
    std::this_thread::sleep_for(2500ms);
    CHECK(fleet.worker_state("w2") == "suspect");
    net.heal();
    REQUIRE(eventually([&] { return fleet.worker_state("w2") == "healthy"; }));
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.further_events(200));
    CHECK(fleet.running() == before);
    CHECK(fleet.discord.counter("resumed") == 0);
    check_fleet(fleet);
}
