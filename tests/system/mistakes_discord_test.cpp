// Mistakes that only Discord can tell: what it refuses, at the start and in mid-run, and an API that is not there.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "system/support/mistake.hpp"

using namespace shoal::system_test;

TEST_CASE("an API that nobody answers at") {
    const temp_folder home;
    // Port 9 is "discard": nothing listens there on a test machine, and connecting needs no luck to fail.
    expect(run(demo_bot({"--api-base", "http://127.0.0.1:9", "--start-patience", "500ms"}), bot_environment(home)), 10,
           "http://127.0.0.1:9/api/v10 cannot be reached (cannot connect: 127.0.0.1:9: Connection refused): check the network "
           "and --api-base.");
    expect(run(demo_bot({"--api-base", "https://no-such-host.invalid", "--start-patience", "500ms"}), bot_environment(home)), 10,
           "cannot be reached (host not found");
}

TEST_CASE("a server that is there and is not Discord's API") {
    const discord_process discord({.shards = 1, .guilds = 2});
    const temp_folder home;
    const auto elsewhere = discord.api_base().substr(0, discord.api_base().find("/api")) + "/elsewhere";
    expect(run(demo_bot({"--api-base", elsewhere, "--ca-file", discord.ca_file(), "--start-patience", "500ms"}),
               bot_environment(home)),
           10, "/elsewhere answers, but not as Discord's API (/gateway/bot answered with status 404): check --api-base.");
}

TEST_CASE("a token that REST refuses costs no IDENTIFY") {
    const discord_process discord({.shards = 1, .guilds = 2});
    const temp_folder home;
    auto environment = bot_environment(home);
    environment["DISCORD_TOKEN"] = "some.other.token-of-nobody";
    const auto got = run(bot_command(discord), environment);
    expect(got, 4, "refuses the bot's token (401): check DISCORD_TOKEN or the token file");
    CHECK(got.said.find("token-of-nobody") == std::string::npos);
    CHECK(discord.counter("identifies") == 0);
}

TEST_CASE("closes that cannot be tried again end the bot after one IDENTIFY, each with its code") {
    struct refusal {
        const char* command;
        int code;
        const char* words;
    };
    for (const refusal& one :
         {refusal{R"({"do":"fault","fault":"F18","code":4004})", 4,
                  "was closed with 4004: Discord refused the bot token. Check DISCORD_TOKEN"},
          refusal{R"({"do":"fault","fault":"F29","code":4010})", 5, "was closed with 4010: Discord refused the shard number."},
          refusal{R"({"do":"fault","fault":"F29","code":4011,"most":0})", 6, "raise --total-shards"},
          refusal{R"({"do":"fault","fault":"F18","code":4012})", 7,
                  "was closed with 4012: Discord no longer speaks this version of its API. Update Shoal."}}) {
        CAPTURE(std::string(one.command));
        const discord_process discord({.shards = 1, .guilds = 20});
        (void)discord.control(one.command);
        const temp_folder home;
        expect(run(bot_command(discord, {"--total-shards", "1"}), bot_environment(home)), one.code, one.words);
        CHECK(discord.counter("identifies") == 1);
    }
}

TEST_CASE("too few shards for the guilds that there are") {
    const discord_process discord({.shards = 2, .guilds = 20, .more = {"--most-guilds-per-shard", "15"}});
    const temp_folder home;
    expect(run(bot_command(discord, {"--total-shards", "1"}), bot_environment(home)), 6,
           "Shard 0/1 was closed with 4011: This shard would hold more than 2,500 guilds. Run the bot with more shards");
    bot_process enough(discord, home);
    CHECK(enough.ready());
}

TEST_CASE("an intent that Discord does not know is named") {
    const discord_process discord({.shards = 1, .guilds = 2});
    const temp_folder home;
    auto environment = bot_environment(home);
    environment["TEST_INTENTS"] = std::to_string(1 | std::uint64_t{1} << 40);
    auto command = bot_command(discord);
    command.front() = program_path("shoal-test-bot");
    expect(run(command, environment), 8, "was closed with 4013: Discord does not know the intent bit 40, which the bot asked for",
           "shoal-test-bot");
    CHECK(discord.counter("identifies") == 1);
}

TEST_CASE("a privileged intent that is not switched on is named, with the place to do it") {
    const discord_process discord({.shards = 1, .guilds = 2, .more = {"--privileged-intents", "0"}});
    const temp_folder home;
    expect(run(bot_command(discord), bot_environment(home)), 9, "was closed with 4014: The bot asked for MESSAGE_CONTENT");
    expect(run(bot_command(discord), bot_environment(home)), 9,
           "switch it on in the developer portal (page Bot, Privileged Gateway Intents)");
    CHECK(discord.counter("identifies") == 2);
}

TEST_CASE("a token that dies while the bot runs ends it with the code for that") {
    const discord_process discord({.shards = 2, .guilds = 20});
    const temp_folder home;
    bot_process bot(discord, home);
    REQUIRE(bot.ready());
    (void)discord.control(R"({"do":"fault","fault":"F26","breach":true})");
    const auto ended = bot.running().wait(30s);
    REQUIRE(ended.has_value());
    expect({ended->code, bot.running().err(), bot.running().out()}, 4, "was closed with 4004: Discord refused the bot token.");
}

TEST_CASE("whatever Discord withdraws from all shards in mid-run ends the bot with the code for that") {
    struct withdrawal {
        const char* command;
        int code;
        const char* words;
    };
    for (const withdrawal& one :
         {withdrawal{R"({"do":"fault","fault":"F29","code":4014,"intents":32768,"close_live":true})", 9,
                     "asked for MESSAGE_CONTENT"},
          withdrawal{R"({"do":"fault","fault":"F4","code":4012,"all":true})", 7, "Update Shoal."},
          withdrawal{R"({"do":"fault","fault":"F4","code":4013,"all":true})", 8, "Check the bot's intents."}}) {
        CAPTURE(std::string(one.command));
        const discord_process discord({.shards = 2, .guilds = 20});
        const temp_folder home;
        bot_process bot(discord, home);
        REQUIRE(bot.ready());
        (void)discord.control(one.command);
        const auto ended = bot.running().wait(30s);
        REQUIRE(ended.has_value());
        expect({ended->code, bot.running().err(), bot.running().out()}, one.code, one.words);
    }
}

TEST_CASE("one shard that Discord refuses in mid-run leaves the others serving, and the log says which is gone") {
    const discord_process discord({.shards = 2, .guilds = 20, .rate = 5});
    const temp_folder home;
    bot_process bot(discord, home);
    REQUIRE(bot.ready());
    (void)discord.control(R"({"do":"fault","fault":"F4","code":4011,"shard":1})");
    REQUIRE(bot.running().says("a shard gave up"));
    CHECK(bot.running().says("Shard 1/2 was closed with 4011"));
    CHECK(discord.live_sessions() == 1);
    CHECK(bot.stop() == 0);
}
