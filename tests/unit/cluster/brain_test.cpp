// The brain's answers to single facts. Whole stories are in tests/transcripts and in the fleet simulation.

#include "cluster/brain.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace shoal;
using namespace shoal::cluster;
using namespace std::chrono_literals;

namespace {

/// A brain whose store, workers and Discord are this test.
struct office {
    instant now = instant{} + 1h;
    brain_config config = made();
    cluster::brain brain{config};
    std::vector<leader::order> orders;
    std::vector<record> stored;

    static brain_config made() {
        brain_config config;
        config.coordinator = "c1";
        config.token_proof = "token";
        config.intents_proof = "intents";
        config.boot_id = "boot";
        return config;
    }
    void feed(const leader::fact& what) { brain.step(what, now, orders = {}); }
    /// As feed, and every write is stored at once.
    void run(const leader::fact& what) {
        std::vector<leader::order> all;
        brain.step(what, now, all);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto* write = std::get_if<leader::write>(&all[i]);
            if (write == nullptr) continue;
            keep(write->records);
            brain.step(leader::write_stored{}, now, all);
        }
        orders = std::move(all);
    }
    void keep(std::vector<record> records) {
        for (auto& one : records) {
            std::erase_if(stored, [&](const record& old) { return old.key == one.key; });
            if (one.value) stored.push_back(std::move(one));
        }
    }
    void take_office(std::uint32_t shards = 4, std::string anew = "there was none") {
        run(leader::office_taken{stored, stored.empty() ? anew : "", fleet_id{77}});
        run(leader::shard_count_told{shards});
    }
    static register_ask asking(const std::string& name, std::uint64_t which = 1) {
        register_ask ask;
        ask.process = {name};
        ask.incarnation = incarnation{which};
        ask.token_proof = "token";
        ask.intents_proof = "intents";
        return ask;
    }
    void say(std::uint64_t stream, to_coordinator what) { run(leader::said{stream_id{stream}, std::move(what)}); }
    void beat(std::uint64_t stream, std::uint64_t number, std::vector<shard_report> shards = {}) {
        // Each ack was heard, and its slice is used.
        const rest_use rest{.in_use = slices[stream], .obeys = beat_number{number - 1}};
        say(stream, heartbeat{beat_number{number}, {}, std::move(shards), false, rest});
        if (const auto* ack = said_to<heartbeat_ack>(stream)) slices[stream] = ack->rest.per_second;
    }
    void advance(duration by, std::vector<std::uint64_t> streams = {}) {
        for (const auto end = now + by; now < end;) {
            now += 100ms;
            if ((now - instant{}) % 1s == 0s)
                for (const auto stream : streams) beat(stream, ++beats, reports);
            run(leader::tick{});
        }
    }
    std::uint64_t beats = 10;
    std::map<std::uint64_t, std::uint32_t> slices;
    std::vector<shard_report> reports;
    template <class Message>
    [[nodiscard]] const Message* said_to(std::uint64_t stream) const {
        for (const auto& one : orders)
            if (const auto* say = std::get_if<leader::say>(&one); say != nullptr && say->stream == stream_id{stream})
                if (const auto* found = std::get_if<Message>(&say->what)) return found;
        return nullptr;
    }
    template <class Order>
    [[nodiscard]] const Order* find() const {
        for (const auto& one : orders)
            if (const auto* found = std::get_if<Order>(&one)) return found;
        return nullptr;
    }
};

shard_report report(std::uint32_t shard, std::uint64_t epoch, shard_status status) {
    shard_report out;
    out.shard = shard;
    out.epoch = shard_epoch{epoch};
    out.status = status;
    return out;
}

}  // namespace

