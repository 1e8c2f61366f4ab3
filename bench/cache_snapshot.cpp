// What a snapshot costs: CPU to write and to read 1,000 guilds of the realistic mix [6.10], the longest single piece, and a giant
// in the middle of it. Not here: memory (bench_cache_memory).
//
//     bench_cache_snapshot [--smoke]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cache/snapshot.hpp"
#include "sim/core/world.hpp"

using namespace shoal;
using discord::event_kind;

namespace {

double thread_cpu_ms() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct costs {
    double write_ms = 1e9, read_ms = 1e9, longest_ms = 1e9;
    std::size_t bytes = 0, pieces = 0;
};

/// The best of several runs: the machine has other things to do. The longest piece is that of the run where it was shortest.
costs measure(cache::shard_cache& source, cache_settings settings, int runs) {
    costs out;
    for (int run = 0; run < runs; ++run) {
        std::vector<std::string> pieces;
        cache::snapshot_writer writer(source, 1);
        double sum = 0, longest = 0;
        for (bool more = true; more;) {
            std::string bytes;
            const auto before = thread_cpu_ms();
            more = writer.next(bytes, 1);
            const auto spent = thread_cpu_ms() - before;
            sum += spent;
            longest = std::max(longest, spent);
            pieces.push_back(std::move(bytes));
        }
        cache::replica into(settings);
        const auto before = thread_cpu_ms();
        for (const auto& each : pieces) {
            if (!into.take(each)) std::abort();
        }
        const auto read = thread_cpu_ms() - before;
        if (!into.whole() || into.cache().guilds() != source.guilds()) std::abort();
        out.write_ms = std::min(out.write_ms, sum);
        out.read_ms = std::min(out.read_ms, read);
        out.longest_ms = std::min(out.longest_ms, longest);
        out.bytes = 0;
        for (const auto& each : pieces) out.bytes += each.size();
        out.pieces = pieces.size();
    }
    return out;
}

bool row(const std::string& what, double value, double aim, const char* unit) {
    fmt::print("{:<64} {:>9.2f} {:<8} aim {:>6.1f}  {}\n", what, value, unit, aim, value <= aim ? "met" : "MISSED");
    return value <= aim;
}

void fill(cache::shard_cache& cache, sim::world& world) {
    cache.start_session(R"({"user":)" + world.bot_user_json() + R"(,"guilds":[]})");
    for (const auto each : world.guilds()) cache.apply(event_kind::guild_create, *world.guild_create(each, {}), 1);
}

/// A guild whose whole list of members was asked for.
void add_giant(cache::shard_cache& cache, int members) {
    cache.apply(event_kind::guild_create, R"({"id":"77","name":"giant","member_count":1000000})", 1);
    for (int from = 0; from < members; from += 1000) {
        std::string json = R"({"guild_id":"77","members":[)";
        for (int i = from; i < from + 1000; ++i) {
            json += fmt::format(
                R"({{"user":{{"id":"{}","username":"name_{}","global_name":"Name {}","avatar":"{:032x}"}},"roles":["{}","{}"],)"
                R"("joined_at":"2024-05-06T07:08:09Z"}},)",
                100000000000000000LL + 7919LL * i, i, i, i, 100 + i % 90, 300 + i % 50);
        }
        json.back() = ']';
        cache.apply(event_kind::guild_members_chunk, json + "}");
    }
}

}  // namespace

int main(int argc, char** argv) {
    const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
    sim::world_config config;
    config.guilds = smoke ? 50 : 1000;
    sim::world world(config, 20261, 1000000000000000001ULL);
    bool met = true;
    for (const auto& [name, preset] : {std::pair{"standard", cache_preset::standard}, {"everything", cache_preset::everything}}) {
        cache::shard_cache cache(preset);
        fill(cache, world);
        const auto cost = measure(cache, preset, smoke ? 1 : 9);
        fmt::print("{} guilds, {}: {} bytes in {} pieces, {:.0f} bytes a guild\n", config.guilds, name, cost.bytes, cost.pieces,
                   static_cast<double>(cost.bytes) / config.guilds);
        met = row(fmt::format("{}: written", name), cost.write_ms, 25, "ms") && met;
        met = row(fmt::format("{}: read", name), cost.read_ms, 25, "ms") && met;
        met = row(fmt::format("{}: the longest hold of the shard's thread", name), cost.longest_ms, 1, "ms") && met;
    }
    cache::shard_cache giant(cache_preset::standard);
    fill(giant, world);
    const int members = smoke ? 5000 : 100'000;
    add_giant(giant, members);
    const auto cost = measure(giant, cache_preset::standard, smoke ? 1 : 5);
    fmt::print("with a guild of {} members: {} bytes in {} pieces, written in {:.1f} ms, read in {:.1f} ms\n", members,
               cost.bytes, cost.pieces, cost.write_ms, cost.read_ms);
    met = row("with that guild: the longest hold of the shard's thread", cost.longest_ms, 1, "ms") && met;
    return met || smoke ? 0 : 1;
}
