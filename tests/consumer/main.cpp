// A bot outside of Shoal's tree: what find_package(shoal) must be enough for.

// [begin]
#include <shoal/shoal.hpp>

int main(int argc, char** argv) {
    shoal::bot bot({.intents = shoal::intents::from_handlers});

    bot.command("ping", "Where am I?", [](shoal::context ctx) -> shoal::task<> {
        co_await ctx.replyf("Pong from shard {}/{}", ctx.shard_id(), ctx.total_shards());
    });

    return shoal::main(bot, argc, argv);
}
// [/begin]
