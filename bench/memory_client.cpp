// What shards hold: heap and private memory of a process with so many of them, live and without a cache, once each has received
// so many messages (0: none). run.py compares two numbers of shards, so that what the process itself needs drops out.
//   bench_memory SHARDS MESSAGES_OF_EACH

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <shoal/shoal.hpp>
#include <thread>
#include <vector>

#include "bench/meter.hpp"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: bench_memory SHARDS MESSAGES_OF_EACH\n", stderr);
        return 1;
    }
    const auto shards = static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10));
    const auto messages = std::strtoull(argv[2], nullptr, 10) * shards;
    std::atomic<std::uint64_t> seen{0}, bytes{0};
    shoal::bot bot(
        {.intents = shoal::intents::from_handlers | shoal::intents::message_content, .cache = shoal::cache_preset::none});
    bot.on([&](const shoal::message_create& event) {
        seen.fetch_add(1, std::memory_order_relaxed);
        bytes.fetch_add(event.content().size(), std::memory_order_relaxed);
    });
    std::vector<std::uint32_t> ids(shards);
    std::iota(ids.begin(), ids.end(), 0U);
    if (auto started = shoal::start(bot, {.shards = ids, .total_shards = shards}); !started) {
        std::fprintf(stderr, "bench_memory: %s\n", started.error().message().c_str());
        return 1;
    }
    using namespace std::chrono_literals;
    const auto give_up = std::chrono::steady_clock::now() + 300s;
    const auto all_live = [&] {
        const auto now = bot.shards();
        return now.size() == shards &&
               std::ranges::all_of(now, [](const auto& each) { return each.status == shoal::shard_state::live; });
    };
    while (!all_live() || seen < messages) {
        if (std::chrono::steady_clock::now() > give_up) {
            std::fputs("bench_memory: not all shards came up, or not all messages came, in 300 s\n", stderr);
            return 1;
        }
        std::this_thread::sleep_for(20ms);
    }
    std::this_thread::sleep_for(500ms);  // What follows the last message has ended.
    fmt::print("{{\"shards\":{},\"heap_bytes\":{},\"private_bytes\":{}}}\n", shards, bench::heap_bytes(), bench::private_bytes());
    std::fflush(stdout);
    std::_Exit(0);
}