TEST_CASE("a leader whose store does not know the shard count asks Discord until it is told") {
    office o;
    o.run(leader::office_taken{{}, "there was none", fleet_id{77}});
    // The one before ended here.
    o.brain = cluster::brain(o.config);
    o.run(leader::office_taken{o.stored, "", fleet_id{78}});
    o.advance(100ms);
    REQUIRE(o.find<leader::read_budget>() != nullptr);
    o.advance(5s);
    CHECK(o.find<leader::read_budget>() == nullptr);
    o.run(leader::budget_failed{2s});
    o.advance(1900ms);
    CHECK(o.find<leader::read_budget>() == nullptr);
    o.advance(100ms);
    CHECK(o.find<leader::read_budget>() != nullptr);
    o.run(leader::budget_told{{1000, 900, 20h, 1}});
    o.run(leader::shard_count_told{4});
    o.advance(5s);
    CHECK(o.find<leader::read_budget>() == nullptr);
    CHECK(o.brain.assignments().total() == 4);
}

TEST_CASE("nobody is answered before the leader's epoch is stored") {
    office o;
    o.feed(leader::office_taken{{}, "there was none", fleet_id{77}});
    CHECK(o.find<leader::write>() != nullptr);
    o.feed(leader::said{stream_id{1}, office::asking("w1")});
    CHECK(o.said_to<registered>(1) == nullptr);
    o.run(leader::write_stored{});
    REQUIRE(o.said_to<registered>(1) != nullptr);
    CHECK(o.said_to<registered>(1)->leader == leader_epoch{1});
    CHECK(o.said_to<registered>(1)->fleet == fleet_id{77});
}

TEST_CASE("a worker that does not belong here is told why, once, and its stream is closed") {
    office o;
    o.take_office();
    const auto refused = [&](register_ask ask) {
        o.say(9, std::move(ask));
        CHECK(o.find<leader::close_stream>() != nullptr);
        CHECK(o.said_to<registered>(9) == nullptr);
        REQUIRE(o.said_to<register_refused>(9) != nullptr);
        return o.said_to<register_refused>(9)->why;
    };
    auto ask = office::asking("w1");
    ask.token_proof = "another";
    CHECK(refused(ask) == refusal::other_token);
    ask = office::asking("w1");
    ask.intents_proof = "another";
    CHECK(refused(ask) == refusal::other_intents);
    ask = office::asking("w1");
    ask.version = protocol_version + 2;
    CHECK(refused(ask) == refusal::other_version);
    CHECK(refused(office::asking("")) == refusal::malformed);
    CHECK(refused(office::asking("a\nb")) == refusal::malformed);
    CHECK(refused(office::asking("w1", 0)) == refusal::malformed);
    ask = office::asking("w1");
    ask.shards = {report(1, 1, shard_status::live), report(1, 1, shard_status::live)};
    CHECK(refused(ask) == refusal::malformed);
    o.say(1, office::asking("w1"));
    CHECK(refused(office::asking("w1", 2)) == refusal::process_id_in_use);
    CHECK(o.said_to<register_refused>(9)->retry_after > 0s);
}

TEST_CASE("a version beside this one is spoken with") {
    office o;
    o.take_office();
    auto ask = office::asking("w1");
    ask.version = protocol_version + 1;
    o.say(1, ask);
    CHECK(o.said_to<registered>(1) != nullptr);
}

TEST_CASE("who speaks without having registered is hung up on") {
    office o;
    o.take_office();
    o.beat(5, 1);
    REQUIRE(o.find<leader::close_stream>() != nullptr);
    CHECK(o.find<leader::close_stream>()->stream == stream_id{5});
}

TEST_CASE("a heartbeat that was doubled or overtaken changes nothing and is not acked") {
    office o;
    o.take_office();
    o.say(1, office::asking("w1"));
    o.beat(1, 2);
    CHECK(o.said_to<heartbeat_ack>(1)->number == beat_number{2});
    o.beat(1, 2);
    CHECK(o.said_to<heartbeat_ack>(1) == nullptr);
    o.beat(1, 1);
    CHECK(o.said_to<heartbeat_ack>(1) == nullptr);
}

