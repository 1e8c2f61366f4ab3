// One shard's driver at its end and in the next process: when an event is done, stops, tickets, what is marked, the journal.

#include "discord/json_cursor.hpp"
#include "host/shard_driver.hpp"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>

#include "host/errc.hpp"
#include "net/errc.hpp"

#include "unit/host/scripted.hpp"

using namespace shoal;
using namespace shoal::host;
using namespace shoal::host::test;
using gateway::session_status;

namespace {

/// A session of a process before, whose handlers had not ended for the last three events that it received.
const gateway::resume_ticket left{{0, 1}, "abc", "wss://resume.test", 20, 17, 513};

/// Discord greets whoever goes on with it: the replay comes next.
far_end& greeted(driver_bench& bench) {
    bench.driver->start();
    auto& peer = bench.dialer.last();
    peer.open();
    peer.hello();
    return peer;
}

}  // namespace

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
    driver_bench bench({}, left);
    auto& peer = greeted(bench);
    REQUIRE(peer.sent.size() == 1);
    CHECK(peer.sent[0].find("\"op\":6") != std::string::npos);
    CHECK(peer.sent[0].find("\"seq\":17") != std::string::npos);
    peer.event(18);
    peer.resumed(21);
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
    auto& peer = greeted(bench);
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
    driver_bench bench({}, left);
    auto& peer = greeted(bench);
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
    auto ticket = left;
    ticket.unsettled = true;
    driver_bench bench({}, ticket);
    auto& peer = greeted(bench);
    peer.event(18);
    peer.resumed(21);  // Perhaps the answer to the RESUME of the one before.
    peer.event(22);
    bench.time.run_for(takeover::doubt_unsettled);
    peer.event(23);
    CHECK(bench.sink.lines == std::vector<std::string>{"adopted 0", "MESSAGE_CREATE 18 replayed", "resumed 0",
                                                       "ready 0 missing 0", "MESSAGE_CREATE 22 replayed", "MESSAGE_CREATE 23"});
}

TEST_CASE("a process that dies before it heard anything leaves a ticket that knows what the one before it had received") {
    driver_bench bench({}, left);
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
    auto& peer = greeted(bench);
    peer.event(18);
    for (int i = 0; i < 110; ++i) {
        bench.time.run_for(1s);
        peer.event(19 + static_cast<std::uint64_t>(i));
    }
    CHECK(bench.sink.has("MESSAGE_CREATE 70 replayed"));
    CHECK(bench.sink.lines.back() == "MESSAGE_CREATE 128");
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
