// The bot's global REST limit as one for several processes, as the simulated Discord counts it.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <boost/json.hpp>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;

namespace {

constexpr int limit = 30, paced = 27;

// What Discord enforces in each of its seconds. Above the limit that is shared, since this machine may stand still for some
// tenths of a second, and what went out in time then arrives together; the rate over several seconds is held against the limit
// itself.
constexpr int enforced = 45;

discord_options with_limit(std::uint32_t shards) {
    return {.shards = shards, .guilds = 8, .more = {"--rest-global", fmt::format("{}", enforced)}};
}

fleet_stage fleet_with_limit() {
    return fleet_stage(with_limit(4), 4, nullptr, "shoal-test-rest-bot", {"--rest-per-second", fmt::format("{}", limit)});
}

boost::json::object counters_of(const discord_process& discord) {
    return boost::json::parse(discord.oracle()).as_object().at("counters").as_object();
}

std::int64_t requests(const discord_process& discord) {
    return counters_of(discord).at("rest_requests").to_number<std::int64_t>();
}

std::int64_t global_429s(const discord_process& discord) {
    const auto scopes = counters_of(discord).at("rest_429_by_scope").as_object();
    const auto* found = scopes.if_contains("global");
    return found == nullptr ? 0 : found->to_number<std::int64_t>();
}

/// Requests a second that Discord sees, over this time.
double rate(const discord_process& discord, clock::duration over) {
    const auto from = requests(discord);
    const auto start = clock::now();
    (void)eventually([&] { return clock::now() - start >= over; }, over + 10s);
    return static_cast<double>(requests(discord) - from) / std::chrono::duration<double>(clock::now() - start).count();
}

}  // namespace

TEST_CASE("the REST limit goes where calls are, together never more than it, and comes back from the dead") {
    auto fleet = fleet_with_limit();
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    const auto has = [&](std::string_view name, int least) {
        return eventually([&] { return fleet.number_of(name, "restPerSecond") >= least; }, 60s);
    };

    // A minimum is w2's, one is for whoever joins next.
    fleet.want_rest("w1", 200);
    CHECK_MESSAGE(has("w1", paced - 2), fleet.last_lines(10));
    CHECK(fleet.number_of("w2", "restPerSecond") >= 1);
    CHECK(fleet.number_of("w1", "restWaiting") > 0);
    CHECK(eventually([&] { return fleet.number_of("w1", "restSentPerSecond") >= paced - 4; }));
    CHECK(rate(fleet.discord, 5s) <= limit);

    fleet.want_rest("w1", 0);
    fleet.want_rest("w2", 200);
    CHECK_MESSAGE(has("w2", paced - 2), fleet.last_lines(10));
    CHECK(fleet.number_of("w1", "restPerSecond") >= 1);

    // Nobody leads: both go on with what they have.
    fleet.kill_coordinator();
    const auto alone = rate(fleet.discord, 5s);
    CHECK(alone > paced / 2);
    CHECK(alone <= limit);
    fleet.start_coordinator({"--rest-per-second", fmt::format("{}", limit)});
    CHECK(eventually([&] { return fleet.number_of("w2", "restPerSecond") >= paced - 2; }));
    require_placed(fleet, {"w1", "w2"});

    fleet.want_rest("w1", 200);
    CHECK_MESSAGE(has("w1", paced / 3), fleet.last_lines(10));
    CHECK(fleet.number_of("w2", "restPerSecond") >= paced / 3);
    fleet.kill_worker("w2");
    CHECK_MESSAGE(has("w1", paced - 1), fleet.last_lines(10));
    CHECK(global_429s(fleet.discord) == 0);
}

TEST_CASE("two processes that are given parts of the REST limit stay together below it") {
    const discord_process discord(with_limit(2));
    const temp_folder home;
    const auto start = [&](const std::string& id, int part) {
        auto environment = bot_environment(home);
        environment["TEST_DEMAND"] = home / "demand";
        write_file(home / "demand-" + id, "200");
        return process({program_path("shoal-test-rest-bot"), "--api-base", discord.api_base(), "--ca-file", discord.ca_file(),
                        "--log-format", "json", "--guild-wait", "2s", "--mode", "single", "--process-id", id, "--shard-ids", id,
                        "--total-shards", "2", "--rest-per-second", fmt::format("{}", part)},
                       environment);
    };
    auto one = start("0", 10), two = start("1", 20);
    REQUIRE(discord.all_live(2));
    const auto before = requests(discord);
    REQUIRE(eventually([&] { return requests(discord) - before > 5 * paced; }));
    const auto seen = rate(discord, 5s);
    CHECK(seen > limit / 2);
    CHECK(seen <= limit);
    CHECK(global_429s(discord) == 0);
    for (auto* which : {&one, &two}) {
        which->send(SIGTERM);
        const auto ended = which->wait(30s);
        REQUIRE(ended.has_value());
        CHECK(ended->code == 0);
    }
}
