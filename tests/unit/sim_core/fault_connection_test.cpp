// Faults of connections and of the wire [7.2]: here, that the right orders are given to the right connections; the wire's own
// tests show that they are carried out.
#include "sim/core/fault_table.hpp"
#include "unit/sim_core/gateway_bench.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::testing;

namespace {

bool resumes(bench& b, conn_id id) {
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), b.last_seq(id));
    return b.of(again).last() != nullptr && b.of(again).last()->name == "RESUMED";
}

fault_subject of_shard(std::uint32_t shard, std::uint32_t total) {
    fault_subject who;
    who.shard = shard;
    who.total = total;
    return who;
}

/// Strikes shard 1 of 2 and returns the connections of shard 0 and 1.
struct pair_of_shards {
    explicit pair_of_shards(bench& b) : zero(b.ready(0, 2)), one(b.ready(1, 2)) {}
    conn_id zero, one;
};

}  // namespace

TEST_CASE("F1 TCP FIN for one shard, and its session resumes") {
    bench b;
    const pair_of_shards shards(b);
    CHECK(b.must(fault("F1", {{"shard", 1}})).at("connections") == 1);
    CHECK(b.of(shards.one).wired(wire_fault::fin));
    CHECK(b.of(shards.zero).wire.empty());
    CHECK(resumes(b, shards.one));
}

TEST_CASE("F2 RST, also in the middle of a TLS record and of a websocket frame") {
    bench b;
    for (const auto& [how, order] : std::vector<std::pair<const char*, wire_fault>>{
             {"rst", wire_fault::rst}, {"mid_record", wire_fault::rst_mid_record}, {"mid_frame", wire_fault::rst_mid_frame}}) {
        const auto id = b.ready();
        b.must(fault("F2", {{"session", b.session_id(id)}, {"how", how}}));
        CHECK(b.of(id).wired(order));
        CHECK(resumes(b, id));
    }
}

TEST_CASE("F2 standing, it strikes the next connections of that shard, too") {
    bench b;
    const auto id = b.ready(1, 2);
    b.must(fault("F2", {{"shard", 1}, {"standing", true}, {"times", 2}}));
    CHECK(b.of(id).wired(wire_fault::rst));
    CHECK_FALSE(resumes(b, id));
    CHECK_FALSE(resumes(b, id));
    CHECK(resumes(b, id));
}

TEST_CASE("F3 a close frame without a code") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F3", {{"all", true}}));
    CHECK(b.of(id).closed);
    CHECK_FALSE(b.of(id).close_code.has_value());
    CHECK(b.of(id).wire.empty());
    CHECK(resumes(b, id));
}

TEST_CASE("F4 each close code on demand, 4006 and unknown ones included") {
    bench b;
    for (const int code : {1000, 1001, 1011, 1012, 4000, 4001, 4002, 4003, 4004, 4005, 4006,
                           4007, 4008, 4009, 4010, 4011, 4012, 4013, 4014, 4123, 4999}) {
        CAPTURE(code);
        const auto id = b.ready();
        b.must(fault("F4", {{"conn", static_cast<std::uint64_t>(id)}, {"code", code}}));
        CHECK(b.of(id).close_code == code);
        CHECK(resumes(b, id) == (code != 4001 && code != 4007));
        b.advance(5s);
    }
}

TEST_CASE("F5 TCP is refused, for a share and a time") {
    bench b;
    b.must(fault("F5", {{"percent", 40}, {"for_ms", 2000}}));
    REQUIRE(b.accepts.size() == 2);
    for (const auto& one : b.accepts) {
        CHECK(one.fault == accept_fault::refuse_tcp);
        CHECK(one.percent == doctest::Approx(40));
    }
    CHECK(b.accepts[0].on_resume_host != b.accepts[1].on_resume_host);
    b.advance(2s);
    REQUIRE(b.accepts.size() == 4);
    CHECK(b.accepts[2].percent == doctest::Approx(0));
    CHECK(b.accepts[3].percent == doctest::Approx(0));
}

