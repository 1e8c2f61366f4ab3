// A whole start of a big bot: shards whose guilds come in one burst, with the cache on. Where to connect, and how, comes from the
// environment (docs/options.md).
//   bench_load SHARDS GUILDS_OF_EACH

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <shoal/shoal.hpp>
#include <vector>

#include "bench/meter.hpp"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: bench_load SHARDS GUILDS_OF_EACH\n", stderr);
        return 1;
    }
    const auto shards = static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10));
    const auto guilds = std::strtoull(argv[2], nullptr, 10);
    // From the first guild to the last, of whatever shard; one thread (SHOAL_THREADS=1) counts them.
    bench::meter meter(1, shards * guilds);
    std::uint64_t count = 0;
    shoal::bot bot({.intents = shoal::intents::guilds});
    bot.on_raw("GUILD_CREATE", [&](const shoal::raw_event& event) {
        if (!meter.message(++count, event.raw().size())) return;
        std::puts(meter.result().c_str());
        std::fflush(stdout);
        std::_Exit(0);
    });
    std::vector<std::uint32_t> ids(shards);
    std::iota(ids.begin(), ids.end(), 0U);
    return shoal::run(bot, {.shards = ids, .total_shards = shards});
}
