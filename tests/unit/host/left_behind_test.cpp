// A session that goes on in another process, where its cache is not.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/shard_host.hpp"
#include "scripted.hpp"

using namespace shoal;
using namespace shoal::host;
using namespace shoal::host::test;

namespace {

gateway::resume_ticket ticket_of(std::uint32_t shard = 0, std::uint32_t total = 1) {
    return {{shard, total}, fmt::format("s{}", shard), "wss://resume.test", 20, 20, 513};
}

/// 2024-06-01.
constexpr auto today = std::chrono::system_clock::time_point(std::chrono::seconds(1'717'200'000));

far_end& resumed(driver_bench& bench, std::uint64_t at = 21) {
    bench.driver->start();
    auto& peer = bench.dialer.last();
    peer.open();
    peer.hello();
    bench.time.run_for(1ms);
    peer.event(at, "RESUMED", "{}");
    bench.time.run_for(takeover::doubt);  // What comes later is no replay any more.
    return peer;
}

std::string guild(int id, std::string_view joined_at) {
    return fmt::format(R"({{"id":"{}","joined_at":"{}","unavailable":false}})", id, joined_at);
}

/// A process that takes over these shards by RESUME, their caches left behind.
struct moved_bench {
    explicit moved_bench(std::uint32_t count, bool renew = true) {
        host_options options;
        options.session = plain_session();
        options.blocked_after = 0ms;
        options.renew_after_move = renew;
        sink.past = session_past::left_behind;
        host = std::make_unique<shard_host>(std::vector<shard_thread>{{&time, &dialer}}, options, permits, sink);
        std::vector<shard_key> all;
        std::map<shard_key, gateway::resume_ticket> tickets;
        for (std::uint32_t id = 0; id < count; ++id) {
            all.push_back({id, count});
            tickets.emplace(all.back(), ticket_of(id, count));
        }
        host->want(all, std::move(tickets));
    }
    /// Answers each RESUME with a replayed event and RESUMED, each IDENTIFY with READY.
    void live_for(duration span) {
        for (const auto until = time.now() + span; time.now() < until;) {
            time.run_for(500ms);
            for (std::size_t i = 0; i < dialer.peers.size(); ++i) {
                auto& peer = *dialer.peers[i];
                if (peer.gone || peer.ended || peer.close_code) continue;
                if (!greeted.insert(&peer).second) {
                    peer.say(R"({"op":11})");
                    continue;
                }
                peer.open();
                peer.hello();
                time.run_for(1ms);
                if (peer.sent.empty()) continue;
                if (peer.sent.back().contains("\"op\":6")) {
                    peer.event(21);
                    peer.event(22, "RESUMED", "{}");
                } else {
                    peer.ready(fmt::format("new{}", i), "", 1);
                }
            }
            time.run_for(500ms);
        }
    }
    [[nodiscard]] std::uint64_t sum(std::uint64_t shard_snapshot::* what) const {
        std::uint64_t count = 0;
        for (const auto& one : host->shards()) count += one.*what;
        return count;
    }

    virtual_scheduler time;
    scripted_dialer dialer{time};
    recording_sink sink;
    open_permits permits{time};
    std::set<far_end*> greeted;
    std::unique_ptr<shard_host> host;
};

}  // namespace

TEST_CASE("where a dead process left no list of guilds, a guild that was joined before is available again, not joined") {
    driver_bench bench([](auto& options) { options.wall_clock = [] { return today; }; }, ticket_of());
    auto& peer = resumed(bench);
    peer.event(22, "GUILD_CREATE", guild(1, "2023-01-01T00:00:00+00:00"));
    peer.event(23, "GUILD_CREATE", guild(2, "2024-06-01T00:00:01+00:00"));
    // While the session waited for somebody to go on with it: the replay brings it.
    peer.event(24, "GUILD_CREATE", guild(3, "2024-05-31T23:55:00+00:00"));
    CHECK(bench.sink.has("GUILD_CREATE 22 available"));
    CHECK(bench.sink.has("GUILD_CREATE 23 joined"));
    CHECK(bench.sink.has("GUILD_CREATE 24 joined"));
    // Whoever goes on after this process must not take three guilds for all.
    CHECK(bench.driver->ticket()->guilds.empty());
}

TEST_CASE("where the list came along, a guild that is not in it is joined") {
    auto ticket = ticket_of();
    ticket.guilds = {{guild_id(1), gateway::guild_state::available}};
    driver_bench bench([](auto& options) { options.wall_clock = [] { return today; }; }, ticket);
    auto& peer = resumed(bench);
    peer.event(22, "GUILD_CREATE", guild(1, "2023-01-01T00:00:00+00:00"));
    peer.event(23, "GUILD_CREATE", guild(2, "2023-01-01T00:00:00+00:00"));
    CHECK(bench.sink.has("GUILD_CREATE 22"));
    CHECK(bench.sink.has("GUILD_CREATE 23 joined"));
    CHECK(bench.driver->ticket()->guilds.size() == 2);
    // The picture that is told each second is without them.
    CHECK(bench.driver->snapshot().ticket->guilds.empty());
}

TEST_CASE("a session without guilds says so to whoever goes on with it, as it was at `done`, and so does the one after") {
    auto ticket = ticket_of();
    ticket.without_guilds = true;
    driver_bench bench([](auto& options) { options.wall_clock = [] { return today; }; }, ticket);
    const auto says = [&] { return bench.driver->snapshot().ticket->without_guilds; };
    CHECK(says());
    auto& peer = resumed(bench);
    CHECK(says());
    CHECK(bench.driver->ticket()->without_guilds);
    peer.event(22, "GUILD_CREATE", guild(1, "2023-01-01T00:00:00+00:00"));
    CHECK(bench.sink.has("GUILD_CREATE 22 joined"));
    CHECK_FALSE(says());
    CHECK_FALSE(bench.driver->ticket()->without_guilds);
    // That it is left will be told again to whoever goes on while its handlers still run.
    bench.sink.hold = true;
    peer.event(23, "GUILD_DELETE", R"({"id":"1"})");
    CHECK_FALSE(says());
    CHECK_FALSE(bench.driver->ticket()->without_guilds);
    bench.sink.held.clear();
    CHECK(says());
    CHECK(bench.driver->ticket()->without_guilds);
}

TEST_CASE("a session of which nobody knows the guilds does not say that it has none") {
    driver_bench bench({}, ticket_of());
    resumed(bench);
    CHECK_FALSE(bench.driver->snapshot().ticket->without_guilds);
    CHECK_FALSE(bench.driver->ticket()->without_guilds);
}

TEST_CASE("another bot's ticket is not gone on with: the session counts as lost, and a permit is asked for") {
    virtual_scheduler time;
    buffer_pool pool;
    scripted_dialer dialer{time};
    recording_sink sink;
    open_permits permits{time};
    sink.past = session_past::foreign;
    driver_options options;
    options.session = plain_session();
    shard_driver driver({&time, &dialer}, pool, nullptr, std::move(options), ticket_of(), permits, sink, {});
    driver.start();
    dialer.last().open();
    dialer.last().hello();
    time.run_for(1ms);
    CHECK(driver.snapshot().lost_session == "s0");
    CHECK(permits.lines == std::vector<std::string>{"ask 0", "used 1"});
}

TEST_CASE("shards that came without their cache are renewed one after the other, behind their replay") {
    moved_bench bench(4);
    bench.live_for(1s);
    CHECK(bench.sum(&shard_snapshot::identifies) <= 1);
    bench.live_for(30s);
    CHECK(bench.sum(&shard_snapshot::identifies) == 4);
    CHECK(bench.sum(&shard_snapshot::renewed_after_moves) == 4);
    for (std::uint32_t shard = 0; shard < 4; ++shard) {
        // What was replayed was handed out before the session was given up.
        CHECK(bench.sink.has(fmt::format("resumed {}", shard)));
        CHECK(bench.sink.has(fmt::format("session {}", shard)));
    }
    CHECK(std::ranges::count(bench.sink.seqs, 21) == 4);
    bench.live_for(2min);
    CHECK(bench.sum(&shard_snapshot::identifies) == 4);
}

TEST_CASE("they are not while the budget has nothing to spare, nor where nobody asked for it") {
    moved_bench poor(2);
    poor.permits.has_to_spare = false;
    poor.live_for(2min);
    CHECK(poor.sum(&shard_snapshot::identifies) == 0);
    poor.permits.has_to_spare = true;
    poor.live_for(1min);
    CHECK(poor.sum(&shard_snapshot::identifies) == 2);
    moved_bench content(2, false);
    content.live_for(2min);
    CHECK(content.sum(&shard_snapshot::identifies) == 0);
}

TEST_CASE("one that never becomes ready keeps the others waiting for a minute only") {
    moved_bench bench(2);
    bench.live_for(1s);
    bench.permits.keeps_waiting = true;
    bench.live_for(30s);
    CHECK(bench.sum(&shard_snapshot::renewed_after_moves) <= 2);
    bench.live_for(90s);
    CHECK(bench.sum(&shard_snapshot::renewed_after_moves) == 2);
}
