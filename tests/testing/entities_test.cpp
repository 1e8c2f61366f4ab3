// Objects and what was known of them before, between a real bot and the simulated Discord.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "shoal/shoal.hpp"
#include "shoal/testing/discord.hpp"
#include "testing/running_bot.hpp"

namespace {

/// What handlers saw, told to the test's thread.
class notes {
public:
    void add(std::string what) {
        const std::lock_guard lock(mutex_);
        all_ += std::move(what) + ";";
    }
    [[nodiscard]] std::string all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }
    [[nodiscard]] bool has(std::string_view part) const {
        const std::lock_guard lock(mutex_);
        return all_.find(part) != std::string::npos;
    }

private:
    mutable std::mutex mutex_;
    std::string all_;
};

shoal::bot_options knowing(const shoal::testing::discord& discord) {
    auto options = discord.options();
    options.cache = shoal::cache_preset::standard;
    options.intents = shoal::intents::from_handlers | shoal::intents::guild_members;
    return options;
}

}  // namespace

TEST_CASE("a channel and a role that the bot changes tell their handlers what they were before") {
    shoal::testing::discord discord;
    shoal::bot bot(knowing(discord));
    notes seen;
    bot.on([&](const shoal::channel_update& event) {
        const auto old = event.old();
        seen.add("channel " + std::string(old ? old->name : "?") + " to " + std::string(event.view().name));
    });
    bot.on([&](const shoal::guild_role_update& event) {
        seen.add("role " + std::string(event.old() ? event.old()->name : "?") + " to " + std::string(event.role().name));
    });
    bot.command("change", "Changes things", [&](shoal::context ctx) -> shoal::task<> {
        const auto* guild = ctx.guild();
        const auto channel = *guild->channels().begin();
        const auto role = *guild->role(shoal::role_id(ctx.guild_id().value()));
        const std::string was(channel.name);
        auto change_role = role.edit({.permissions = shoal::permission::view_channel});
        co_await channel.edit({.name = "second"});
        co_await std::move(change_role);
        co_await ctx.reply(was);
    });
    const running_bot running(bot);
    discord.connected().get();
    const auto was = discord.user("ann").slash("change").get().text;
    CHECK_FALSE(was.empty());
    const bool told =
        comes_true([&] { return seen.has("channel " + was + " to second;") && seen.has("role @everyone to @everyone;"); });
    CHECK_MESSAGE(told, seen.all());
}

TEST_CASE("messages, members and people are acted on where they are met, and Discord takes each call") {
    shoal::testing::discord discord({.guild_class = "small"});
    shoal::bot bot(knowing(discord));
    notes seen;
    bot.command("ping", "Pong", [](shoal::context ctx) -> shoal::task<> { co_await ctx.reply("pong"); });
    bot.command("act", "Acts on what it meets", [&](shoal::context ctx) -> shoal::task<> {
        const auto first = co_await ctx.channel().send("first");
        const auto message = co_await bot.rest().get_message(first.channel_id, first.id);
        const auto answer = co_await message->reply("hello");
        co_await answer.react("👍");
        co_await answer.edit("good day");
        co_await answer.pin();
        co_await answer.remove();
        const auto whispered = co_await ctx.user().send("psst");
        seen.add(whispered.channel_id == first.channel_id ? "said aloud" : "whispered");
        const auto role = co_await bot.rest().create_role(ctx.guild_id(), {.name = "crew"});
        const auto members = co_await bot.request_members(ctx.guild_id());
        for (const auto& member : members) {
            if (member.user.bot || member.user.id == ctx.guild()->owner_id()) continue;
            co_await member.add_role(role->id);
            co_await member.timeout(std::chrono::minutes(1));
            co_await member.end_timeout();
            co_await member.kick();
            break;
        }
        seen.add("acted");
    });
    bot.on([&](const shoal::guild_member_remove& event) { seen.add("kicked " + event.user().id.to_string()); });
    const running_bot running(bot);
    discord.connected().get();
    discord.user("ann").slash("ping").get();  // By then the commands are registered.
    discord.control(R"({"do":"slash","command":"act","user":"ann","guild":")" + discord.guild(0).id.to_string() + R"("})");
    const bool told = comes_true([&] { return seen.has("whispered;") && seen.has("acted;") && seen.has("kicked "); });
    CHECK_MESSAGE(told, seen.all());
}
