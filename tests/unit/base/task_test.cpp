#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/task_group.hpp"
#include "base/virtual_scheduler.hpp"
#include "shoal/task.hpp"

using namespace shoal;
using namespace std::chrono_literals;

namespace {

// Suspends until the scheduler's clock has moved on by `span`.
struct nap {
    scheduler& on;
    duration span;
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) {
        on.wake_at(on.now() + span, [self] { self.resume(); });
    }
    void await_resume() noexcept {}
};

task<int> answer() { co_return 42; }
task<int> fail() {
    throw std::runtime_error("no");
    co_return 0;
}
task<> chain(std::vector<std::string>& seen) {
    seen.push_back("before");
    seen.push_back(std::to_string(co_await answer()));
    try {
        co_await fail();
    } catch (const std::runtime_error& e) {
        seen.push_back(e.what());
    }
}

task<int> countdown(int n) {
    if (n == 0) co_return 0;
    co_return 1 + co_await countdown(n - 1);
}

struct counted {
    explicit counted(int& alive_in) : alive(alive_in) { ++alive; }
    counted(const counted& other) : alive(other.alive) { ++alive; }
    counted& operator=(const counted&) = delete;
    ~counted() { --alive; }
    int& alive;
};

task<> hold(scheduler& on, counted, duration span) { co_await nap{on, span}; }

}  // namespace

TEST_CASE("a task does not start before it is awaited, and passes values and exceptions on") {
    std::vector<std::string> seen;
    {
        auto lazy = chain(seen);
        CHECK(seen.empty());
        task_group group;
        group.start(std::move(lazy));
        CHECK(group.empty());
    }
    CHECK(seen == std::vector<std::string>{"before", "42", "no"});
}

TEST_CASE("a long chain of awaits does not use up the stack") {
    // ASan and TSan keep symmetric transfer from being a tail call, so the depth is modest there.
#ifdef SHOAL_SANITIZED
    constexpr int depth = 500;
#else
    constexpr int depth = 20'000;
#endif
    int got = 0;
    task_group group;
    group.start([](int& out) -> task<> { out = co_await countdown(depth); }(got));
    CHECK(got == depth);
}

TEST_CASE("a group tells how each child ended and when the last one is gone") {
    virtual_scheduler clock;
    task_group group;
    int emptied = 0, ended = 0, threw = 0;
    group.on_empty([&] { ++emptied; });
    const auto note = [&](std::exception_ptr why) { ++(why ? threw : ended); };
    int alive = 0;
    group.start(hold(clock, counted(alive), 5s), note);
    group.start(hold(clock, counted(alive), 9s), note);
    group.start(
        [](scheduler& on) -> task<> {
            co_await nap{on, 1s};
            throw std::runtime_error("child");
        }(clock),
        note);
    CHECK(group.running() == 3);
    clock.run_for(6s);
    CHECK(group.running() == 1);
    CHECK(ended == 1);
    CHECK(threw == 1);
    CHECK(emptied == 0);
    clock.run_for(6s);
    CHECK(group.empty());
    CHECK(emptied == 1);
    CHECK(alive == 0);
}

TEST_CASE("a group that goes away destroys the frames of its unfinished children") {
    virtual_scheduler clock;
    int alive = 0;
    {
        task_group group;
        group.start(hold(clock, counted(alive), 5s));
        group.start(hold(clock, counted(alive), 5s));
        CHECK(alive > 0);
    }
    CHECK(alive == 0);
}
