// The settings of `shoal coordinator`: a bot's table, read for a program without a bot.

#include <doctest/doctest.h>

#include "config/bot_options.hpp"

using namespace shoal;
using namespace shoal::config;

namespace {

std::expected<coordinator_start, startup_problem> read(std::vector<std::string> words,
                                                       std::vector<std::pair<std::string, std::string>> environment = {}) {
    option_sources sources;
    sources.arguments = std::move(words);
    sources.environment = std::move(environment);
    sources.environment.emplace_back("DISCORD_TOKEN", "MTAwMDAwMDAwMDAwMDAwMDAwMQ.Gabcde.a-token-of-a-test-0123456789abcdef");
    return read_coordinator_settings(sources, "shoal coordinator");
}

const std::vector<std::string> enough{"--certs",        "c1",        "--state-dir", "s", "--listen-url",
                                      "https://+:8443", "--intents", "GUILDS"};

}  // namespace

TEST_CASE("a coordinator's settings are a bot's in mode coordinator, and the intents of its workers") {
    const auto got = read(enough);
    REQUIRE(got.has_value());
    CHECK(got->intents == "GUILDS");
    CHECK(got->start.settings.mode == run_mode::coordinator);
    CHECK(got->start.settings.fleet.store == "sqlite:s/fleet.db");
    CHECK(got->start.warnings.empty());
}

TEST_CASE("one environment may serve a whole fleet: what is the workers' is warned of, another mode is refused") {
    const auto shared = read(enough, {{"MAX_SHARDS", "4"}, {"SHARD_MODE", "coordinator"}});
    REQUIRE(shared.has_value());
    CHECK(shared->start.warnings == std::vector<std::string>{"MAX_SHARDS means nothing in mode coordinator"});
    const auto other = read(enough, {{"SHARD_MODE", "worker"}});
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().sentence == "SHARD_MODE says worker, and shoal coordinator runs in mode coordinator.");
}

TEST_CASE("a coordinator that is not told the intents says how to tell them") {
    const auto got = read({"--certs", "c1", "--state-dir", "s", "--listen-url", "https://+:8443"});
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == exit_code::bad_setting);
    CHECK(got.error().sentence.contains("--intents"));
}

TEST_CASE("its help shows what means something for a coordinator, and nothing else") {
    const auto help = read({"--help"});
    REQUIRE(help.has_value());
    for (const auto* there :
         {"Usage: shoal coordinator [settings]", "--intents", "--lease", "--total-shards", "--store", "--ops-url"})
        CHECK_MESSAGE(help->start.print.contains(there), there);
    for (const auto* not_there : {"--mode", "--max-shards", "--compression", "--shard-ids", "--journal", "--threads", "--zone"})
        CHECK_MESSAGE(!help->start.print.contains(not_there), not_there);
}
