// What every store must do, said once and asked of each.

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/random.hpp"
#include "contract/store_contract.hpp"
#include "store/errc.hpp"
#include "store/memory/memory_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

using namespace shoal;
using namespace shoal::store;
using test::commit;
using test::read_all;

namespace {

/// A place that outlives the stores over it.
struct in_memory {
    test::driven_scheduler on;
    std::shared_ptr<memory_contents> kept = std::make_shared<memory_contents>();
    std::unique_ptr<state_store> open() { return open_memory(kept, on); }
};

struct in_sqlite {
    test::driven_scheduler on;
    std::string folder;
    in_sqlite() {
        char name[] = "/tmp/shoal-store-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        folder = name;
    }
    ~in_sqlite() { std::filesystem::remove_all(folder); }
    in_sqlite(const in_sqlite&) = delete;
    in_sqlite& operator=(const in_sqlite&) = delete;
    std::unique_ptr<state_store> open() {
        auto opened = open_sqlite({folder + "/fleet.db"}, on);
        REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message()));
        return std::move(opened->store);
    }
};

}  // namespace

TEST_CASE_TEMPLATE("a new store is empty and at revision none", place, in_memory, in_sqlite) {
    place where;
    const auto all = read_all(*where.open(), where.on);
    REQUIRE(all.has_value());
    CHECK(all->entries.empty());
    CHECK(all->at == revision::none);
}

TEST_CASE_TEMPLATE("what was written is read in the order of keys, each with the revision of its last change", place, in_memory,
                   in_sqlite) {
    place where;
    const auto store = where.open();
    REQUIRE(commit(*store, where.on, {{}, {{"b", "1"}, {"a", std::string("\0\n\xff", 3)}}})->done);
    const auto second = commit(*store, where.on, {{}, {{"b", "2"}, {"c", ""}}});
    REQUIRE(second->done);
    CHECK(second->at == revision{2});
    const auto all = read_all(*store, where.on);
    CHECK(all->at == revision{2});
    CHECK(all->entries ==
          std::vector<entry>{{"a", std::string("\0\n\xff", 3), revision{1}}, {"b", "2", revision{2}}, {"c", "", revision{2}}});
}

TEST_CASE_TEMPLATE("a transaction whose condition does not hold changes nothing at all", place, in_memory, in_sqlite) {
    place where;
    const auto store = where.open();
    REQUIRE(commit(*store, where.on, {{}, {{"leader", "one"}}})->done);
    const auto before = read_all(*store, where.on);
    SUBCASE("an older revision") {
        REQUIRE(commit(*store, where.on, {{}, {{"leader", "two"}}})->done);
        const auto late = commit(*store, where.on, {{{"leader", revision{1}}}, {{"leader", "three"}, {"x", "y"}}});
        REQUIRE(late.has_value());
        CHECK_FALSE(late->done);
        CHECK(read_all(*store, where.on)->entries == std::vector<entry>{{"leader", "two", revision{2}}});
    }
    SUBCASE("a key that should not exist") {
        CHECK_FALSE(commit(*store, where.on, {{{"leader", revision::none}}, {{"leader", "three"}}})->done);
        CHECK(read_all(*store, where.on)->entries == before->entries);
    }
    SUBCASE("a key that should exist") {
        CHECK_FALSE(commit(*store, where.on, {{{"nobody", revision{1}}}, {{"leader", "three"}}})->done);
        CHECK(read_all(*store, where.on)->at == before->at);
    }
    SUBCASE("only one of several") {
        CHECK_FALSE(commit(*store, where.on, {{{"leader", revision{1}}, {"x", revision{9}}}, {{"leader", "three"}}})->done);
        CHECK(read_all(*store, where.on)->entries == before->entries);
    }
}

TEST_CASE_TEMPLATE("a transaction whose conditions hold is carried out", place, in_memory, in_sqlite) {
    place where;
    const auto store = where.open();
    REQUIRE(commit(*store, where.on, {{{"leader", revision::none}}, {{"leader", "one"}}})->done);
    REQUIRE(commit(*store, where.on, {{{"leader", revision{1}}, {"x", revision::none}}, {{"leader", "two"}}})->done);
    CHECK(read_all(*store, where.on)->entries == std::vector<entry>{{"leader", "two", revision{2}}});
}

