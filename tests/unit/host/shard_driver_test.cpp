// One shard's driver on virtual time, against a far end that the test plays.

#include "host/shard_driver.hpp"
#include "discord/json_cursor.hpp"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>

#include "host/errc.hpp"
#include "net/errc.hpp"

#include "unit/host/scripted.hpp"

using namespace shoal;
using namespace shoal::host;
using namespace shoal::host::test;
using gateway::session_status;

TEST_CASE("a shard dials, identifies with a permit after HELLO and hands out READY and what follows") {
    driver_bench bench;
    auto& peer = bench.go_live();
    CHECK(peer.url == "wss://gateway.test/?v=10&encoding=json");
    REQUIRE(peer.sent.size() == 1);
    CHECK(peer.sent[0].find("\"op\":2") != std::string::npos);
    CHECK(bench.permits.lines == std::vector<std::string>{"ask 0", "used 1", "ended ready"});
    peer.event(2);
    peer.event(3, "SOMETHING_NEW");
    CHECK(bench.sink.lines == std::vector<std::string>{"session 0", "ready 0 missing 0", "MESSAGE_CREATE 2", "SOMETHING_NEW 3"});
    const auto picture = bench.driver->snapshot();
    CHECK(picture.status == session_status::live);
    CHECK(picture.seq == 3);
    CHECK(picture.events == 3);
    CHECK(picture.unknown_events == 1);
    CHECK(picture.session_id == "abc");
    CHECK(picture.identifies == 1);
}

TEST_CASE("HELLO in the same read as the upgrade is no trouble") {
    driver_bench bench;
    bench.driver->start();
    bench.dialer.last().open();
    bench.dialer.last().hello();
    bench.time.run_for(1ms);
    CHECK(bench.dialer.last().sent.size() == 1);
}

TEST_CASE("a heartbeat interval beyond all reason is the longest that a session knows, not nonsense") {
    driver_bench bench;
    bench.driver->start();
    bench.dialer.last().open();
    bench.dialer.last().say(R"({"op":10,"d":{"heartbeat_interval":9223372036854775807}})");
    CHECK(std::ranges::any_of(bench.log, [](const auto& line) { return line.contains("a beat each 3600000 ms"); }));
}

