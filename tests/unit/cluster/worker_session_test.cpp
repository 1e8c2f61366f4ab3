#include "cluster/worker_session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace shoal;
using namespace shoal::cluster;
using namespace std::chrono_literals;

namespace {

/// A worker whose stream, host and coordinator are this test.
struct bench {
    instant now = instant{} + 1h;
    worker_session session;
    std::vector<worker::order> orders;
    leader_epoch leader{3};

    explicit bench(worker_config config = made()) : session(std::move(config)) { session.step(worker::started{}, now, orders); }
    static worker_config made() {
        worker_config config;
        config.self.process = {"w1"};
        config.self.incarnation = incarnation{7};
        config.coordinators = {"c1", "c2"};
        return config;
    }
    void feed(worker::fact what) {
        orders.clear();
        session.step(what, now, orders);
    }
    void hear(to_worker what) { feed(worker::message_received{std::move(what)}); }
    template <class Order>
    [[nodiscard]] const Order* find() const {
        for (const auto& one : orders)
            if (const auto* found = std::get_if<Order>(&one)) return found;
        return nullptr;
    }
    template <class Message>
    [[nodiscard]] const Message* said() const {
        for (const auto& one : orders)
            if (const auto* say = std::get_if<worker::say>(&one))
                if (const auto* found = std::get_if<Message>(&say->what)) return found;
        return nullptr;
    }
    void join() {
        feed(worker::stream_opened{});
        hear(registered{leader, fleet_id{1}, "c1", 5s, 1s, 16});
        look();
    }
    void look(std::vector<worker::shard_seen> shards = {}) { feed(worker::looked{{}, std::move(shards)}); }
    /// Sends a heartbeat and has it acked at once.
    void beat() {
        now += 1s;
        feed(worker::tick{});
        look();
        const auto* sent = said<heartbeat>();
        REQUIRE(sent != nullptr);
        hear(heartbeat_ack{sent->number, leader, 5s});
    }
    void start(std::uint32_t shard, std::uint64_t epoch, std::optional<resume_ticket> with = {}) {
        hear(start_order{{shard, 16}, shard_epoch{epoch}, leader, std::move(with), false, "test"});
    }
    static resume_ticket ticket(std::uint32_t shard, std::string id = "abc") {
        return {{shard, 16}, std::move(id), "wss://r", 10, 8, 1};
    }
    void live(std::uint32_t shard, std::string id = "abc") {
        look({{shard, shard_status::live, ticket(shard, std::move(id)), {}, {}}});
    }
};

}  // namespace

TEST_CASE("a worker registers with what it is, and beats as soon as it is registered") {
    bench b;
    CHECK(b.find<worker::open_stream>()->address == "c1");
    b.feed(worker::stream_opened{});
    REQUIRE(b.said<register_ask>() != nullptr);
    CHECK(b.said<register_ask>()->fresh);
    b.hear(registered{b.leader, fleet_id{1}, "c1", 5s, 1s, 16});
    CHECK(b.find<worker::look>() != nullptr);
    b.look();
    CHECK(b.said<heartbeat>()->number == beat_number{1});
}

TEST_CASE("a coordinator that refuses for good ends the worker; one that may not yet, or leads no more, is asked again") {
    for (const auto why :
         {refusal::other_token, refusal::other_intents, refusal::other_version, refusal::fenced, refusal::malformed}) {
        bench b;
        b.feed(worker::stream_opened{});
        b.hear(register_refused{why, "because", {}});
        REQUIRE(b.find<worker::end>() != nullptr);
        CHECK(b.find<worker::end>()->why == why);
    }
    bench b;
    b.feed(worker::stream_opened{});
    b.hear(register_refused{refusal::process_id_in_use, "w1", 2s});
    CHECK(b.find<worker::end>() == nullptr);
    CHECK(b.find<worker::close_stream>() != nullptr);
    b.now += 4s;
    b.feed(worker::tick{});
    CHECK(b.find<worker::open_stream>()->address == "c2");
}

