// Which numbers were received how long ago, and what happens to one that has to come again.

#include <doctest/doctest.h>

#include "gateway/receipt_times.hpp"

using namespace shoal;
using namespace shoal::gateway;
using namespace std::chrono_literals;

namespace {

constexpr instant start = instant{} + 1h;

}  // namespace

TEST_CASE("a number counts as received once five seconds have gone by") {
    receipt_times times;
    times.note(7, start);
    times.note(9, start + 2s);
    CHECK(times.received_before(start + 4900ms) == 0);
    CHECK(times.received_before(start + 5s) == 7);
    CHECK(times.received_before(start + 7s) == 9);
    times.clear();
    CHECK(times.received_before(start + 1h) == 0);
}

TEST_CASE("a number that could not be read and comes again counts from the second time on") {
    receipt_times times;
    times.note(219, start);
    times.note(220, start + 1s);
    times.take_back(220);
    CHECK(times.received_before(start + 7s) == 219);
    times.note(220, start + 5s);
    CHECK(times.received_before(start + 9s) == 219);
    CHECK(times.received_before(start + 10s) == 220);
    receipt_times first;
    first.note(1, start);
    first.take_back(1);
    CHECK(first.received_before(start + 1h) == 0);
}