TEST_CASE("F6 TCP is accepted and TLS never finished, at the resume host alone, until clear") {
    bench b;
    b.must(fault("F6", {{"host", "resume"}}));
    REQUIRE(b.accepts.size() == 1);
    CHECK(b.accepts[0].fault == accept_fault::mute_tls);
    CHECK(b.accepts[0].on_resume_host);
    CHECK(b.accepts[0].percent == doctest::Approx(100));
    b.must({{"do", "clear"}});
    CHECK(b.accepts.back().percent == doctest::Approx(0));
    CHECK(b.accepts.back().fault == accept_fault::mute_tls);
}

TEST_CASE("F7 the upgrade is answered with a status") {
    bench b;
    for (const int status : {429, 502, 503, 520}) {
        b.must(fault("F7", {{"all", true}, {"status", status}, {"host", "gateway"}}));
        CHECK(b.accepts.back().fault == accept_fault::upgrade_status);
        CHECK(b.accepts.back().status == status);
        CHECK_FALSE(b.accepts.back().on_resume_host);
    }
}

TEST_CASE("F8 READY names a resume host whose DNS name is dead") {
    bench b;
    b.must(fault("F8", {{"shard", 0}}));
    const auto id = b.ready();
    CHECK(object_of(*b.of(id).find("READY")).at("resume_gateway_url") == "wss://gone.shoal-sim.invalid");
    const auto next = b.ready();  // One occasion for a shard.
    CHECK(object_of(*b.of(next).find("READY")).at("resume_gateway_url") == "wss://resume.sim:9443");
    b.must(fault("F8", {{"url", "wss://nowhere.example"}}));
    for (int i = 0; i < 3; ++i) {
        CHECK(object_of(*b.of(b.ready()).find("READY")).at("resume_gateway_url") == "wss://nowhere.example");
    }
}

TEST_CASE("F9 no HELLO") {
    bench b;
    b.must(fault("F9", {{"all", true}, {"times", 1}}));
    const auto mute = b.open();
    b.advance(30s);
    CHECK(b.of(mute).got.empty());
    CHECK_FALSE(b.of(mute).closed);
    CHECK(b.of(b.open()).count_op(10) == 1);
}

TEST_CASE("F10 op 7 in place of HELLO") {
    bench b;
    b.must(fault("F10", {{"times", 1}}));
    const auto id = b.open();
    REQUIRE(b.of(id).got.size() == 1);
    CHECK(b.of(id).got[0].op == 7);
    b.advance(5s);
    CHECK(b.of(id).closed);
    CHECK(b.of(b.open()).got[0].op == 10);
}

TEST_CASE("F11 a zombie reads and never ACKs; what happens meanwhile is there for RESUME") {
    bench b;
    const pair_of_shards shards(b);
    b.must(fault("F11", {{"shard", 1}}));
    const std::size_t before = b.of(shards.one).got.size();
    const std::uint64_t had = b.last_seq(shards.one);
    b.events(5);
    b.beat(shards.one, 1);
    b.beat(shards.zero, 1);
    b.advance(60s);
    CHECK(b.of(shards.one).got.size() == before);
    CHECK(b.of(shards.zero).count("BENCH") == 5);
    CHECK(b.of(shards.zero).last()->op == 11);
    CHECK_FALSE(b.of(shards.one).closed);  // It reads: the heartbeat counted.
    b.must({{"do", "drain"}});
    b.advance(2s);
    CHECK(b.oracle().at("drained") == false);
    const auto again = b.open(true);
    b.resume(again, b.session_id(shards.one), had);
    CHECK(b.of(again).count("BENCH") == 5);
    b.beat(again, 1);
    CHECK(b.of(again).last()->op == 11);  // The fault was the old connection's.
    CHECK(b.oracle().at("drained") == true);
}

