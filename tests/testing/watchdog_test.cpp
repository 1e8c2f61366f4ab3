// A handler that blocks its shard's thread is named in the log, on real threads.
#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <string>

#include "shoal/shoal.hpp"
#include "shoal/testing/discord.hpp"
#include "testing/running_bot.hpp"

namespace {

/// Waits until a line with these words was logged.
class line_watch {
public:
    explicit line_watch(std::string words) : words_(std::move(words)) {}
    [[nodiscard]] shoal::log_sink sink() {
        return [this](const shoal::log_record& line) {
            if (line.message.find(words_) == std::string_view::npos) return;
            const std::lock_guard lock(mutex_);
            line_ = line.message;
            changed_.notify_all();
        };
    }
    /// Blocks; empty if no such line comes.
    [[nodiscard]] std::string wait() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(60), [&] { return !line_.empty(); });
        return line_;
    }

private:
    std::string words_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string line_;
};

}  // namespace

TEST_CASE("a handler that blocks its shard's thread is named while it does") {
    line_watch watch("stands still");
    shoal::testing::discord discord;
    auto options = discord.options();
    options.log = watch.sink();
    shoal::bot bot(options);
    bot.on([](const shoal::message_create&) {});
    bot.on([&](const shoal::message_create&) { (void)watch.wait(); });
    const running_bot running(bot);
    discord.connected().get();
    discord.user("ann").say(discord.guild(0).id, "hello").get();
    const auto line = watch.wait();
    CHECK_MESSAGE(line.find("the handler \"message_create #2\" of shard 0 blocks it") != std::string::npos, line);
    CHECK(line.find("bot.offload") != std::string::npos);
}

TEST_CASE("one that blocks after a wait is named too, and again when it is over") {
    line_watch begun("stands still");
    line_watch over("blocked it for");
    shoal::testing::discord discord;
    auto options = discord.options();
    options.log = [&, first = begun.sink(), second = over.sink()](const shoal::log_record& line) { first(line), second(line); };
    shoal::bot bot(options);
    bot.command("nap", "Blocks", [&](shoal::context ctx) -> shoal::task<> {
        co_await bot.offload([] {});
        (void)begun.wait();
        co_await ctx.reply("Awake");
    });
    const running_bot running(bot);
    CHECK(discord.user("ann").slash("nap").get().text == "Awake");
    CHECK_MESSAGE(begun.wait().find("the handler \"command nap\" of shard 0 blocks it") != std::string::npos, begun.wait());
    CHECK_MESSAGE(over.wait().find("the handler \"command nap\" of shard 0 blocked it") != std::string::npos, over.wait());
}