TEST_CASE(
    "a worker that has been in the fleet goes on with its shards when a coordinator refuses it, and asks again; one that was "
    "fenced ends") {
    for (const auto why : {refusal::other_token, refusal::other_intents, refusal::other_version, refusal::malformed}) {
        bench b;
        b.join();
        b.start(3, 1, bench::ticket(3));
        b.live(3);
        b.feed(worker::stream_closed{"reset"});
        b.now += 1s;
        b.feed(worker::tick{});
        b.feed(worker::stream_opened{});
        b.hear(register_refused{why, "because", {}});
        CHECK(b.find<worker::end>() == nullptr);
        CHECK(b.find<worker::stop_shard>() == nullptr);
        CHECK(b.find<worker::note>()->refused == why);
        b.now += 4s;
        b.feed(worker::tick{});
        CHECK(b.find<worker::open_stream>() != nullptr);
    }
    bench b;
    b.join();
    b.feed(worker::stream_closed{"reset"});
    b.now += 1s;
    b.feed(worker::tick{});
    b.feed(worker::stream_opened{});
    b.hear(register_refused{refusal::fenced, "because", {}});
    CHECK(b.find<worker::end>() != nullptr);
}

TEST_CASE("a stream that ended because the coordinator is another bot's counts as its refusal") {
    bench b;
    b.feed(worker::stream_closed{"https://c1", refusal::other_token});
    REQUIRE(b.find<worker::end>() != nullptr);
    CHECK(b.find<worker::end>()->why == refusal::other_token);
}

TEST_CASE("a coordinator that does not answer is left for the next address") {
    bench b;
    b.feed(worker::stream_opened{});
    b.now += 3s;
    b.feed(worker::tick{});
    CHECK(b.find<worker::close_stream>() != nullptr);
    b.now += 1s;
    b.feed(worker::tick{});
    CHECK(b.find<worker::open_stream>()->address == "c2");
}

TEST_CASE("an ordered shard may be dialled only with a lease, and RESUME needs nobody while the lease is valid") {
    bench b;
    b.join();
    b.start(3, 1, bench::ticket(3));
    REQUIRE(b.find<worker::start_shard>() != nullptr);
    CHECK_FALSE(b.session.may_dial(3, true, b.now));
    b.beat();
    CHECK(b.session.may_dial(3, true, b.now));
    b.feed(worker::stream_closed{"reset"});
    CHECK(b.session.may_dial(3, true, b.now + 4s));
    CHECK_FALSE(b.session.owns(3, b.now + 5s));
}

TEST_CASE("an orphan resumes once; a second close within a minute means that its session was taken") {
    bench b;
    b.join();
    b.beat();
    b.start(3, 1, bench::ticket(3));
    b.live(3);
    b.feed(worker::stream_closed{"reset"});
    for (int i = 0; i < 8; ++i) b.now += 1s, b.feed(worker::tick{});
    CHECK(b.session.right_to(3, b.now) == hand_out_right::possibly_taken);
    CHECK_FALSE(b.session.may_dial(3, false, b.now));  // Never by IDENTIFY.
    CHECK(b.session.may_dial(3, true, b.now));
    CHECK_FALSE(b.session.may_dial(3, true, b.now + 1s));
    SUBCASE("but a dial that failed was none") {
        b.feed(worker::dial_failed{3});
        CHECK(b.session.may_dial(3, true, b.now + 1s));
    }
    SUBCASE("and a minute later it may try again") {
        for (int i = 0; i < 61; ++i) b.now += 1s, b.feed(worker::tick{});
        CHECK(b.session.may_dial(3, true, b.now));
    }
}

TEST_CASE("with heartbeats far apart a stream lasts while acks come, and ends when one does not") {
    bench b;
    b.feed(worker::stream_opened{});
    b.hear(registered{b.leader, fleet_id{1}, "c1", 20s, 5s, 16});
    b.look();
    b.hear(heartbeat_ack{b.said<heartbeat>()->number, b.leader, 20s});
    const auto until_next_beat = [&b] {
        for (int ms = 0; ms < 5000; ms += 100) {
            b.now += 100ms;
            b.feed(worker::tick{});
            REQUIRE(b.find<worker::close_stream>() == nullptr);
        }
        REQUIRE(b.find<worker::look>() != nullptr);
        b.look();
        REQUIRE(b.said<heartbeat>() != nullptr);
    };
    for (int beats = 0; beats < 5; ++beats) {
        until_next_beat();
        b.hear(heartbeat_ack{b.said<heartbeat>()->number, b.leader, 20s});
        CHECK(b.session.has_lease(b.now + 19s));
    }
    until_next_beat();
    b.now += 3s;
    b.feed(worker::tick{});
    CHECK(b.find<worker::close_stream>() != nullptr);
}

