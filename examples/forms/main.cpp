// A bot with everything that people can fill in: an option that is completed while it is typed, buttons, a menu, and a modal.

#include <array>
#include <shoal/shoal.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::array<std::string_view, 6> fish = {"Anchovy", "Carp", "Herring", "Mackerel", "Salmon", "Tuna"};

bool begins_with(std::string_view whole, std::string_view typed) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    if (typed.size() > whole.size()) return false;
    for (std::size_t i = 0; i < typed.size(); ++i) {
        if (lower(whole[i]) != lower(typed[i])) return false;
    }
    return true;
}

/// What the message of a vote has below its text: the fish goes along in the custom_id.
std::vector<shoal::component> voting(const std::string& name) {
    return {shoal::row({shoal::button("vote:" + name, "I like it", shoal::button_style::success),
                        shoal::button("why:" + name, "Say why", shoal::button_style::secondary)}),
            shoal::row({shoal::string_menu("size", {{"A few", "few"}, {"A shoal", "shoal"}})})};
}

}  // namespace

int main(int argc, char** argv) {
    shoal::bot bot({.intents = shoal::intents::from_handlers});

    bot.command("fish", "Asks what people think of a fish",
                [](shoal::context ctx, shoal::opt<"name", "Which fish", std::string> name) -> shoal::task<> {
                    if (name->size() > 80) co_return co_await ctx.reply("That is no fish.").ephemeral();
                    co_await ctx.reply({.content = "What do you think of " + *name + "?", .components = voting(*name)});
                });
    bot.autocomplete("fish", "name", [](shoal::completion ask) -> shoal::task<> {
        std::vector<shoal::suggestion> choices;
        for (const auto each : fish) {
            if (begins_with(each, ask.typed())) choices.push_back({std::string(each), std::string(each)});
        }
        co_await ask.suggest(std::move(choices));
    });

    bot.on_component("vote:*", [](shoal::context ctx) -> shoal::task<> {
        const std::string name(ctx.custom_id().substr(std::string_view("vote:").size()));
        co_await ctx.update({.content = std::string(ctx.user().name()) + " likes " + name + ".", .components = voting(name)});
    });
    bot.on_component("why:*", [](shoal::context ctx) -> shoal::task<> {
        auto reason = shoal::text_input("reason", shoal::text_height::several_lines);
        reason.max_length = 500;
        co_await ctx.show({.custom_id = "reason:" + std::string(ctx.custom_id().substr(std::string_view("why:").size())),
                           .title = "Why?",
                           .components = {shoal::label("Your reason", reason)}});
    });
    bot.on_modal("reason:*", [](shoal::context ctx) -> shoal::task<> {
        const auto name = ctx.custom_id().substr(std::string_view("reason:").size());
        co_await ctx.replyf("{} on {}: {}", ctx.user().name(), name, ctx.input("reason"));
    });
    bot.on_component("size", [](shoal::context ctx) -> shoal::task<> {
        const auto chosen = ctx.choices();
        co_await ctx.replyf("You chose {}.", chosen.empty() ? std::string_view("nothing") : chosen.front()).ephemeral();
    });

    return shoal::main(bot, argc, argv);
}