TEST_CASE_TEMPLATE("an erased key is gone, and erasing what is not there is no change", place, in_memory, in_sqlite) {
    place where;
    const auto store = where.open();
    REQUIRE(commit(*store, where.on, {{}, {{"a", "1"}}})->done);
    const auto erased = commit(*store, where.on, {{}, {{"a", std::nullopt}}});
    CHECK(erased->at == revision{2});
    CHECK(read_all(*store, where.on)->entries.empty());
    CHECK(commit(*store, where.on, {{}, {{"a", std::nullopt}}})->at == revision{2});
    CHECK(commit(*store, where.on, {{{"a", revision::none}}, {}})->done);
    REQUIRE(commit(*store, where.on, {{}, {{"a", "2"}}})->at == revision{3});
}

TEST_CASE_TEMPLATE("a store that is opened again has what was committed", place, in_memory, in_sqlite) {
    place where;
    REQUIRE(commit(*where.open(), where.on, {{}, {{"a", "1"}}})->done);
    const auto again = where.open();
    CHECK(read_all(*again, where.on)->entries == std::vector<entry>{{"a", "1", revision{1}}});
    CHECK(commit(*again, where.on, {{{"a", revision{1}}}, {{"a", "2"}}})->at == revision{2});
}

TEST_CASE_TEMPLATE("answers come in the order of the calls, and never inside them", place, in_memory, in_sqlite) {
    place where;
    const auto store = where.open();
    std::vector<int> order;
    store->commit({{}, {{"a", "1"}}}, [&](auto) { order.push_back(1); });
    store->read_all([&](auto) { order.push_back(2); });
    store->commit({{}, {{"a", "2"}}}, [&](auto) { order.push_back(3); });
    CHECK(order.empty());
    where.on.run_until([&] { return order.size() == 3; });
    CHECK(order == std::vector{1, 2, 3});
}

TEST_CASE_TEMPLATE("what was asked before the store is destroyed is answered and done", place, in_memory, in_sqlite) {
    place where;
    int answers = 0;
    {
        const auto store = where.open();
        for (int i = 0; i < 20; ++i)
            store->commit({{}, {{std::to_string(i), "x"}}}, [&](auto done) { answers += static_cast<int>(done->done); });
    }
    where.on.run_until([&] { return answers == 20; });
    CHECK(read_all(*where.open(), where.on)->entries.size() == 20);
}

TEST_CASE_TEMPLATE("too many calls at once are refused, not queued without end", place, in_memory, in_sqlite) {
    place where;
    const auto store = where.open();
    std::size_t done = 0, refused = 0;
    const std::size_t calls = 20 * state_store::most_waiting;
    for (std::size_t i = 0; i < calls; ++i)
        store->commit({{}, {{"a", "1"}}}, [&](auto answer) {
            if (answer)
                ++done;
            else if (answer.error().is(errc::overloaded))
                ++refused;
        });
    where.on.run_until([&] { return done + refused == calls; });
    CHECK(done >= state_store::most_waiting);
    CHECK(refused > 0);
}

TEST_CASE("random transactions do the same to the file as to memory, also when it is opened in between") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        random_source random(seed);
        in_memory plain;
        in_sqlite real;
        auto one = plain.open(), two = real.open();
        for (int i = 0; i < 60; ++i) {
            transaction what;
            for (auto n = random.below(3); n > 0; --n)
                what.only_if.push_back(
                    {std::to_string(random.below(6)),
                     static_cast<revision>(random.below(8) + (i > 8 ? static_cast<std::uint64_t>(i) - 8 : 0))});
            if (random.chance(0.5)) what.only_if.clear();
            for (auto n = random.below(4); n > 0; --n)
                what.changes.push_back({std::to_string(random.below(6)),
                                        random.chance(0.3) ? std::nullopt : std::optional(std::to_string(random.next()))});
            const auto left = commit(*one, plain.on, what), right = commit(*two, real.on, what);
            REQUIRE(left->done == right->done);
            REQUIRE(left->at == right->at);
            if (random.chance(0.1)) two.reset(), two = real.open();
            REQUIRE(read_all(*one, plain.on)->entries == read_all(*two, real.on)->entries);
        }
    }
}