TEST_CASE("F11 with events, dispatches still go out; and clear sends what was held back, in order") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F11", {{"all", true}, {"events", true}}));
    b.events(2);
    b.beat(id, 1);
    CHECK(b.of(id).count("BENCH") == 2);
    CHECK(b.of(id).last()->op == 0);
    b.must(fault("F11", {{"all", true}}));
    b.events(3);
    CHECK(b.of(id).count("BENCH") == 2);
    b.must({{"do", "clear"}});
    CHECK(b.of(id).count("BENCH") == 5);
    b.events(1);
    CHECK(steady(b.of(id).seqs()));
    b.beat(id, 1);
    CHECK(b.of(id).last()->op == 11);
}

TEST_CASE("F12 the server stops reading, for a time or until clear") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F12", {{"all", true}, {"ms", 3000}}));
    CHECK(b.of(id).wired(wire_fault::stop_reading));
    b.advance(2999ms);
    CHECK_FALSE(b.of(id).wired(wire_fault::resume_reading));
    b.advance(1ms);
    CHECK(b.of(id).wired(wire_fault::resume_reading));
    b.of(id).wire.clear();
    b.must(fault("F12", {{"shard", 0}}));
    b.must({{"do", "clear"}});
    REQUIRE(b.of(id).wire.size() == 2);
    CHECK(b.of(id).wire[1].fault == wire_fault::resume_reading);
}

TEST_CASE("F13 the server stalls its sending for a time") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F13", {{"all", true}, {"ms", 7000}}));
    REQUIRE(b.of(id).wire.size() == 1);
    CHECK(b.of(id).wire[0].fault == wire_fault::stall_sending);
    CHECK(b.of(id).wire[0].span == 7s);
}

TEST_CASE("F15 the ACK waits behind a burst of 50 MB") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F15", {{"shard", 0}}));
    const std::size_t before = b.of(id).got.size();
    b.beat(id, 1);
    std::size_t bytes = 0;
    for (std::size_t i = before; i + 1 < b.of(id).got.size(); ++i) bytes += b.of(id).got[i].data->size();
    CHECK(bytes >= 50'000'000);
    CHECK(b.of(id).last()->op == 11);
    CHECK(steady(b.of(id).seqs()));
    const std::size_t after = b.of(id).got.size();
    b.beat(id, 1);
    CHECK(b.of(id).got.size() == after + 1);
}

TEST_CASE("F24 op 7 for all shards within a second") {
    bench b;
    std::vector<conn_id> ids;
    for (std::uint32_t shard = 0; shard < 8; ++shard) {
        ids.push_back(b.open());
        b.identify(ids.back(), shard, 8);
    }
    b.advance(15s);
    CHECK(b.must(fault("F24")).at("connections") == 8);
    b.advance(1s);
    std::vector<instant> times;
    for (const auto id : ids) {
        CHECK(b.of(id).count_op(7) == 1);
        times.push_back(b.of(id).when.back());
    }
    CHECK(std::ranges::max(times) - std::ranges::min(times) > 100ms);
    b.advance(5s);
    for (const auto id : ids) CHECK(b.of(id).closed);
}

TEST_CASE("F25 all sockets are cut at once, with and without loss of the sessions") {
    for (const bool lose : {false, true}) {
        bench b;
        const pair_of_shards shards(b);
        CHECK(b.must(fault("F25", {{"lose_sessions", lose}})).at("connections") == 2);
        for (const auto id : {shards.zero, shards.one}) {
            CHECK(b.of(id).wired(wire_fault::rst));
            CHECK(resumes(b, id) != lose);
        }
    }
}

TEST_CASE("F25 a percentage cuts about that share, drawn by the seed") {
    bench b;
    std::vector<conn_id> ids;
    for (std::uint32_t shard = 0; shard < 100; ++shard) ids.push_back(b.open());
    b.must({{"do", "cut"}, {"percent", 30}, {"how", "fin"}});
    const auto cut = std::ranges::count_if(ids, [&](conn_id id) { return b.of(id).wired(wire_fault::fin); });
    CHECK(cut > 15);
    CHECK(cut < 45);
}