TEST_CASE("a worker that waits for an answer which does not come has not stood still") {
    bench b;
    b.join();
    b.beat();
    b.start(3, 1, bench::ticket(3));
    b.live(3);
    b.feed(worker::stream_closed{"reset"});
    for (int i = 0; i < 12; ++i) {
        // As its timer has it: nothing else comes while a coordinator's host says nothing.
        const auto* wake = b.find<worker::wake_at>();
        if (wake == nullptr) break;
        b.now = wake->when;
        b.feed(worker::tick{});
    }
    CHECK_FALSE(b.session.has_lease(b.now));
    CHECK(b.session.may_dial(3, true, b.now));
}

TEST_CASE("a worker that stood still while its lease ended reaches for nothing, and marks what it hands out") {
    bench b;
    b.join();
    b.beat();
    b.start(3, 1, bench::ticket(3));
    b.live(3);
    CHECK(b.session.right_to(3, b.now) == hand_out_right::fresh);
    b.now += 8s;  // Not one tick meanwhile.
    CHECK(b.session.right_to(3, b.now) == hand_out_right::possibly_taken);
    CHECK_FALSE(b.session.may_dial(3, true, b.now));
}

TEST_CASE("a worker that ends says goodbye where somebody hears it, and says so of sessions that ended with it") {
    bench b;
    b.join();
    b.beat();
    b.start(3, 1, bench::ticket(3));
    b.live(3);
    b.feed(worker::stop_asked{});
    CHECK(b.find<worker::end>() == nullptr);
    SUBCASE("its sessions go on elsewhere") {
        b.feed(worker::shard_stopped{3, bench::ticket(3)});
        REQUIRE(b.said<heartbeat>() != nullptr);
        const auto& told = b.said<heartbeat>()->shards.at(0);
        CHECK(told.status == shard_status::released);
        CHECK(told.ticket.has_value());
        CHECK(told.lost_session.empty());
        b.hear(heartbeat_ack{b.said<heartbeat>()->number, b.leader, 5s});
        CHECK(b.said<goodbye>() != nullptr);
        REQUIRE(b.find<worker::end>() != nullptr);
        CHECK(b.find<worker::end>()->said_goodbye);
    }
    SUBCASE("nobody can go on with them") {
        b.feed(worker::shard_stopped{3, {}, true});
        REQUIRE(b.said<heartbeat>() != nullptr);
        const auto& told = b.said<heartbeat>()->shards.at(0);
        CHECK(told.status == shard_status::released);
        CHECK_FALSE(told.ticket.has_value());
        CHECK(told.lost_session == "abc");
        // Nobody acks that: goodbye is said all the same.
        b.feed(worker::ended{});
        CHECK(b.said<goodbye>() != nullptr);
        CHECK(b.find<worker::end>()->said_goodbye);
    }
    SUBCASE("nobody hears it") {
        b.feed(worker::stream_closed{"reset"});
        b.feed(worker::ended{});
        CHECK(b.said<goodbye>() == nullptr);
        REQUIRE(b.find<worker::end>() != nullptr);
        CHECK_FALSE(b.find<worker::end>()->said_goodbye);
    }
}

namespace {

/// With fence = close, and shard 3 live.
bench strict() {
    auto config = bench::made();
    config.fence = fence_policy::close;
    bench b(config);
    b.join();
    b.beat();
    b.start(3, 1, bench::ticket(3));
    b.live(3);
    return b;
}
/// Ticks until then; whether a socket was ordered to be cut meanwhile.
bool cuts_until(bench& b, instant end) {
    bool cut = false;
    while (b.now < end) {
        b.now += 100ms;
        b.feed(worker::tick{});
        cut |= b.find<worker::cut_shard>() != nullptr;
    }
    return cut;
}

}  // namespace

