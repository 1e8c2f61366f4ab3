// Shards that stand on a lease and must close without it: what a driver does by itself, what the host is told, what is cut from
// outside.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "host/lease_watchdog.hpp"
#include "unit/host/scripted.hpp"

using namespace shoal;
using namespace shoal::host;
using namespace shoal::host::test;
using gateway::session_status;

namespace {

/// The rights of a worker that closes without a lease, which the test gives and takes.
class strict_rights final : public shard_rights {
public:
    void ask_to_dial(shard_key shard, bool, scheduler& reply_on, std::function<void()> allowed) override {
        if (!over) return reply_on.post(std::move(allowed));
        waiting.insert_or_assign(shard, std::pair(&reply_on, std::move(allowed)));
    }
    void dial_failed(shard_key) override { ++failed_dials; }
    void ask_to_hand_out(shard_key, std::string_view, scheduler& reply_on, std::function<void()> allowed) override {
        reply_on.post(std::move(allowed));
    }
    [[nodiscard]] bool may_be_taken(shard_key, instant now) const noexcept override { return over || now >= ends; }
    [[nodiscard]] bool must_close(shard_key shard, instant now) const noexcept override { return may_be_taken(shard, now); }

    void give() {
        over = false;
        ends = never;
        for (auto& [shard, wish] : std::exchange(waiting, {})) wish.first->post(std::move(wish.second));
    }

    bool over = false;
    instant ends = never;
    int failed_dials = 0;
    std::map<shard_key, std::pair<scheduler*, std::function<void()>>> waiting;
};

struct lease_bench : driver_bench {
    explicit lease_bench(strict_rights& rights) : driver_bench([&](driver_options& options) { options.rights = &rights; }) {}
    far_end& go_live_by_lease() {
        driver->start();
        time.run_for(10ms);
        dialer.last().open();
        dialer.last().hello();
        time.run_for(1ms);
        dialer.last().ready("abc");
        time.run_for(1ms);
        REQUIRE(driver->snapshot().status == session_status::live);
        return dialer.last();
    }
};

}  // namespace

TEST_CASE("told that the lease is over, a shard closes with 4000, says why, and RESUMEs by itself when there is one again") {
    strict_rights rights;
    lease_bench bench(rights);
    auto& first = bench.go_live_by_lease();
    first.event(2);
    CHECK_FALSE(bench.driver->check_lease());
    rights.over = true;
    CHECK(bench.driver->check_lease());
    CHECK(first.close_code == 4000);
    bench.time.run_for(10min);
    CHECK(bench.dialer.peers.size() == 1);
    CHECK(bench.driver->snapshot().status == session_status::waiting_for_lease);
    CHECK(bench.driver->snapshot().last_reconnect_reason == "the lease is over");
    rights.give();
    bench.time.run_for(100ms);
    REQUIRE(bench.dialer.peers.size() == 2);
    auto& second = bench.dialer.last();
    CHECK(second.url.starts_with("wss://resume.test"));
    second.open();
    second.hello();
    REQUIRE_FALSE(second.sent.empty());
    CHECK(second.sent.back().contains(R"("seq":2)"));
    second.event(3);
    second.resumed(4);
    CHECK(bench.driver->snapshot().status == session_status::live);
    CHECK(bench.sink.seqs == std::vector<std::uint64_t>{2, 3});
    CHECK(bench.driver->snapshot().identifies == 1);
}

TEST_CASE("what comes after the lease is not handed out, though nobody has said yet that it is over, and comes again by RESUME") {
    strict_rights rights;
    lease_bench bench(rights);
    auto& first = bench.go_live_by_lease();
    first.event(2);
    rights.ends = bench.time.now() + 1s;
    bench.time.run_for(999ms);
    first.event(3);
    bench.time.run_for(1ms);
    first.event(4);
    CHECK(first.close_code == 4000);
    first.event(5);
    CHECK(bench.sink.seqs == std::vector<std::uint64_t>{2, 3});
    bench.time.run_for(1min);
    rights.give();
    bench.time.run_for(100ms);
    bench.dialer.last().open();
    bench.dialer.last().hello();
    CHECK(bench.dialer.last().sent.back().contains(R"("seq":3)"));
}

