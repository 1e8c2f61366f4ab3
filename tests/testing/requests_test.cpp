// What a bot asks for over the gateway, against the simulated Discord: members, presence, voice.
#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "shoal/shoal.hpp"
#include "shoal/testing/discord.hpp"
#include "testing/running_bot.hpp"

namespace {

shoal::bot_options all_members(const shoal::testing::discord& discord) {
    auto options = discord.options();
    options.intents = shoal::intents::guilds | shoal::intents::guild_members;
    return options;
}

shoal::result<shoal::member_list> ask(shoal::testing::discord& discord, shoal::bot& bot, shoal::guild_id guild,
                                      shoal::member_request which = {}) {
    return discord.run(
        [](shoal::bot& asking, shoal::guild_id of, shoal::member_request what) -> shoal::task<shoal::result<shoal::member_list>> {
            co_return co_await asking.request_members(of, std::move(what)).result();
        }(bot, guild, std::move(which)));
}

bool some_session(shoal::testing::discord& discord, std::string_view has) {
    return discord.control(R"({"do":"sessions"})").find(has) != std::string::npos;
}

}  // namespace

TEST_CASE("2,500 members come whole, some by prefix, and some by id with those who are not found") {
    shoal::testing::discord discord({.guilds = 1, .guild_class = "large", .members = 2499});
    shoal::bot bot(all_members(discord));
    std::atomic<int> chunks{0};
    bot.on_raw("GUILD_MEMBERS_CHUNK", [&](const shoal::raw_event&) { ++chunks; });
    const running_bot running(bot);
    discord.connected().get();
    const auto guild = discord.guild(0).id;

    const auto all = ask(discord, bot, guild);
    REQUIRE_MESSAGE(all.has_value(), all.error().message());
    CHECK(all->size() == 2500);
    CHECK(comes_true([&] { return chunks == 3; }));
    const auto& some = all->members()[1234];
    CHECK(all->find(some.user.id) == &some);

    const auto prefix = std::string(some.user.username.substr(0, 3));
    const auto named = ask(discord, bot, guild, {.prefix = prefix, .limit = 10});
    REQUIRE_MESSAGE(named.has_value(), named.error().message());
    CHECK(named->size() >= 1);
    CHECK(named->size() <= 10);
    for (const auto& each : *named) CHECK(each.user.username.starts_with(prefix));

    const shoal::user_id nobody(123456789012345678);
    const auto picked = ask(discord, bot, guild, {.users = {some.user.id, nobody, all->members()[7].user.id}});
    REQUIRE_MESSAGE(picked.has_value(), picked.error().message());
    CHECK(picked->size() == 2);
    REQUIRE(picked->find(some.user.id) != nullptr);
    CHECK(picked->find(some.user.id)->user.username == some.user.username);
    CHECK(picked->find(some.user.id)->joined_at == some.joined_at);
    REQUIRE(picked->not_found().size() == 1);
    CHECK(picked->not_found()[0] == nobody);

    // The whole list is to be had once in 30 s.
    const auto again = ask(discord, bot, guild, {.wait_when_limited = false});
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().is(shoal::bot_errc::rate_limited));
}

TEST_CASE("RATE_LIMITED from Discord is waited out, and chunks that come doubled and in any order are sorted out") {
    shoal::testing::discord discord({.guilds = 1, .guild_class = "large", .members = 2499});
    shoal::bot bot(all_members(discord));
    std::atomic<int> limited{0};
    bot.on_raw("RATE_LIMITED", [&](const shoal::raw_event&) { ++limited; });
    const running_bot running(bot);
    discord.connected().get();
    discord.fault("F38", R"("how":"rate_limited","retry_after":1,"times":1)");
    CHECK(ask(discord, bot, discord.guild(0).id).value().size() == 2500);
    CHECK(comes_true([&] { return limited == 1; }));
    discord.fault("F38", R"("how":"reorder","times":1)");
    CHECK(ask(discord, bot, discord.guild(0).id, {.prefix = "a", .limit = 100}).has_value());
    discord.fault("F38", R"("how":"interleave","times":1)");
    CHECK(ask(discord, bot, discord.guild(0).id, {.prefix = "a", .limit = 100}).has_value());
}

TEST_CASE("a command's handler asks for members and answers with what came") {
    shoal::testing::discord discord;
    shoal::bot bot(all_members(discord));
    bot.command("members", "Counts", [&](shoal::context ctx) -> shoal::task<> {
        const auto list = co_await bot.request_members(ctx.guild_id());
        co_await ctx.replyf("{}", list.size());
    });
    const running_bot running(bot);
    discord.connected().get();
    const auto answer = discord.user("ann").slash("members").in(discord.guild(1).id).get();
    CHECK_FALSE(answer.missed);
    CHECK(std::stoi("0" + answer.text) >= 2);
}

TEST_CASE("people see the presence of the options, then the one that was set, also after Discord gave the session up") {
    shoal::testing::discord discord;
    auto options = discord.options();
    options.presence = shoal::presence{.status = "idle"};
    shoal::bot bot(options);
    const running_bot running(bot);
    discord.connected().get();
    CHECK(some_session(discord, R"("presence":"idle")"));
    bot.set_presence({.status = "dnd", .activity = "chess"}).forget();
    CHECK(comes_true([&] { return some_session(discord, R"("presence":"dnd")"); }));

    discord.control(R"({"do":"op9","all":true,"resumable":false})");
    CHECK(
        comes_true([&] { return bot.shards().at(0).identifies == 2 && bot.shards().at(0).status == shoal::shard_state::live; }));
    discord.connected().get();
    // The one session that is live.
    const auto sessions = discord.control(R"({"do":"sessions"})");
    const auto live = sessions.find(R"("state":"live")");
    REQUIRE(live != std::string::npos);
    const auto from = sessions.rfind('{', live);
    CHECK(sessions.substr(from, sessions.find('}', live) - from).find(R"("presence":"dnd")") != std::string::npos);
}

TEST_CASE("a bot that is put into a voice channel hears of its state and its server, and of its leaving") {
    shoal::testing::discord discord;
    shoal::bot bot(discord.options());
    std::atomic<std::uint64_t> channel{1};
    std::atomic<int> servers{0};
    std::atomic<bool> muted{false};
    bot.on([&](const shoal::voice_state_update& event) {
        channel = event.channel_id().value();
        muted = event.state().self_mute;
    });
    bot.on([&](const shoal::voice_server_update& event) { servers += event.endpoint().empty() ? 0 : 1; });
    const running_bot running(bot);
    discord.connected().get();
    const auto guild = discord.guild(0).id;
    bot.set_voice_state(guild, shoal::channel_id(4242), true).forget();
    CHECK(comes_true([&] { return channel == 4242 && muted && servers == 1; }));
    bot.set_voice_state(guild, shoal::channel_id()).forget();
    CHECK(comes_true([&] { return channel == 0 && !muted; }));
    CHECK(servers == 1);
}
