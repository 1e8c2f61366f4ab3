// Whether a bot goes on without a shard.

#include "roles/process/shard_census.hpp"

#include <doctest/doctest.h>

using namespace shoal;

namespace {

constexpr shard_key first{0, 2}, second{1, 2};

roles::shard_census of_two() {
    roles::shard_census census;
    census.expect(2);
    return census;
}

}  // namespace

TEST_CASE("all shards are ready once, also when one is ready again") {
    auto census = of_two();
    CHECK_FALSE(census.ready(first));
    CHECK_FALSE(census.ready(first));
    CHECK(census.ready(second));
    CHECK_FALSE(census.ready(second));
}

TEST_CASE("a shard that gives up before any was ready ends the bot, later only the last one does") {
    CHECK(of_two().gave_up(first, 4014));
    auto census = of_two();
    (void)census.ready(first);
    CHECK_FALSE(census.gave_up(second, 4014));
    CHECK(census.gave_up(first, 4014));
}

TEST_CASE("a dead token ends the bot whoever serves still") {
    auto census = of_two();
    (void)census.ready(first);
    CHECK(census.gave_up(second, 4004));
}

TEST_CASE("an untrusted certificate ends a start, not a bot that serves") {
    auto census = of_two();
    CHECK(census.untrusted());
    (void)census.ready(second);
    CHECK_FALSE(census.untrusted());
}
