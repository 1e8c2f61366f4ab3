// offload on real threads: workers beside a shard's thread.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "bot/offload_pool.hpp"
#include "threaded_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

TEST_CASE("offloaded work runs on another thread and its handler goes on on its own") {
    threaded t;
    struct seen {
        std::thread::id before, worker, after;
        int value = 0;
    };
    std::promise<seen> done;
    t.bot.on([&](message_create) -> task<> {
        seen s;
        s.before = std::this_thread::get_id();
        s.value = co_await t.bot.offload([&s] {
            s.worker = std::this_thread::get_id();
            return 42;
        });
        s.after = std::this_thread::get_id();
        done.set_value(s);
    });
    t.open();
    t.message(1);
    const auto s = done.get_future().get();
    CHECK(s.value == 42);
    CHECK(s.before == s.after);
    CHECK(s.before != s.worker);
}

TEST_CASE("what offloaded work throws is thrown to its handler") {
    threaded t;
    std::promise<std::string> caught;
    t.bot.on([&](message_create) -> task<> {
        try {
            co_await t.bot.offload([] { throw std::invalid_argument("from the worker"); });
        } catch (const std::invalid_argument& e) {
            caught.set_value(e.what());
        }
    });
    t.open();
    t.message(1);
    CHECK(caught.get_future().get() == "from the worker");
}

TEST_CASE("an event that a worker releases last ends on its shard's thread") {
    threaded t;
    std::promise<std::string> text;
    t.bot.on([&](message_create event) -> task<> {
        // The handler ends at once; the job holds the event's last copy.
        t.bot.offload([&text, event] { text.set_value(std::string(event.content())); }).forget();
        co_return;
    });
    t.open();
    for (std::uint64_t seq = 1; seq <= 1; ++seq) t.message(seq);
    CHECK(text.get_future().get() == "from the event");
}

TEST_CASE("a full queue fails at once, and within() gives up on work that goes on") {
    threaded t;
    std::promise<void> release;
    auto released = release.get_future().share();
    std::promise<void> timed_out;
    std::promise<std::string> refused;
    std::atomic<int> count{0};
    t.bot.on([&](message_create) -> task<> {
        auto job = [released] { released.wait(); };
        switch (++count) {
            case 1: {
                auto outcome = co_await t.bot.offload(job).within(1ms).result();
                CHECK(outcome.error().is(bot_errc::timed_out));
                timed_out.set_value();
                break;
            }
            case 2: co_await t.bot.offload(job); break;  // waits in the queue behind the first
            default: {
                auto outcome = co_await t.bot.offload(job).result();
                refused.set_value(outcome ? "ran" : outcome.error().message());
            }
        }
    });
    t.open(1, 1);
    t.message(1);
    timed_out.get_future().wait();
    t.message(2);
    t.message(3);
    CHECK(refused.get_future().get() == "bot: too much waits: offload");
    release.set_value();
}

TEST_CASE("a pool that stops finishes what runs and drops what waits") {
    std::promise<void> running;
    std::promise<void> release;
    std::promise<void> stopped;
    auto kept = std::make_shared<int>(0);
    const std::weak_ptr<int> watched = kept;
    runtime::offload_pool pool(1, 8);
    CHECK(pool.push([&] {
        running.set_value();
        release.get_future().wait();
    }));
    running.get_future().wait();
    CHECK(pool.push([kept = std::move(kept)] { FAIL("dropped work ran"); }));
    pool.stop([&] { stopped.set_value(); });
    CHECK(watched.expired());
    CHECK_FALSE(pool.push([] {}));
    release.set_value();
    stopped.get_future().wait();
}

TEST_CASE("a pool without work has no threads and stops inside the call") {
    runtime::offload_pool pool(4, 8);
    bool stopped = false;
    pool.stop([&] { stopped = true; });
    CHECK(stopped);
}
