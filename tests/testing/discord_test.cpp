// shoal::testing::discord with real bots in this process.
#include "shoal/testing/discord.hpp"

#include <doctest/doctest.h>

#include <atomic>

#include "shoal/shoal.hpp"
#include "testing/running_bot.hpp"

namespace {

void add_commands(shoal::bot& bot) {
    bot.command("ping", "Answers", [](shoal::context ctx) -> shoal::task<> { co_await ctx.reply("Pong"); });
    bot.command("whisper", "Answers one", [](shoal::context ctx) -> shoal::task<> { co_await ctx.reply("Psst").ephemeral(); });
    bot.command("echo", "Says it back",
                [](shoal::context ctx, shoal::opt<"text", "What", std::string> text,
                   shoal::opt<"times", "How often", std::int64_t> times) -> shoal::task<> {
                    co_await ctx.replyf("{} x{}", *text, *times);
                });
    bot.command("silent", "Says nothing", [](shoal::context) -> shoal::task<> { co_return; });
}

}  // namespace

TEST_CASE("a bot's slash command is answered, awaited in a test's coroutine") {
    shoal::testing::discord discord;
    shoal::bot bot(discord.options());
    add_commands(bot);
    const running_bot running(bot);
    const auto text = discord.run([](shoal::testing::discord& discord) -> shoal::task<std::string> {
        auto first = co_await discord.user("ann").slash("ping");
        CHECK_FALSE(first.missed);
        CHECK_FALSE(first.ephemeral);
        CHECK(first.latency.count() < 3000);
        auto second = co_await discord.user("ann").slash("whisper");
        CHECK(second.text == "Psst");
        CHECK(second.ephemeral);
        co_return first.text;
    }(discord));
    CHECK(text == "Pong");
}

TEST_CASE("options reach the command as a person typed them") {
    shoal::testing::discord discord;
    shoal::bot bot(discord.options());
    add_commands(bot);
    const running_bot running(bot);
    const auto answer = discord.user("bob").slash("echo").options({{"text", "h\"i"}, {"times", 3}}).get();
    CHECK(answer.text == "h\"i x3");
}

TEST_CASE("a command that the bot does not answer is missed, as Discord would have it") {
    shoal::testing::discord discord;
    shoal::bot bot(discord.options());
    add_commands(bot);
    const running_bot running(bot);
    CHECK(discord.user("ann").slash("silent").get().missed);
}

TEST_CASE("what the bot never registers, or a bot that never comes, is an error after the time that was given") {
    shoal::testing::discord discord({.patience = std::chrono::milliseconds(50)});
    CHECK_THROWS_AS(static_cast<void>(discord.user("ann").slash("ping").get()), shoal::error);
    CHECK_THROWS_AS(discord.connected().get(), shoal::error);
    CHECK_THROWS_AS(discord.fault("F99"), shoal::error);
    CHECK_THROWS_AS(static_cast<void>(discord.guild(2)), shoal::error);
    CHECK(discord.guilds() == 2);
}

TEST_CASE("a bot hears what people say, and comes back after a fault without a new session") {
    shoal::testing::discord discord;
    auto options = discord.options();
    options.intents = shoal::intents::guilds | shoal::intents::guild_messages | shoal::intents::message_content;
    shoal::bot bot(options);
    std::atomic<int> heard{0};
    std::atomic<std::uint64_t> guild{0};
    bot.on([&](const shoal::message_create& event) {
        guild = event.guild_id().value();
        if (event.content() == "hello") ++heard;
    });
    add_commands(bot);
    const running_bot running(bot);
    discord.connected().get();
    CHECK(discord.user("ann").say(discord.guild(1).id, "hello").get().value() > 0);
    CHECK(discord.user("ann").slash("ping").get().text == "Pong");  // events of a shard start in order
    CHECK(heard == 1);
    CHECK(guild == discord.guild(1).id.value());

    discord.fault("F2");
    CHECK(discord.user("ann").slash("ping").get().text == "Pong");
    const auto shards = bot.shards();
    REQUIRE(shards.size() == 1);
    CHECK(shards[0].identifies == 1);
}

TEST_CASE("two simulated Discords and their bots live side by side") {
    shoal::testing::discord one;
    shoal::testing::discord other({.seed = 2});
    CHECK(one.api_base() != other.api_base());
    shoal::bot first(one.options());
    shoal::bot second(other.options());
    add_commands(first);
    add_commands(second);
    const running_bot run_first(first);
    const running_bot run_second(second);
    CHECK(one.user("ann").slash("ping").get().text == "Pong");
    CHECK(other.user("ann").slash("ping").get().text == "Pong");
}