TEST_CASE("an assignment is said only after it was stored, and a store that fails gives nothing away") {
    office o;
    o.take_office();
    o.say(1, office::asking("w1"));
    for (int i = 1; i <= 5; ++i) o.now += 1s, o.beat(1, static_cast<std::uint64_t>(i)), o.run(leader::tick{});
    o.now += 100ms;
    o.feed(leader::tick{});
    const auto* write = o.find<leader::write>();
    REQUIRE(write != nullptr);
    CHECK(std::ranges::any_of(write->records, [](const record& r) { return r.key == "shard/0"; }));
    CHECK(o.said_to<start_order>(1) == nullptr);
    SUBCASE("stored") {
        o.run(leader::write_stored{});
        REQUIRE(o.said_to<start_order>(1) != nullptr);
        CHECK(o.said_to<start_order>(1)->epoch == shard_epoch{1});
    }
    SUBCASE("failed, and written again a second later") {
        o.feed(leader::write_failed{"the disk is full", false});
        CHECK(o.said_to<start_order>(1) == nullptr);
        CHECK(o.brain.picture(o.now).alarms == std::vector<std::string>{"the disk is full"});
        o.now += 1s;
        o.run(leader::tick{});
        CHECK(o.said_to<start_order>(1) != nullptr);
        CHECK(o.brain.picture(o.now).alarms.empty());
    }
    SUBCASE("somebody else leads") {
        o.feed(leader::write_failed{"another coordinator took office", true});
        CHECK(o.find<leader::step_down>() != nullptr);
        o.feed(leader::said{stream_id{1}, heartbeat{beat_number{9}, {}, {}, false}});
        CHECK(o.orders.empty());
    }
}

TEST_CASE("the leader's epoch is above every one that a worker has obeyed") {
    office o;
    o.take_office();
    auto ask = office::asking("w1");
    ask.fresh = false;
    ask.fleet = fleet_id{5};
    ask.highest_leader = leader_epoch{41};
    o.say(1, ask);
    REQUIRE(o.said_to<registered>(1) != nullptr);
    CHECK(o.said_to<registered>(1)->leader == leader_epoch{42});
    office next;
    next.stored = o.stored;
    next.take_office();
    CHECK(next.brain.epoch() == leader_epoch{43});
}

TEST_CASE("a permit is given to the owner of the shard only, counted and stored first, and after the budget was read") {
    office o;
    o.take_office(1);
    o.say(1, office::asking("w1"));
    o.say(2, office::asking("w2"));
    o.advance(6s, {1, 2});
    const auto owner = o.brain.assignments().at(0).owner->value == "w1" ? 1U : 2U;
    o.say(3 - owner, permit_ask{0, shard_epoch{1}, false, {}});
    CHECK(o.find<leader::read_budget>() == nullptr);
    o.reports = {report(0, 1, shard_status::connecting)};
    o.advance(7s, {owner});  // The keys of the leader before.
    o.say(owner, permit_ask{0, shard_epoch{1}, false, {}});
    CHECK(o.find<leader::read_budget>() != nullptr);
    o.feed(leader::budget_told{{1000, 900, 20h, 1}});
    CHECK(o.said_to<permit_grant>(owner) == nullptr);
    REQUIRE(o.find<leader::write>() != nullptr);
    CHECK(o.brain.ledger().spent == 101);
    o.run(leader::write_stored{});
    REQUIRE(o.said_to<permit_grant>(owner) != nullptr);
    CHECK(o.said_to<permit_grant>(owner)->counted_from == static_cast<beat_number>(o.beats));
}

TEST_CASE("a registration that comes twice on one stream takes nothing away") {
    office o;
    o.take_office(4);
    o.say(1, office::asking("w1"));
    o.advance(6s, {1});
    REQUIRE(o.brain.assignments().owned_by({"w1"}).size() == 4);
    o.say(1, office::asking("w1"));
    CHECK(o.orders.empty());
    CHECK(o.brain.assignments().owned_by({"w1"}).size() == 4);
    CHECK(o.brain.assignments().at(0).epoch == shard_epoch{1});
}