TEST_CASE("with fence = close a socket is closed when the lease ends, once, and stays closed until there is one again") {
    auto b = strict();
    const auto end = b.session.fresh_until(3);
    b.feed(worker::stream_closed{"reset"});
    CHECK_FALSE(cuts_until(b, end - 100ms));
    CHECK(cuts_until(b, end));
    CHECK_FALSE(cuts_until(b, end + 1min));
    CHECK_FALSE(b.session.may_dial(3, true, b.now));
    CHECK_FALSE(b.session.may_dial(3, false, b.now));
    b.leader = leader_epoch{4};
    while (b.find<worker::open_stream>() == nullptr) cuts_until(b, b.now + 100ms);
    b.join();
    b.live(3);
    b.beat();
    CHECK_FALSE(b.session.may_dial(3, true, b.now));  // The leader has not said yet whose it is.
    b.hear(start_order{{3, 16}, shard_epoch{1}, b.leader, bench::ticket(3), true, "yours"});
    CHECK(b.find<worker::rights_changed>() != nullptr);
    CHECK(b.session.may_dial(3, true, b.now));
    SUBCASE("and at the end of that lease it is closed again") {
        b.feed(worker::stream_closed{"reset"});
        CHECK(cuts_until(b, b.now + 6s));
    }
}

TEST_CASE("with fence = close the wake-up that is asked for is no later than the end of the first right") {
    auto b = strict();
    b.feed(worker::stream_closed{"reset"});
    b.feed(worker::tick{});
    b.feed(worker::stream_opened{});
    b.feed(worker::tick{});
    REQUIRE(b.find<worker::wake_at>() != nullptr);
    CHECK(b.find<worker::wake_at>()->when <= b.session.fresh_until(3));
}

TEST_CASE(
    "with fence = close a shard that a new leader does not confirm is closed when the old right ends, though there is a lease") {
    auto b = strict();
    const auto end = b.session.fresh_until(3);
    b.feed(worker::stream_closed{"reset"});
    cuts_until(b, b.now + 1s);
    b.leader = leader_epoch{4};
    b.join();
    b.live(3);
    b.beat();
    CHECK(b.session.has_lease(end + 1ms));
    CHECK_FALSE(cuts_until(b, end - 100ms));
    CHECK(cuts_until(b, end));
}

TEST_CASE("with fence = close a shard that is stopped anyway is not cut besides") {
    auto b = strict();
    b.hear(stop_order{3, shard_epoch{1}, b.leader, "moved"});
    CHECK(b.find<worker::cut_shard>() == nullptr);
    b.feed(worker::stream_closed{"reset"});
    CHECK_FALSE(cuts_until(b, b.now + 10s));
}

TEST_CASE("a shard that was started but never connected is nothing that an orphan reaches for") {
    bench b;
    b.join();
    b.start(3, 1, bench::ticket(3));
    CHECK_FALSE(b.session.may_dial(3, true, b.now));
}

TEST_CASE("orders of an older epoch, of an older leader and without a registration are refused") {
    bench b;
    b.join();
    b.beat();
    b.start(3, 5);
    REQUIRE(b.session.holds(3) == shard_epoch{5});
    b.hear(stop_order{3, shard_epoch{4}, b.leader, "old"});
    CHECK(b.find<worker::stop_shard>() == nullptr);
    b.hear(stop_order{3, shard_epoch{5}, leader_epoch{2}, "old leader"});
    CHECK(b.find<worker::stop_shard>() == nullptr);
    CHECK(b.session.stale_orders() == 2);
    b.feed(worker::stream_closed{"reset"});
    b.hear(stop_order{3, shard_epoch{9}, leader_epoch{9}, "on no stream"});
    CHECK(b.find<worker::stop_shard>() == nullptr);
    CHECK(b.session.stale_orders() == 3);
}

TEST_CASE("a start that comes after the stop of the same epoch is over") {
    bench b;
    b.join();
    b.hear(stop_order{3, shard_epoch{5}, b.leader, "not here"});
    b.start(3, 5);
    CHECK(b.find<worker::start_shard>() == nullptr);
    b.start(3, 6);
    CHECK(b.find<worker::start_shard>() != nullptr);
}

TEST_CASE("a released shard is reported with its ticket until a heartbeat that told it is acked") {
    bench b;
    b.join();
    b.beat();
    b.start(3, 1, bench::ticket(3));
    b.live(3);
    b.hear(stop_order{3, shard_epoch{1}, b.leader, "moved"});
    REQUIRE(b.find<worker::stop_shard>() != nullptr);
    CHECK_FALSE(b.session.may_dial(3, true, b.now));
    b.feed(worker::shard_stopped{3, bench::ticket(3)});
    const auto* told = b.said<heartbeat>();
    REQUIRE(told != nullptr);
    REQUIRE(told->shards.size() == 1);
    CHECK(told->shards[0].status == shard_status::released);
    CHECK(told->shards[0].ticket == bench::ticket(3));
    const auto number_told = told->number;
    b.hear(heartbeat_ack{static_cast<beat_number>(number(number_told) - 1), b.leader, 5s});
    CHECK(b.session.holds(3) == shard_epoch{1});
    b.hear(heartbeat_ack{number_told, b.leader, 5s});
    CHECK(b.session.holds(3) == shard_epoch::none);
}