TEST_CASE("a cut connection is resumed at the resume address and replayed events are marked") {
    driver_bench bench;
    bench.go_live().event(2);
    bench.dialer.last().end(std::nullopt);
    CHECK(bench.driver->snapshot().status == session_status::waiting);
    auto& peer = bench.redial();
    CHECK(peer.url.starts_with("wss://resume.test/"));
    REQUIRE(peer.sent.size() == 1);
    CHECK(peer.sent[0].find("\"op\":6") != std::string::npos);
    CHECK(peer.sent[0].find("\"seq\":2") != std::string::npos);
    peer.event(3);
    peer.event(3);
    peer.resumed(4);
    peer.event(5);
    CHECK(bench.sink.lines == std::vector<std::string>{"session 0", "ready 0 missing 0", "MESSAGE_CREATE 2",
                                                       "MESSAGE_CREATE 3 replayed", "resumed 0", "MESSAGE_CREATE 5"});
    CHECK(bench.driver->snapshot().duplicates == 1);
    CHECK(bench.driver->snapshot().resumes == 1);
    CHECK(bench.connection == std::vector<bool>{true, false, true});
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

TEST_CASE("an event is done when the last copy of its guard goes, and the ticket tells how far without a hole") {
    driver_bench bench;
    bench.sink.hold = true;
    auto& peer = bench.go_live();
    for (std::uint64_t seq = 2; seq <= 5; ++seq) peer.event(seq);
    CHECK(bench.driver->ticket()->seq == 5);
    CHECK(bench.driver->ticket()->done == 1);
    CHECK(bench.driver->snapshot().in_flight == 4);
    bench.sink.held.erase(bench.sink.held.begin() + 1);  // 3 ends before 2
    CHECK(bench.driver->ticket()->done == 1);
    const auto copy = bench.sink.held.front();
    bench.sink.held.pop_front();
    CHECK(bench.driver->ticket()->done == 1);
    {
        const auto last = std::move(const_cast<dispatch&>(copy));
    }
    CHECK(bench.driver->ticket()->done == 3);
    bench.sink.held.clear();
    CHECK(bench.driver->ticket()->done == 5);
    CHECK(bench.driver->snapshot().in_flight == 0);
}

TEST_CASE("handlers of an older session do not count for the new one") {
    driver_bench bench;
    bench.sink.hold = true;
    bench.go_live().event(2);
    bench.dialer.last().event(3);
    bench.dialer.last().say(R"({"op":9,"d":false})");
    bench.time.run_for(6s);
    auto& peer = bench.dialer.last();
    peer.open();
    peer.hello();
    bench.time.run_for(1ms);
    peer.ready("def");
    peer.event(2);
    CHECK(bench.driver->snapshot().in_flight == 3);
    CHECK(bench.driver->ticket()->done == 1);
    bench.sink.held.pop_front();
    bench.sink.held.pop_front();
    CHECK(bench.driver->ticket()->session_id == "def");
    CHECK(bench.driver->ticket()->done == 1);
    CHECK(bench.driver->snapshot().in_flight == 1);
    bench.sink.held.clear();
    CHECK(bench.driver->ticket()->done == 2);
}

TEST_CASE("reading stops at the bound of running handlers and goes on when a quarter is free") {
    driver_bench bench([](driver_options& options) { options.most_in_flight = 8; });
    bench.sink.hold = true;
    auto& peer = bench.go_live();
    for (std::uint64_t seq = 2; seq <= 20; ++seq) peer.event(seq);
    CHECK(peer.paused);
    CHECK(bench.sink.held.size() == 8);
    bench.sink.held.pop_front();
    CHECK(peer.paused);
    bench.sink.held.pop_front();
    CHECK(!peer.paused);
    bench.time.run_for(1ms);
    CHECK(peer.paused);
    CHECK(bench.sink.held.size() == 8);
    while (!bench.sink.held.empty()) {
        bench.sink.held.pop_front();
        bench.time.run_for(1ms);
    }
    std::vector<std::uint64_t> all;
    for (std::uint64_t seq = 2; seq <= 20; ++seq) all.push_back(seq);
    CHECK(bench.sink.seqs == all);
}

TEST_CASE("a pause of our own is not taken for the peer's silence") {
    driver_bench bench([](driver_options& options) { options.most_in_flight = 2; });
    bench.sink.hold = true;
    auto& peer = bench.go_live();
    peer.event(2);
    peer.event(3);
    REQUIRE(peer.paused);
    bench.time.run_for(10min);
    CHECK(!peer.close_code);
    CHECK(bench.driver->snapshot().status == session_status::live);
}

TEST_CASE("a connection that stays silent is closed with 4000 and resumed") {
    driver_bench bench;
    auto& peer = bench.go_live();
    bench.time.run_for(3min);
    CHECK(peer.close_code == 4000);
    CHECK(bench.dialer.peers.size() > 1);
    CHECK(bench.dialer.peers[1]->url.starts_with("wss://resume.test/"));
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

TEST_CASE("no minute of a connection ever sees more than 120 messages, whatever op 1 and commands do, and beats go on") {
    for (const auto& [interval_ms, ask_each] :
         {std::pair{41250, 7ms}, {41250, 900ms}, {41250, 6s}, {10000, 50ms}, {1000, 300ms}}) {
        CAPTURE(interval_ms);
        CAPTURE(ask_each.count());
        driver_bench bench;
        bench.driver->start();
        auto& peer = bench.dialer.last();
        peer.open();
        peer.hello(interval_ms);
        bench.time.run_for(1ms);
        peer.ready();
        std::vector<instant> all, beats;
        const auto note = [&] {
            for (auto i = all.size(); i < peer.sent.size(); ++i) {
                all.push_back(bench.time.now());
                if (peer.sent[i].find("\"op\":1") != std::string::npos) beats.push_back(bench.time.now());
            }
        };
        note();
        const auto end = bench.time.now() + 5min;
        while (bench.time.now() < end) {
            while (bench.driver->send(8, R"({"guild_id":"1"})")) {
            }
            note();
            peer.say(R"({"op":1,"d":null})");
            note();
            peer.say(R"({"op":11})");
            const auto until = bench.time.now() + ask_each;
            while (bench.time.now() < until) {
                bench.time.run_for(std::min<duration>(100ms, until - bench.time.now()));
                note();
            }
        }
        REQUIRE(!peer.close_code);
        std::size_t most = 0;
        for (const auto to : all)
            most = std::max<std::size_t>(
                most, static_cast<std::size_t>(std::ranges::count_if(all, [&](instant t) { return t > to - 60s && t <= to; })));
        CHECK(most <= 120);
        CHECK(most > 100);  // The queue was never empty: what is left over is used.
        auto last = beats.front();
        for (const auto one : beats) {
            CHECK(one - last <= std::chrono::milliseconds(interval_ms) + 100ms);
            last = one;
        }
        CHECK(end - last <= std::chrono::milliseconds(interval_ms) + 100ms);
    }
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

TEST_CASE("op 1 from the server is answered at once") {
    driver_bench bench;
    auto& peer = bench.go_live();
    const auto before = peer.sent.size();
    peer.say(R"({"op":1,"d":null})");
    REQUIRE(peer.sent.size() == before + 1);
    CHECK(peer.sent.back().find("\"op\":1") != std::string::npos);
    CHECK(peer.sent.back().find("\"d\":1") != std::string::npos);
}

TEST_CASE("op 7 reconnects with 4000 and resumes") {
    driver_bench bench;
    auto& peer = bench.go_live();
    peer.say(R"({"op":7,"d":null})");
    CHECK(peer.close_code == 4000);
    auto& second = bench.redial();
    CHECK(second.sent[0].find("\"op\":6") != std::string::npos);
}

TEST_CASE("guilds are told apart: loaded, late, unavailable, back, joined, left") {
    driver_bench bench;
    auto& peer = bench.go_live(R"({"id":"11","unavailable":true},{"id":"12","unavailable":true})");
    CHECK(!bench.sink.has("ready 0 missing 0"));
    peer.event(2, "GUILD_CREATE", R"({"id":"11","name":"a"})");
    peer.event(3, "GUILD_DELETE", R"({"id":"12","unavailable":true})");
    CHECK(bench.sink.has("ready 0 missing 0"));
    peer.event(4, "GUILD_CREATE", R"({"id":"12","unavailable":false})");
    peer.event(5, "GUILD_CREATE", R"({"id":"13"})");
    peer.event(6, "GUILD_DELETE", R"({"id":"11"})");
    CHECK(bench.sink.has("GUILD_CREATE 2 loaded"));
    CHECK(bench.sink.has("GUILD_DELETE 3 unavailable"));
    CHECK(bench.sink.has("GUILD_CREATE 4 available"));
    CHECK(bench.sink.has("GUILD_CREATE 5 joined"));
    CHECK(bench.sink.has("GUILD_DELETE 6 left"));
    CHECK(bench.driver->snapshot().guilds == 2);
}

TEST_CASE("a guild that never comes delays the shard's ready by the time-out only") {
    driver_bench bench;
    auto& peer = bench.go_live(R"({"id":"11","unavailable":true},{"id":"12","unavailable":true})");
    bench.time.run_for(10s);
    peer.event(2, "GUILD_CREATE", R"({"id":"11"})");
    bench.time.run_for(14s);
    CHECK(!bench.sink.has("ready 0 missing 1"));
    bench.time.run_for(2s);
    CHECK(std::count(bench.sink.lines.begin(), bench.sink.lines.end(), "ready 0 missing 1") == 1);
}

TEST_CASE("commands wait until the shard is live and then go out in order") {
    driver_bench bench;
    REQUIRE(bench.driver->send(4, R"({"guild_id":"1"})"));
    REQUIRE(bench.driver->send(8, R"({"guild_id":"2"})"));
    auto& peer = bench.go_live();
    REQUIRE(peer.sent.size() == 3);
    CHECK(peer.sent[1] == R"({"op":4,"d":{"guild_id":"1"}})");
    CHECK(peer.sent[2] == R"({"op":8,"d":{"guild_id":"2"}})");
}

TEST_CASE("commands that wait go out on the next connection") {
    driver_bench bench;
    bench.go_live();
    bench.dialer.last().end(std::nullopt);
    REQUIRE(bench.driver->send(4, R"({"guild_id":"1"})"));
    auto& second = bench.redial();
    CHECK(second.sent.size() == 1);
    second.resumed(2);
    REQUIRE(second.sent.size() == 2);
    CHECK(second.sent[1] == R"({"op":4,"d":{"guild_id":"1"}})");
}

TEST_CASE("no more than 120 messages leave in any 60 s, heartbeats included, and none is dropped") {
    driver_bench bench;
    auto& peer = bench.go_live();
    std::vector<instant> times;
    for (int i = 0; i < 300; ++i) REQUIRE(bench.driver->send(4, fmt::format(R"({{"n":{}}})", i)));
    std::size_t seen = 0;
    for (int second = 0; second < 240; ++second) {
        bench.time.run_for(1s);
        peer.say(R"({"op":11})");
        for (; seen < peer.sent.size(); ++seen) times.push_back(bench.time.now());
    }
    CHECK(std::count_if(peer.sent.begin(), peer.sent.end(), [](const auto& text) { return text.starts_with("{\"op\":4"); }) ==
          300);
    CHECK(!peer.close_code);
    for (std::size_t i = 0; i + 120 < times.size(); ++i) CHECK(times[i + 120] - times[i] >= 59s);
}

TEST_CASE("of presence updates that wait only the newest goes out, and a new session is told it again") {
    driver_bench bench;
    REQUIRE(bench.driver->send(3, R"({"status":"idle"})"));
    REQUIRE(bench.driver->send(3, R"({"status":"dnd"})"));
    auto& peer = bench.go_live();
    REQUIRE(peer.sent.size() == 2);
    CHECK(peer.sent[1] == R"({"op":3,"d":{"status":"dnd"}})");
    peer.say(R"({"op":9,"d":false})");
    bench.time.run_for(6s);
    auto& second = bench.dialer.last();
    second.open();
    second.hello();
    bench.time.run_for(1ms);
    second.ready("def");
    REQUIRE(second.sent.size() == 2);
    CHECK(second.sent[0].find(R"("presence":{"status":"dnd"})") != std::string::npos);
    CHECK(second.sent[1] == R"({"op":3,"d":{"status":"dnd"}})");
}

TEST_CASE("what Discord would refuse is refused here, with the reason") {
    driver_bench bench;
    bench.go_live();
    CHECK(bench.driver->send(8, fmt::format(R"({{"q":"{}"}})", std::string(4096, 'x'))).error().is(errc::too_large));
    CHECK(bench.driver->send(2, "{}").error().is(errc::bad_command));
    CHECK(bench.driver->send(1, "null").error().is(errc::bad_command));
    CHECK(bench.driver->send(4, "{").error().is(errc::bad_command));
    bench.dialer.last().end(std::nullopt);
    for (int i = 0; i < 1000; ++i) REQUIRE(bench.driver->send(4, "{}"));
    CHECK(bench.driver->send(4, "{}").error().is(errc::queue_full));
    CHECK(bench.driver->send(3, "{}"));
}

TEST_CASE("a payload of exactly 4,096 bytes is sent") {
    driver_bench bench;
    auto& peer = bench.go_live();
    const std::string around = R"({"op":8,"d":{"q":""}})";
    REQUIRE(bench.driver->send(8, fmt::format(R"({{"q":"{}"}})", std::string(4096 - around.size(), 'x'))));
    CHECK(peer.sent.back().size() == 4096);
}

TEST_CASE("a stop closes with 4000, waits for handlers and leaves a ticket") {
    driver_bench bench;
    bench.sink.hold = true;
    bench.go_live().event(2);
    bench.driver->stop(false);
    CHECK(bench.dialer.last().close_code == 4000);
    bench.time.run_for(1s);
    CHECK(bench.stopped == 0);
    bench.sink.held.clear();
    bench.time.run_for(1ms);
    CHECK(bench.stopped == 1);
    CHECK(bench.driver->ticket()->done == 2);
    CHECK(bench.driver->send(4, "{}").error().is(errc::stopped));
}

TEST_CASE("a handler that never ends delays a stop by the patience only") {
    driver_bench bench;
    bench.sink.hold = true;
    bench.go_live().event(2);
    bench.driver->stop(false);
    bench.time.run_for(6s);
    CHECK(bench.stopped == 1);
    CHECK(bench.driver->ticket()->seq == 2);
    CHECK(bench.driver->ticket()->done == 1);
    bench.driver.reset();
    bench.sink.held.clear();  // after the driver: its events may still end
}

TEST_CASE("a stop for good closes with 1000 and leaves no ticket") {
    driver_bench bench;
    bench.go_live();
    bench.driver->stop(true);
    CHECK(bench.dialer.last().close_code == 1000);
    bench.time.run_for(1s);
    CHECK(bench.stopped == 1);
    CHECK(!bench.driver->ticket());
}

TEST_CASE("a stop works at every point of a connection's life") {
    for (int point = 0; point < 6; ++point) {
        CAPTURE(point);
        driver_bench bench;
        if (point > 0) bench.driver->start();
        if (point > 1) bench.dialer.last().open();
        if (point == 3) bench.permits.keeps_waiting = true;
        if (point > 2) bench.dialer.last().hello(), bench.time.run_for(1ms);
        if (point > 3) bench.dialer.last().ready();
        if (point > 4) bench.dialer.last().end(std::nullopt);
        bench.driver->stop(false);
        bench.time.run_for(10s);
        CHECK(bench.stopped == 1);
        if (point == 3) CHECK(bench.permits.lines.back() == "withdraw 0");
    }
}

TEST_CASE("a ticket is resumed without a permit, from what was done and not from what was received") {
    const gateway::resume_ticket ticket{{0, 1}, "abc", "wss://resume.test", 20, 17, 513};
    driver_bench bench({}, ticket);
    bench.driver->start();
    bench.dialer.last().open();
    bench.dialer.last().hello();
    REQUIRE(bench.dialer.last().sent.size() == 1);
    CHECK(bench.dialer.last().sent[0].find("\"op\":6") != std::string::npos);
    CHECK(bench.dialer.last().sent[0].find("\"seq\":17") != std::string::npos);
    bench.dialer.last().event(18);
    bench.dialer.last().resumed(21);
    CHECK(bench.sink.lines ==
          std::vector<std::string>{"adopted 0", "MESSAGE_CREATE 18 replayed", "resumed 0", "ready 0 missing 0"});
    CHECK(bench.permits.lines.empty());
}

TEST_CASE("a session that is taken over knows its guilds as they were at `done`: what came after is handed out for what it was") {
    gateway::resume_ticket ticket;
    {
        driver_bench bench;
        auto& peer = bench.go_live(R"({"id":"1","unavailable":true},{"id":"2","unavailable":true})");
        peer.event(2, "GUILD_CREATE", R"({"id":"1"})");
        bench.sink.hold = true;  // From here on no handler ends.
        peer.event(3, "GUILD_CREATE", R"({"id":"2"})");
        peer.event(4, "GUILD_CREATE", R"({"id":"3"})");
        peer.event(5, "GUILD_DELETE", R"({"id":"1","unavailable":true})");
        ticket = bench.driver->ticket().value();
        bench.sink.held.clear();
    }
    CHECK(ticket.done == 2);
    CHECK(ticket.guilds == std::vector<gateway::known_guild>{{guild_id(1), gateway::guild_state::available},
                                                             {guild_id(2), gateway::guild_state::expected}});
    driver_bench bench({}, ticket);
    bench.driver->start();
    auto& peer = bench.dialer.last();
    peer.open();
    peer.hello();
    CHECK(peer.sent[0].find("\"seq\":2") != std::string::npos);
    peer.event(3, "GUILD_CREATE", R"({"id":"2"})");
    peer.event(4, "GUILD_CREATE", R"({"id":"3"})");
    peer.event(5, "GUILD_DELETE", R"({"id":"1","unavailable":true})");
    peer.resumed(6);
    bench.time.run_for(takeover::doubt);
    peer.event(7, "GUILD_CREATE", R"({"id":"1"})");
    CHECK(bench.sink.lines == std::vector<std::string>{"adopted 0", "GUILD_CREATE 3 replayed loaded",
                                                       "GUILD_CREATE 4 replayed joined", "GUILD_DELETE 5 replayed unavailable",
                                                       "resumed 0", "ready 0 missing 0", "GUILD_CREATE 7 available"});
}

namespace {

/// Keeps tickets as slowly as it is told.
struct slow_keeper final : ticket_keeper {
    void keep(const gateway::resume_ticket& ticket, const std::vector<gateway::known_guild>* guilds) override {
        tickets.push_back(ticket);
        if (guilds != nullptr) last_guilds = *guilds;
    }
    std::uint64_t kept(shard_key) override { return safe; }
    void drop(shard_key) override { ++dropped; }
    std::vector<gateway::resume_ticket> tickets;
    std::vector<gateway::known_guild> last_guilds;
    std::uint64_t safe = 0;
    int dropped = 0;
};

}  // namespace

TEST_CASE("a keeper is told of each session and of its end, and heartbeats acknowledge what it holds") {
    slow_keeper keeper;
    driver_bench bench([&](driver_options& with) {
        with.keeper = &keeper;
        with.session.acknowledges_kept = true;
    });
    auto& peer = bench.go_live(R"({"id":"1","unavailable":true})");
    REQUIRE_FALSE(keeper.tickets.empty());
    CHECK(keeper.tickets.back().session_id == "abc");
    CHECK(keeper.tickets.back().done == 1);
    CHECK(keeper.last_guilds == std::vector<gateway::known_guild>{{guild_id(1), gateway::guild_state::expected}});
    const auto beat = [&] {
        peer.sent.clear();
        peer.say(R"({"t":null,"s":null,"op":1,"d":null})");
        return peer.sent.at(0);
    };
    CHECK(beat() == R"({"op":1,"d":null})");
    keeper.safe = 1;
    bench.driver->keep();
    CHECK(beat() == R"({"op":1,"d":1})");
    peer.event(2);
    peer.event(3);
    bench.driver->keep();
    CHECK(keeper.tickets.back().done == 3);
    CHECK(beat() == R"({"op":1,"d":1})");
    keeper.safe = 3;
    bench.driver->keep();
    CHECK(beat() == R"({"op":1,"d":3})");
    CHECK(keeper.dropped == 0);
    peer.say(R"({"t":null,"s":null,"op":9,"d":false})");
    CHECK(keeper.dropped == 1);
}

TEST_CASE("a disk that keeps nothing holds heartbeats back by five seconds and no more") {
    slow_keeper keeper;
    driver_bench bench([&](driver_options& with) {
        with.keeper = &keeper;
        with.session.acknowledges_kept = true;
    });
    auto& peer = bench.go_live();
    std::uint64_t seq = 1;
    std::vector<instant> received(2, bench.time.now());
    for (int i = 0; i < 400; ++i) {
        bench.time.run_for(50ms);
        peer.event(++seq);
        received.push_back(bench.time.now());
        if (i % 20 != 7) continue;
        peer.sent.clear();
        peer.say(R"({"t":null,"s":null,"op":1,"d":null})");
        if (peer.sent.empty()) break;  // Asked too often: no more answers.
        const auto told = discord::json_value(peer.sent.at(0))["d"].unsigned_integer().value_or(0);
        CHECK(bench.time.now() - received[told + 1] <= 5s);
        if (told != 0) CHECK(bench.time.now() - received[told] >= 4500ms);
    }
    CHECK(seq > 200);
}

TEST_CASE("what the process before may have handed out is marked, behind a replayed RESUMED too") {
    const gateway::resume_ticket ticket{{0, 1}, "abc", "wss://resume.test", 20, 17, 513};
    driver_bench bench({}, ticket);
    bench.driver->start();
    auto& peer = bench.dialer.last();
    peer.open();
    peer.hello();
    peer.event(18);
    peer.resumed(19);  // of an earlier RESUME
    peer.event(20);
    peer.event(21);
    CHECK(bench.sink.lines == std::vector<std::string>{"adopted 0", "MESSAGE_CREATE 18 replayed", "resumed 0",
                                                       "ready 0 missing 0", "MESSAGE_CREATE 20 replayed",
                                                       "MESSAGE_CREATE 21 replayed"});
    bench.sink.lines.clear();
    peer.resumed(22);  // Unless it died before it could write that down, it was not told of this one.
    peer.event(23);
    bench.time.run_for(takeover::doubt);
    peer.event(24);
    CHECK(bench.sink.lines == std::vector<std::string>{"resumed 0", "MESSAGE_CREATE 23 replayed", "MESSAGE_CREATE 24"});
}

TEST_CASE("after a process that died between its RESUME and its next ticket the mark stays on behind the first RESUMED") {
    gateway::resume_ticket ticket{{0, 1}, "abc", "wss://resume.test", 20, 17, 513};
    ticket.unsettled = true;
    driver_bench bench({}, ticket);
    bench.driver->start();
    auto& peer = bench.dialer.last();
    peer.open();
    peer.hello();
    peer.event(18);
    peer.resumed(21);  // Perhaps the answer to the RESUME of the one before.
    peer.event(22);
    bench.time.run_for(takeover::doubt_unsettled);
    peer.event(23);
    CHECK(bench.sink.lines == std::vector<std::string>{"adopted 0", "MESSAGE_CREATE 18 replayed", "resumed 0",
                                                       "ready 0 missing 0", "MESSAGE_CREATE 22 replayed", "MESSAGE_CREATE 23"});
}

TEST_CASE("a process that dies before it heard anything leaves a ticket that knows what the one before it had received") {
    const gateway::resume_ticket ticket{{0, 1}, "abc", "wss://resume.test", 20, 17, 513};
    driver_bench bench({}, ticket);
    bench.driver->start();
    CHECK(bench.driver->ticket()->seq == 20);
    CHECK(bench.driver->ticket()->done == 17);
    auto& peer = bench.dialer.last();
    peer.open();
    peer.hello();
    CHECK(bench.driver->ticket()->unsettled);
    peer.event(18);
    CHECK(bench.driver->ticket()->seq == 20);
    CHECK(bench.driver->ticket()->done == 18);
    peer.resumed(21);
    CHECK_FALSE(bench.driver->ticket()->unsettled);
    CHECK(bench.driver->ticket()->seq == 21);
}

TEST_CASE("where no RESUMED ever comes the mark goes when no replay can last any longer") {
    const gateway::resume_ticket ticket{{0, 1}, "abc", "wss://resume.test", 17, 17, 513};
    driver_bench bench({}, ticket);
    bench.driver->start();
    auto& peer = bench.dialer.last();
    peer.open();
    peer.hello();
    peer.event(18);
    for (int i = 0; i < 110; ++i) {
        bench.time.run_for(1s);
        peer.event(19 + static_cast<std::uint64_t>(i));
    }
    CHECK(bench.sink.has("MESSAGE_CREATE 70 replayed"));
    CHECK(bench.sink.lines.back() == "MESSAGE_CREATE 128");
}

TEST_CASE("a session that was taken over is ready too when events flow and RESUMED never comes") {
    const gateway::resume_ticket ticket{{0, 1}, "abc", "wss://resume.test", 20, 17, 513};
    driver_bench bench({}, ticket);
    bench.driver->start();
    bench.dialer.last().open();
    bench.dialer.last().hello();
    for (std::uint64_t seq = 18; seq < 100; ++seq) {
        bench.dialer.last().event(seq);
        bench.time.run_for(1s);
    }
    CHECK(bench.driver->snapshot().status == gateway::session_status::live);
    CHECK(bench.driver->snapshot().guilds_ready);
    CHECK(std::ranges::count(bench.sink.lines, "ready 0 missing 0") == 1);
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

TEST_CASE("a driver may go while handlers hold its events and its connection is open") {
    driver_bench bench;
    bench.sink.hold = true;
    bench.go_live().event(2);
    bench.driver.reset();
    CHECK(bench.dialer.last().gone);
    bench.sink.held.clear();
    bench.time.run_for(10min);
    CHECK(bench.dialer.peers.size() == 1);
}

TEST_CASE("neither the log nor the pictures hold the token") {
    driver_bench bench;
    bench.go_live();
    bench.dialer.last().end(4000);
    bench.redial().end(4007);
    bench.time.run_for(1min);
    CHECK(!bench.log.empty());
    for (const auto& line : bench.log) CHECK(line.find("the-token") == std::string::npos);
}

TEST_CASE("the lines of one connection share one id, and the next connection has another") {
    std::vector<std::string> ids;
    driver_bench bench([&](driver_options& options) {
        options.log = logger([&](const log_record& line) { ids.emplace_back(line.correlation); }, log_level::debug);
    });
    bench.go_live();
    bench.time.run_for(1ms);
    REQUIRE(ids.size() > 2);
    const auto first = ids.back();
    CHECK(!first.empty());
    CHECK(std::count(ids.begin(), ids.end(), first) + std::count(ids.begin(), ids.end(), "") ==
          static_cast<std::ptrdiff_t>(ids.size()));
    bench.dialer.last().end(std::nullopt);
    bench.redial();
    CHECK(ids.back() != first);
}

TEST_CASE("a journal that breaks in mid-run is told once, and shown; the shard goes on") {
    signal(SIGXFSZ, SIG_IGN);
    char name[] = "/tmp/shoal-journal-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    const std::string folder = name;
    {
        auto journal = state::journal_writer::create(folder, {0, 1}, state::make_incarnation());
        REQUIRE(journal.has_value());
        driver_bench bench({}, {}, &*journal);
        auto& peer = bench.go_live();
        CHECK(bench.driver->snapshot().journal_problem.empty());
        rlimit old{};
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
        rlimit full = old;
        full.rlim_cur = 1024 * 1024;  // As long as it is now: the next part cannot be had.
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);
        for (std::uint64_t seq = 2; seq < 20'000; ++seq) peer.event(seq);
        for (int i = 0; i < 3; ++i) bench.driver->second_passed();
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
        CHECK(bench.sink.seqs.size() == 19'998);
        CHECK(bench.driver->snapshot().journal_problem.find("disk full") != std::string::npos);
        CHECK(std::ranges::count_if(bench.log, [](const auto& line) {
                  return line.find("the event journal has ended") != std::string::npos;
              }) == 1);
    }
    std::filesystem::remove_all(folder);
}