TEST_CASE("a worker that joins while shards are still coming up gets its share once they run") {
    office o;
    o.take_office(4);
    o.say(1, office::asking("w1"));
    o.advance(6s, {1});
    REQUIRE(o.brain.assignments().owned_by({"w1"}).size() == 4);
    const auto reported = [](shard_status how) {
        std::vector<shard_report> all;
        for (std::uint32_t shard = 0; shard < 4; ++shard) {
            all.push_back(report(shard, 1, how));
            all.back().ticket = resume_ticket{{shard, 4}, fmt::format("session-{}", shard), "wss://gateway", 20, 18, 513};
        }
        return all;
    };
    o.reports = reported(shard_status::connecting);
    o.advance(1s, {1});
    o.say(2, office::asking("w2"));
    for (int second = 1; second <= 3; ++second) {
        o.now += 1s;
        o.beat(1, ++o.beats, o.reports);
        o.beat(2, static_cast<std::uint64_t>(second));
        o.run(leader::tick{});
        CHECK(o.said_to<stop_order>(1) == nullptr);
    }
    o.now += 1s;
    o.beat(1, ++o.beats, reported(shard_status::live));
    std::size_t stopped = 0;
    const auto count = [&] {
        for (const auto& one : o.orders)
            if (const auto* say = std::get_if<leader::say>(&one))
                stopped += static_cast<std::size_t>(std::holds_alternative<stop_order>(say->what));
    };
    count();
    o.run(leader::tick{});
    count();
    CHECK(stopped == 2);
}

TEST_CASE("a worker that ends and is the only one lets its shards go at once; whoever comes next RESUMEs them") {
    office o;
    o.take_office(1);
    o.say(1, office::asking("w1"));
    o.advance(6s, {1});
    auto live = report(0, 1, shard_status::live);
    live.ticket = resume_ticket{{0, 1}, "a-session", "wss://gateway", 20, 18, 513};
    o.reports = {live};
    o.advance(2s, {1});
    REQUIRE(o.brain.assignments().at(0).state == placement_state::running);

    SUBCASE("it ends by its own wish") {
        o.now += 1s;
        o.say(1, heartbeat{beat_number{++o.beats}, {}, {live}, true});
        o.run(leader::tick{});
        REQUIRE(o.said_to<stop_order>(1) != nullptr);
        live.status = shard_status::released;
        o.say(1, heartbeat{beat_number{++o.beats}, {}, {live}, true});
        CHECK_FALSE(o.brain.assignments().at(0).owner);
        o.say(2, office::asking("w2"));
        const start_order* order = nullptr;
        for (std::uint64_t second = 1; second < 10 && order == nullptr; ++second) {
            o.now += 1s;
            o.beat(2, second);
            if ((order = o.said_to<start_order>(2)) == nullptr) o.run(leader::tick{}), order = o.said_to<start_order>(2);
        }
        REQUIRE(order != nullptr);
        REQUIRE(order->ticket);
        CHECK(order->ticket->session_id == "a-session");
        CHECK(order->ticket->done == 18);
    }
    SUBCASE("it ends its sessions with it: nobody tries to RESUME what is gone") {
        live.status = shard_status::released;
        live.lost_session = "a-session";
        live.ticket.reset();
        o.say(1, heartbeat{beat_number{++o.beats}, {}, {live}, true});
        CHECK_FALSE(o.brain.assignments().at(0).owner);
        CHECK_FALSE(o.brain.assignments().at(0).ticket);
        o.say(1, goodbye{});
        REQUIRE(o.brain.members().find({"w1"}) != nullptr);
        CHECK(o.brain.members().find({"w1"})->state == worker_state::dead);
    }
    SUBCASE("an operator drains it: it serves on until somebody else can") {
        o.run(leader::operator_asked{1, drain_ask{{"w1"}}});
        o.now += 1s;
        o.say(1, heartbeat{beat_number{++o.beats}, {}, {live}, false});
        o.run(leader::tick{});
        CHECK(o.said_to<stop_order>(1) == nullptr);
        CHECK(o.brain.assignments().at(0).state == placement_state::running);
    }
}

