// A bot for the system tests, in any mode. It asks for the intents whose number TEST_INTENTS says, so that a test can ask for
// what Discord does not know, and writes on stdout what shards() says of each shard's journal once that is not well. With
// TEST_REPORTS it writes what it goes on with, and whether messages come from guilds that it has cached. With TEST_HOLDS the
// handler of each shard's first message ends with the bot, and no sooner. While there is a file of the name TEST_BLOCK its
// handler of messages blocks the thread that it runs on, as no handler should.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <set>
#include <shoal/fleet.hpp>
#include <shoal/shoal.hpp>
#include <thread>

namespace {

class reports {
public:
    void adopted(const shoal::shard_adopted& event) {
        const std::lock_guard lock(mutex_);
        std::printf("shard %u adopted, cached guilds: %u\n", event.shard_id(), event.cached_guilds());
        std::fflush(stdout);
    }
    void message(const shoal::message_create& event) {
        if (!event.guild_id()) return;
        const std::lock_guard lock(mutex_);
        const bool cached = event.guild() != nullptr && !event.guild()->name().empty();
        const bool is_first = seen_.insert(event.shard_id()).second;
        if (is_first) std::printf("shard %u first message, its guild is %s\n", event.shard_id(), cached ? "cached" : "not there");
        if (!cached) std::printf("shard %u: a message whose guild is not cached\n", event.shard_id());
        std::fflush(stdout);
    }

private:
    std::mutex mutex_;
    std::set<std::uint32_t> seen_;
};

class first_messages {
public:
    [[nodiscard]] bool add(std::uint32_t shard) {
        const std::lock_guard lock(mutex_);
        return seen_.insert(shard).second;
    }

private:
    std::mutex mutex_;
    std::set<std::uint32_t> seen_;
};

/// For as long as this file is there.
void stand_still(const char* file) {
    const auto tell = [](const char* what) {
        std::puts(what);
        std::fflush(stdout);
    };
    if (!std::filesystem::exists(file)) return;
    tell("the handler blocks");
    while (std::filesystem::exists(file)) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    tell("the handler goes on");
}

}  // namespace

int main(int argc, char** argv) {
    const char* const mask = std::getenv("TEST_INTENTS");
    shoal::bot bot(
        {.intents = mask == nullptr ? shoal::intents::from_handlers : shoal::intents(std::strtoull(mask, nullptr, 10))});
    reports told;
    const bool tells = std::getenv("TEST_REPORTS") != nullptr;
    const char* const block = std::getenv("TEST_BLOCK");
    bot.on([&](const shoal::message_create& event) {
        if (tells) told.message(event);
        if (block != nullptr) stand_still(block);
    });
    if (tells) bot.on([&](const shoal::shard_adopted& event) { told.adopted(event); });
    first_messages held;
    if (std::getenv("TEST_HOLDS") != nullptr) {
        bot.on([&](shoal::message_create event) -> shoal::task<> {
            if (!held.add(event.shard_id())) co_return;
            (void)co_await bot.next<shoal::message_create>([](const auto&) { return false; }, std::chrono::hours(1)).result();
        });
    }

    const std::jthread reporter([&bot](const std::stop_token& ended) {
        std::set<std::uint32_t> said;
        while (!ended.stop_requested()) {
            for (const auto& shard : bot.shards()) {
                if (shard.journal_problem.empty() || !said.insert(shard.id).second) continue;
                std::printf("shard %u journal_problem: %s\n", shard.id, shard.journal_problem.c_str());
                std::fflush(stdout);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
    });
    return shoal::fleet::main(bot, argc, argv);
}
