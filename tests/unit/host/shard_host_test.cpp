// The reconciler on virtual threads, its edge guard and its watchdog.

#include "host/shard_host.hpp"

#include <algorithm>
#include <filesystem>

#include "host/block_watchdog.hpp"
#include "host/edge_watch.hpp"
#include "host/errc.hpp"
#include "state/files.hpp"
#include "unit/host/scripted.hpp"

using namespace shoal;
using namespace shoal::host;
using namespace shoal::host::test;
using gateway::session_status;

namespace {

/// A host over two threads that are one virtual clock.
struct host_bench {
    explicit host_bench(std::function<void(host_options&)> change = {}) {
        host_options options;
        options.session = plain_session();
        options.blocked_after = 0ms;
        options.log = logger([this](const log_record& line) { log.push_back(std::string(line.message)); }, log_level::info);
        if (change) change(options);
        host = std::make_unique<shard_host>(std::vector<shard_thread>{{&time, &first}, {&time, &second}}, options, permits, sink);
    }
    /// Plays Discord for every open connection up to READY or RESUMED.
    void serve() {
        for (auto* dialer : {&first, &second}) {
            for (std::size_t i = 0; i < dialer->peers.size(); ++i) {
                auto& peer = *dialer->peers[i];
                if (peer.gone || peer.ended || std::find(served.begin(), served.end(), &peer) != served.end()) continue;
                served.push_back(&peer);
                peer.open();
                peer.hello();
                time.run_for(1ms);
                if (!peer.sent.empty() && peer.sent[0].find("\"op\":6") != std::string::npos) {
                    peer.resumed(100 + static_cast<std::uint64_t>(served.size()));
                } else {
                    peer.ready(fmt::format("s{}", served.size()));
                }
            }
        }
    }
    std::vector<far_end*> open_ends() {
        std::vector<far_end*> ends;
        for (auto* dialer : {&first, &second})
            for (auto& peer : dialer->peers)
                if (!peer->gone && !peer->ended) ends.push_back(peer.get());
        return ends;
    }
    [[nodiscard]] std::size_t live() const {
        const auto all = host->shards();
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [](const auto& one) { return one.status == session_status::live; }));
    }

    virtual_scheduler time;
    scripted_dialer first{time}, second{time};
    recording_sink sink;
    open_permits permits{time};
    std::vector<std::string> log;
    std::vector<far_end*> served;
    std::unique_ptr<shard_host> host;
};

std::vector<shard_key> shards(std::uint32_t count, std::uint32_t total) {
    std::vector<shard_key> all;
    for (std::uint32_t id = 0; id < count; ++id) all.push_back({id, total});
    return all;
}

}  // namespace

TEST_CASE("the host runs what is wanted, spread evenly over its threads") {
    host_bench bench;
    bench.host->want(shards(5, 5));
    bench.time.run_for(10ms);
    CHECK(bench.first.peers.size() == 3);
    CHECK(bench.second.peers.size() == 2);
    bench.serve();
    CHECK(bench.live() == 5);
    CHECK(bench.host->thread_of({0, 5}) == &bench.time);
    CHECK(bench.host->thread_of({0, 6}) == nullptr);
}

TEST_CASE("what is no longer wanted stops, the rest is not touched, and it can come back by its ticket") {
    host_bench bench;
    bench.host->want(shards(2, 4));
    bench.time.run_for(10ms);
    bench.serve();
    bench.host->want({{1, 4}});
    bench.time.run_for(2s);
    CHECK(bench.host->shards().size() == 1);
    CHECK(bench.host->thread_of({0, 4}) == nullptr);
    CHECK(bench.open_ends().size() == 1);
    bench.host->want(shards(2, 4));
    bench.time.run_for(10ms);
    bench.serve();
    CHECK(bench.live() == 2);
    CHECK(bench.sink.has("resumed 0"));
    CHECK(!bench.sink.has("resumed 1"));
}

TEST_CASE("a shard that is wanted again while it stops starts again") {
    host_bench bench;
    bench.host->want({{0, 1}});
    bench.time.run_for(10ms);
    bench.serve();
    bench.host->want({});
    bench.host->want({{0, 1}});
    bench.time.run_for(2s);
    bench.serve();
    CHECK(bench.live() == 1);
}

