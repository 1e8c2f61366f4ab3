// A bot's ops address from outside: health, readiness and metrics while it starts, serves and stops.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <string>

#include "system/support/http_once.hpp"
#include "system/support/mistake.hpp"
#include "system/support/stage.hpp"

using namespace shoal::system_test;

namespace {

constexpr std::string_view token = "a-token-for-the-ops-page-0123456789";

/// What Prometheus' own Python client reads in a text: "name{label=value} number" a line; fails on anything that it refuses.
std::string read_by_prometheus(const std::string& folder, std::string_view text) {
    std::ofstream(folder + "/metrics.txt") << text;
    std::ofstream(folder + "/read.py") << "from prometheus_client.parser import text_string_to_metric_families as read\n"
                                          "for family in read(open('" +
                                              folder +
                                              "/metrics.txt').read()):\n"
                                              "    for s in family.samples:\n"
                                              "        labels = ','.join(f'{k}={v}' for k, v in sorted(s.labels.items()))\n"
                                              "        print(f'{family.type} {s.name}{{{labels}}} {s.value:g}')\n";
    process python({"/usr/bin/python3", folder + "/read.py"});
    const auto ended = python.wait(20s);
    if (!ended || ended->code != 0) FAIL(python.err());
    return python.out();
}

std::string ops_url_of(bot_process& bot) {
    REQUIRE(bot.running().says("the ops address is open", 20s));
    const auto log = bot.running().err();
    const auto at = log.find("http://127.0.0.1:", log.find("the ops address is open"));
    REQUIRE(at != std::string::npos);
    return log.substr(at, log.find('"', at) - at);
}

http_answer get(const std::string& base, std::string_view page, bool with_token = false) {
    return http_once("GET", base, page, {}, with_token ? fmt::format("Authorization: Bearer {}", token) : std::string());
}

}  // namespace

TEST_CASE("a bot tells whoever asks how it is, and its numbers to whoever has the token") {
    const discord_process discord({.shards = 2, .guilds = 20, .rate = 50});
    const temp_folder home;
    write_file(home / "ops-token", token);
    bot_process bot(discord, home,
                    {"--ops-url", "http://127.0.0.1:0", "--ops-token-file", home / "ops-token", "--process-id", "bot-7"});
    const auto ops = ops_url_of(bot);
    CHECK(get(ops, "/health").body.contains("\"processId\":\"bot-7\""));
    REQUIRE(bot.ready());
    REQUIRE(eventually([&] { return get(ops, "/ready").status == 200; }));
    REQUIRE(eventually([&] { return get(ops, "/health").body.contains("\"status\":\"ready\",\"shards\":[0,1]"); }));

    CHECK(get(ops, "/metrics").status == 401);
    REQUIRE(eventually([&] { return discord.counter("dispatches") > 200; }));
    REQUIRE(discord.drain());
    const auto sent = discord.counter("dispatches");
    const auto seen = [&] {
        const auto answer = get(ops, "/metrics", true);
        REQUIRE(answer.status == 200);
        return read_by_prometheus(home.path(), answer.body);
    };
    // Shards tell their numbers once a second.
    std::string metrics;
    const auto number = [&](std::string_view name) {
        const auto at = metrics.find(fmt::format("{} ", name));
        return at == std::string::npos ? -1.0 : std::stod(metrics.substr(at + name.size()));
    };
    const bool all_counted = eventually([&] {
        metrics = seen();
        return number("shoal_shard_events_total{shard=0}") + number("shoal_shard_events_total{shard=1}") >=
               static_cast<double>(sent);
    });
    CAPTURE(metrics);
    CHECK(all_counted);
    CHECK(metrics.contains("counter shoal_shard_events_total{shard=0} "));
    CHECK(number("shoal_shard_live{shard=1}") == 1);
    CHECK(number("shoal_node_status{status=ready}") == 1);
    CHECK(number("shoal_shard_identifies_total{shard=0}") == 1);
    CHECK(number("shoal_identify_spent{}") == 2);
    CHECK(number("process_resident_memory_bytes{}") > 1e6);
    CHECK(number("shoal_rest_requests_total{}") >= 1);
    CHECK(bot.stop() == 0);
    CHECK(get(ops, "/health").status == 0);
    CHECK_FALSE(bot.running().err().contains(token));
}

TEST_CASE("a bot that waits for Discord is alive, and not ready") {
    const temp_folder home;
    auto command = demo_bot({"--api-base", "http://127.0.0.1:9", "--start-patience", "60s", "--ops-url", "http://127.0.0.1:0",
                             "--log-format", "json"});
    process bot(command, bot_environment(home));
    REQUIRE(bot.says("the ops address is open", 20s));
    const auto log = bot.err();
    const auto at = log.find("http://127.0.0.1:", log.find("the ops address is open"));
    const auto ops = log.substr(at, log.find('"', at) - at);
    CHECK(get(ops, "/health").status == 200);
    CHECK(get(ops, "/ready").status == 503);
    CHECK(get(ops, "/ready").body.contains("\"status\":\"starting\""));
    bot.send(SIGTERM);
    CHECK(bot.wait(20s).has_value());
}

TEST_CASE("mistakes with the ops address are told before Discord is asked anything") {
    const temp_folder home;
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.end(), {"--api-base", "http://127.0.0.1:9"});
        return run(demo_bot(std::move(more)), bot_environment(home));
    };
    const discord_process taken({.shards = 1, .guilds = 1});
    const auto port = taken.api_base().substr(0, taken.api_base().find("/api")).substr(std::string("https://").size());
    expect(with({"--ops-url", "http://" + port}), 12, "another program listens on " + port);
    expect(with({"--ops-url", "http://0.0.0.0:9100"}), 2, "for this machine only");
    expect(with({"--ops-url", "https://127.0.0.1:9100"}), 2, "https needs --certs");
    expect(with({"--ops-url", "https://127.0.0.1:0", "--certs", home.path()}), 11,
           "ca.pem; \"shoal certs node\" makes what belongs there.");
    expect(with({"--ops-url", "http://192.0.2.1:0"}), 2, "for this machine only");
    expect(with({"--ops-url", "http://127.0.0.1:0", "--ops-token-file", home / "none"}), 2, "cannot be read");
    write_file(home / "open", token, 0644);
    expect(with({"--ops-url", "http://127.0.0.1:0", "--ops-token-file", home / "open"}), 2, "chmod 600");
}