TEST_CASE("a new session's events wait until the coordinator has its ticket; then the ticket is not told again") {
    bench b;
    b.join();
    b.beat();
    b.start(3, 1);
    b.live(3, "new");
    REQUIRE(b.said<heartbeat>() != nullptr);  // At once, not with the next second.
    CHECK(b.said<heartbeat>()->shards[0].ticket->session_id == "new");
    CHECK(b.session.right_to(3, b.now) == hand_out_right::none);
    b.hear(ticket_noted{3, shard_epoch{1}, b.leader, "another"});
    CHECK(b.session.right_to(3, b.now) == hand_out_right::none);
    b.hear(ticket_noted{3, shard_epoch{1}, b.leader, "new"});
    CHECK(b.find<worker::hand_out>() != nullptr);
    CHECK(b.session.right_to(3, b.now) == hand_out_right::fresh);
    b.now += 1s;
    b.feed(worker::tick{});
    b.live(3, "new");
    CHECK_FALSE(b.said<heartbeat>()->shards[0].ticket.has_value());
    CHECK(b.said<heartbeat>()->shards[0].seq == 10);
    CHECK(b.said<heartbeat>()->shards[0].done == 8);
}

TEST_CASE("a permit is good from the heartbeat that it names, not from when it came, and is returned when it is too late") {
    bench b;
    b.join();
    b.beat();
    b.start(3, 1);
    b.feed(worker::permit_wanted{3, false, {}});
    REQUIRE(b.said<permit_ask>() != nullptr);
    const auto sent_at = b.now;
    b.now += 1200ms;
    SUBCASE("in time") {
        b.hear(permit_grant{3, shard_epoch{1}, b.leader, permit_number{1}, beat_number{2}, 1500ms});
        REQUIRE(b.find<worker::give_permit>() != nullptr);
        CHECK(b.find<worker::give_permit>()->valid_until == sent_at + 1500ms);
        b.hear(permit_grant{3, shard_epoch{1}, b.leader, permit_number{1}, beat_number{2}, 1500ms});
        CHECK(b.find<worker::give_permit>() == nullptr);  // The same one, told twice,
        CHECK(b.said<permit_returned>() == nullptr);      // may be used already.
    }
    SUBCASE("too late") {
        b.hear(permit_grant{3, shard_epoch{1}, b.leader, permit_number{1}, beat_number{2}, 1000ms});
        CHECK(b.find<worker::give_permit>() == nullptr);
        CHECK(b.said<permit_returned>() != nullptr);
        CHECK(b.said<permit_ask>() != nullptr);
    }
    SUBCASE("of an epoch that is over") {
        b.hear(permit_grant{3, shard_epoch{9}, b.leader, permit_number{1}, beat_number{2}, 9s});
        CHECK(b.find<worker::give_permit>() == nullptr);
        CHECK(b.said<permit_returned>() == nullptr);
    }
}

TEST_CASE("on another stream it reports all that it holds, and owns it again when that is confirmed and a heartbeat acked") {
    bench b;
    b.join();
    b.beat();
    b.start(3, 4, bench::ticket(3));
    b.live(3);
    b.feed(worker::stream_closed{"reset"});
    for (int i = 0; i < 6; ++i) b.now += 1s, b.feed(worker::tick{});
    b.leader = leader_epoch{4};
    b.feed(worker::stream_opened{});
    const auto* ask = b.said<register_ask>();
    REQUIRE(ask != nullptr);
    CHECK_FALSE(ask->fresh);
    CHECK(ask->highest_leader == leader_epoch{3});
    REQUIRE(ask->shards.size() == 1);
    CHECK(ask->shards[0].epoch == shard_epoch{4});
    CHECK(ask->shards[0].ticket.has_value());
    b.hear(registered{b.leader, fleet_id{1}, "c1", 5s, 1s, 16});
    b.live(3);
    b.beat();
    CHECK_FALSE(b.session.owns(3, b.now));
    b.hear(start_order{{3, 16}, shard_epoch{4}, b.leader, bench::ticket(3), true, "yours"});
    CHECK(b.find<worker::start_shard>() == nullptr);  // Nothing is touched.
    CHECK(b.session.owns(3, b.now));
}

