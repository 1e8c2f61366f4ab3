// One shard's driver and what no gateway should send: it costs the session as little as it can.

#include "host/shard_driver.hpp"

#include <zlib.h>

#include <algorithm>

#include "host/errc.hpp"
#include "net/errc.hpp"

#include "unit/host/scripted.hpp"

using namespace shoal;
using namespace shoal::host;
using namespace shoal::host::test;
using gateway::session_status;

TEST_CASE("a heartbeat interval beyond all reason is the longest that a session knows, not nonsense") {
    driver_bench bench;
    bench.driver->start();
    bench.dialer.last().open();
    bench.dialer.last().say(R"({"op":10,"d":{"heartbeat_interval":9223372036854775807}})");
    CHECK(std::ranges::any_of(bench.log, [](const auto& line) { return line.contains("a beat each 3600000 ms"); }));
}

TEST_CASE("F21 a replay that begins with READY hands nothing out again, and the shard is not ready a second time") {
    driver_bench bench;
    auto& first = bench.go_live();
    first.event(2);
    first.end(std::nullopt);
    auto& second = bench.redial();
    const auto before = bench.sink.lines;
    second.ready("abc");
    second.event(2);
    CHECK(bench.sink.lines == before);
    second.event(3);
    second.resumed(4);
    bench.time.run_for(1min);
    CHECK(bench.sink.seqs == std::vector<std::uint64_t>{2, 3});
    CHECK(std::count(bench.sink.lines.begin(), bench.sink.lines.end(), "session 0") == 1);
    CHECK(bench.driver->snapshot().duplicates == 2);
}

TEST_CASE("numbers that never come are counted as lost") {
    driver_bench bench;
    auto& peer = bench.go_live();
    peer.event(2);
    peer.event(5);
    CHECK(bench.driver->snapshot().lost == 2);
}

TEST_CASE("an event whose reader fails comes again, and is stepped over the second time") {
    driver_bench bench;
    bench.sink.fails = [](const dispatch& event) { return event.seq == 3; };
    auto& peer = bench.go_live();
    peer.event(2);
    peer.event(3);
    CHECK(peer.close_code == 4000);
    auto& second = bench.redial();
    CHECK(second.sent[0].find("\"seq\":2") != std::string::npos);
    second.event(3);
    CHECK(second.close_code == 4000);
    CHECK(bench.driver->snapshot().poison == 1);
    auto& third = bench.redial();
    CHECK(third.sent[0].find("\"seq\":3") != std::string::npos);
    third.event(4);
    third.resumed(5);
    CHECK(bench.sink.seqs == std::vector<std::uint64_t>{2, 4});
    CHECK(bench.driver->ticket()->done == 5);
    CHECK(bench.driver->snapshot().lost == 0);
}

TEST_CASE("an event whose reader fails once is handed out when it comes again") {
    driver_bench bench;
    int failures = 0;
    bench.sink.fails = [&](const dispatch& event) { return event.seq == 3 && failures++ == 0; };
    auto& peer = bench.go_live();
    peer.event(2);
    peer.event(3);
    auto& second = bench.redial();
    second.event(3);
    second.resumed(4);
    CHECK(bench.sink.seqs == std::vector<std::uint64_t>{2, 3});
    CHECK(bench.driver->snapshot().poison == 0);
    CHECK(bench.driver->snapshot().in_flight == 0);
}

TEST_CASE("bytes that are no message at all break the connection and nothing else") {
    for (const std::string_view text :
         {"{", "[]", "null", "{\"op\":0,\"t\":\"X\",\"d\":{}}", "\xff\xfe", "{\"op\":10,\"d\":{}}"}) {
        CAPTURE(text);
        driver_bench bench;
        auto& peer = bench.go_live();
        peer.event(2);
        peer.say(std::string(text));
        CHECK(peer.close_code == 4000);
        auto& second = bench.redial();
        CHECK(second.sent[0].find("\"op\":6") != std::string::npos);
        second.event(3);
        second.resumed(4);
        CHECK(bench.sink.seqs == std::vector<std::uint64_t>{2, 3});
    }
}