TEST_CASE("stop hands over the tickets that are still good") {
    host_bench bench;
    bench.host->want(shards(3, 3));
    bench.time.run_for(10ms);
    bench.serve();
    std::optional<std::map<shard_key, gateway::resume_ticket>> tickets;
    bench.host->stop(false, [&](auto left) { tickets = std::move(left); });
    CHECK(!tickets);
    bench.time.run_for(2s);
    REQUIRE(tickets);
    CHECK(tickets->size() == 3);
    CHECK(bench.host->shards().empty());
    bench.host->want(shards(3, 3), *tickets);
    bench.time.run_for(10ms);
    bench.serve();
    CHECK(bench.sink.has("resumed 2"));
}

TEST_CASE("stop for good hands over none, and works on an empty host") {
    host_bench bench;
    std::optional<std::map<shard_key, gateway::resume_ticket>> tickets;
    bench.host->stop(true, [&](auto left) { tickets = std::move(left); });
    bench.time.run_for(1ms);
    CHECK(tickets);
    bench.host->want({{0, 1}});
    bench.time.run_for(10ms);
    bench.serve();
    tickets.reset();
    bench.host->stop(true, [&](auto left) { tickets = std::move(left); });
    bench.time.run_for(2s);
    REQUIRE(tickets);
    CHECK(tickets->empty());
}

TEST_CASE("a shard that gave up stays in the picture until it is not wanted") {
    host_bench bench;
    bench.host->want({{0, 1}});
    bench.time.run_for(10ms);
    bench.first.last().open();
    bench.first.last().end(4014);
    bench.time.run_for(1s);
    REQUIRE(bench.host->shards().size() == 1);
    CHECK(bench.host->shards()[0].status == session_status::stopped);
    CHECK(bench.sink.has("gave up 0 4014"));
    std::optional<std::map<shard_key, gateway::resume_ticket>> tickets;
    bench.host->stop(false, [&](auto left) { tickets = std::move(left); });
    bench.time.run_for(1s);
    CHECK(tickets);
    CHECK(bench.host->shards().empty());
}

TEST_CASE("pictures are not older than a second") {
    host_bench bench;
    bench.host->want({{0, 1}});
    bench.time.run_for(10ms);
    bench.serve();
    auto& peer = bench.first.last();
    for (std::uint64_t seq = 2; seq <= 51; ++seq) {
        peer.event(seq);
        bench.time.run_for(100ms);
    }
    const auto picture = bench.host->shards()[0];
    CHECK(picture.seq >= 41);
    CHECK(picture.events_per_second > 8);
    CHECK(picture.events_per_second < 12);
}

TEST_CASE("a command finds its shard, and one that runs elsewhere is refused") {
    host_bench bench;
    bench.host->want({{0, 1}});
    bench.time.run_for(10ms);
    bench.serve();
    CHECK(bench.host->send({0, 1}, 4, "{}"));
    CHECK(bench.host->send({1, 2}, 4, "{}").error().is(errc::not_here));
}

TEST_CASE("members are asked for by nonce, chunks reach the asker and the sink, and the end is told") {
    host_bench bench;
    bench.host->want({{0, 1}});
    bench.time.run_for(10ms);
    bench.serve();
    auto& peer = bench.first.last();
    std::vector<std::string> heard;
    gateway::member_query query;
    query.guild = guild_id(7);
    query.prefix = "a";
    query.limit = 10;
    const auto asked = bench.host->request_members(
        {0, 1}, query,
        {[&](std::string_view chunk) { heard.push_back(fmt::format("chunk {}", chunk.size())); },
         [&](const auto& ended) {
             heard.push_back(ended.how == gateway::member_requests::outcome::complete ? "complete" : "other");
         }});
    REQUIRE(asked);
    const auto& sent = peer.sent.back();
    REQUIRE(sent.find("\"op\":8") != std::string::npos);
    const auto at = sent.find("\"nonce\":\"") + 9;
    const auto nonce = sent.substr(at, sent.find('"', at) - at);
    for (const int index : {1, 0}) {
        peer.event(index == 1 ? 2 : 3, "GUILD_MEMBERS_CHUNK",
                   fmt::format(R"({{"guild_id":"7","members":[],"chunk_index":{},"chunk_count":2,"nonce":"{}"}})", index, nonce));
    }
    REQUIRE(heard.size() == 3);
    CHECK(heard[2] == "complete");
    CHECK(bench.sink.has("GUILD_MEMBERS_CHUNK 2"));

    SUBCASE("no answer is a time-out") {
        REQUIRE(bench.host->request_members(
            {0, 1}, query, {{}, [&](const auto& ended) {
                                heard.push_back(ended.how == gateway::member_requests::outcome::timed_out ? "timed out"
                                                                                                          : "other");
                            }}));
        for (int i = 0; i < 30; ++i) bench.time.run_for(1s), peer.say(R"({"op":11})");
        CHECK(heard.back() == "timed out");
    }
    SUBCASE("a stop cancels what is open") {
        REQUIRE(bench.host->request_members(
            {0, 1}, query, {{}, [&](const auto& ended) {
                                heard.push_back(ended.how == gateway::member_requests::outcome::cancelled ? "cancelled"
                                                                                                          : "other");
                            }}));
        bench.host->want({});
        bench.time.run_for(2s);
        CHECK(heard.back() == "cancelled");
    }
}

