// Behaviours of one connection [7.1]: upgrade, HELLO, heartbeats, checks on what a client sends.
#include "unit/sim_core/gateway_bench.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::testing;

TEST_CASE("B03 the upgrade's query is checked: version, encoding and compression") {
    bench b;
    for (const char* good : {"/?v=10&encoding=json", "?v=9&encoding=json", "/?encoding=json&v=10&compress=zlib-stream",
                             "/?v=10&compress=zstd-stream", "/?v=10"}) {
        CAPTURE(good);
        const auto id = b.open(false, good);
        CHECK_FALSE(b.of(id).closed);
        CHECK(b.of(id).count_op(10) == 1);
    }
    const std::vector<std::pair<const char*, int>> bad = {{"/?v=8&encoding=json", 4012},
                                                          {"/?encoding=json", 4012},
                                                          {"/", 4012},
                                                          {"/?v=ten&encoding=json", 4012},
                                                          {"/?v=10x&encoding=json", 4012},
                                                          {"/?v=10&encoding=xml", 4002},
                                                          {"/?v=10&encoding=json&compress=gzip", 4002}};
    for (const auto& [target, code] : bad) {
        CAPTURE(target);
        const auto id = b.open(false, target);
        CHECK(b.of(id).closed);
        CHECK(b.of(id).close_code == code);
        CHECK(b.of(id).got.empty());
    }
}

TEST_CASE("B04 HELLO comes at once after the upgrade, with the interval and an optional trace") {
    bench b;
    const auto id = b.open();
    REQUIRE(b.of(id).got.size() == 1);
    const payload& hello = b.of(id).got[0];
    CHECK(hello.op == 10);
    CHECK(hello.name.empty());
    CHECK(hello.seq == 0);
    CHECK(object_of(hello).at("heartbeat_interval") == 41250);
    CHECK(object_of(hello).contains("_trace"));

    b.must({{"do", "set"}, {"heartbeat_interval", 10000}, {"hello_trace", false}});
    const auto second = b.open();
    CHECK(object_of(b.of(second).got[0]).at("heartbeat_interval") == 10000);
    CHECK_FALSE(object_of(b.of(second).got[0]).contains("_trace"));
}

TEST_CASE("B05 op 1 is acknowledged with op 11 at any time, and a d of the wrong type closes with 4002") {
    bench b;
    const auto id = b.open();
    b.beat(id);
    CHECK(b.of(id).last()->op == 11);
    b.identify(id);
    b.beat(id);
    CHECK(b.of(id).count_op(11) == 2);
    b.advance(20s);
    b.beat(id, 1);
    CHECK(b.of(id).count_op(11) == 3);
    b.send(id, R"({"op":1})");
    CHECK(b.of(id).count_op(11) == 4);
    CHECK_FALSE(b.of(id).closed);
    for (const char* wrong :
         {R"({"op":1,"d":"7"})", R"({"op":1,"d":{}})", R"({"op":1,"d":-1})", R"({"op":1,"d":1.5})", R"({"op":1,"d":true})"}) {
        CAPTURE(wrong);
        const auto other = b.open();
        b.send(other, wrong);
        CHECK(b.of(other).close_code == 4002);
        CHECK(b.of(other).count_op(11) == 0);
    }
}

TEST_CASE("B06 silence over the tolerance closes the socket with 4009 and keeps the session") {
    auto config = quiet();
    config.session_expiry = 1h;
    bench b(config);
    const auto id = b.open();
    b.identify(id);
    b.advance(66s);
    CHECK_FALSE(b.of(id).closed);  // 1.5 x 41.25 s + 5 s is 66.875 s.
    b.beat(id, 1);
    b.advance(66s + 874ms);
    CHECK_FALSE(b.of(id).closed);
    b.advance(1ms);
    CHECK(b.of(id).close_code == 4009);
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), b.last_seq(id));
    CHECK(b.of(again).count("RESUMED") == 1);
}

TEST_CASE("B06 the timeout's close code can be 1000, or a silent cut of TCP") {
    bench b;
    b.must({{"do", "set"}, {"heartbeat_close_code", 1000}});
    const auto id = b.open();
    b.advance(67s);
    CHECK(b.of(id).close_code == 1000);
    b.must({{"do", "set"}, {"heartbeat_close_code", 0}});
    const auto other = b.open();
    b.advance(67s);
    CHECK(b.of(other).closed);
    CHECK_FALSE(b.of(other).close_code.has_value());
    CHECK(b.of(other).wired(wire_fault::fin));
}