TEST_CASE("what cannot be read is counted by its kind, and told once a kind and minute") {
    driver_bench bench;
    bench.sink.fails = [](const dispatch& event) { return event.name == "BAD"; };
    auto* peer = &bench.go_live();
    const auto lines = [&](std::string_view text) {
        return std::ranges::count_if(bench.log, [&](const std::string& line) { return line.find(text) != std::string::npos; });
    };
    std::uint64_t seq = 1;
    const auto again = [&](const std::string& text) {
        peer->say(text);
        CHECK(peer->close_code == 4000);
        peer = &bench.redial();
        peer->resumed(++seq);
    };
    for (int i = 0; i < 4; ++i) again("{\"op\":");
    const auto no_json = bench.driver->snapshot().bad_input;
    CHECK(no_json == bad_input_counts{0, 0, 4, 0, 0, 0});
    CHECK(lines("no JSON") == 1);
    again(R"({"d":1})");
    again(R"({"op":0,"s":77,"t":"BAD","d":{}})");
    CHECK(bench.driver->snapshot().bad_input == bad_input_counts{0, 0, 4, 1, 1, 0});
    CHECK(lines("no gateway message") == 1);
    CHECK(lines("cannot be read") == 1);
    for (int i = 0; i < 7; ++i) {
        bench.time.run_for(9s);
        peer->say(R"({"op":11})");
    }
    again("{");
    CHECK(lines("no JSON") == 2);
    CHECK(lines("3 more since the last such line") == 1);
}

TEST_CASE("a bomb and broken compression are told apart") {
    {
        driver_bench bench;
        auto& peer = bench.go_live();
        peer.say("{\"op\":0,\"d\":\"" + std::string(65 * 1024 * 1024, 'a') + "\"}");
        CHECK(peer.close_code == 4000);
        CHECK(bench.driver->snapshot().bad_input == bad_input_counts{0, 1, 0, 0, 0, 0});
    }
    driver_bench bench([](driver_options& options) { options.session.transport = gateway::compression::zlib_stream; });
    bench.driver->start();
    bench.dialer.last().open();
    bench.dialer.last().say("no zlib at all");
    CHECK(bench.dialer.last().close_code == 4000);
    CHECK(bench.driver->snapshot().bad_input == bad_input_counts{1, 0, 0, 0, 0, 0});
}

TEST_CASE("a message over the transport's bound is stepped over when it comes again") {
    driver_bench bench;
    const auto refuse = [](far_end& peer) {
        peer.ended = true;
        peer.events->on_closed({std::nullopt, "", false, false, failure(net::errc::too_large, "a frame of 40 MB")});
    };
    auto& peer = bench.go_live();
    peer.event(2);
    refuse(peer);
    refuse(bench.redial());
    CHECK(bench.redial().sent[0].find("\"seq\":3") != std::string::npos);
    CHECK(bench.driver->snapshot().bad_input == bad_input_counts{0, 2, 0, 0, 0, 0});
    CHECK(bench.driver->snapshot().poison == 1);
}

TEST_CASE("F46 text that the transport itself refuses is stepped over like any other poison") {
    driver_bench bench;
    const auto refuse = [](far_end& peer) {
        peer.ended = true;
        peer.events->on_closed({std::nullopt, "", false, false, failure(net::errc::protocol_broken, "text that is not UTF-8")});
    };
    auto& peer = bench.go_live();
    peer.event(2);
    refuse(peer);
    auto& second = bench.redial();
    CHECK(second.sent[0].find("\"seq\":2") != std::string::npos);
    refuse(second);
    auto& third = bench.redial();
    CHECK(third.sent[0].find("\"seq\":3") != std::string::npos);
    third.event(4);
    third.resumed(5);
    CHECK(bench.sink.seqs == std::vector<std::uint64_t>{2, 4});
    CHECK(bench.driver->snapshot().poison == 1);
}

