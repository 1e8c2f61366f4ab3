// A bot for the system tests. It asks for the intents whose number TEST_INTENTS says, so that a test can ask for what Discord
// does not know, and writes on stdout what shards() says of each shard's journal once that is not well.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <shoal/shoal.hpp>
#include <thread>

int main(int argc, char** argv) {
    const char* const mask = std::getenv("TEST_INTENTS");
    shoal::bot bot(
        {.intents = mask == nullptr ? shoal::intents::from_handlers : shoal::intents(std::strtoull(mask, nullptr, 10))});
    bot.on([](const shoal::message_create&) {});

    const std::jthread reporter([&bot](const std::stop_token& ended) {
        std::set<std::uint32_t> told;
        while (!ended.stop_requested()) {
            for (const auto& shard : bot.shards()) {
                if (shard.journal_problem.empty() || !told.insert(shard.id).second) continue;
                std::printf("shard %u journal_problem: %s\n", shard.id, shard.journal_problem.c_str());
                std::fflush(stdout);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
    });
    return shoal::main(bot, argc, argv);
}