TEST_CASE("asked to end, it asks to be emptied and says goodbye when it holds nothing") {
    bench b;
    b.join();
    b.beat();
    b.start(3, 1, bench::ticket(3));
    b.live(3);
    b.feed(worker::stop_asked{});
    REQUIRE(b.said<heartbeat>() != nullptr);
    CHECK(b.said<heartbeat>()->draining);
    CHECK(b.find<worker::end>() == nullptr);
    b.hear(stop_order{3, shard_epoch{1}, b.leader, "emptied"});
    b.feed(worker::shard_stopped{3, bench::ticket(3)});
    const auto told = b.said<heartbeat>()->number;
    CHECK(b.find<worker::end>() == nullptr);  // Its ticket is not known yet.
    b.hear(heartbeat_ack{told, b.leader, 5s});
    CHECK(b.said<goodbye>() != nullptr);
    CHECK(b.find<worker::end>() != nullptr);
}

TEST_CASE(
    "a shard that is ordered between a registration and its first ack may dial with that ack, though an older lease lasted") {
    bench b;
    b.join();
    b.beat();
    b.start(1, 1);
    b.feed(worker::stream_closed{"a blip"});
    b.now += 1s;
    b.feed(worker::tick{});
    b.feed(worker::stream_opened{});
    b.hear(registered{b.leader, fleet_id{1}, "c1", 5s, 1s, 16});
    b.look();
    const auto* sent = b.said<heartbeat>();
    REQUIRE(sent != nullptr);
    const auto number = sent->number;
    b.start(2, 1);
    CHECK(b.session.has_lease(b.now));
    CHECK_FALSE(b.session.may_dial(2, false, b.now));
    b.hear(heartbeat_ack{number, b.leader, 5s});
    CHECK(b.find<worker::rights_changed>() != nullptr);
    CHECK(b.session.may_dial(2, false, b.now));
}

TEST_CASE("what may be used of the REST limit comes with the acks, and is told to every coordinator") {
    bench b;
    b.join();
    CHECK(b.said<heartbeat>()->rest.in_use == 0);
    CHECK(b.session.rest_right(b.now) == 0);
    const auto number = b.said<heartbeat>()->number;
    b.now += 100ms;
    b.hear(heartbeat_ack{number, b.leader, 5s, {30, 20s, 1, 10min}});
    REQUIRE(b.find<worker::use_rest>() != nullptr);
    CHECK(b.find<worker::use_rest>()->per_second == 30);
    CHECK(b.find<worker::use_rest>()->until == b.now - 100ms + 20s);
    CHECK(b.find<worker::use_rest>()->end == b.now - 100ms + 10min);
    // An ack of a leader that was followed by another one counts for nothing.
    b.hear(heartbeat_ack{number, leader_epoch{2}, 5s, {45, 20s, 1, 10min}});
    CHECK(b.find<worker::use_rest>() == nullptr);
    b.feed(worker::stream_closed{"gone"});
    CHECK(b.session.rest_right(b.now + 19s) == 30);
    b.now += 10s;
    b.feed(worker::tick{});
    b.feed(worker::stream_opened{});
    REQUIRE(b.said<register_ask>() != nullptr);
    CHECK(b.said<register_ask>()->rest.in_use == 30);
    CHECK(b.session.rest_right(b.now + 11s) == 1);
}

TEST_CASE("the guilds of a session are told once, by whoever releases its shard, and are no part of other heartbeats") {
    bench b;
    b.join();
    auto with = bench::ticket(3);
    with.guilds = {{guild_id(1), discord::guild_state::available}, {guild_id(2), discord::guild_state::unavailable}};
    b.start(3, 1, with);
    REQUIRE(b.find<worker::start_shard>() != nullptr);
    CHECK(b.find<worker::start_shard>()->ticket->guilds == with.guilds);
    // Not when a stream begins anew and everything is told whole.
    b.look({{3, shard_status::live, with, {}, {}}});
    b.feed(worker::stream_closed{"x"});
    b.now += 5s;
    b.feed(worker::tick{});
    b.feed(worker::stream_opened{});
    REQUIRE(b.said<register_ask>() != nullptr);
    REQUIRE(b.said<register_ask>()->shards.at(0).ticket);
    CHECK(b.said<register_ask>()->shards.at(0).ticket->guilds.empty());
    b.hear(registered{b.leader, fleet_id{1}, "c1", 5s, 1s, 16});
    b.hear(stop_order{3, shard_epoch{1}, b.leader, "moved"});
    b.feed(worker::shard_stopped{3, with});
    REQUIRE(b.said<heartbeat>() != nullptr);
    CHECK(b.said<heartbeat>()->shards.at(0).ticket == with);
}

