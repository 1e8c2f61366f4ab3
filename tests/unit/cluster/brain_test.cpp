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
    o.advance(6s, {owner});          // The keys of the leader before.
    o.run(leader::budget_failed{});  // It was asked for when this leader had taken office.
    o.advance(1s, {owner});
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

// ---- what Discord refuses -------------------------------------------------------------------------------------------------

namespace {

shard_report refused(std::uint32_t shard, std::uint64_t epoch, std::uint16_t code) {
    auto out = report(shard, epoch, shard_status::starting);
    out.refused = {code, fmt::format("Shard {} was closed with {}.", shard, code)};
    return out;
}

const std::string& alarm_of(const office& o, alarm_kind kind) { return o.brain.alarmed()[static_cast<std::size_t>(kind)]; }

/// Two workers that hold two shards each, all live.
struct settled_office : office {
    settled_office() {
        take_office(4);
        say(1, asking("w1"));
        say(2, asking("w2", 2));
        advance(6s, {1, 2});
        for (std::uint32_t shard = 0; shard < 4; ++shard) held[stream_of(shard)].push_back(report(shard, 1, shard_status::live));
        beats_of(3);
    }
    [[nodiscard]] std::uint64_t stream_of(std::uint32_t shard) const {
        return brain.assignments().at(shard).owner->value == "w1" ? 1 : 2;
    }
    /// So many heartbeats of both, a second apart.
    void beats_of(int seconds) {
        for (; seconds > 0; --seconds) {
            for (int tenth = 0; tenth < 10; ++tenth) now += 100ms, run(leader::tick{});
            for (auto& [stream, reports] : held) beat(stream, ++beats, reports);
        }
    }
    std::map<std::uint64_t, std::vector<shard_report>> held;
};

}  // namespace

TEST_CASE("a shard that Discord refuses is taken from its worker, named, and given to nobody until an operator says so") {
    settled_office o;
    const auto first = o.stream_of(2);
    auto& reports = o.held[first];
    std::erase_if(reports, [](const shard_report& r) { return r.shard == 2; });
    auto with_it = reports;
    with_it.push_back(refused(2, 1, 4011));
    o.now += 100ms;
    o.beat(first, ++o.beats, with_it);
    REQUIRE(o.said_to<stop_order>(first) != nullptr);
    CHECK(o.said_to<stop_order>(first)->shard == 2);
    CHECK(alarm_of(o, alarm_kind::refused).contains("Shard 2 was closed with 4011."));
    CHECK(alarm_of(o, alarm_kind::refused).contains("\"shoal move 2\" tries it again"));
    CHECK(o.brain.picture(o.now).shards[2].refused_with == 4011);
    const auto nobody = [&] {
        o.beats_of(10);
        return !o.brain.assignments().at(2).owner &&
               o.brain.assignments().owned_by({"w1"}).size() + o.brain.assignments().owned_by({"w2"}).size() == 3;
    };
    CHECK(nobody());
    // Told again, since its stop was lost on the way: it is told again to stop.
    o.beat(first, ++o.beats, with_it);
    CHECK(o.said_to<stop_order>(first) != nullptr);
    CHECK(alarm_of(o, alarm_kind::room).empty());

    SUBCASE("another coordinator knows it from the store") {
        office next;
        next.stored = o.stored;
        next.take_office();
        CHECK(next.brain.assignments().refused().contains(2));
        CHECK_FALSE(alarm_of(next, alarm_kind::refused).empty());
        CHECK(next.brain.picture(next.now).shards[2].refused_with == 4011);
    }
    SUBCASE("an operator moves it: it is tried where he says, once") {
        o.run(leader::operator_asked{1, move_ask{{2}, process_id{"w2"}, false}, "me"});
        REQUIRE(o.said_to<start_order>(2) != nullptr);
        CHECK(o.said_to<start_order>(2)->shard.id == 2);
        CHECK(alarm_of(o, alarm_kind::refused).empty());
        const auto epoch = number(o.said_to<start_order>(2)->epoch);
        CHECK(epoch == 2);
        o.held[2].push_back(refused(2, epoch, 4010));
        o.beats_of(1);
        o.held[2].pop_back();
        CHECK(alarm_of(o, alarm_kind::refused).contains("4010"));
        CHECK(nobody());
    }
    SUBCASE("or wherever there is room") {
        o.run(leader::operator_asked{1, move_ask{{2}, {}, false}, "me"});
        o.beats_of(1);
        CHECK(o.brain.assignments().at(2).owner);
        CHECK(alarm_of(o, alarm_kind::refused).empty());
    }
    SUBCASE("a drain or a rebalance does not touch it") {
        o.run(leader::operator_asked{1, rebalance_ask{false}, "me"});
        o.run(leader::operator_asked{1, drain_ask{{"w1"}, false}, "me"});
        CHECK(nobody());
    }
}

