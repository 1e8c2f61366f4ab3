// Autocomplete, buttons, menus and modals between a real bot and the simulated Discord.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <string>

#include "shoal/shoal.hpp"
#include "shoal/testing/discord.hpp"
#include "testing/running_bot.hpp"

namespace {

/// What handlers saw, told to the test's thread.
class notes {
public:
    void add(std::string what) {
        const std::lock_guard lock(mutex_);
        all_ += what + ";";
    }
    [[nodiscard]] std::string all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }

private:
    mutable std::mutex mutex_;
    std::string all_;
};

std::string number_behind(const std::string& json, std::string_view key) {
    const auto at = json.find("\"" + std::string(key) + "\":\"");
    REQUIRE_MESSAGE(at != std::string::npos, json);
    const auto from = at + key.size() + 4;
    return json.substr(from, json.find('"', from) - from);
}

}  // namespace

TEST_CASE("people type, press, choose and fill in, and Discord takes each answer") {
    shoal::testing::discord discord;
    shoal::bot bot(discord.options());
    notes seen;
    std::atomic<std::uint64_t> message{0};
    bot.command("play", "Plays", [&](shoal::context ctx, shoal::opt<"song", "Which", std::string>) -> shoal::task<> {
        co_await ctx.reply("Playing");
        const auto sent = co_await ctx.channel().send(
            {.content = "Again?", .components = {shoal::row({shoal::string_menu("how", {{"Loud", "loud"}, {"Low", "low"}})})}});
        message = sent.id.value();
    });
    bot.autocomplete("play", "song", [&](shoal::completion ask) -> shoal::task<> {
        co_await ask.suggest({{ask.typed() + "...", ask.typed()}});
        seen.add("suggested for " + ask.typed());
    });
    bot.command("feedback", "Asks", [&](shoal::context ctx) -> shoal::task<> {
        co_await ctx.show(
            {.custom_id = "feedback", .title = "Feedback", .components = {shoal::label("Name", shoal::text_input("name"))}});
        seen.add("shown");
    });
    bot.on_modal("feedback", [&](shoal::context ctx) -> shoal::task<> {
        co_await ctx.replyf("Thanks, {}", ctx.input("name"));
        seen.add("thanked " + std::string(ctx.input("name")));
    });
    bot.on_component("how", [&](shoal::context ctx) -> shoal::task<> {
        co_await ctx.update({.content = "How: " + std::string(ctx.choices().front())});
        seen.add("how " + std::string(ctx.choices().front()));
    });
    const running_bot running(bot);
    discord.connected().get();

    const auto played = discord.user("ann").slash("play").options({{"song", "x"}}).get();
    CHECK(played.text == "Playing");
    REQUIRE(comes_true([&] { return message != 0; }));

    discord.control(
        R"({"do":"autocomplete","command":"play","options":[{"name":"song","type":3,"value":"da","focused":true}],"user":"ann"})");
    CHECK(comes_true([&] { return seen.all() == "suggested for da;"; }));
    const auto press = [&](std::string_view id, std::string_view values) {
        discord.control(R"({"do":"press","message":")" + std::to_string(message) + R"(","custom_id":")" + std::string(id) +
                        R"(","values":)" + std::string(values) + "}");
    };
    press("how", R"(["low"])");
    CHECK(comes_true([&] { return seen.all().ends_with("how low;"); }));
    CHECK(discord.user("ann").slash("feedback").get().missed == false);
    const auto asked = discord.control(R"({"do":"slash","command":"feedback","user":"ann","guild":")" +
                                       discord.guild(0).id.to_string() + R"("})");
    CHECK(comes_true([&] { return seen.all().ends_with("shown;shown;"); }));
    discord.control(R"({"do":"submit_modal","interaction":")" + number_behind(asked, "interaction") +
                    R"(","texts":{"name":"Ann"}})");
    CHECK(comes_true([&] { return seen.all().ends_with("thanked Ann;"); }));
}

TEST_CASE("a button is known by what its custom_id begins with, and its message is updated before a follow-up") {
    shoal::testing::discord discord;
    shoal::bot bot(discord.options());
    notes seen;
    std::atomic<std::uint64_t> message{0};
    bot.on([&](shoal::message_create event) -> shoal::task<> {
        if (event.author().bot) co_return;
        const auto sent =
            co_await event.channel().send({.content = "Again?", .components = {shoal::row({shoal::button("again:7", "Again")})}});
        message = sent.id.value();
    });
    bot.on_component("again:*", [&](shoal::context ctx) -> shoal::task<> {
        co_await ctx.defer_update();
        co_await ctx.update({.content = "Once more"});
        co_await ctx.reply("As you like").ephemeral();
        const auto now = co_await bot.rest().get_message(ctx.channel_id(), shoal::message_id(message));
        seen.add(std::string(ctx.custom_id()) + " " + std::string(now->content));
    });
    const running_bot running(bot);
    discord.connected().get();
    discord.user("ann").say(discord.guild(0).id, "hello").get();
    REQUIRE(comes_true([&] { return message != 0; }));
    discord.control(R"({"do":"press","message":")" + std::to_string(message) + R"(","custom_id":"again:7","user":"ann"})");
    CHECK(comes_true([&] { return seen.all() == "again:7 Once more;"; }));
}
