// Which shards should run and which do: the table's orders.

#include "host/shard_table.hpp"

#include <doctest/doctest.h>

using namespace shoal;
using host::shard_table;

namespace {

constexpr shard_key first{0, 3}, second{1, 3}, third{2, 3};

gateway::resume_ticket ticket_of(shard_key shard) {
    gateway::resume_ticket ticket;
    ticket.shard = shard;
    ticket.session_id = "session";
    return ticket;
}

}  // namespace

TEST_CASE("shards are spread evenly over the threads and started once") {
    shard_table table(2);
    table.want({first, second, third}, {{second, ticket_of(second)}});
    const auto orders = table.reconcile();
    REQUIRE(orders.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& start = std::get<shard_table::start>(orders[i]);
        CHECK(start.shard.id == i);
        CHECK(start.thread == i % 2);
        CHECK(start.ticket.has_value() == (start.shard == second));
    }
    CHECK(table.reconcile().empty());
    CHECK(table.shards_of(0) == std::vector{first, third});
}

TEST_CASE("a shard that is wanted again while it stops starts once it is gone, with its ticket") {
    shard_table table(1);
    table.want({first}, {});
    (void)table.reconcile();
    table.want({}, {});
    const auto stopping = table.reconcile();
    REQUIRE(stopping.size() == 1);
    CHECK_FALSE(std::get<shard_table::stop>(stopping[0]).gave_up);
    CHECK(table.is_stopping(first));

    table.want({first}, {});
    CHECK(table.reconcile().empty());
    CHECK(table.was_to_end(first));
    table.gone(first, ticket_of(first));
    const auto again = table.reconcile();
    REQUIRE(again.size() == 1);
    CHECK(std::get<shard_table::start>(again[0]).ticket.has_value());
    CHECK(table.take_tickets().empty());
}

TEST_CASE("a shard that gave up keeps its place until it is wanted no more") {
    shard_table table(1);
    table.want({first}, {});
    (void)table.reconcile();
    CHECK_FALSE(table.was_to_end(first));
    CHECK(table.reconcile().empty());
    CHECK(table.thread_of(first) == 0);

    table.want({}, {});
    const auto orders = table.reconcile();
    REQUIRE(orders.size() == 1);
    CHECK(std::get<shard_table::stop>(orders[0]).gave_up);
    table.gone(first, std::nullopt);
    CHECK(table.empty());
}

TEST_CASE("a shard that comes back is on the thread where it was, whatever the load: its journal is open there") {
    shard_table table(2);
    table.want({first, second}, {});
    (void)table.reconcile();
    REQUIRE(table.thread_of(second) == 1);
    table.want({first}, {});
    (void)table.reconcile();
    CHECK(table.was_to_end(second));
    table.gone(second, std::nullopt);
    // Thread 1 is the emptier one for whoever comes first.
    table.want({first, third}, {});
    (void)table.reconcile();
    CHECK(table.thread_of(third) == 1);
    table.want({third}, {});
    (void)table.reconcile();
    CHECK(table.was_to_end(first));
    table.gone(first, std::nullopt);
    // Now thread 0 is.
    table.want({second, third}, {});
    (void)table.reconcile();
    CHECK(table.thread_of(second) == 1);
}