TEST_CASE("a shard whose heartbeat met its permit on the way waits for no further one once it is live") {
    office o;
    o.take_office(1);
    o.say(1, office::asking("w1"));
    o.reports = {report(0, 1, shard_status::connecting)};
    o.advance(14s, {1});  // The lease, and the keys of the leader before.
    o.say(1, permit_ask{0, shard_epoch{1}, false, {}});
    o.run(leader::budget_told{{1000, 900, 20h, 1}});
    const auto* grant = o.said_to<permit_grant>(1);
    REQUIRE(grant != nullptr);
    const auto permit = grant->permit;
    CHECK(o.brain.picture(o.now).identify.waiting == 0);
    o.beat(1, ++o.beats, {report(0, 1, shard_status::waiting_for_permit)});
    CHECK(o.brain.picture(o.now).identify.waiting == 1);
    o.say(1, permit_used{0, shard_epoch{1}, permit});
    o.say(1, identify_ended{0, shard_epoch{1}, true});
    o.beat(1, ++o.beats, {report(0, 1, shard_status::live)});
    CHECK(o.brain.picture(o.now).identify.waiting == 0);
    o.reports = {report(0, 1, shard_status::live)};
    const auto spent = o.brain.ledger().spent;
    o.advance(10s, {1});
    CHECK(o.brain.ledger().spent == spent);
}

TEST_CASE(
    "a shard that is slow to start or to stop stays its worker's between two heartbeats that name it, however far apart they "
    "are") {
    office o;
    o.config.faults = {.beat_every = 5s, .suspect_after = 12500ms, .lease = 20s};
    o.brain = cluster::brain(o.config);
    o.take_office(1);
    o.say(1, office::asking("w1"));
    const auto five_seconds = [&o] {
        for (int tick = 0; tick < 50; ++tick) o.now += 100ms, o.run(leader::tick{});
        o.beat(1, ++o.beats, o.reports);
    };
    for (int beats = 0; beats < 5; ++beats) five_seconds();
    auto live = report(0, 1, shard_status::live);
    live.ticket = resume_ticket{{0, 1}, "a-session", "wss://gateway", 20, 18, 513};
    o.reports = {report(0, 1, shard_status::connecting)};
    for (int beats = 0; beats < 4; ++beats) {
        five_seconds();
        CHECK(o.brain.assignments().at(0).epoch == shard_epoch{1});
    }
    o.reports = {live};
    five_seconds();
    REQUIRE(o.brain.assignments().at(0).state == placement_state::running);
    o.say(1, heartbeat{beat_number{++o.beats}, {}, {live}, true});  // It ends, and its handlers take their time.
    for (int beats = 0; beats < 4; ++beats) {
        five_seconds();
        REQUIRE(o.brain.assignments().at(0).state == placement_state::releasing);
        CHECK(o.brain.assignments().at(0).owner == process_id{"w1"});
        CHECK(o.brain.assignments().at(0).epoch == shard_epoch{1});
    }
    // Who does not name it any more does not hold it, once that cannot be about a time before the order.
    o.reports.clear();
    five_seconds();
    five_seconds();
    o.now += 100ms;
    o.run(leader::tick{});
    CHECK_FALSE(o.brain.assignments().at(0).owner);
}

TEST_CASE("a damaged record is named and left out, and then nothing is given away before a lease has passed") {
    office first;
    first.take_office(2);
    first.say(1, office::asking("w1"));
    first.advance(6s, {1});
    office o;
    o.stored = first.stored;
    for (auto& one : o.stored)
        if (one.key == "shard/1") one.value = "epoch x\n";
    std::vector<leader::order> all;
    o.brain.step(leader::office_taken{o.stored, "", fleet_id{1}}, o.now, all);
    CHECK(std::ranges::any_of(all, [](const auto& order) {
        const auto* note = std::get_if<leader::note>(&order);
        return note != nullptr && note->code == leader::note_code::bad_record &&
               note->detail.find("shard/1") != std::string::npos;
    }));
    CHECK(o.brain.assignments().at(0).owner.has_value());
    CHECK_FALSE(o.brain.assignments().at(1).owner.has_value());
    CHECK_FALSE(o.brain.picture(o.now).waiting_for.empty());
}