TEST_CASE("B07 the server asks for a heartbeat and checks that it comes") {
    bench b;
    const auto good = b.ready(0, 1);
    const auto bad = b.ready(0, 1);
    CHECK(b.must({{"do", "ask_heartbeat"}, {"all", true}, {"within_ms", 3000}}).at("connections") == 2);
    CHECK(b.of(good).last()->op == 1);
    CHECK(b.of(good).last()->data == nullptr);
    b.advance(2s);
    b.beat(good, 3);
    CHECK(b.of(good).last()->op == 11);
    b.advance(999ms);
    CHECK_FALSE(b.of(bad).closed);
    b.advance(1ms);
    CHECK(b.of(bad).close_code == 4009);
    CHECK_FALSE(b.of(good).closed);
    // A later question is not answered by an earlier beat.
    b.must({{"do", "ask_heartbeat"}, {"all", true}, {"within_ms", 3000}});
    b.advance(3s);
    CHECK(b.of(good).close_code == 4009);
}

TEST_CASE("B08 before authentication anything but op 1, 2 and 6 closes with 4003") {
    bench b;
    for (const char* early :
         {R"({"op":3,"d":{"status":"online","activities":[],"afk":false,"since":null}})", R"({"op":4,"d":{}})",
          R"({"op":8,"d":{}})", R"({"op":31,"d":{}})", R"({"op":43,"d":{}})", R"({"op":99,"d":null})", R"({"op":0,"d":null})"}) {
        CAPTURE(early);
        const auto id = b.open();
        b.send(id, early);
        CHECK(b.of(id).close_code == 4003);
        const auto waiting = b.open();
        b.identify(waiting, b.clients.size() % 16, 16);
        b.send(waiting, early);
        CHECK(b.of(waiting).close_code == 4003);
        b.advance(10s);
    }
}

TEST_CASE("B08 a second IDENTIFY, and a RESUME, on a live session close with 4005") {
    bench b;
    const auto id = b.ready();
    b.identify(id);
    CHECK(b.of(id).close_code == 4005);
    const auto other = b.ready();
    b.resume(other, b.session_id(id), 1);
    CHECK(b.of(other).close_code == 4005);
    const auto waiting = b.open();
    b.identify(waiting);
    b.identify(waiting);
    CHECK(b.of(waiting).close_code == 4005);
}

TEST_CASE("B08 an unknown opcode closes with 4001, and that session can never be resumed") {
    bench b;
    for (const char* wrong : {R"({"op":99,"d":null})", R"({"op":11,"d":null})", R"({"op":-3,"d":null})"}) {
        const auto id = b.ready();
        b.send(id, wrong);
        CHECK(b.of(id).close_code == 4001);
        const auto again = b.open(true);
        b.resume(again, b.session_id(id), 1);
        CHECK(b.of(again).last()->op == 9);
        CHECK(*b.of(again).last()->data == "false");
    }
}

TEST_CASE("B08 what is over 4,096 bytes or cannot be decoded closes with 4002") {
    bench b;
    const auto fits = b.ready();
    std::string text = R"({"op":1,"d":null,"x":")";
    text += std::string(4096 - text.size() - 2, 'x') + "\"}";
    REQUIRE(text.size() == 4096);
    b.send(fits, text);
    CHECK_FALSE(b.of(fits).closed);
    b.send(fits, text + " ");
    CHECK(b.of(fits).close_code == 4002);
    for (const char* wrong :
         {"", "{", "[]", "7", R"({"d":1})", R"({"op":"1"})", R"({"op":1.0})", "{\"op\":1,\"x\":\"\xC3\x28\"}"}) {
        CAPTURE(wrong);
        const auto id = b.open();
        b.send(id, wrong);
        CHECK(b.of(id).close_code == 4002);
    }
}

TEST_CASE("B08 the 121st send in any 60 s closes with 4008, per connection, and the session stays") {
    bench b;
    const auto id = b.ready();
    b.advance(45s);  // Past the window of what ready() sent.
    b.advance(5s);
    for (int i = 0; i < 60; ++i) b.beat(id, 1);
    b.advance(30s);
    for (int i = 0; i < 60; ++i) b.beat(id, 1);
    CHECK_FALSE(b.of(id).closed);
    b.advance(30s - 1ns);
    b.beat(id, 1);
    CHECK(b.of(id).close_code == 4008);
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), b.last_seq(id));
    CHECK(b.of(again).count("RESUMED") == 1);

    const auto slow = b.ready();
    b.advance(50s);
    for (int i = 0; i < 120; ++i) b.beat(slow, 1);
    b.advance(60s);
    b.beat(slow, 1);
    CHECK_FALSE(b.of(slow).closed);
    CHECK(b.counted("most_sends_per_minute") == 120);
}

