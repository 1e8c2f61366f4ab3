// The token is in no output of a fleet ever: not of its coordinator, its workers, an operator's commands, nor in a file of
// theirs.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>

#include "system/support/fleet_stage.hpp"
#include "system/support/http_once.hpp"

using namespace shoal::system_test;

TEST_CASE("the token is in no line at trace level and in no file of a fleet, whatever happens to it") {
    fleet_stage fleet({.shards = 4, .guilds = 20, .max_concurrency = 4, .rate = 20}, 3, nullptr, "shoal-fleet-bot",
                      {"--log-level", "trace"});
    const auto secret_part = bot_token.substr(bot_token.rfind('.') + 1);
    std::string said;
    for (const auto* name : {"w1", "w2"}) fleet.start_worker(name, {"--log-level", "trace"});
    require_placed(fleet, {"w1", "w2"});
    fleet.discord.slash(4);
    (void)fleet.discord.control(R"({"do":"cut","all":true})");
    REQUIRE(eventually([&] { return fleet.discord.counter("resumed") >= 4; }));
    // One that has another token, which is wrong for everybody.
    auto strangers = fleet.environment();
    const auto strange = std::string(bot_token.substr(0, bot_token.size() - 8)) + "strange0";
    strangers["DISCORD_TOKEN"] = strange;
    fleet.certificate("w9", "worker");
    process stranger(fleet.bot_command({"--mode", "worker", "--process-id", "w9", "--coordinator-url", fleet.coordinator_url(),
                                        "--certs", fleet.certs("w9"), "--log-level", "trace"}),
                     strangers);
    REQUIRE(stranger.wait(30s).has_value());
    said += stranger.err() + stranger.out();
    // A kill, a hand-over, and the coordinator's own restart.
    said += fleet.worker("w1").err();
    fleet.kill_worker("w1");
    require_placed(fleet, {"w2"});
    said += fleet.coordinator().err();
    fleet.kill_coordinator();
    fleet.start_coordinator({"--log-level", "trace"});
    REQUIRE(eventually([&] { return fleet.worker_state("w2") == "healthy"; }));
    for (const auto* page : {"/health", "/metrics", "/cluster/state"}) {
        const auto got = http_once("GET", fleet.ops_url(), page, {}, fleet_stage::ops_header());
        CHECK(got.status == 200);
        said += got.body;
    }
    said += fleet.coordinator().err() + fleet.worker("w2").err() + fleet.worker("w2").out();

    // That they spoke at all, and of what they trace; else this proves nothing.
    CHECK(said.size() > 20'000);
    CHECK(said.contains("\"level\":\"debug\""));
    CHECK(said.find(secret_part) == std::string::npos);
    CHECK(said.find("strange0") == std::string::npos);
    std::size_t files = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(fleet.home.path())) {
        if (!file.is_regular_file()) continue;
        ++files;
        CHECK_MESSAGE(read_file(file.path().string()).find(secret_part) == std::string::npos, file.path().string());
    }
    CHECK(files > 8);
}
