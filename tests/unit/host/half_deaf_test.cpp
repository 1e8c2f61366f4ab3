// F14 at the drivers: a session that brings no more of a kind is renewed, if the budget can spare it.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/shard_host.hpp"
#include "scripted.hpp"

using namespace shoal;
using namespace shoal::host;
using namespace shoal::host::test;

namespace {

/// Shards whose sessions bring messages and interactions each second, until some kind is muted.
struct deaf_bench {
    explicit deaf_bench(std::uint32_t count) {
        host_options options;
        options.session = plain_session();
        options.blocked_after = 0ms;
        options.silence.least_silence = 1min;
        options.silence.least_past = 2min;
        options.log = logger([this](const log_record& line) { log.emplace_back(line.message); }, log_level::info);
        host = std::make_unique<shard_host>(std::vector<shard_thread>{{&time, &dialer}}, options, permits, sink);
        std::vector<shard_key> all;
        for (std::uint32_t id = 0; id < count; ++id) all.push_back({id, count});
        host->want(all);
    }
    void live_for(duration span) {
        for (const auto until = time.now() + span; time.now() < until;) {
            time.run_for(1s);
            for (std::size_t i = 0; i < dialer.peers.size(); ++i) {
                auto& peer = *dialer.peers[i];
                if (peer.gone || peer.ended || peer.close_code) continue;
                auto& seq = seqs[&peer];
                if (seq == 0) {
                    peer.open();
                    peer.hello();
                    time.run_for(1ms);
                    peer.ready(fmt::format("s{}", i), "", ++seq);
                }
                peer.event(++seq);
                if (!muted) peer.event(++seq, "INTERACTION_CREATE");
            }
        }
    }
    [[nodiscard]] std::uint64_t identifies() const {
        std::uint64_t count = 0;
        for (const auto& one : host->shards()) count += one.identifies;
        return count;
    }

    virtual_scheduler time;
    scripted_dialer dialer{time};
    recording_sink sink;
    open_permits permits{time};
    std::vector<std::string> log;
    std::map<far_end*, std::uint64_t> seqs;
    bool muted = false;
    std::unique_ptr<shard_host> host;
};

}  // namespace

TEST_CASE(
    "F14 a half-deaf session is closed with 4000 and renewed by a permit, counted, and the reason says which kind [2.7.13]") {
    deaf_bench bench(1);
    bench.live_for(4min);
    CHECK(bench.identifies() == 1);
    bench.muted = true;
    bench.live_for(50s);
    CHECK(bench.identifies() == 1);
    bench.live_for(20s);
    bench.muted = false;
    bench.live_for(20s);
    REQUIRE(bench.dialer.peers.size() == 2);
    CHECK(bench.dialer.peers[0]->close_code == 4000);
    const auto picture = bench.host->shards()[0];
    CHECK(picture.identifies == 2);
    CHECK(picture.half_deaf == 1);
    CHECK(picture.last_reconnect_reason.starts_with("renewed: half deaf, no INTERACTION_CREATE for 6"));
    CHECK(picture.status == gateway::session_status::live);
}

TEST_CASE("a half-deaf session is kept while the budget has nothing to spare") {
    deaf_bench bench(1);
    bench.live_for(4min);
    bench.permits.has_to_spare = false;
    bench.muted = true;
    bench.live_for(10min);
    CHECK(bench.dialer.peers.size() == 1);
    bench.permits.has_to_spare = true;
    bench.live_for(5s);
    CHECK(bench.dialer.peers.size() == 2);
}

TEST_CASE("what all shards miss at once costs one IDENTIFY in five minutes, not one a shard") {
    deaf_bench bench(8);
    bench.live_for(4min);
    CHECK(bench.identifies() == 8);
    bench.muted = true;
    bench.live_for(5min);
    CHECK(bench.identifies() == 9);
    bench.live_for(5min);
    CHECK(bench.identifies() == 10);
}