TEST_CASE("an interval and a number that cannot be, and an op 9 that says nothing, cost neither the session nor a loss") {
    driver_bench bench;
    auto& peer = bench.go_live();
    peer.event(2);
    for (const std::string_view d : {"null", "\"lost\"", "{}", "7"}) {
        CAPTURE(d);
        auto& now = bench.dialer.last();
        now.say(fmt::format(R"({{"op":9,"d":{}}})", d));
        CHECK(now.close_code == 4000);
        auto& next = bench.redial();
        CHECK(next.sent[0].find("\"op\":6") != std::string::npos);
        next.resumed(bench.driver->snapshot().seq + 1);
    }
    CHECK(bench.driver->snapshot().bad_input == bad_input_counts{0, 0, 0, 4, 0, 0});
    const auto seq = bench.driver->snapshot().seq;
    for (const auto* number : {"18446744073709551615", "9007199254740993", "100000999"}) {
        auto& now = bench.dialer.last();
        now.say(fmt::format(R"({{"op":0,"t":"MESSAGE_CREATE","s":{},"d":{{}}}})", number));
        CHECK(now.close_code == 4000);
        bench.redial().resumed(bench.driver->snapshot().seq + 1);
    }
    CHECK(bench.driver->snapshot().seq == seq + 3);
    CHECK(bench.driver->snapshot().lost == 0);
    CHECK(bench.driver->snapshot().poison == 0);
    CHECK(bench.driver->snapshot().identifies == 1);

    // An interval of 292 million years is an hour.
    driver_bench slow;
    slow.driver->start();
    auto& far = slow.dialer.last();
    far.open();
    far.say(R"({"op":10,"d":{"heartbeat_interval":9223372036854775807}})");
    slow.time.run_for(1ms);
    far.ready();
    const auto before = far.sent.size();
    slow.time.run_for(1h);
    CHECK(far.sent.size() == before + 1);
}

TEST_CASE("a dispatch whose name is none is counted, passed over and breaks nothing") {
    driver_bench bench;
    auto& peer = bench.go_live();
    peer.say(R"({"op":0,"t":{"a":1},"s":2,"d":{}})");
    peer.say(R"({"op":0,"t":null,"s":3,"d":{}})");
    peer.event(4);
    CHECK_FALSE(peer.close_code.has_value());
    CHECK(bench.driver->snapshot().bad_input == bad_input_counts{0, 0, 0, 2, 0, 0});
    CHECK(bench.driver->snapshot().unknown_events == 2);
    CHECK(bench.driver->snapshot().seq == 4);
}

