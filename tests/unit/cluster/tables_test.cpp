// The small parts: faults from evidence, leases, stored records, the outbox.

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "cluster/errc.hpp"
#include "cluster/fault_detector.hpp"
#include "cluster/fleet_history.hpp"
#include "cluster/lease_holder.hpp"
#include "cluster/outbox.hpp"
#include "cluster/stored_state.hpp"

using namespace shoal;
using namespace shoal::cluster;
using namespace std::chrono_literals;

namespace {

constexpr instant start = instant{} + 1h;

evidence well() { return {true, true, true, false, start, start + 5s, {}}; }

}  // namespace

TEST_CASE("a worker is healthy while its heartbeats come, and suspect when they are late or its stream broke") {
    CHECK(diagnose(well(), {}, start + 1s).state == worker_state::healthy);
    CHECK(diagnose(well(), {}, start + 2500ms).state == worker_state::suspect);
    auto broken = well();
    broken.stream_open = false;
    CHECK(diagnose(broken, {}, start + 1ms).state == worker_state::suspect);
    auto fresh = well();
    fresh.heard_beat = false;
    CHECK(diagnose(fresh, {}, start + 1ms).state == worker_state::joining);
    auto emptied = well();
    emptied.draining = true;
    CHECK(diagnose(emptied, {}, start + 1ms).state == worker_state::draining);
}

TEST_CASE("silence makes an orphan, and only proof makes a dead one") {
    CHECK(diagnose(well(), {}, start + 4999ms).state == worker_state::suspect);
    CHECK(diagnose(well(), {}, start + 5s).state == worker_state::orphan);
    CHECK(diagnose(well(), {}, start + 24h).state == worker_state::orphan);
    auto proven = well();
    proven.proof = "its parent saw it exit";
    const auto dead = diagnose(proven, {}, start);
    CHECK(dead.state == worker_state::dead);
    CHECK(dead.reason == "its parent saw it exit");
}

TEST_CASE("a lease runs from the sending of the heartbeat that was acked, however late the ack came") {
    lease_holder lease;
    const auto first = lease.send(start);
    const auto second = lease.send(start + 1s);
    CHECK_FALSE(lease.valid(start + 1s));
    lease.acked(second, 5s);
    CHECK(lease.until() == start + 6s);
    lease.acked(first, 5s);  // Overtaken: changes nothing.
    CHECK(lease.until() == start + 6s);
    lease.acked(beat_number{99}, 5s);  // Never sent.
    CHECK(lease.until() == start + 6s);
    CHECK(lease.valid(start + 6s - 1ns));
    CHECK_FALSE(lease.valid(start + 6s));
}

TEST_CASE("a new stream begins without a lease, but goes on counting its heartbeats") {
    lease_holder lease;
    const auto before = lease.send(start);
    lease.acked(before, 5s);
    lease.begin_anew();
    CHECK_FALSE(lease.valid(start + 1s));
    CHECK(lease.send(start + 1s) > before);
    lease.acked(before, 5s);  // Of the stream before.
    CHECK_FALSE(lease.valid(start + 1s));
}

TEST_CASE("what is stored is read as it was written") {
    const stored_fleet fleet{fleet_id{7}, leader_epoch{3}, 64, true, false, true, {4014, "no such intent"}};
    const auto fleet_again = read_fleet(write_fleet(fleet));
    REQUIRE(fleet_again.has_value());
    CHECK(write_fleet(*fleet_again) == write_fleet(fleet));
    CHECK(fleet_again->refused == fleet.refused);

    member who;
    who.process = {"worker 1"};
    who.incarnation = incarnation{~0ULL};
    who.zone = "";
    who.listen_url = "https://w1:8444";
    who.capacity = {4000, 8192, 32};
    who.cordoned = true;
    who.may_try = true;
    const auto who_again = read_member(write_member(who));
    REQUIRE(who_again.has_value());
    CHECK(who_again->process == who.process);
    CHECK(who_again->capacity == who.capacity);
    CHECK(write_member(*who_again) == write_member(who));
    CHECK(who_again->may_try);

    assignment row;
    row.owner = process_id{"worker 1"};
    row.owner_incarnation = who.incarnation;
    row.epoch = shard_epoch{12};
    row.highest = shard_epoch{14};
    row.reason = "w2 is lost: its lease lapsed";
    row.ticket = resume_ticket{{3, 64}, "abc", "wss://resume", 100, 90, 513};
    row.ticket->application = application_id(700);
    row.ticket->unsettled = true;
    const auto read = read_shard(write_shard(row));
    REQUIRE(read.has_value());
    CHECK(read->owner == row.owner);
    CHECK(read->highest == row.highest);
    CHECK(read->ticket == row.ticket);
    row.owner.reset();
    row.ticket.reset();
    row.refused = {4011, "too many guilds"};
    CHECK_FALSE(read_shard(write_shard(row))->owner.has_value());
    CHECK(read_shard(write_shard(row))->refused == row.refused);

    const auto progress = read_progress(write_progress({{3, 100, 90, "abc"}, {4, 1, 0, "d e"}}));
    REQUIRE(progress.has_value());
    CHECK(progress->at(1).session_id == "d e");
    CHECK(progress->at(0).done == 90);
}

TEST_CASE("a damaged record is refused, wherever it is cut") {
    member who;
    who.process = {"w"};
    const auto text = write_member(who);
    for (std::size_t cut = 0; cut + 1 < text.size(); ++cut) {
        const auto read = read_member(text.substr(0, cut));
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().is(errc::bad_record));
    }
    CHECK_FALSE(read_fleet("fleet 1\nleader x\ntotal 1\npaused 0\nreserve 0\nsettled 0\n").has_value());
    CHECK_FALSE(read_progress("1 2\n").has_value());
}

TEST_CASE("names that a store or a terminal could not take are not well formed") {
    CHECK(well_formed("worker-1"));
    CHECK_FALSE(well_formed(""));
    CHECK_FALSE(well_formed("a\nb"));
    CHECK_FALSE(well_formed("a\x1b[2J"));
    CHECK_FALSE(well_formed(std::string(257, 'x')));
}

TEST_CASE("what waits for the store is said when it is stored, in order, and not when it failed") {
    outbox box;
    box.then(office_stored{});
    CHECK(box.ready().size() == 1);  // Nothing to store: at once.
    box.store().shards.insert(3);
    box.then(shard_stored{3, shard_epoch{1}});
    CHECK(box.ready().empty());
    REQUIRE(box.begin().has_value());
    CHECK_FALSE(box.begin().has_value());  // One at a time.
    box.store().shards.insert(4);
    box.then(shard_stored{4, shard_epoch{1}});
    box.failed();
    const auto again = box.begin();
    REQUIRE(again.has_value());
    CHECK(again->shards == std::set<std::uint32_t>{3, 4});
    const auto said = box.stored();
    REQUIRE(said.size() == 2);
    CHECK(std::get<shard_stored>(said[0]).shard == 3);
    CHECK(std::get<shard_stored>(said[1]).shard == 4);
}

TEST_CASE("the history is bounded, numbered without holes, and tells what came after a number") {
    fleet_history history;
    for (std::size_t i = 0; i < fleet_history::most_events + 10; ++i) history.add(start, "w1", 7, "moved");
    const auto all = history.since(0, start + 2s);
    CHECK(all.events.size() == fleet_history::most_events);
    CHECK(all.events.front().number == 11);
    CHECK(all.events.front().ago == 2s);
    CHECK(history.since(all.events.back().number - 1, start).events.size() == 1);
    CHECK(history.of_shard(8, start).events.empty());
}
