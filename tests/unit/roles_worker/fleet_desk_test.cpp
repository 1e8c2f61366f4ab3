// The desk between the threads of shards and the worker's session: who may dial, and whose connection must close.

#include "roles/worker/fleet_desk.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <variant>
#include <vector>

#include "base/virtual_scheduler.hpp"

using namespace shoal;
using namespace shoal::roles;
using namespace std::chrono_literals;
namespace worker = cluster::worker;

namespace {

/// A worker that holds shard 3, its coordinator played by the test.
struct desk_bench {
    explicit desk_bench(cluster::fence_policy fence)
        : session(config_of(fence)), desk(time, session, fence, [this](const worker::fact& fact) { feed(fact); }) {
        feed(worker::started{});
        join();
        hear(cluster::start_order{shard, cluster::shard_epoch{1}, leader, ticket(), false, "test"});
        desk.expect(shard);
        live();
        beat();
    }
    static cluster::worker_config config_of(cluster::fence_policy fence) {
        cluster::worker_config config;
        config.self.process = {"w1"};
        config.coordinators = {"https://c1:8443"};
        config.fence = fence;
        return config;
    }
    static cluster::resume_ticket ticket() { return {shard, "abc", "wss://r", 10, 8, 1}; }
    void feed(const worker::fact& fact) {
        std::vector<worker::order> orders;
        session.step(fact, time.now(), orders);
        desk.refresh();
        for (const auto& order : orders) {
            if (const auto* changed = std::get_if<worker::rights_changed>(&order)) desk.obey(*changed);
            if (const auto* cut = std::get_if<worker::cut_shard>(&order)) cuts.push_back(cut->shard);
            if (const auto* said = std::get_if<worker::say>(&order))
                if (const auto* sent = std::get_if<cluster::heartbeat>(&said->what)) number = sent->number;
        }
    }
    void hear(cluster::to_worker what) { feed(worker::message_received{std::move(what)}); }
    void live() { feed(worker::looked{{}, {{shard.id, cluster::shard_status::live, ticket(), {}, {}}}}); }
    void join() {
        feed(worker::stream_opened{});
        hear(cluster::registered{leader, cluster::fleet_id{1}, "c1", 5s, 1s, 16});
        live();
    }
    void beat() {
        time.run_for(1s);
        feed(worker::tick{});
        live();
        hear(cluster::heartbeat_ack{number, leader, 5s});
    }
    void lose_coordinator() {
        feed(worker::stream_closed{"reset"});
        for (int i = 0; i < 60; ++i) time.run_for(100ms), feed(worker::tick{});
    }

    static constexpr shard_key shard{3, 16};
    virtual_scheduler time;
    cluster::leader_epoch leader{3};
    cluster::beat_number number{};
    std::vector<std::uint32_t> cuts;
    cluster::worker_session session;
    fleet_desk desk;
};

}  // namespace

TEST_CASE("with a lease no connection must close, whatever the fence; without one it must only where the fence closes") {
    for (const auto fence : {cluster::fence_policy::keep, cluster::fence_policy::close}) {
        desk_bench b(fence);
        const auto end = b.session.fresh_until(b.shard.id);
        CHECK_FALSE(b.desk.must_close(b.shard, b.time.now()));
        // Nobody has to say so: the time alone decides, should the control thread stand still.
        CHECK_FALSE(b.desk.must_close(b.shard, end - 1ns));
        CHECK(b.desk.may_be_taken(b.shard, end));
        CHECK(b.desk.must_close(b.shard, end) == (fence == cluster::fence_policy::close));
        b.lose_coordinator();
        CHECK(b.cuts.size() == (fence == cluster::fence_policy::close ? 1 : 0));
    }
}

TEST_CASE("where the fence closes a dial waits for the lease, however often it is asked for, and is allowed once with it") {
    desk_bench b(cluster::fence_policy::close);
    b.lose_coordinator();
    int allowed = 0;
    for (int i = 0; i < 3; ++i) b.desk.ask_to_dial(b.shard, true, b.time, [&] { ++allowed; });
    b.time.run_for(1min);
    CHECK(allowed == 0);
    b.leader = cluster::leader_epoch{4};
    b.join();
    b.beat();
    b.time.run_for(1s);
    CHECK(allowed == 0);
    b.hear(cluster::start_order{b.shard, cluster::shard_epoch{1}, b.leader, desk_bench::ticket(), true, "yours"});
    b.time.run_for(1s);
    CHECK(allowed == 1);
    CHECK_FALSE(b.desk.must_close(b.shard, b.time.now()));
}

TEST_CASE("a shard that is held no more must close until it is ordered again") {
    desk_bench b(cluster::fence_policy::close);
    b.hear(cluster::stop_order{b.shard.id, cluster::shard_epoch{1}, b.leader, "moved"});
    // While it stops it hands out what it has read.
    CHECK_FALSE(b.desk.must_close(b.shard, b.time.now()));
    b.feed(worker::shard_stopped{b.shard.id, desk_bench::ticket()});
    b.desk.forget(b.shard.id);
    CHECK(b.desk.must_close(b.shard, b.time.now()));
}
