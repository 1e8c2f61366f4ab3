#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <thread>

#include "net_fixture.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::testing;

TEST_CASE("work posted from many threads all runs, on the thread itself, each thread's in its order") {
    static constexpr int threads = 8;
    static constexpr int each = 2000;
    io_thread io("many-posts");
    std::vector<std::vector<int>> seen(threads);
    int strangers = 0;
    std::vector<std::thread> posters;
    for (int t = 0; t < threads; ++t) {
        posters.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                io.post([&, t, i] {
                    if (!io.is_current() || scheduler::current() != &io) ++strangers;
                    seen[static_cast<std::size_t>(t)].push_back(i);
                });
            }
        });
    }
    for (auto& poster : posters) poster.join();
    io.finish();
    io.join();
    CHECK(strangers == 0);
    CHECK_FALSE(io.is_current());
    for (const auto& numbers : seen) {
        REQUIRE(numbers.size() == each);
        CHECK(std::is_sorted(numbers.begin(), numbers.end()));
    }
}

TEST_CASE("posting never runs the work inside the call, also on the thread itself") {
    io_thread io("post");
    const auto order = run_on(io, [&] {
        auto said = std::make_shared<std::string>();
        io.post([said] { *said += "posted "; });
        *said += "first ";
        return said;
    });
    run_on(io, [] {});
    CHECK(*order == "first posted ");
}

TEST_CASE("wake-ups run when they are due, in the order of their times, ties in the order of asking, and not before") {
    io_thread io("wakes");
    std::vector<std::string> order;
    std::promise<void> done;
    bool early = false;
    const auto start = io.now();
    run_on(io, [&] {
        io.wake_at(start + 60ms, [&] {
            early = early || io.now() < start + 60ms;
            order.push_back("60");
            done.set_value();
        });
        io.wake_at(start + 20ms, [&] {
            early = early || io.now() < start + 20ms;
            order.push_back("20a");
        });
        io.wake_at(start + 20ms, [&] { order.push_back("20b"); });
        io.wake_at(start - 1s, [&] { order.push_back("past"); });
        order.push_back("asked");
    });
    REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
    CHECK(order == std::vector<std::string>{"asked", "past", "20a", "20b", "60"});
    CHECK_FALSE(early);
}

TEST_CASE(
    "a cancelled wake-up does not run and its work is destroyed at once; cancelling it again or after it ran does nothing") {
    io_thread io("cancel");
    bool ran = false;
    std::promise<void> later;
    run_on(io, [&] {
        auto held = std::make_shared<int>(1);
        const std::weak_ptr<int> alive = held;
        const auto first = io.wake_at(io.now() + 5ms, [&ran, held = std::move(held)] { ran = true; });
        const auto second = io.wake_at(io.now() + 30ms, [&] { later.set_value(); });
        io.cancel(first);
        CHECK(alive.expired());
        io.cancel(first);
        io.cancel(timer_id::none);
        CHECK(first != second);
    });
    REQUIRE(later.get_future().wait_for(patience) == std::future_status::ready);
    CHECK_FALSE(ran);
}

TEST_CASE("ten thousand wake-ups use one timer of the kernel and all run") {
    io_thread io("heap");
    std::atomic<int> ran{0};
    const auto descriptors = [] {
        int open = 0;
        for (int fd = 0; fd < 512; ++fd) open += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
        return open;
    };
    const int before = descriptors();
    run_on(io, [&] {
        const auto now = io.now();
        for (int i = 0; i < 10'000; ++i) io.wake_at(now + std::chrono::microseconds((i * 7919) % 20'000), [&] { ++ran; });
    });
    CHECK(descriptors() == before);
    io.finish();  // the loop ends only when nothing is left to wake
    io.join();
    CHECK(ran == 10'000);
}

TEST_CASE("finish lets a far wake-up that was cancelled not hold the thread") {
    io_thread io("finish");
    timer_id far{};
    run_on(io, [&] { far = io.wake_at(io.now() + 1h, [] {}); });
    io.finish();
    io.post([&] { io.cancel(far); });
    io.join();
    CHECK(true);  // join returned
}

TEST_CASE("work that never runs is destroyed: queued when the thread stops, waiting to be woken, or posted afterwards") {
    std::atomic<int> ran{0};
    std::weak_ptr<int> queued;
    std::weak_ptr<int> timed;
    {
        io_thread io("stop");
        run_on(io, [&] {
            auto a = std::make_shared<int>(1);
            auto b = std::make_shared<int>(2);
            queued = a;
            timed = b;
            io.wake_at(io.now() + 1h, [&ran, b = std::move(b)] { ++ran; });
            io.post([&ran, a = std::move(a)] { ++ran; });
            io.stop();
        });
        io.join();
        CHECK(queued.expired());
        CHECK(timed.expired());
        auto late = std::make_shared<int>(3);
        const std::weak_ptr<int> after = late;
        io.post([&ran, late = std::move(late)] { ++ran; });
        CHECK(after.expired());
    }
    CHECK(ran == 0);
}

TEST_CASE("work destroyed at the end may post and is destroyed on its own thread") {
    struct poster {
        io_thread& io;
        std::atomic<bool>& on_thread;
        ~poster() {
            on_thread = io.is_current();
            io.post([] {});
        }
    };
    std::atomic<bool> on_thread{false};
    io_thread io("last-words");
    run_on(io, [&] {
        io.post([last = std::make_unique<poster>(io, on_thread)] {});
        io.stop();
    });
    io.join();
    CHECK(on_thread);
}

TEST_CASE("the clock is CLOCK_BOOTTIME") {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    const instant before(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
    const auto measured = boot_now();
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    const instant after(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
    CHECK(before <= measured);
    CHECK(measured <= after);
}