TEST_CASE(
    "the ack of a heartbeat tells the slice of the REST limit, and what an old incarnation had is kept until its death is "
    "proven") {
    office o;
    o.take_office(1);
    o.advance(22s);
    o.say(1, office::asking("w1"));
    o.advance(3s, {1});
    o.beat(1, ++o.beats);
    REQUIRE(o.said_to<heartbeat_ack>(1) != nullptr);
    CHECK(o.said_to<heartbeat_ack>(1)->rest.per_second == 44);
    CHECK(o.said_to<heartbeat_ack>(1)->rest.good_for == 20s);
    CHECK(o.brain.picture(o.now).workers.front().rest_per_second == 44);
    o.advance(6s);  // Nothing is heard of it: its lease lapses, and another one of its name comes.
    o.say(2, office::asking("w1", 2));
    o.advance(3s, {2});
    o.beat(2, ++o.beats);
    REQUIRE(o.said_to<heartbeat_ack>(2) != nullptr);
    CHECK(o.said_to<heartbeat_ack>(2)->rest.per_second == 1);
    CHECK(o.brain.picture(o.now).rest.kept_per_second == 44);
    o.run(leader::death_proven{{"w1"}, incarnation{1}, "seen"});
    o.advance(4s, {2});
    o.beat(2, ++o.beats);
    CHECK(o.said_to<heartbeat_ack>(2)->rest.per_second == 44);
    CHECK(o.brain.picture(o.now).rest.kept_per_second == 0);
}

TEST_CASE("a shard that a report names and that does not exist is ordered to stop, and breaks nothing") {
    office o;
    o.take_office(2);
    auto ask = office::asking("w1");
    ask.fleet = fleet_id{77};
    ask.fresh = false;
    ask.shards = {report(4000000000U, 1, shard_status::live)};
    o.say(1, ask);
    REQUIRE(o.said_to<stop_order>(1) != nullptr);
    CHECK(o.said_to<stop_order>(1)->shard == 4000000000U);
    o.say(1, permit_ask{4000000000U, {}, false, {}});
    o.say(1, permit_used{4000000000U, {}, permit_number{1}});
    o.say(1, permit_returned{4000000000U, {}, permit_number{1}});
    o.say(1, permit_withdrawn{4000000000U, {}});
    o.say(1, spare_ask{4000000000U, {}});
}

TEST_CASE("a leader that stood still takes nobody's silence for a lapsed lease, until one lease has passed") {
    office o;
    o.take_office(1);
    o.say(1, office::asking("w1"));
    o.advance(6s, {1});
    o.reports = {report(0, 1, shard_status::live)};
    o.advance(2s, {1});
    REQUIRE(o.brain.assignments().at(0).state == placement_state::running);
    const auto state = [&] { return o.brain.picture(o.now).workers.at(0).state; };

    o.now += 1h;
    o.run(leader::tick{});
    CHECK(state() == worker_state::suspect);
    CHECK(o.brain.assignments().at(0).owner);
    SUBCASE("what it said meanwhile is read: nothing has happened") {
        o.advance(6s, {1});
        CHECK(state() == worker_state::healthy);
        CHECK(o.brain.assignments().at(0).epoch == shard_epoch{1});
    }
    SUBCASE("it still says nothing: its lease is over") {
        o.advance(4900ms);
        CHECK(o.brain.assignments().at(0).owner);
        o.advance(300ms);
        CHECK(state() == worker_state::orphan);
    }
}

