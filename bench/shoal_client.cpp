// Our whole path as a bot has it: a process with one shard, a handler that reads each message's content. Where to connect, and
// how, comes from the environment (docs/options.md).
//   bench_shoal FROM TO

#include <cstdio>
#include <cstdlib>
#include <shoal/shoal.hpp>

#include "bench/meter.hpp"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: bench_shoal FROM TO\n", stderr);
        return 1;
    }
    bench::meter meter(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10));
    shoal::bot bot({.intents = shoal::intents::from_handlers | shoal::intents::message_content});
    bot.on([&meter](const shoal::message_create& event) {
        if (!meter.message(event.seq(), event.content().size())) return;
        std::puts(meter.result().c_str());
        std::fflush(stdout);
        std::_Exit(0);
    });
    return shoal::run(bot, {.shards = {0}, .total_shards = 1});
}
