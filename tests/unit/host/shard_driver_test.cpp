// One shard's driver on virtual time, against a far end that the test plays: connections, events, commands.
// Not here: what nobody should send (shard_driver_bad_input_test.cpp), tickets and stops (shard_driver_end_test.cpp).

#include "host/shard_driver.hpp"

#include <algorithm>

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
