// A thread's time, split among its shards.
#include "host/cpu_split.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace shoal;
using namespace shoal::host;
using namespace std::chrono_literals;

TEST_CASE("a thread's share is that of the last five seconds") {
    cpu_split cpu;
    CHECK(cpu.share() == 0);
    auto now = instant{} + 1h;
    cpu.second_passed(700ms, now);  // What was before counts for nothing.
    CHECK(cpu.share() == 0);
    cpu.second_passed(900ms, now += 1s);
    CHECK(cpu.share() == doctest::Approx(0.2));
    cpu.second_passed(900ms, now += 3s);  // A late look is one over a longer time.
    CHECK(cpu.share() == doctest::Approx(0.05));
    for (int i = 1; i <= 5; ++i) cpu.second_passed(900ms + i * 500ms, now += 1s);
    CHECK(cpu.share() == doctest::Approx(0.5));
}

TEST_CASE("its shards have it by their events, and alike where none come") {
    cpu_split cpu;
    cpu.second_passed(0ms, instant{} + 1h);
    cpu.second_passed(400ms, instant{} + 1h + 1s);
    CHECK(cpu.part(30, 40, 2) == doctest::Approx(0.3));
    CHECK(cpu.part(10, 40, 2) == doctest::Approx(0.1));
    CHECK(cpu.part(0, 0, 4) == doctest::Approx(0.1));
    CHECK(cpu.part(0, 0, 0) == 0);
}
