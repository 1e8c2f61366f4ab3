// Wake-ups for many streams, in virtual time.

#include "rpc/wakeups.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/virtual_scheduler.hpp"

using namespace shoal;
using namespace std::chrono_literals;

namespace {

struct woken_thread {
    explicit woken_thread(duration gather) : through(std::make_shared<rpc::wakeups>(thread, gather)) {}
    ~woken_thread() { through->stop(); }
    void comes(std::string what, bool urgent = false) {
        through->post([this, what = std::move(what)] { run += what; }, urgent);
    }
    virtual_scheduler thread;
    std::shared_ptr<rpc::wakeups> through;
    std::string run;
};

}  // namespace

TEST_CASE("after a pause a job runs at once; what comes soon after it is run together, in order") {
    woken_thread on(5ms);
    on.comes("a");
    CHECK(on.run.empty());  // Never inside of the call.
    on.thread.run_for(0ms);
    CHECK(on.run == "a");
    on.comes("b");
    on.thread.run_for(3ms);
    on.comes("c");
    CHECK(on.run == "a");
    on.thread.run_for(2ms);
    CHECK(on.run == "abc");
    // Another five, then it rests.
    on.comes("d");
    on.thread.run_for(4ms);
    CHECK(on.run == "abc");
    on.thread.run_for(1ms);
    CHECK(on.run == "abcd");
    on.thread.run_for(5ms);
    CHECK(on.thread.idle());
    on.comes("e");
    on.thread.run_for(0ms);
    CHECK(on.run == "abcde");
}

TEST_CASE("where jobs come all the time, none waits longer than the gathering, and the thread wakes no more often") {
    woken_thread on(5ms);
    int wakes = 0;
    for (int i = 0; i < 1000; ++i) {
        on.comes("x");
        const auto until = on.thread.now() + 100us;
        while (on.thread.run_one(until)) ++wakes;
        on.thread.run_until(until);
        CHECK(on.run.size() + 50 >= static_cast<std::size_t>(i));
    }
    CHECK(wakes <= 21);
    on.thread.run_for(5ms);
    CHECK(on.run.size() == 1000);
}

TEST_CASE("what is urgent waits for nothing, and takes along what waits, in order") {
    woken_thread on(5ms);
    on.comes("a");
    on.thread.run_for(1ms);
    on.comes("b");
    on.comes("c", true);
    on.comes("d");
    on.thread.run_for(0ms);
    CHECK(on.run == "abcd");
    on.comes("e");
    on.thread.run_for(3ms);
    CHECK(on.run == "abcd");
    on.thread.run_for(2ms);
    CHECK(on.run == "abcde");
}

TEST_CASE("without gathering every job runs at once") {
    woken_thread on(0ms);
    for (int i = 0; i < 3; ++i) {
        on.comes("a");
        on.thread.run_for(0ms);
        CHECK(on.run.size() == static_cast<std::size_t>(i) + 1);
    }
    CHECK(on.thread.idle());
}

TEST_CASE("once stopped it runs nothing, and keeps nothing that a job held") {
    woken_thread on(5ms);
    on.comes("a");
    on.thread.run_for(0ms);
    const auto held = std::make_shared<int>(1);
    on.through->post([held, &on] { on.run += "b"; }, false);
    on.through->stop();
    CHECK(held.use_count() == 1);
    on.through->post([held, &on] { on.run += "c"; }, true);
    on.thread.run_for(1s);
    CHECK(on.run == "a");
    CHECK(held.use_count() == 1);
}

TEST_CASE("a job may stop it") {
    woken_thread on(5ms);
    on.through->post([&on] { on.through->stop(); }, false);
    on.thread.run_for(0ms);
    CHECK(on.thread.idle());
}