TEST_CASE("a session's guilds pass through the coordinator with a shard that moves, and stay nowhere in it") {
    office o;
    o.take_office(1);
    o.say(1, office::asking("w1"));
    o.advance(6s, {1});
    auto live = report(0, 1, shard_status::live);
    live.ticket = resume_ticket{{0, 1}, "a-session", "wss://gateway", 20, 18, 513};
    live.ticket->guilds = {{guild_id(1), discord::guild_state::available}};
    o.reports = {live};
    o.advance(2s, {1});
    // What a heartbeat should not bring is not kept.
    REQUIRE(o.brain.assignments().at(0).ticket);
    CHECK(o.brain.assignments().at(0).ticket->guilds.empty());

    const bool somebody_else = [] {
        bool yes = true;
        SUBCASE("another worker takes it at once") { yes = true; }
        SUBCASE("nobody else is there") { yes = false; }
        return yes;
    }();
    if (somebody_else) {
        o.say(2, office::asking("w2"));
        o.now += 1s;
        o.beat(2, 1);
    }
    o.now += 1s;
    o.say(1, heartbeat{beat_number{++o.beats}, {}, {live}, true});
    o.run(leader::tick{});
    REQUIRE(o.said_to<stop_order>(1) != nullptr);
    live.status = shard_status::released;
    live.ticket->application = application_id(700);
    live.ticket->unsettled = true;
    o.say(1, heartbeat{beat_number{++o.beats}, {}, {live}, true});
    if (somebody_else) {
        const auto* const order = o.said_to<start_order>(2);
        REQUIRE(order != nullptr);
        CHECK(order->ticket->guilds == live.ticket->guilds);
        CHECK(order->ticket->application == application_id(700));
        CHECK(order->ticket->unsettled);
    }
    const auto& row = o.brain.assignments().at(0);
    REQUIRE(row.ticket);
    CHECK(row.ticket->guilds.empty());
    CHECK(row.ticket->application == application_id(700));
}

TEST_CASE("the session of a worker that died before its RESUMED came is handed on as unsettled") {
    office o;
    o.take_office(1);
    o.say(1, office::asking("w1"));
    o.advance(6s, {1});
    auto seen = report(0, 1, shard_status::live);
    seen.ticket = resume_ticket{{0, 1}, "a-session", "wss://gateway", 20, 18, 513};
    bool was_live = true;
    SUBCASE("it was live") {}
    SUBCASE("it was connecting") { was_live = false; }
    if (!was_live) seen.status = shard_status::connecting;
    o.reports = {seen};
    o.advance(2s, {1});
    o.reports = {};
    o.say(2, office::asking("w2"));
    const start_order* order = nullptr;
    for (std::uint64_t tenth = 1; tenth < 200 && order == nullptr; ++tenth) {
        o.now += 100ms;
        if (tenth % 10 == 0) o.beat(2, 100 + tenth);
        if ((order = o.said_to<start_order>(2)) == nullptr) o.run(leader::tick{}), order = o.said_to<start_order>(2);
    }
    REQUIRE(order != nullptr);
    REQUIRE(order->ticket);
    CHECK(order->ticket->unsettled == !was_live);
    CHECK_FALSE(order->ticket->without_guilds);
}

TEST_CASE("whether a dead worker's session had guilds is what its last report said, however old the ticket that it told") {
    office o;
    o.take_office(1);
    o.say(1, office::asking("w1"));
    o.advance(6s, {1});
    auto seen = report(0, 1, shard_status::live);
    seen.ticket = resume_ticket{{0, 1}, "a-session", "wss://gateway", 20, 18, 513};
    bool none = true;
    SUBCASE("it had left its last guild since") {}
    SUBCASE("it had joined its first one since") { none = false; }
    seen.ticket->without_guilds = !none;
    o.reports = {seen};
    o.advance(2s, {1});
    seen.ticket.reset();
    seen.seq = seen.done = 30;
    seen.without_guilds = none;
    o.reports = {seen};
    o.advance(2s, {1});
    REQUIRE(o.brain.assignments().at(0).ticket);
    CHECK(o.brain.assignments().at(0).ticket->done == 30);
    CHECK(o.brain.assignments().at(0).ticket->without_guilds == none);
}
