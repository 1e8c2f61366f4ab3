// A bot's own program for a fleet, against the installed package.

#include <shoal/fleet.hpp>
#include <shoal/shoal.hpp>

int main(int argc, char** argv) {
    shoal::bot bot({.intents = shoal::intents::from_handlers});
    bot.command("ping", "Says pong", [](shoal::context ctx) -> shoal::task<> { co_await ctx.reply("pong"); });
    return shoal::fleet::main(bot, argc, argv);
}
