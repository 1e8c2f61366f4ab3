// What it costs a shard's thread to keep a checkpoint (docs/state-folder.md): CPU and calls of operator new an event, with it and
// without, over the traffic mix of the simulated world [6.10], and the bytes that are written. Not here: the snapshot alone
// (bench_cache_snapshot), reading (likewise).
//
//     bench_checkpoint [--smoke]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/meter.hpp"
#include "bot/shard_checkpoint.hpp"
#include "sim/core/world.hpp"

using namespace shoal;
using discord::event_kind;

namespace {

struct event {
    event_kind kind;
    std::string name, json;
};

double thread_cpu_us() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct costs {
    double us_an_event = 1e9, bytes_an_event = 0;
    double news_an_event = 0;
    double read_ms = 1e9;
    std::size_t stored_bytes = 0;
};

/// What a start reads, from the files to a cache.
void read_back(const std::string& folder, std::size_t guilds, costs& into) {
    const double begin = thread_cpu_us();
    const auto rounds = state::checkpoint_files(folder, {0, 1}).read();
    if (!rounds) std::exit(1);
    std::vector<cache::stored_round> stored;
    for (const auto& each : *rounds) stored.push_back({each.number, each.snapshot, each.log});
    const auto found = cache::read_checkpoint(stored, cache_preset::standard);
    if (!found || found->copy->cache().guilds() != guilds) std::exit(1);
    into.read_ms = std::min(into.read_ms, (thread_cpu_us() - begin) / 1e3);
    into.stored_bytes = 0;
    for (const auto& each : *rounds) into.stored_bytes += each.snapshot.size() + each.log.size();
}

/// The best of some runs. `tick`: a ticket after so many events; 0: no checkpoint at all.
costs run(sim::world& world, const std::vector<event>& events, std::size_t tick, int runs) {
    costs out;
    for (int i = 0; i < runs; ++i) {
        const auto folder = std::filesystem::temp_directory_path() / "shoal-bench-checkpoint";
        std::filesystem::remove_all(folder);
        state::checkpoint_writer writer({});
        const runtime::ticket_frame frame{1, {}};
        runtime::shard_checkpoint stored(writer, state::checkpoint_files(folder.string(), {0, 1}), frame, cache_preset::standard);
        auto& cache = stored.cache();
        cache.start_session(R"({"user":)" + world.bot_user_json() + R"(,"guilds":[]})");
        std::uint64_t seq = 1;
        for (const auto each : world.guilds()) cache.apply(event_kind::guild_create, *world.guild_create(each, {}), ++seq);
        gateway::resume_ticket ticket{{0, 1}, std::string(32, 'a'), "wss://gateway-us-east1-b.discord.gg", seq, seq, 513};
        auto now = instant(std::chrono::hours(1));
        const auto keep = [&] {
            ticket.seq = ticket.done = seq;
            now += std::chrono::milliseconds(250);
            stored.keep(ticket, nullptr, now);
        };
        if (tick != 0) {
            stored.begin_session();
            // The first snapshot is the start's, not the traffic's.
            for (int k = 0; k < 200; ++k) keep(), writer.flush();
        }
        const auto written = writer.bytes_written();
        const auto news = bench::allocations();
        const double begin = thread_cpu_us();
        for (const auto& each : events) {
            cache.apply(each.kind, each.json, ++seq);
            if (tick == 0) continue;
            stored.event(each.kind, each.name, each.json, seq);
            if (seq % tick == 0) keep();
        }
        out.us_an_event = std::min(out.us_an_event, (thread_cpu_us() - begin) / static_cast<double>(events.size()));
        out.news_an_event = static_cast<double>(bench::allocations() - news) / static_cast<double>(events.size());
        writer.flush();
        out.bytes_an_event = static_cast<double>(writer.bytes_written() - written) / static_cast<double>(events.size());
        if (writer.failures() != 0 || stored.given_up() != 0) std::exit(1);
        writer.close();
        if (tick != 0) read_back(folder.string(), cache.guilds(), out);
        std::filesystem::remove_all(folder);
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
    sim::world_config config;
    config.guilds = smoke ? 40 : 1000;
    sim::world world(config, 7, 1000000000000000001ULL);
    std::vector<event> events;
    double json_bytes = 0;
    for (std::size_t i = 0; i < (smoke ? 2000U : 60'000U); ++i) {
        auto made = world.random_event(instant(std::chrono::milliseconds(20) * i));
        events.push_back({discord::event_kind_of(made.name), std::string(made.name), std::string(*made.data)});
        json_bytes += static_cast<double>(events.back().json.size());
    }
    const int runs = smoke ? 1 : 7;
    const auto plain = run(world, events, 0, runs);
    fmt::print("{} events of {:.0f} bytes, {} guilds, cache `standard`\n", events.size(),
               json_bytes / static_cast<double>(events.size()), config.guilds);
    fmt::print("{:<44}{:>12}{:>10}{:>16}{:>16}\n", "", "us an event", "ratio", "new an event", "bytes written");
    const auto row = [&](const char* what, const costs& of) {
        fmt::print("{:<44}{:>12.3f}{:>10.2f}{:>16.3f}{:>16.1f}\n", what, of.us_an_event, of.us_an_event / plain.us_an_event,
                   of.news_an_event, of.bytes_an_event);
    };
    row("the cache alone", plain);
    row("with its log", run(world, events, 1U << 30, runs));
    const auto busy = run(world, events, 250, runs);
    row("and a ticket each 250 events (1,000 a second)", busy);
    row("and a ticket each 12 events (50 a second)", run(world, events, 12, runs));
    fmt::print("a start reads {:.1f} MB of it in {:.1f} ms of CPU\n", static_cast<double>(busy.stored_bytes) / 1e6, busy.read_ms);
    return 0;
}