TEST_CASE("a HELLO that comes after the lease is answered by a close, not by RESUME") {
    strict_rights rights;
    lease_bench bench(rights);
    bench.go_live_by_lease().end(std::nullopt);
    bench.time.run_for(1s);
    auto& second = bench.dialer.last();
    second.open();
    rights.over = true;
    second.hello();
    CHECK(second.sent.empty());
    CHECK(second.close_code == 4000);
    bench.time.run_for(1s);
    CHECK(bench.driver->snapshot().status == session_status::waiting_for_lease);
}

TEST_CASE("a lease that is back by the time that a shard is told of its end costs nothing") {
    strict_rights rights;
    lease_bench bench(rights);
    auto& first = bench.go_live_by_lease();
    rights.over = true;
    rights.give();
    CHECK_FALSE(bench.driver->check_lease());
    CHECK_FALSE(first.close_code.has_value());
}

TEST_CASE("a right to dial that comes when the shard was stopped is given back") {
    strict_rights rights;
    lease_bench bench(rights);
    bench.go_live_by_lease();
    rights.over = true;
    CHECK(bench.driver->check_lease());
    bench.time.run_for(1s);
    bench.driver->stop(false);
    rights.give();
    bench.time.run_for(1s);
    CHECK(bench.stopped == 1);
    CHECK(rights.failed_dials == 1);
    CHECK(bench.dialer.peers.size() == 1);
}

TEST_CASE("shards that close for want of a lease are no sign of trouble at Discord's edge") {
    strict_rights rights;
    virtual_scheduler time;
    scripted_dialer dialer{time};
    recording_sink sink;
    open_permits permits{time};
    std::vector<std::string> log;
    host_options options;
    options.session = plain_session();
    options.blocked_after = 0ms;
    options.rights = &rights;
    options.log = logger([&](const log_record& line) { log.emplace_back(line.message); }, log_level::warn);
    shard_host host({{&time, &dialer}}, options, permits, sink);
    std::vector<shard_key> all;
    for (std::uint32_t id = 0; id < 6; ++id) all.push_back({id, 6});
    host.want(all);
    time.run_for(10ms);
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto& peer = *dialer.peers.at(i);
        peer.open();
        peer.hello();
        time.run_for(1ms);
        peer.ready(fmt::format("s{}", i));
    }
    time.run_for(1s);
    rights.over = true;
    for (const auto& shard : all) host.lease_over(shard);
    time.run_for(2s);
    const auto seen = host.shards();
    CHECK(std::ranges::count_if(seen, [](const auto& one) { return one.status == session_status::waiting_for_lease; }) == 6);
    CHECK(log.empty());
    host.stop(false, {});
    time.run_for(10s);
}

TEST_CASE("a connection whose lease has been over for the patience is cut from outside, once, and no other is") {
    strict_rights rights;
    virtual_scheduler clock;
    std::vector<std::string> log;
    lease_watchdog watch(rights, clock, 1h,
                         logger([&](const log_record& line) { log.emplace_back(line.message); }, log_level::warn));
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    const auto peer_sees_the_end = [&] {
        char byte = 0;
        return ::recv(pair[1], &byte, 1, MSG_DONTWAIT) == 0;
    };
    const shard_key shard{3, 16};
    const auto fuse = watch.fuse_for(shard);
    fuse->arm(pair[0]);
    rights.ends = clock.now() + 10h;
    CHECK(watch.look(rights.ends + 59min) == 0);
    CHECK_FALSE(peer_sees_the_end());
    SUBCASE("the connection still stands") {
        CHECK(watch.look(rights.ends + 1h) == 1);
        CHECK(peer_sees_the_end());
        REQUIRE(log.size() == 1);
        CHECK(log[0].starts_with("shard 3: its lease is over"));
        CHECK(watch.look(rights.ends + 2h) == 0);
    }
    SUBCASE("its thread has closed it") {
        fuse->disarm();
        CHECK(watch.look(rights.ends + 1h) == 0);
        CHECK_FALSE(peer_sees_the_end());
    }
    SUBCASE("there is another connection by now") {
        const auto next = watch.fuse_for(shard);
        CHECK(watch.look(rights.ends + 1h) == 0);
    }
    SUBCASE("the shard has ended") {
        watch.forget(shard);
        CHECK(watch.look(rights.ends + 1h) == 0);
    }
    for (const int end : pair) ::close(end);
}
