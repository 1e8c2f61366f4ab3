// The demo bot: a few commands, a count of messages, and plain lines about what happens. `make demo` runs it against the
// simulator.

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <shoal/shoal.hpp>

namespace {

struct counts {
    std::atomic<std::uint64_t> messages{0};
    std::atomic<std::uint64_t> characters{0};
    std::atomic<std::uint32_t> shards_ready{0};
    std::atomic<std::uint32_t> guilds{0};
    std::atomic<std::uint64_t> commands{0};
};

void say(const std::string& line) {
    std::fputs(("demo: " + line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

/// Blocking work, as a database call would be.
std::uint64_t collatz_steps(std::uint64_t from) {
    std::uint64_t steps = 0;
    for (auto n = from; n > 1; ++steps) n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    return steps;
}

}  // namespace

int main(int argc, char** argv) {
    counts seen;
    shoal::bot bot({.intents = shoal::intents::from_handlers | shoal::intents::message_content});

    bot.command("ping", "Where am I?", [&](shoal::context ctx) -> shoal::task<> {
        ++seen.commands;
        co_await ctx.replyf("Pong from shard {}/{}", ctx.shard_id(), ctx.total_shards());
    });

    bot.command("echo", "Says it back",
                [&](shoal::context ctx, shoal::opt<"text", "What to say", std::string> text,
                    shoal::opt<"loud", "In capitals", std::optional<bool>> loud) -> shoal::task<> {
                    ++seen.commands;
                    auto said = text.value();
                    if (loud.given() && *loud) {
                        for (auto& c : said) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
                    }
                    co_await ctx.reply(said.empty() ? "(nothing)" : said);
                });

    bot.command("add", "Adds two numbers",
                [&](shoal::context ctx, shoal::opt<"a", "The first", std::int64_t> a,
                    shoal::opt<"b", "The second", std::int64_t> b) -> shoal::task<> {
                    ++seen.commands;
                    co_await ctx.replyf("{} + {} = {}", *a, *b, *a + *b);
                });

    bot.command("where", "What the bot knows of this guild", [&](shoal::context ctx) -> shoal::task<> {
        ++seen.commands;
        const auto* guild = ctx.guild();
        if (guild == nullptr) co_return co_await ctx.reply("In a direct message.").ephemeral();
        co_await ctx.replyf("{}: {} channels, {} roles, {} members", guild->name(), guild->channels().size(),
                            guild->roles().size(), guild->member_count());
    });

    bot.command("steps", "Counts on another thread while the shard goes on",
                [&](shoal::context ctx,
                    shoal::opt<"from", "Where to start", std::int64_t, shoal::range<1, 1'000'000>> from) -> shoal::task<> {
                    ++seen.commands;
                    const auto steps =
                        co_await bot.offload([start = static_cast<std::uint64_t>(*from)] { return collatz_steps(start); });
                    co_await ctx.replyf("{} steps", steps);
                });

    bot.on([&](const shoal::message_create& event) {
        ++seen.messages;
        seen.characters += event.content().size();
    });

    bot.on([&](const shoal::guild_loaded&) { ++seen.guilds; });
    bot.on([&](const shoal::guild_joined& event) { say(fmt::format("joined {}", event.guild_name())); });
    bot.on([&](const shoal::guild_left& event) { say(fmt::format("left guild {}", event.id().value())); });

    bot.on([&](const shoal::shard_adopted& event) { seen.guilds += event.cached_guilds(); });

    bot.on([&](const shoal::shard_ready& event) {
        const auto ready = ++seen.shards_ready;
        const auto here = bot.shards().size();
        if (ready == here) {
            say(fmt::format("{} of {} shards ready, {} guilds", ready, here, seen.guilds.load()));
        } else if (ready < here && ready % 4 == 0) {
            say(fmt::format("{} of {} shards ready", ready, here));
        }
        if (event.missing_guilds() != 0)
            say(fmt::format("shard {}: {} guilds did not come", event.shard_id(), event.missing_guilds()));
    });
    bot.on([&](const shoal::shard_resumed& event) { say(fmt::format("shard {} resumed", event.shard_id())); });

    const int code = shoal::main(bot, argc, argv);
    if (seen.shards_ready != 0) {
        say(fmt::format("{} messages with {} bytes of text seen, {} commands answered", seen.messages.load(),
                        seen.characters.load(), seen.commands.load()));
    }
    return code;
}
