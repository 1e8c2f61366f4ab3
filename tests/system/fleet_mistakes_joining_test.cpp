// Workers that do not belong: a name twice, another token, other intents, more shards than there is room. The fleet goes on, and
// whoever made the mistake is told.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include "system/support/fleet_stage.hpp"
#include "system/support/mistake.hpp"
#include "system/support/node_numbers.hpp"

using namespace shoal::system_test;

namespace {

/// The command of a program of a fleet's on that Discord.
std::vector<std::string> on(const discord_process& discord, std::vector<std::string> more) {
    std::vector<std::string> command{program_path("shoal-fleet-bot"),
                                     "--api-base",
                                     discord.api_base(),
                                     "--ca-file",
                                     discord.ca_file(),
                                     "--log-format",
                                     "json"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
}

/// A worker beside those of the stage: with its own environment and flags.
outcome other_worker(const fleet_stage& fleet, const std::string& name, const std::map<std::string, std::string>& environment,
                     std::string_view program, const discord_process& discord) {
    fleet.certificate(name, "worker");
    auto command = on(discord, {"--mode", "worker", "--process-id", name, "--coordinator-url", fleet.coordinator_url(), "--certs",
                                fleet.certs(name), "--state-dir", fleet.home / name});
    command.front() = program_path(program);
    auto all = fleet.environment();
    for (const auto& [key, value] : environment) all[key] = value;
    return run(command, all);
}

/// Of the same shape as the fleet's own.
const std::string other_token = "MTA0OTU4MzAyMTU4NjQ5MzQ0MQ.Gother.abcdefghijklmnopqrstuvwxyz0123456789AB";

}  // namespace

TEST_CASE("a second process of a living worker's name is told so with what to do, once, and the first one keeps its shards") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    const auto before = fleet.running();
    process second(
        fleet.bot_command({"--mode", "worker", "--process-id", "w1", "--coordinator-url", fleet.coordinator_url(), "--certs",
                           fleet.certs("w1"), "--ops-url", "http://127.0.0.1:0", "--ops-token-file", fleet.ops_token_file()}),
        fleet.environment());
    REQUIRE(second.says("another live worker has this process id (w1: its heartbeats come); give each worker a --process-id"));
    const auto ops = ops_url_of(second);
    // It goes on asking, and is refused each time; neither log is filled with that.
    REQUIRE(metric_reaches(ops, "shoal_coordinator_refused_total{why=\"process_id_in_use\"}", 3));
    REQUIRE(metric_reaches(fleet.ops_url(), "shoal_fleet_refused_total{why=\"process_id_in_use\"}", 3));
    CHECK(times_said(second.err(), "does not take this worker\"") == 1);
    CHECK(times_said(fleet.coordinator().err(), "a worker was refused") == 1);
    CHECK(ops_page(ops, "/ready").contains("another live worker has this process id"));
    CHECK(metric(ops, "shoal_coordinator_registered") == 0);
    CHECK(fleet.running() == before);
    CHECK(fleet.worker_state("w1") == "healthy");
    second.send(SIGTERM);
    const auto status = second.wait(30s);
    REQUIRE_MESSAGE(status.has_value(), second.err());
    CHECK(status->code == 0);
    REQUIRE(fleet.further_events(100));
    check_fleet(fleet);
}

TEST_CASE("a worker with another token ends with a sentence, and the coordinator says which worker it was") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    require_placed(fleet, {"w1"});
    const discord_process elsewhere({.shards = 2, .guilds = 4, .token = other_token});
    const auto stranger = other_worker(fleet, "w9", {{"DISCORD_TOKEN", other_token}}, "shoal-fleet-bot", elsewhere);
    expect(stranger, 17, "give every node of a fleet the same DISCORD_TOKEN.", "shoal-fleet-bot");
    CHECK_FALSE(stranger.said.contains(other_token.substr(other_token.rfind('.'))));
    CHECK(fleet.coordinator().says("w9: its bot token is another one than the coordinator's"));
    CHECK(metric_reaches(fleet.ops_url(), "shoal_fleet_refused_total{why=\"other_token\"}", 1));
    REQUIRE(fleet.further_events(100));
    check_fleet(fleet);
}

