// Every connection of a bot cut again and again under traffic.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <string>

#include "system/support/stage.hpp"

using namespace shoal::system_test;

TEST_CASE("every socket cut at once, 200 times in a row under traffic: nothing lost, nothing doubled, no IDENTIFY") {
    constexpr std::int64_t shards = 4;
    constexpr int cuts = 200;
    // 50 guilds a shard keep 3,500 events for a RESUME, more than a minute of this traffic: the bound cannot be hit by chance.
    const discord_process discord({.shards = shards, .guilds = 50 * shards, .rate = 50});
    const temp_folder home;
    bot_process bot(discord, home, {"--log-level", "debug"});
    REQUIRE(discord.all_live(shards));
    REQUIRE(eventually([&] { return discord.counter("readies") == shards; }));
    discord.slash(4);
    const auto identifies = discord.counter("identifies");

    for (int cut = 1; cut <= cuts; ++cut) {
        CAPTURE(cut);
        const auto before = discord.counter("resumed");
        const auto answer = discord.control(fmt::format(R"({{"do":"cut","all":true,"how":"{}"}})", cut % 2 == 0 ? "fin" : "rst"));
        REQUIRE(answer.at("connections").to_number<std::int64_t>() == shards);
        const bool back =
            eventually([&] { return discord.counter("resumed") == before + shards && discord.live_sessions() == shards; }, 20s);
        if (!back) FAIL(fmt::format("{}\n{}", boost::json::serialize(discord.status()), bot.last_lines(60)));
    }

    REQUIRE(discord.drain());
    const auto report = settled_audit(discord, home);
    CHECK(bot.stop() == 0);
    check_clean(report, discord.oracle());
    CHECK(discord.counter("identifies") == identifies);
    CHECK(discord.counter("resumed") == shards * cuts);
    CHECK(discord.counter("wrong_host_resumes") == 0);
    CHECK(report.commands > 0);
}
