// A bot's own unit test: what shoal::testing must be enough for, linked alone.

#include <cstdio>
#include <shoal/shoal.hpp>
#include <shoal/testing/discord.hpp>

int main() {
    shoal::testing::discord discord;
    shoal::bot bot(discord.options());
    bot.command("ping", "Where am I?", [](shoal::context ctx) -> shoal::task<> {
        co_await ctx.replyf("Pong from shard {}/{}", ctx.shard_id(), ctx.total_shards());
    });
    if (const auto started = shoal::start(bot); !started) {
        std::fprintf(stderr, "%s\n", started.error().message().c_str());
        return 1;
    }
    const auto answer = discord.user("ann").slash("ping").get();
    bot.stop();
    bot.join();
    std::printf("%s\n", answer.text.c_str());
    return answer.text == "Pong from shard 0/1" ? 0 : 1;
}