TEST_CASE(
    "when Discord refuses the bot, nobody who was there is permitted an IDENTIFY; who is started since may try, one at a time") {
    settled_office o;
    o.run(leader::budget_told{{1000, 900, 20h, 16}});
    const auto first = o.stream_of(2), other = 3 - first;
    auto& reports = o.held[first];
    std::erase_if(reports, [](const shard_report& r) { return r.shard == 2; });
    reports.push_back(refused(2, 1, 4014));
    o.beats_of(1);
    CHECK(alarm_of(o, alarm_kind::bot).contains("Shard 2 was closed with 4014."));
    CHECK(alarm_of(o, alarm_kind::refused).empty());

    // The other one's session is lost.
    auto& others = o.held[other];
    const auto lost = others.front().shard;
    others.front().status = shard_status::waiting_for_permit;
    const auto spent = o.brain.ledger().spent;
    o.beats_of(30);
    CHECK(o.brain.ledger().spent == spent);
    CHECK(o.brain.assignments().at(lost).owner);

    office next;
    next.stored = o.stored;
    next.take_office();
    CHECK_FALSE(alarm_of(next, alarm_kind::bot).empty());

    o.say(3, office::asking("w3", 3));
    o.beat(3, 1);
    o.now += 100ms;
    o.run(leader::tick{});
    REQUIRE(o.said_to<stop_order>(other) != nullptr);
    CHECK(o.said_to<stop_order>(other)->shard == lost);
    auto gone = others;
    gone.front().status = shard_status::released;
    o.beat(other, ++o.beats, gone);
    REQUIRE(o.said_to<start_order>(3) != nullptr);
    others.erase(others.begin());
    const auto epoch = o.said_to<start_order>(3)->epoch;
    o.held[3] = {report(lost, number(epoch), shard_status::waiting_for_permit)};
    o.run(leader::budget_told{{1000, 900, 20h, 16}});
    o.beats_of(30);
    CHECK(o.brain.ledger().spent > spent);
    o.say(3, identify_ended{lost, epoch, true});
    CHECK(alarm_of(o, alarm_kind::bot).empty());
}

// ---- what is not as it should be ------------------------------------------------------------------------------------------

TEST_CASE("moves that are ordered again and again while the fleet is paused wait once a shard, and the newest order counts") {
    settled_office o;
    o.run(leader::operator_asked{1, pause_ask{true}});
    const auto shard = *o.brain.assignments().owned_by({"w1"}).begin();
    for (int i = 0; i < 100; ++i) o.run(leader::operator_asked{1, move_ask{{shard}, process_id{"w2"}, false}});
    CHECK(o.brain.queued_moves() == 1);
    o.run(leader::operator_asked{1, pause_ask{false}});
    CHECK(o.said_to<stop_order>(1) != nullptr);
    CHECK(o.brain.queued_moves() == 0);
}

TEST_CASE("while the store fails nothing is moved, and what is to be said when it works again does not grow") {
    settled_office o;
    const auto move = leader::operator_asked{
        1, move_ask{{o.brain.assignments().owned_by({"w1"}).begin(), o.brain.assignments().owned_by({"w1"}).end()},
                    process_id{"w2"},
                    false}};
    o.feed(move);  // Its stops wait for the store.
    o.feed(leader::write_failed{"the disk is full", false});
    o.feed(move);
    REQUIRE(o.find<leader::answer>() != nullptr);
    const auto* no = std::get_if<operator_refused>(&o.find<leader::answer>()->what);
    REQUIRE(no != nullptr);
    CHECK(no->why == operator_refused::reason::not_ready);
    CHECK(no->detail.contains("the disk is full"));
    std::size_t most = 0;
    const auto fed = [&](const leader::fact& what) {
        o.feed(what);
        if (o.find<leader::write>() != nullptr) o.feed(leader::write_failed{"the disk is full", false});
        most = std::max(most, o.brain.unsaid());
    };
    for (int second = 0; second < 600; ++second) {
        o.now += 1s;
        // A shard that is w2's is reported by w1 each time, and told to stop each time.
        auto stale = o.held[1];
        stale.push_back(report(*o.brain.assignments().owned_by({"w2"}).begin(), 1, shard_status::live));
        fed(leader::said{stream_id{1}, heartbeat{beat_number{++o.beats}, {}, stale, false, {}}});
        fed(leader::said{stream_id{2}, heartbeat{beat_number{++o.beats}, {}, o.held[2], false, {}}});
        fed(leader::tick{});
    }
    CHECK(most <= 512);
    o.now += 1s;
    o.run(leader::tick{});
    std::size_t said = 0;
    for (const auto& one : o.orders) said += static_cast<std::size_t>(std::holds_alternative<leader::say>(one));
    CHECK(said <= 10);
    CHECK(said >= 1);
}