TEST_CASE("a session is renewed on demand") {
    host_bench bench;
    bench.host->want({{0, 1}});
    bench.time.run_for(10ms);
    bench.serve();
    bench.host->renew({0, 1});
    bench.time.run_for(2s);
    bench.serve();
    CHECK(bench.host->shards()[0].identifies == 2);
}

TEST_CASE("when more than half of the shards are cut at once no session is given up for it") {
    host_bench bench;
    bench.host->want(shards(4, 4));
    bench.time.run_for(10ms);
    bench.serve();
    REQUIRE(bench.live() == 4);
    for (auto* end : bench.open_ends()) end->end(std::nullopt);
    CHECK(std::count_if(bench.log.begin(), bench.log.end(),
                        [](const auto& line) { return line.find("more than half") != std::string::npos; }) == 1);
    // Ten minutes in which no dial succeeds: far longer than the patience with one session.
    for (int i = 0; i < 600; ++i) {
        bench.time.run_for(1s);
        for (auto* end : bench.open_ends()) end->end(std::nullopt, true);
    }
    for (int i = 0; i < 120; ++i) bench.time.run_for(1s), bench.serve();
    CHECK(bench.live() == 4);
    for (int id = 0; id < 4; ++id) CHECK(bench.sink.has(fmt::format("resumed {}", id)));
    CHECK(std::count(bench.log.begin(), bench.log.end(), "the shards are connected again") == 1);
}

TEST_CASE("the edge is in trouble when more than half of at least four shards go within seconds") {
    edge_watch watch;
    const instant start = instant{} + 1h;
    for (std::uint32_t id = 0; id < 6; ++id) CHECK(!watch.live({id, 6}, start));
    CHECK(!watch.lost({0, 6}, start + 1s));
    CHECK(!watch.lost({1, 6}, start + 20s));
    CHECK(!watch.lost({2, 6}, start + 40s));
    CHECK(!watch.lost({3, 6}, start + 60s));
    CHECK(!watch.trouble());
    SUBCASE("one by one over a minute is no trouble of the edge") {
        CHECK(!watch.lost({4, 6}, start + 80s));
        CHECK(!watch.trouble());
    }
    SUBCASE("four at once are") {
        for (std::uint32_t id = 0; id < 6; ++id) (void)watch.live({id, 6}, start + 90s);
        for (std::uint32_t id = 0; id < 3; ++id) CHECK(!watch.lost({id, 6}, start + 100s));
        CHECK(watch.lost({3, 6}, start + 102s) == true);
        CHECK(!watch.lost({4, 6}, start + 103s));
        CHECK(!watch.live({0, 6}, start + 110s));
        CHECK(!watch.live({1, 6}, start + 110s));
        CHECK(!watch.live({2, 6}, start + 110s));
        CHECK(watch.live({3, 6}, start + 110s) == false);
    }
    SUBCASE("three shards are too few to tell") {
        edge_watch small;
        for (std::uint32_t id = 0; id < 3; ++id) (void)small.live({id, 3}, start);
        for (std::uint32_t id = 0; id < 3; ++id) CHECK(!small.lost({id, 3}, start + 1s));
    }
}

TEST_CASE("a thread that stands still is told once, with what it does, and its end too") {
    thread_pulse pulse;
    block_watchdog::look look(250ms);
    pulse.beating = true;
    pulse.beats = 1;
    CHECK(!look.at(pulse, 60ms));
    pulse.shard = 3;
    pulse.event = 7;
    CHECK(!look.at(pulse, 60ms));
    CHECK(!look.at(pulse, 120ms));
    const auto found = look.at(pulse, 120ms);
    REQUIRE(found);
    CHECK(found->shard == 3);
    CHECK(found->event == 7);
    CHECK(found->span == 300ms);
    CHECK(!found->over);
    CHECK(!look.at(pulse, 120ms));
    pulse.beats = 2;
    const auto over = look.at(pulse, 120ms);
    REQUIRE(over);
    CHECK(over->over);
    CHECK(over->span == 420ms);
    CHECK(!look.at(pulse, 100ms));
    pulse.beating = false;
    CHECK(!look.at(pulse, 10s));
    CHECK(!look.at(pulse, 10s));
}