TEST_CASE("F33 messages are split over many websocket messages") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F33", {{"all", true}, {"count", 7}}));
    REQUIRE(b.of(id).wire.size() == 1);
    CHECK(b.of(id).wire[0].fault == wire_fault::split_messages);
    CHECK(b.of(id).wire[0].count == 7);
}

TEST_CASE("F34 websocket fragments with pings in between") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F34", {{"all", true}}));
    CHECK(b.of(id).wired(wire_fault::fragment_with_pings));
}

TEST_CASE("F35 one compressed byte is corrupted") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F35", {{"all", true}}));
    REQUIRE(b.of(id).wire.size() == 1);
    CHECK(b.of(id).wire[0].fault == wire_fault::corrupt_byte);
    CHECK(b.of(id).wire[0].count == 1);
}

TEST_CASE("F35 a message is cut off, a bomb, half a JSON or without op, where that is asked for") {
    bench b;
    for (const auto& [how, order] : std::vector<std::pair<const char*, wire_fault>>{{"byte", wire_fault::corrupt_byte},
                                                                                    {"truncate", wire_fault::truncate_message},
                                                                                    {"bomb", wire_fault::bomb},
                                                                                    {"cut_json", wire_fault::cut_json},
                                                                                    {"no_op", wire_fault::no_op}}) {
        CAPTURE(how);
        const auto id = b.ready();
        b.must(fault("F35", {{"session", b.session_id(id)}, {"how", how}, {"megabytes", 70}}));
        CHECK(b.of(id).wired(order));
        if (order == wire_fault::bomb) CHECK(b.of(id).wire[0].count == 70);
    }
}

TEST_CASE("F36 several messages leave in one segment") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F36", {{"all", true}, {"count", 3}}));
    REQUIRE(b.of(id).wire.size() == 1);
    CHECK(b.of(id).wire[0].fault == wire_fault::coalesce);
    CHECK(b.of(id).wire[0].count == 3);
}

TEST_CASE("F37 segments of one byte, standing for later connections of all") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F37", {{"all", true}, {"standing", true}}));
    CHECK(b.of(id).wired(wire_fault::tiny_segments));
    const auto later = b.open();
    CHECK(b.of(later).wired(wire_fault::tiny_segments));
    b.must({{"do", "clear"}});
    CHECK(b.of(b.open()).wire.empty());
}

TEST_CASE("A standing fault knows whom it strikes, how often and for how long") {
    fault_table table;
    random_source random(1);
    const instant start{};
    const auto strikes = [&](int number, const fault_subject& who, instant now = instant{}) {
        return table.strike(number, who, now, random).has_value();
    };
    fault_table::entry entry;
    entry.number = 16;
    entry.by.shard = 3;
    entry.left = 2;
    table.add(entry);
    CHECK_FALSE(strikes(16, of_shard(2, 16)));
    CHECK_FALSE(strikes(17, of_shard(3, 16)));
    CHECK_FALSE(strikes(16, {}));
    CHECK(strikes(16, of_shard(3, 16)));
    CHECK(table.list(start).size() == 1);
    CHECK(strikes(16, of_shard(3, 8)));
    CHECK_FALSE(strikes(16, of_shard(3, 16)));
    CHECK(table.list(start).empty());

    entry = {};
    entry.number = 19;
    entry.by.percent = 25;
    entry.until = start + 10s;
    table.add(entry);
    int count = 0;
    for (int i = 0; i < 1000; ++i) count += strikes(19, {}) ? 1 : 0;
    CHECK(count > 200);
    CHECK(count < 300);
    CHECK(table.any(19, start));
    CHECK_FALSE(table.any(19, start + 10s));
    CHECK_FALSE(strikes(19, {}, start + 10s));

    entry = {};
    entry.number = 18;
    entry.by.shard = 1;
    entry.by.total = 2;
    table.add(entry);
    CHECK_FALSE(strikes(18, of_shard(1, 4)));
    CHECK(strikes(18, of_shard(1, 2)));
    table.clear(18);
    CHECK_FALSE(strikes(18, of_shard(1, 2)));
}
