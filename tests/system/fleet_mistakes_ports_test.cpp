// What knocks at the ports of a fleet under traffic and is no node: plain bytes, garbage in TLS and below HTTP/2, slow bytes, a
// thousand connections half open. It is closed and counted, costs a bounded memory, and keeps nobody out.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <vector>

#include "system/support/fleet_stage.hpp"
#include "system/support/node_numbers.hpp"
#include "system/support/visitor.hpp"

using namespace shoal::system_test;

namespace {

constexpr std::string_view half_a_hello = "\x16\x03\x01";
constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// What a thousand connections may take of a node's memory. Each that shakes hands has its TLS state, and 512 may at once.
constexpr std::size_t most_memory_bytes = 160'000'000;

struct knocked_at {
    explicit knocked_at(const std::string& ops) : ops(ops) {}
    std::string ops;
    [[nodiscard]] double connections(std::string_view outcome) const {
        return metric(ops, fmt::format("shoal_node_connections_total{{outcome=\"{}\"}}", outcome));
    }
    [[nodiscard]] bool reach(std::string_view outcome, double least) const {
        return eventually([&] { return connections(outcome) >= least; });
    }
};

/// What no node says, to one port.
void say_garbage(std::uint16_t port, const std::string& certs) {
    for (const std::string_view bytes : {std::string_view("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), http2_preface,
                                         std::string_view("\x00\x00\x00", 3), std::string_view("\xFF\xFF")}) {
        visitor plain(port);
        plain.say(bytes);
        CHECK(plain.is_closed());
    }
    visitor garbage(port);
    garbage.say(std::string("\x16\x03\x01\x00\x20", 5) + std::string(64, '\x5A'));
    CHECK(garbage.is_closed());
    // After TLS, with a certificate that is good: another protocol, an endless frame, a stream of nonsense.
    const std::string other_protocol = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string large_frame =
        std::string(http2_preface) + std::string("\xFF\xFF\xFF\x00\x00\x00\x00\x00\x01", 9) + std::string(4096, 'x');
    const std::string nonsense = std::string(http2_preface) + std::string(4096, '\xA5');
    for (const auto& bytes : {other_protocol, large_frame, nonsense}) {
        visitor node(port);
        REQUIRE(node.shake_hands({.certs = certs}));
        node.say(bytes);
        CHECK(node.is_closed());
    }
}

}  // namespace

TEST_CASE("garbage at the ports of coordinator and worker is closed and counted, and no shard notices") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1", with_ops(fleet));
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    const auto before = fleet.running();
    const auto worker_port = port_of(listen_url_of(fleet, "w1"));
    // Slow: a byte now and then never becomes a handshake, and its time is up like anybody's.
    visitor slow(port_of(fleet.coordinator_url()));
    slow.say("\x16");
    say_garbage(port_of(fleet.coordinator_url()), fleet.certs("w2"));
    slow.say("\x03");
    say_garbage(worker_port, fleet.certs("w2"));
    slow.say("\x01");
    const knocked_at coordinator(fleet.ops_url());
    const knocked_at worker(ops_url_of(fleet.worker("w1")));
    for (const auto* port : {&coordinator, &worker}) {
        CHECK(port->reach("not_tls", 4));
        CHECK(port->reach("never_proven", 4));
    }
    CHECK(slow.is_closed());
    CHECK(fleet.running() == before);
    REQUIRE(fleet.further_events(100));
    check_fleet(fleet);
}