TEST_CASE("that a session has no guild is told in each heartbeat, beside what it has received") {
    bench b;
    b.join();
    auto seen = bench::ticket(3);
    b.start(3, 1, seen);
    for (const bool none : {true, false, true}) {
        seen.without_guilds = none;
        b.now += 1s;
        b.feed(worker::tick{});
        b.look({{3, shard_status::live, seen, {}, {}}});
        const auto* const sent = b.said<heartbeat>();
        REQUIRE(sent != nullptr);
        CHECK(sent->shards.at(0).without_guilds == none);
        CHECK_FALSE(sent->shards.at(0).ticket);
        b.hear(heartbeat_ack{sent->number, b.leader, 5s});
    }
}

TEST_CASE("one heartbeat names so many guilds at most; of further shards it tells none") {
    bench b;
    b.join();
    auto with = bench::ticket(0);
    with.guilds.resize(most_guilds_told / 2 + 1, {guild_id(1), discord::guild_state::available});
    for (std::uint32_t shard = 0; shard < 2; ++shard) {
        with.shard.id = shard;
        b.start(shard, 1, with);
        b.hear(stop_order{shard, shard_epoch{1}, b.leader, "moved"});
        b.feed(worker::shard_stopped{shard, with});
    }
    REQUIRE(b.said<heartbeat>() != nullptr);
    CHECK(b.said<heartbeat>()->shards.at(0).ticket->guilds.size() == with.guilds.size());
    CHECK(b.said<heartbeat>()->shards.at(1).ticket->guilds.empty());
    CHECK(b.said<heartbeat>()->shards.at(1).ticket->session_id == "abc");
}

TEST_CASE("a shard that Discord refuses is reported so, at once and again, until it was ordered away") {
    bench b;
    b.join();
    b.start(3, 1);
    b.start(4, 1, bench::ticket(4));
    b.beat();
    b.feed(worker::permit_wanted{3, false, {}});
    b.feed(worker::shard_refused{3, {4011, "too many guilds"}});
    const auto told = [&]() -> std::optional<gateway_refusal> {
        const auto* beat = b.said<heartbeat>();
        REQUIRE(beat != nullptr);
        for (const auto& one : beat->shards) {
            if (one.shard == 4) CHECK_FALSE(one.refused);
            if (one.shard == 3) return one.refused;
        }
        return std::nullopt;
    };
    CHECK(told() == gateway_refusal{4011, "too many guilds"});
    // Its request for a permit is over: one that was on its way is given back.
    b.hear(permit_grant{3, shard_epoch{1}, b.leader, permit_number{9}, beat_number{1}, 10s});
    CHECK(b.find<worker::give_permit>() == nullptr);
    CHECK(b.said<permit_returned>() != nullptr);
    b.now += 1s;
    b.feed(worker::tick{});
    b.look();
    CHECK(told().has_value());
    // The next coordinator is told, too.
    b.feed(worker::stream_closed{"reset"});
    b.now += 1s;
    b.feed(worker::tick{});
    b.feed(worker::stream_opened{});
    REQUIRE(b.said<register_ask>() != nullptr);
    CHECK(b.said<register_ask>()->shards.front().refused.has_value());
    b.hear(registered{b.leader, fleet_id{1}, "c1", 5s, 1s, 16});
    b.hear(stop_order{3, shard_epoch{1}, b.leader, "Discord refuses it"});
    REQUIRE(b.find<worker::stop_shard>() != nullptr);
    b.feed(worker::shard_stopped{3, {}});
    b.beat();
    CHECK(b.session.holds(3) == shard_epoch::none);
    // Ordered anew it is as new.
    b.start(3, 2);
    b.beat();
    CHECK(b.find<worker::end>() == nullptr);
    b.look();
    b.now += 1s;
    b.feed(worker::tick{});
    b.look();
    CHECK_FALSE(told());
}
