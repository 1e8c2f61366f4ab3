// The cache as a bot sees it, against the simulated Discord.
#include <doctest/doctest.h>

#include <atomic>

#include "shoal/shoal.hpp"
#include "shoal/testing/discord.hpp"
#include "testing/running_bot.hpp"

TEST_CASE(
    "bot.guild() gives a copy of a guild from any thread, nothing for one that is not known, and not_running before the start") {
    shoal::testing::discord discord({.guilds = 3, .guild_class = "medium"});
    auto options = discord.options();
    options.cache = shoal::cache_preset::standard;
    shoal::bot bot(options);
    const auto ask = [&](shoal::guild_id which) {
        return discord.run(
            [](shoal::bot& of, shoal::guild_id id) -> shoal::task<shoal::result<std::optional<shoal::guild_summary>>> {
                co_return co_await of.guild(id).within(std::chrono::seconds(60)).result();
            }(bot, which));
    };
    const auto known = discord.guild(0);
    {
        const auto early = ask(known.id);
        REQUIRE_FALSE(early.has_value());
        CHECK(early.error().is(shoal::bot_errc::not_running));
    }
    std::atomic<int> members{0};
    bot.on([&](const shoal::guild_loaded& event) {
        if (const auto* guild = event.guild()) members += guild->self() ? 1 : 0;
    });
    const running_bot running(bot);
    discord.connected().get();
    CHECK(comes_true([&] {
        const auto found = ask(known.id);
        return found && *found && (*found)->available;
    }));
    const auto found = ask(known.id);
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->id == known.id);
    CHECK_FALSE((*found)->name.empty());
    CHECK((*found)->channels > 0);
    CHECK((*found)->roles > 0);
    CHECK((*found)->emojis > 0);
    CHECK((*found)->member_count > 0);
    const auto unknown = ask(shoal::guild_id(81384788765712384));
    REQUIRE(unknown);
    CHECK_FALSE(*unknown);
}