TEST_CASE("a READY with millions of guilds is bounded, counted, and still a READY") {
    driver_bench bench;
    std::string guilds;
    for (int i = 1; i <= 70'000; ++i) guilds += fmt::format("{}{{\"id\":{}}}", i == 1 ? "" : ",", i);
    (void)bench.go_live(guilds);
    CHECK(bench.driver->snapshot().status == gateway::session_status::live);
    CHECK(bench.driver->snapshot().guilds == 65'536);
    CHECK(bench.driver->snapshot().bad_input == bad_input_counts{0, 0, 0, 1, 0, 0});
}

TEST_CASE("a connection that brings pieces of a message and never its end is left after two minutes and resumed") {
    for (const bool truncated : {true, false}) {
        CAPTURE(truncated);
        driver_bench bench([](driver_options& options) { options.session.transport = gateway::compression::zlib_stream; });
        bench.driver->start();
        auto& peer = bench.dialer.last();
        peer.open();
        z_stream deflate{};
        REQUIRE(deflateInit(&deflate, 6) == Z_OK);
        const auto say = [&](std::string text, bool whole) {
            std::string out(text.size() + 100, 0);
            deflate.next_in = reinterpret_cast<Bytef*>(text.data());
            deflate.avail_in = static_cast<uInt>(text.size());
            deflate.next_out = reinterpret_cast<Bytef*>(out.data());
            deflate.avail_out = static_cast<uInt>(out.size());
            REQUIRE(::deflate(&deflate, Z_SYNC_FLUSH) == Z_OK);
            out.resize(out.size() - deflate.avail_out);
            peer.say(whole ? out : out.substr(0, out.size() - 4));
        };
        say(R"({"op":10,"d":{"heartbeat_interval":41250}})", true);
        bench.time.run_for(1ms);
        say(R"({"op":0,"t":"READY","s":1,"d":{"session_id":"abc","resume_gateway_url":"wss://resume.test","guilds":[]}})", true);
        say(R"({"op":0,"t":"X","s":2,"d":{}})", !truncated);
        for (int i = 0; i < 200 && !peer.close_code; ++i) {
            bench.time.run_for(1s);
            peer.events->on_traffic();  // pieces, or pings: life, to the zombie rule
            if (!truncated && i % 40 == 0) say(R"({"op":11})", true);
            bench.driver->second_passed();
        }
        CHECK(peer.close_code.has_value() == truncated);
        CHECK(bench.driver->snapshot().bad_input == bad_input_counts{truncated ? 1U : 0U, 0, 0, 0, 0, 0});
        deflateEnd(&deflate);
    }
}

TEST_CASE("an upgrade that is answered by garbage is counted, and costs no event") {
    driver_bench bench;
    auto& peer = bench.go_live();
    peer.event(2);
    peer.end(std::nullopt);
    for (int i = 0; i < 3; ++i) {
        bench.time.run_for(70s);
        auto& next = bench.dialer.last();
        next.ended = true;
        next.events->on_closed({std::nullopt, "", false, true, failure(net::errc::protocol_broken, "no HTTP")});
    }
    CHECK(bench.driver->snapshot().bad_input == bad_input_counts{0, 0, 0, 0, 0, 3});
    CHECK(bench.driver->snapshot().poison == 0);
}

TEST_CASE("unknown ops are passed over") {
    driver_bench bench;
    auto& peer = bench.go_live();
    peer.say(R"({"op":99,"d":{"x":[1,2]}})");
    peer.event(2);
    CHECK(bench.sink.has("MESSAGE_CREATE 2"));
}

TEST_CASE("a close code that cannot be helped stops the shard with a sentence for people") {
    driver_bench bench;
    bench.go_live().end(4004);
    CHECK(bench.sink.has("gave up 0 4004"));
    CHECK(!bench.sink.last_reason.empty());
    bench.time.run_for(10min);
    CHECK(bench.dialer.peers.size() == 1);
    CHECK(bench.stopped == 1);
}

TEST_CASE("a gateway whose certificate cannot be trusted is told, and tried again") {
    driver_bench bench;
    bench.driver->start();
    bench.dialer.last().refuse_dial({net::errc::untrusted, "the certificate of x is odd"});
    CHECK(bench.sink.has("untrusted 0: the certificate of x is odd"));
    auto& next = bench.redial();
    CHECK_FALSE(next.ended);
    next.refuse_dial({net::errc::connect_failed, "x"});
    CHECK(bench.sink.lines.size() == 1);
}

TEST_CASE("an IDENTIFY that fails is told to the desk") {
    SUBCASE("by a close") {
        driver_bench bench;
        bench.driver->start();
        bench.dialer.last().open();
        bench.dialer.last().hello();
        bench.time.run_for(1ms);
        bench.dialer.last().end(std::nullopt);
        CHECK(bench.permits.lines.back() == "ended failed");
    }
    SUBCASE("by op 9") {
        driver_bench bench;
        bench.driver->start();
        bench.dialer.last().open();
        bench.dialer.last().hello();
        bench.time.run_for(1ms);
        bench.dialer.last().say(R"({"op":9,"d":false})");
        bench.time.run_for(1ms);
        CHECK(std::count(bench.permits.lines.begin(), bench.permits.lines.end(), "ended failed") == 1);
    }
}
