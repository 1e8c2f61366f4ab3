// Certificates of a running fleet are made anew on disk: the ops addresses of coordinator and workers show them from the next
// connection on, whoever comes with a certificate of the new authority is let in, and no shard notices.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include "system/support/fleet_stage.hpp"
#include "system/support/node_numbers.hpp"
#include "system/support/visitor.hpp"

using namespace shoal::system_test;

namespace {

constexpr std::uint32_t shards = 4;

/// One page over TLS with a node's certificate, and the certificate that the ops address showed.
struct page {
    std::string certificate, text;
    [[nodiscard]] bool is_there() const { return text.starts_with("HTTP/1.1 200"); }
};

page look_at(const std::string& ops_url, std::string_view path, const std::string& certs) {
    visitor who(port_of(ops_url));
    REQUIRE(who.shake_hands({.certs = certs, .h2 = false}));
    who.say(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path));
    CHECK(who.is_closed());
    return {who.shown(), who.heard()};
}

void certs(const fleet_stage& fleet, std::vector<std::string> words) {
    words.insert(words.begin(), {program_path("shoal"), "certs"});
    words.insert(words.end(), {"--certs", fleet.home / "certs"});
    const auto got = run(words);
    REQUIRE_MESSAGE(got.code == 0, got.said);
}

}  // namespace

TEST_CASE("rotated certificates, and a new authority's, are shown on the ops addresses at once, and no shard is dropped") {
    const std::vector<std::string> with_ops{"--ops-url", "https://127.0.0.1:0"};
    fleet_stage fleet({.shards = shards, .guilds = 40, .max_concurrency = 16, .rate = 50}, 3, nullptr, "shoal-fleet-bot",
                      with_ops);
    for (const auto* name : {"w1", "w2"}) fleet.start_worker(name, with_ops);
    fleet.certificate("me", "operator");
    REQUIRE(fleet.discord.all_live(shards));
    REQUIRE(fleet.further_events(100));
    const std::map<std::string, std::string> ops{{"c1", ops_url_of(fleet.coordinator())}, {"w1", ops_url_of(fleet.worker("w1"))}};
    const auto on_disk = [&](const std::string& node) { return read_file(fleet.certs(node) + "/node.pem"); };
    const auto before = fleet.home / "me-before";
    std::filesystem::copy(fleet.certs("me"), before);
    for (const auto& [node, url] : ops) {
        CHECK_FALSE(look_at(url, "/metrics", "").is_there());
        const auto metrics = look_at(url, "/metrics", before);
        CHECK(metrics.is_there());
        CHECK(metrics.certificate == on_disk(node));
    }
    CHECK(look_at(ops.at("c1"), "/cluster/state", before).is_there());
    const auto connections = fleet.discord.counter("connections");

    // New certificates of a new authority, while the old one is still trusted.
    certs(fleet, {"rotate", "--authority", "begin"});
    certs(fleet, {"rotate"});
    for (const auto& [node, url] : ops) {
        CAPTURE(node);
        REQUIRE(eventually([&] { return look_at(url, "/health", "").certificate == on_disk(node); }));
        CHECK(look_at(url, "/metrics", before).is_there());
        CHECK(look_at(url, "/metrics", fleet.certs("me")).is_there());
    }
    const auto state = look_at(ops.at("c1"), "/cluster/state", fleet.certs("me"));
    CHECK(state.is_there());
    REQUIRE(fleet.further_events(100));
    CHECK(fleet.discord.counter("connections") == connections);
    CHECK(fleet.discord.counter("identifies") == shards);
    CHECK(fleet.discord.counter("resumed") == 0);
    // Their streams stayed as they were.
    for (const auto* name : {"w1", "w2"}) CHECK(times_said(fleet.worker(name).err(), "has taken this worker") == 1);

    // A worker that has never seen the old authority.
    certs(fleet, {"node", "w3", "--role", "worker", "--host", "127.0.0.1"});
    fleet.start_worker("w3");
    CHECK(fleet.worker("w3").says("has taken this worker"));
    CHECK(fleet.discord.counter("identifies") == shards);
}
