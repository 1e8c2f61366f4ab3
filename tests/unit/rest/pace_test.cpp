// The pace of all calls together while it changes: the leases of a fleet's worker.

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "rest/limiter.hpp"

using namespace shoal;
using namespace std::chrono_literals;

namespace {

struct paced {
    rest::limiter machine;
    instant now = instant{} + 1h;
    std::vector<instant> sent;
    std::vector<std::uint64_t> refused;
    instant wake = never;
    std::uint64_t last = 0;

    explicit paced(rest::limiter_policy policy = {.global_per_second = 0}) : machine(policy) {}
    void step(const rest::fact& what) {
        std::vector<rest::order> orders;
        machine.step(what, now, orders);
        std::vector<std::uint64_t> answer;
        for (const auto& each : orders) {
            if (const auto* s = std::get_if<rest::send>(&each)) sent.push_back(now), answer.push_back(s->number);
            if (const auto* r = std::get_if<rest::refuse>(&each)) refused.push_back(r->number);
            if (const auto* w = std::get_if<rest::wake_at>(&each)) wake = w->when;
        }
        for (const auto number : answer) step(rest::answered{number, {.status = 204, .limits = {}}});
    }
    /// Each call has a bucket of its own.
    void ask(int count, bool counts = true) {
        for (; count > 0; --count) {
            ++last;
            step(rest::asked{.number = last,
                             .key = "POST /x",
                             .major = std::to_string(last),
                             .deadline = now + 1h,
                             .counts_globally = counts});
        }
    }
    void advance(duration span) {
        for (const auto until = now + span; now < until;) {
            now = std::min(until, std::max(wake, now + 1ms));
            if (wake <= now) wake = never, step(rest::tick{});
        }
    }
    void tell(std::size_t per_second, duration good_for = 1h, std::size_t afterwards = 0, duration end = 2h) {
        step(rest::pace_told{{per_second, now + good_for, afterwards, now + end}});
    }
    [[nodiscard]] std::size_t most_in_a_second() const {
        std::size_t most = 0;
        for (auto from = sent.begin(); from != sent.end(); ++from)
            most = std::max(most, static_cast<std::size_t>(std::ranges::lower_bound(sent, *from + 1s) - from));
        return most;
    }
};

}  // namespace

TEST_CASE("before a pace is told nothing goes out but what does not count; then what waits does, in order") {
    paced p;
    p.ask(3);
    p.advance(10s);
    CHECK(p.sent.empty());
    CHECK(p.machine.use(p.now).waiting == 3);
    p.ask(1, false);
    CHECK(p.sent.size() == 1);
    p.tell(2);
    CHECK(p.sent.size() == 2);
    p.advance(1s);
    CHECK(p.sent.size() == 4);
    CHECK(p.refused.empty());
}

TEST_CASE("a pace that falls counts what went out before it, and one that rises is no burst") {
    paced p;
    p.tell(30);
    p.ask(200);
    CHECK(p.sent.size() == 4);
    p.advance(950ms);
    CHECK(p.sent.size() == 30);
    p.tell(10);
    p.advance(549ms);  // Ten of them went out in the last half of that second.
    CHECK(p.sent.size() == 30);
    p.sent.clear();
    p.advance(8s);
    CHECK(p.sent.size() >= 78);
    CHECK(p.most_in_a_second() == 10);
    p.sent.clear();
    p.tell(25);
    CHECK(p.sent.size() <= 4);
    p.advance(3s);
    CHECK(p.sent.size() >= 70);
    CHECK(p.most_in_a_second() == 25);
}

TEST_CASE("a pace that nobody renews falls to what follows it, and then nothing goes out") {
    paced p;
    p.tell(20, 5s, 1, 10s);
    p.ask(1000);
    p.advance(4999ms);
    CHECK(p.sent.size() == 100);
    CHECK(p.machine.per_second(p.now) == 20);
    p.advance(5s);
    CHECK(p.machine.per_second(p.now) == 1);
    CHECK(p.sent.size() <= 105);
    CHECK(p.sent.size() >= 104);
    p.advance(60s);
    CHECK(p.machine.per_second(p.now) == 0);
    CHECK(p.sent.size() <= 105);
    p.tell(20);
    p.advance(2s);
    CHECK(p.sent.size() > 120);
}

TEST_CASE("a process that stood still sends nothing under a lease that ended meanwhile") {
    paced p;
    p.tell(20, 5s, 1, 10s);
    p.ask(20);
    CHECK(p.sent.size() == 3);
    p.now += 1min;  // No tick came.
    p.ask(20);
    CHECK(p.sent.size() == 3);
}

TEST_CASE("what only the pace holds back is told, and not what waits for its route's limit") {
    paced p;
    p.tell(5);
    p.ask(12);
    CHECK(p.machine.use(p.now).sent == 1);
    CHECK(p.machine.use(p.now).waiting == 11);
    p.advance(900ms);
    CHECK(p.machine.use(p.now).sent == 5);
    CHECK(p.machine.use(p.now).waiting == 7);
    p.advance(10s);
    CHECK(p.machine.use(p.now).sent == 0);
    CHECK(p.machine.use(p.now).waiting == 0);

    std::vector<rest::order> orders;
    rest::limiter routes({.global_per_second = 50});
    for (std::uint64_t number = 1; number <= 9; ++number)
        routes.step(rest::asked{.number = number, .key = "POST /x", .major = "1"}, p.now, orders);
    CHECK(routes.use(p.now).sent == 1);  // Its route's first answer is waited for.
    CHECK(routes.use(p.now).waiting == 0);
}