TEST_CASE("B26 op 7 comes when it is asked for, and the close some seconds later, after which the session resumes") {
    bench b;
    const auto id = b.ready();
    b.must({{"do", "op7"}, {"shard", 0}});
    CHECK(b.of(id).last()->op == 7);
    CHECK(b.of(id).last()->data == nullptr);
    b.advance(5s - 1ns);
    CHECK_FALSE(b.of(id).closed);
    b.advance(1ns);
    CHECK(b.of(id).closed);
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), b.last_seq(id));
    CHECK(b.of(again).count("RESUMED") == 1);
    // Before a session there is no shard, but there is a connection.
    const auto young = b.open();
    b.must({{"do", "op7"}, {"conn", static_cast<std::uint64_t>(young)}});
    CHECK(b.of(young).last()->op == 7);
}

TEST_CASE("B26 every session is moved by op 7 once in a while, and cut once in a while") {
    auto config = quiet();
    config.forced_op7_least = 1h;
    config.forced_op7_most = 12h;
    config.spontaneous_cut_least = 13h;
    config.spontaneous_cut_most = 24h;
    config.heartbeat_tolerance_extra = 48h;
    bench b(config);
    const auto id = b.ready();
    b.advance(12h);
    CHECK(b.of(id).count_op(7) == 1);
    REQUIRE(b.of(id).closed);
    bench c([&] {
        config.forced_op7_most = duration{};
        return config;
    }());
    const auto other = c.ready();
    c.advance(24h);
    CHECK(c.of(other).wired(wire_fault::rst));
    CHECK(c.counted("spontaneous_cuts") == 1);
}

TEST_CASE("B27 op 9 on a live session: later sends close the socket unless they are op 1, 2 or 6") {
    bench b;
    const auto id = b.ready();
    b.must({{"do", "op9"}, {"all", true}, {"resumable", false}});
    CHECK(b.of(id).last()->op == 9);
    CHECK(*b.of(id).last()->data == "false");
    CHECK(b.oracle_of(b.session_id(id)).at("ended_why") == "invalidated");
    b.beat(id, 1);
    CHECK(b.of(id).last()->op == 11);
    CHECK_FALSE(b.of(id).closed);
    b.send(id, R"({"op":3,"d":{"since":null,"activities":[],"status":"idle","afk":false}})");
    CHECK(b.of(id).close_code == 4003);

    const auto fresh = b.ready();
    const std::string old_session = b.session_id(fresh);
    b.must({{"do", "op9"}, {"session", old_session}, {"resumable", false}});
    b.identify(fresh);
    b.advance(6s);
    CHECK(b.of(fresh).count("READY") == 2);
    CHECK_FALSE(b.of(fresh).closed);

    const auto moved = b.ready();
    b.must({{"do", "op9"}, {"session", b.session_id(moved)}, {"resumable", true}});
    CHECK(*b.of(moved).last()->data == "true");
    b.resume(moved, b.session_id(moved), b.last_seq(moved));
    CHECK(b.of(moved).last()->name == "RESUMED");
}

TEST_CASE("B27 an op 9 that says neither is resumable once in fifty times") {
    auto config = quiet();
    config.op9_resumable_share = 1;
    bench b(config);
    const auto id = b.ready();
    b.must({{"do", "op9"}, {"all", true}});
    CHECK(*b.of(id).last()->data == "true");
    b.must({{"do", "set"}, {"op9_resumable_share", 0}});
    const auto other = b.ready();
    b.must({{"do", "op9"}, {"all", true}});
    CHECK(*b.of(other).last()->data == "false");
    CHECK(simulator_config{}.op9_resumable_share == doctest::Approx(0.02));
}

TEST_CASE("B30 IDENTIFY's compress flag reaches the wire, and not where the transport compresses") {
    bench b;
    const auto plain = b.open();
    b.identify(plain, 0, 1, all_unprivileged, R"(,"compress":true)");
    CHECK(b.of(plain).compress == true);
    const auto off = b.open();
    b.advance(6s);
    b.identify(off, 0, 1, all_unprivileged, R"(,"compress":false)");
    CHECK(b.of(off).compress == false);
    const auto stream = b.open(false, "/?v=10&encoding=json&compress=zlib-stream");
    b.advance(6s);
    b.identify(stream, 0, 1, all_unprivileged, R"(,"compress":true)");
    CHECK_FALSE(b.of(stream).compress.has_value());
    // A session that resumes elsewhere keeps it.
    b.advance(5s);
    b.close(plain, 4000);
    const auto again = b.open(true);
    b.resume(again, b.session_id(plain), b.last_seq(plain));
    CHECK(b.of(again).compress == true);
}

TEST_CASE("B31 encoding=etf is refused plainly") {
    bench b;
    const auto id = b.open(false, "/?v=10&encoding=etf");
    CHECK(b.of(id).close_code == 4002);
    CHECK(b.of(id).got.empty());
}