TEST_CASE("the journal tells what was handed out, session by session, and is closed by an orderly stop") {
    char folder[] = "/tmp/shoal-host-XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    std::string bytes;
    {
        host_bench bench([&](host_options& options) { options.journal_folder = folder; });
        bench.host->want({{0, 1}});
        bench.time.run_for(10ms);
        bench.serve();
        bench.first.last().event(2);
        bench.sink.fails = [](const dispatch& event) { return event.seq == 3; };
        bench.first.last().event(3);
        bench.time.run_for(2s);
        bench.first.last().open();
        bench.first.last().hello();
        bench.first.last().event(3);
        bench.time.run_for(2s);
        bench.first.last().open();
        bench.first.last().hello();
        bench.first.last().event(4);
        bench.first.last().resumed(5);
        bench.host->stop(false, {});
        bench.time.run_for(2s);
        for (const auto& entry : std::filesystem::directory_iterator(folder)) bytes = **state::read_whole(entry.path());
    }
    std::string kinds;
    for (std::size_t at = 64; at + 32 <= bytes.size() && bytes[at] != 0; at += 32) {
        kinds += static_cast<char>('0' + bytes[at]);
        kinds += fmt::format(":{} ", static_cast<int>(bytes[at + 8]));
        if (bytes[at] == 1) at += 64;
    }
    CHECK(kinds == "1:0 2:1 3:1 2:2 3:2 4:3 2:4 3:4 2:5 3:5 5:0 ");
    std::filesystem::remove_all(folder);
}

namespace {
/// The rights of a worker that may reach for what it holds, and whose lease is over when the test says so.
class orphan_rights final : public shard_rights {
public:
    void ask_to_dial(shard_key, bool, scheduler& reply_on, std::function<void()> allowed) override {
        reply_on.post(std::move(allowed));
    }
    void dial_failed(shard_key) override {}
    void ask_to_hand_out(shard_key, std::string_view, scheduler& reply_on, std::function<void()> allowed) override {
        reply_on.post(std::move(allowed));
    }
    [[nodiscard]] bool may_be_taken(shard_key, instant) const noexcept override { return over; }
    [[nodiscard]] bool must_close(shard_key, instant) const noexcept override { return false; }
    bool over = false;
};
}  // namespace

TEST_CASE("an orphan marks what it hands out, the RESUMED of whoever took its session too") {
    char folder[] = "/tmp/shoal-host-XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    std::string bytes;
    {
        orphan_rights rights;
        host_bench bench([&](host_options& options) {
            options.journal_folder = folder;
            options.rights = &rights;
        });
        bench.host->want({{0, 1}});
        bench.time.run_for(10ms);
        bench.serve();
        bench.time.run_for(10ms);
        bench.first.last().event(2);
        rights.over = true;
        bench.first.last().event(3);
        bench.first.last().end(4000);
        bench.time.run_for(2s);
        bench.first.last().open();
        bench.first.last().hello();
        bench.time.run_for(10ms);
        bench.first.last().event(4);
        bench.first.last().resumed(5);  // Of another worker, which RESUMEd in between.
        bench.first.last().event(6);
        bench.first.last().resumed(7);
        bench.host->stop(false, {});
        bench.time.run_for(2s);
        for (const auto& entry : std::filesystem::directory_iterator(folder)) bytes = **state::read_whole(entry.path());
    }
    // number:delivery of what was started; 0 fresh, 1 replayed, 2 possibly taken.
    std::string started;
    for (std::size_t at = 64; at + 32 <= bytes.size() && bytes[at] != 0; at += 32) {
        if (bytes[at] == 2) started += fmt::format("{}:{} ", static_cast<int>(bytes[at + 8]), static_cast<int>(bytes[at + 1]));
        if (bytes[at] == 1) at += 64;
    }
    CHECK(started == "1:0 2:0 3:2 4:1 5:2 6:2 7:2 ");
    std::filesystem::remove_all(folder);
}
