// A bot that runs in every mode: alone, as a worker of a fleet, or as its coordinator (`--mode`).

#include <atomic>
#include <shoal/fleet.hpp>
#include <shoal/shoal.hpp>

int main(int argc, char** argv) {
    std::atomic<std::uint64_t> characters{0};
    shoal::bot bot({.intents = shoal::intents::from_handlers | shoal::intents::message_content});

    bot.command("ping", "Where am I?", [](shoal::context ctx) -> shoal::task<> {
        co_await ctx.replyf("Pong from shard {}/{}", ctx.shard_id(), ctx.total_shards());
    });

    bot.command("echo", "Says it back",
                [](shoal::context ctx, shoal::opt<"text", "What to say", std::string> text) -> shoal::task<> {
                    co_await ctx.reply(text.value().empty() ? "(nothing)" : text.value());
                });

    bot.on([&](const shoal::message_create& event) { characters += event.content().size(); });

    return shoal::fleet::main(bot, argc, argv);
}