TEST_CASE(
    "a fleet in which nobody waits for anything asks Discord again after a while, and sees another count and the spend of "
    "others") {
    settled_office o;
    o.run(leader::budget_told{{1000, 900, 20h, 1}});
    o.run(leader::shard_count_told{4});
    std::vector<instant> asked;
    const auto end = o.now + 3h;
    while (o.now < end) {
        o.now += 1s;
        if ((o.now - instant{}) % 2s == 0s)
            for (auto& [stream, reports] : o.held) o.beat(stream, ++o.beats, reports);
        o.run(leader::tick{});
        if (o.find<leader::read_budget>() == nullptr) continue;
        asked.push_back(o.now);
        o.run(leader::budget_told{{1000, 893, 17h, 1}});
        o.run(leader::shard_count_told{8});
    }
    CHECK(asked.size() == 3);
    CHECK(alarm_of(o, alarm_kind::count).contains("8 shards"));
    CHECK(alarm_of(o, alarm_kind::foreign).contains("7 of the IDENTIFYs"));
    CHECK(o.brain.picture(o.now).identify.foreign == 7);
}

TEST_CASE("shards with four fifths of the guilds that Discord allows are an alarm, and Discord is asked for its count") {
    settled_office o;
    o.run(leader::budget_told{{1000, 900, 20h, 1}});
    o.now += 2min;
    o.run(leader::tick{});
    auto& one = o.held[1].front();
    one.metrics.guilds = 1999;
    o.beats_of(1);
    CHECK(alarm_of(o, alarm_kind::guilds).empty());
    one.metrics.guilds = 2000;
    o.beat(1, ++o.beats, o.held[1]);
    CHECK(alarm_of(o, alarm_kind::guilds).contains(fmt::format("shard {} has 2000 guilds or more, of 2500", one.shard)));
    o.now += 100ms;
    o.run(leader::tick{});
    CHECK(o.find<leader::read_budget>() != nullptr);
    // After a move without its cache it knows a few of them only: that ends no alarm.
    one.metrics.guilds = 3;
    one.metrics.cache_incomplete = true;
    o.beats_of(1);
    CHECK_FALSE(alarm_of(o, alarm_kind::guilds).empty());
    one.metrics.cache_incomplete = false;
    one.metrics.guilds = 1900;
    o.beats_of(1);
    CHECK(alarm_of(o, alarm_kind::guilds).empty());
}