TEST_CASE("garbage at the ops addresses is answered or closed, and the next reader is served") {
    fleet_stage fleet({.shards = 2, .guilds = 4});
    fleet.start_worker("w1", {"--ops-url", "https://127.0.0.1:0", "--ops-token-file", fleet.ops_token_file()});
    require_placed(fleet, {"w1"});
    for (const std::string_view bytes : {std::string_view("\x16\x03\x01\x00\x05hello", 10), std::string_view("\x00\xFF\x00", 3),
                                         std::string_view("GET /\r\n\r\n"), http2_preface}) {
        visitor one(port_of(fleet.ops_url()));
        one.say(bytes);
        CHECK(one.is_closed());
    }
    visitor endless(port_of(fleet.ops_url()));
    for (int i = 0; i < 200; ++i) endless.say("GET / HTTP/1.1\r\nA: " + std::string(2000, 'a'));
    CHECK(endless.is_closed());
    CHECK(ops_page(fleet.ops_url(), "/health").contains("\"mode\":\"coordinator\""));

    const auto secure = port_of(ops_url_of(fleet.worker("w1")));
    visitor plain(secure);
    plain.say("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(plain.is_closed());
    visitor old(secure);
    CHECK_FALSE(old.shake_hands({.only_1_2 = true, .h2 = false}));
    visitor fine(secure);
    REQUIRE(fine.shake_hands({.h2 = false}));
    fine.say("GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(fine.is_closed());
    CHECK(fine.heard().contains("\"mode\":\"worker\""));
    CHECK(fleet.worker_state("w1") == "healthy");
}

TEST_CASE("a thousand connections half open at the coordinator: workers beat, another joins, and each is closed in its time") {
    allow_many_files();
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    require_placed(fleet, {"w1"});
    fleet.certificate("w2", "worker");
    const auto port = port_of(fleet.coordinator_url());
    const auto memory = fleet.coordinator().resident();
    fleet.coordinator().forget_peak();
    std::vector<visitor> all;
    const auto knock = [&](int count, auto then) {
        for (int i = 0; i < count; ++i) {
            REQUIRE(all.emplace_back(port).connected());
            then(all.back());
        }
    };
    knock(400, [](visitor&) {});
    knock(400, [](visitor& one) { one.say(half_a_hello); });
    // Silent behind a handshake that is done, with a certificate that is good.
    knock(200, [&](visitor& one) { CHECK(one.shake_hands({.certs = fleet.certs("w1")})); });
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    CHECK(fleet.worker_state("w1") == "healthy");
    REQUIRE(fleet.further_events(100));
    const knocked_at coordinator(fleet.ops_url());
    CHECK(coordinator.reach("silent", 400));
    CHECK(coordinator.reach("never_proven", 600));
    if (!is_sanitized()) CHECK(fleet.coordinator().peak_resident() < memory + most_memory_bytes);
    for (auto& one : all) REQUIRE(one.is_closed());
    CHECK(fleet.coordinator().err().find("w1 healthy -> ") == std::string::npos);
    check_fleet(fleet);
}

TEST_CASE("a thousand connections half open at a worker's port cost its shards nothing") {
    allow_many_files();
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1", with_ops(fleet));
    require_placed(fleet, {"w1"});
    const auto port = port_of(listen_url_of(fleet, "w1"));
    std::vector<visitor> all;
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(all.emplace_back(port).connected());
        if (i % 2 == 0) all.back().say(half_a_hello);
    }
    REQUIRE(fleet.further_events(200));
    const knocked_at worker(ops_url_of(fleet.worker("w1")));
    CHECK(worker.reach("silent", 500));
    CHECK(worker.reach("never_proven", 500));
    CHECK(fleet.worker_state("w1") == "healthy");
    for (auto& one : all) REQUIRE(one.is_closed());
    check_fleet(fleet);
}

TEST_CASE("a thousand connections half open at an ops address keep no probe out") {
    allow_many_files();
    fleet_stage fleet({.shards = 2, .guilds = 4});
    fleet.start_worker("w1", {"--ops-url", "https://127.0.0.1:0", "--ops-token-file", fleet.ops_token_file()});
    require_placed(fleet, {"w1"});
    const auto secure = port_of(ops_url_of(fleet.worker("w1")));
    std::vector<visitor> all;
    for (int i = 0; i < 500; ++i) (void)all.emplace_back(port_of(fleet.ops_url()));
    for (int i = 0; i < 500; ++i) {
        (void)all.emplace_back(secure);
        if (i % 2 == 0) all.back().say(half_a_hello);
    }
    // Sooner than the time of any of them is up.
    CHECK(eventually([&] { return ops_page(fleet.ops_url(), "/ready").contains("\"ready\":true"); }, 15s));
    CHECK(eventually(
        [&] {
            visitor probe(secure);
            if (!probe.shake_hands({.h2 = false})) return false;
            probe.say("GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            return probe.is_closed(5s) && probe.heard().contains("\"ready\":true");
        },
        15s));
    CHECK(metric(fleet.ops_url(), "shoal_ops_connections_total{outcome=\"turned_away\"}") +
              metric(fleet.ops_url(), "shoal_ops_connections_total{outcome=\"made_room\"}") >
          300);
    for (auto& one : all) REQUIRE(one.is_closed(60s));
    CHECK(fleet.worker_state("w1") == "healthy");
}
