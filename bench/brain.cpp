// What a coordinator's brain costs by itself: 1,000 workers with 16,384 shards, heartbeats once a second; and the plan for a lost
// worker. Not here: streams, a store, bytes (the role's bench has those).

#include "cluster/brain.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

using namespace shoal;
using namespace shoal::cluster;
using namespace std::chrono_literals;

namespace {

double cpu_seconds() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
    return of(use.ru_utime) + of(use.ru_stime);
}

double heap_mb() { return static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd) / 1e6; }

struct fleet {
    std::size_t workers, shards;
    instant now = instant{} + 1h;
    cluster::brain brain{made()};
    std::vector<leader::order> orders;
    std::vector<heartbeat> beats;

    static brain_config made() {
        brain_config config;
        config.coordinator = "c1";
        config.boot_id = "boot";
        return config;
    }
    void step(const leader::fact& what) {
        orders.clear();
        brain.step(what, now, orders);
        for (std::size_t i = 0; i < orders.size(); ++i)
            if (std::holds_alternative<leader::write>(orders[i])) brain.step(leader::write_stored{}, now, orders);
    }
    [[nodiscard]] static process_id name(std::size_t worker) { return {fmt::format("worker-{:04}", worker)}; }

    fleet(std::size_t w, std::size_t s) : workers(w), shards(s) {
        step(leader::office_taken{{}, "there was none", fleet_id{1}});
        step(leader::shard_count_told{static_cast<std::uint32_t>(shards)});
        for (std::size_t i = 0; i < workers; ++i) {
            register_ask ask;
            ask.process = name(i);
            ask.incarnation = incarnation{i + 1};
            ask.zone = fmt::format("zone-{}", i % 3);
            ask.listen_url = fmt::format("https://worker-{:04}.fleet.internal:8444", i);
            ask.software = "1.0.0";
            ask.capacity = {4000, 16384, 64};
            step(leader::said{stream_id{i + 1}, ask});
        }
        beats.resize(workers);
        for (int second = 0; second < 6; ++second) one_second();
        for (std::uint32_t shard = 0; shard < shards; ++shard) {
            const auto& row = brain.assignments().at(shard);

            shard_report held;
            held.shard = shard;
            held.epoch = row.epoch;
            held.status = shard_status::live;
            held.ticket = resume_ticket{{shard, static_cast<std::uint32_t>(shards)},
                                        fmt::format("{:032x}", shard * 7919U),
                                        "wss://gateway-us-east1-b.discord.gg",
                                        1000,
                                        990,
                                        513};
            held.metrics = {1000, 0.01, 20, 40ms, 0, 1, 1, 3};
            beats[std::stoul(row.owner->value.substr(7))].shards.push_back(std::move(held));
        }
        for (int second = 0; second < 3; ++second) one_second();
        for (auto& beat : beats)
            for (auto& shard : beat.shards) shard.ticket.reset();  // Noted by now.
    }
    void one_second() {
        for (std::size_t i = 0; i < workers; ++i) {
            now += duration(1s) / static_cast<std::int64_t>(workers);
            if (i % (workers / 10) == 0) step(leader::tick{});
            auto& beat = beats[i];
            beat.number = next(beat.number);
            for (auto& shard : beat.shards) shard.seq += 20, shard.done += 20;
            // What each wants of the REST limit changes all the time.
            beat.rest = {.sent_per_second = static_cast<double>((i + number(beat.number)) % 7),
                         .waiting = i % 5 == 0 ? 20U : 0U,
                         .in_use = 2,
                         .most = 0,
                         .obeys = static_cast<beat_number>(number(beat.number) - 1)};
            step(leader::said{stream_id{i + 1}, beat});
        }
    }
};

}  // namespace

int main(int argc, char** argv) {
    const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
    const std::size_t workers = smoke ? 20 : 1000, shards = smoke ? 320 : 16384;
    const auto heap_before = heap_mb();
    fleet all(workers, shards);
    const auto live = std::ranges::count(all.brain.picture(all.now).shards, placement_state::running, &shard_picture::state);
    const auto heap_messages = [&] {
        double bytes = 0;
        for (const auto& beat : all.beats) bytes += static_cast<double>(beat.shards.capacity() * sizeof(shard_report));
        return bytes / 1e6;
    }();
    const int seconds = smoke ? 3 : 30;
    const auto before = cpu_seconds();
    for (int i = 0; i < seconds; ++i) all.one_second();
    const auto used = (cpu_seconds() - before) / seconds;
    fmt::print("brain: {} workers, {} of {} shards live\n", workers, live, shards);
    fmt::print("heartbeats: {:.2f} % of a core, {:.1f} us each\n", used * 100, used * 1e6 / static_cast<double>(workers));
    fmt::print("memory: {:.1f} MB\n", heap_mb() - heap_before - heap_messages);

    std::vector<double> plans, whole;
    for (std::size_t lost = 0; lost < (smoke ? 3U : 50U); ++lost) {
        cluster_view view;
        for (const auto& [process, who] : all.brain.members().all())
            view.workers.push_back({process, who.zone, who.capacity, who.accepts()});
        for (std::uint32_t shard = 0; shard < shards; ++shard) {
            const auto& row = all.brain.assignments().at(shard);
            view.shards.push_back({shard, row.owner, row.owner == fleet::name(lost), true, "lost"});
        }
        std::erase_if(view.workers, [&](const worker_view& w) { return w.process == fleet::name(lost); });
        const auto from = cpu_seconds();
        const auto plan = place(view, {});
        plans.push_back((cpu_seconds() - from) * 1e3);
        if (plan.moves.size() != all.brain.assignments().owned_by(fleet::name(lost)).size()) return 1;
        const auto begin = cpu_seconds();
        all.step(leader::death_proven{fleet::name(lost), incarnation{lost + 1}, "seen"});
        whole.push_back((cpu_seconds() - begin) * 1e3);
        // The others go on, and take up what was given to them.
        for (auto& beat : all.beats) {
            std::erase_if(beat.shards,
                          [&](const shard_report& held) { return all.brain.assignments().at(held.shard).epoch != held.epoch; });
        }
    }
    fmt::print("a lost worker: plan {:.2f} ms at most, with all that follows to its orders {:.2f} ms at most\n",
               *std::ranges::max_element(plans), *std::ranges::max_element(whole));
    return live == static_cast<std::ptrdiff_t>(shards) ? 0 : 1;
}