TEST_CASE("a worker with other intents ends with a sentence") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1");
    require_placed(fleet, {"w1"});
    const auto stranger = other_worker(fleet, "w9", {{"TEST_INTENTS", "1"}}, "shoal-test-bot", fleet.discord);
    expect(stranger, 17, "The coordinator expects other intents than this worker has: run the same bot on both",
           "shoal-test-bot");
    CHECK(fleet.coordinator().says("w9: its intents are others than the coordinator's"));
    CHECK(metric_reaches(fleet.ops_url(), "shoal_fleet_refused_total{why=\"other_intents\"}", 1));
    REQUIRE(fleet.further_events(100));
    check_fleet(fleet);
}

TEST_CASE(
    "a coordinator that comes back with another token takes no shard from anybody: workers go on, and are back when it is "
    "mended") {
    fleet_stage fleet(under_traffic, 3);
    fleet.start_worker("w1", with_ops(fleet));
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    const auto before = fleet.running();
    fleet.kill_coordinator();
    {
        const discord_process elsewhere({.shards = 16, .guilds = 16, .token = other_token});
        auto environment = fleet.environment();
        environment["DISCORD_TOKEN"] = other_token;
        process wrong(on(elsewhere, {"--mode", "coordinator", "--process-id", "c9", "--listen-url", fleet.coordinator_url(),
                                     "--certs", fleet.certs("c1"), "--state-dir", fleet.home / "c9"}),
                      environment);
        REQUIRE_MESSAGE(wrong.says("a worker was refused"), wrong.err());
        CHECK(fleet.worker("w1").says("the coordinator does not take this worker"));
        CHECK(ops_page(ops_url_of(fleet.worker("w1")), "/ready").contains("the same DISCORD_TOKEN"));
        REQUIRE(fleet.further_events(400));
        CHECK(fleet.discord.live_sessions() == under_traffic.shards);
    }
    fleet.start_coordinator();
    require_placed(fleet, {"w1", "w2"});
    CHECK(fleet.running() == before);
    CHECK(fleet.discord.counter("resumed") == 0);
    REQUIRE(fleet.further_events(100));
    check_fleet(fleet);
}

TEST_CASE(
    "more shards than all --max-shards allow: what fits is placed, nothing is overfilled, and a worker that joins takes the "
    "rest") {
    fleet_stage fleet(under_traffic);
    fleet.certificate("me", "operator");
    fleet.start_worker("w1", {"--max-shards", "5"});
    fleet.start_worker("w2", {"--max-shards", "4"});
    REQUIRE(eventually([&] { return fleet.running() == std::map<std::string, std::size_t>{{"w1", 5}, {"w2", 4}}; }, 60s));
    CHECK(fleet.coordinator().says("7 shards have no place: every worker holds as many shards as it can"));
    CHECK(metric(fleet.ops_url(), "shoal_fleet_alarm{kind=\"room\"}") == 1);
    CHECK(metric(fleet.ops_url(), "shoal_fleet_shards{state=\"unplaced\"}") == 7);
    CHECK(ops_page(fleet.ops_url(), "/ready").contains("7 shards have no place"));
    const auto shoal = [&](std::string command) {
        return run({program_path("shoal"), std::move(command), "--coordinator-url", fleet.coordinator_url(), "--certs",
                    fleet.certs("me")})
            .out;
    };
    CHECK(shoal("status").contains("7 shards have no place"));
    CHECK(shoal("events").contains("7 shards have no place"));
    fleet.start_worker("w3", {"--max-shards", "20"});
    require_placed(fleet, {"w1", "w2", "w3"});
    CHECK(fleet.running() == std::map<std::string, std::size_t>{{"w1", 5}, {"w2", 4}, {"w3", 7}});
    CHECK(metric(fleet.ops_url(), "shoal_fleet_alarm{kind=\"room\"}") == 0);
    CHECK(shoal("events").contains("every shard has a place again"));
    CHECK_FALSE(shoal("status").contains("have no place"));
    REQUIRE(fleet.further_events(100));
    check_fleet(fleet);
}