TEST_CASE(
    "at the reserve a shard is told why it waits, the fleet has an alarm, a spare IDENTIFY is denied, and an operator releases "
    "it") {
    office o;
    o.take_office(1);
    o.say(1, office::asking("w1"));
    o.reports = {report(0, 1, shard_status::live)};
    o.advance(14s, {1});
    const auto can_spare = [&] {
        o.say(1, spare_ask{0, shard_epoch{1}});
        REQUIRE(o.said_to<spare_answer>(1) != nullptr);
        return o.said_to<spare_answer>(1)->can_spare;
    };
    o.run(leader::budget_told{{100, 10, 20h, 1}});
    CHECK_FALSE(can_spare());
    o.run(leader::operator_asked{1, reserve_ask{true}, "me"});
    CHECK(can_spare());
    o.run(leader::operator_asked{1, reserve_ask{false}, "me"});
    CHECK_FALSE(can_spare());

    o.reports = {report(0, 1, shard_status::waiting_for_permit)};
    o.say(1, permit_ask{0, shard_epoch{1}, true, "lost"});
    REQUIRE(o.said_to<permit_refusal>(1) != nullptr);
    CHECK(o.said_to<permit_refusal>(1)->why.contains("kept in reserve"));
    CHECK(o.said_to<permit_grant>(1) == nullptr);
    CHECK(alarm_of(o, alarm_kind::budget).contains("\"shoal reserve use\""));
    CHECK(o.brain.picture(o.now).identify.trouble == alarm_of(o, alarm_kind::budget));
    const auto spent = o.brain.ledger().spent;
    o.advance(30s, {1});
    CHECK(o.brain.ledger().spent == spent);

    o.run(leader::operator_asked{1, reserve_ask{true}, "me"});
    o.beat(1, ++o.beats, o.reports);
    REQUIRE(o.said_to<permit_grant>(1) != nullptr);
    CHECK(o.brain.ledger().spent == spent + 1);
    CHECK(alarm_of(o, alarm_kind::budget).empty());
    CHECK(o.brain.picture(o.now).identify.spent == spent + 1);
}

TEST_CASE("what an operator orders is noted with his name, in the log and in the history; what he asks is not") {
    settled_office o;
    const auto noted = [&](operator_request what) {
        o.run(leader::operator_asked{1, std::move(what), "me"});
        for (const auto& one : o.orders)
            if (const auto* note = std::get_if<leader::note>(&one);
                note != nullptr && note->code == leader::note_code::operator_acted)
                return note->detail;
        return std::string();
    };
    CHECK(noted(picture_ask{}).empty());
    CHECK(noted(move_ask{{0, 1}, process_id{"w2"}, true}).empty());
    CHECK(noted(move_ask{{0, 1}, process_id{"w9"}, false}).empty());
    CHECK(noted(move_ask{{1, 0}, process_id{"w2"}, false}) == "the operator me moves shards 0 and 1 to w2");
    CHECK(noted(cordon_ask{{"w1"}, true}) == "the operator me cordons w1");
    CHECK(noted(pause_ask{true}) == "the operator me pauses the fleet");
    o.run(leader::operator_asked{1, events_ask{}});
    const auto* told = std::get_if<events_told>(&o.find<leader::answer>()->what);
    REQUIRE(told != nullptr);
    CHECK(told->events.back().what == "the operator me pauses the fleet");
    CHECK(std::ranges::any_of(told->events,
                              [](const fleet_event& e) { return e.process == "w1" && e.what == "the operator me cordons w1"; }));
}

TEST_CASE("a fence says what becomes of the shards now") {
    settled_office o;
    const auto fence = [&](const std::string& name) {
        o.run(leader::operator_asked{1, fence_ask{{name}, {}}, "me"});
        return std::get<operator_done>(o.find<leader::answer>()->what).detail;
    };
    SUBCASE("another worker takes them") { CHECK(fence("w1") == "w1 counts as dead; its shards are taken over"); }
    SUBCASE("the fleet is paused") {
        o.run(leader::operator_asked{1, pause_ask{true}, "me"});
        CHECK(fence("w1").contains("wait until the pause ends"));
    }
    SUBCASE("nobody else is there") {
        (void)fence("w1");
        CHECK(fence("w2").contains("wait for a worker that takes them"));
    }
    SUBCASE("the store fails") {
        o.feed(leader::operator_asked{1, cordon_ask{{"w1"}, true}, "me"});
        o.feed(leader::write_failed{"the disk is full", false});
        o.feed(leader::operator_asked{1, fence_ask{{"w1"}, {}}, "me"});
        CHECK(std::get<operator_done>(o.find<leader::answer>()->what).detail.contains("until the store can be written"));
    }
}

TEST_CASE("shards are moved to where they are already, however full it is") {
    office o;
    o.take_office(2);
    auto ask = office::asking("w1");
    ask.capacity.max_shards = 2;
    o.say(1, ask);
    o.advance(6s, {1});
    o.reports = {report(0, 1, shard_status::live), report(1, 1, shard_status::live)};
    o.advance(2s, {1});
    o.run(leader::operator_asked{1, move_ask{{0, 0, 1}, process_id{"w1"}, false}, "me"});
    const auto* plan = std::get_if<plan_told>(&o.find<leader::answer>()->what);
    REQUIRE(plan != nullptr);
    CHECK(plan->moves.empty());
}
