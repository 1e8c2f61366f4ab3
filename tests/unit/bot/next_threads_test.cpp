// Waiting for events on real threads: several shards offer theirs while one thread waits, again and again.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "base/task_group.hpp"
#include "bot/event_waits.hpp"
#include "net/io_thread.hpp"

using namespace shoal;
using namespace std::chrono_literals;
using runtime::event_type;
using runtime::event_waits;

namespace {

struct tally {
    std::atomic<int> called_late{0};
    int found = 0;
    int late = 0;
};

/// Waits `rounds` times, every other time for something that never comes. What the filter looks at lives in this frame.
task<> wait_often(event_waits& waits, scheduler& home, int rounds, tally& out, std::promise<void>& done) {
    for (int i = 0; i < rounds; ++i) {
        bool over = false;
        int tried = 0;
        const int wanted = i % 2 == 0 ? 3 : 1'000'000'000;
        const auto outcome = co_await waits.next(
            home, event_type::message_create,
            [&](const shoal::detail::event_ref&) {
                if (over) ++out.called_late;
                return ++tried >= wanted;  // Plain numbers: two calls at once would be a race.
            },
            home.now() + (wanted == 3 ? 60s : 1ms));
        over = true;
        ++(outcome ? out.found : out.late);
    }
    done.set_value();
}

}  // namespace

TEST_CASE("a filter is called by one shard at a time, and never after its wait is over") {
    net::io_thread home("test-home");
    event_waits waits;
    tally seen;
    constexpr int rounds = 400;
    std::promise<void> done;
    auto children = std::make_unique<task_group>();
    home.post([&] { children->start(wait_often(waits, home, rounds, seen, done)); });
    std::atomic<bool> enough{false};
    std::vector<std::thread> shards;
    for (int i = 0; i < 3; ++i) {
        shards.emplace_back([&] {
            while (!enough) {
                if (waits.anybody(event_type::message_create)) waits.offer(event_type::message_create, {});
                std::this_thread::yield();
            }
        });
    }
    done.get_future().wait();
    enough = true;
    for (auto& each : shards) each.join();
    CHECK(seen.found == rounds / 2);
    CHECK(seen.late == rounds / 2);
    CHECK(seen.called_late == 0);
    CHECK_FALSE(waits.anybody(event_type::message_create));
    std::promise<void> gone;
    home.post([&] {
        children.reset();
        gone.set_value();
    });
    gone.get_future().wait();
    home.stop();
    home.join();
}
