#include "cluster/placement_planner.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/random.hpp"

using namespace shoal;
using namespace shoal::cluster;

namespace {

worker_view worker(const std::string& name, std::uint32_t cores = 1, std::uint32_t max_shards = 0, std::string zone = {}) {
    return {{name}, std::move(zone), {cores * 1000, 0, max_shards}, true};
}

cluster_view homeless(std::uint32_t shards, std::vector<worker_view> workers) {
    cluster_view out{std::move(workers), {}, false};
    for (std::uint32_t s = 0; s < shards; ++s) out.shards.push_back({s, {}, false, true, "nobody holds it"});
    return out;
}

void apply(cluster_view& view, const placement_plan& plan) {
    for (const auto& move : plan.moves)
        for (auto& shard : view.shards)
            if (shard.shard == move.shard) shard.owner = move.to, shard.must_leave = false;
}

std::map<std::string, std::uint32_t> loads(const cluster_view& view) {
    std::map<std::string, std::uint32_t> out;
    for (const auto& w : view.workers) out[w.process.value] = 0;
    for (const auto& s : view.shards)
        if (s.owner) ++out[s.owner->value];
    return out;
}

}  // namespace

TEST_CASE("shards are shared out so that the load for each core differs by at most one") {
    auto view = homeless(64, {worker("a", 1), worker("b", 2), worker("c", 4), worker("d", 1)});
    apply(view, place(view, {}));
    CHECK(loads(view) == std::map<std::string, std::uint32_t>{{"a", 8}, {"b", 16}, {"c", 32}, {"d", 8}});
}

TEST_CASE("ties go to the lower id, and the same view in any order gives the same plan") {
    random_source random(3);
    auto view = homeless(40, {worker("a", 2, 9, "x"), worker("b", 1, 0, "y"), worker("c", 3, 12, "x"), worker("d", 1, 7, "z")});
    for (auto& shard : view.shards)
        if (shard.shard % 5 == 0) shard.owner = process_id{"b"};
    view.most_moves = 10;
    const auto plan = place(view, {});
    for (int i = 0; i < 20; ++i) {
        for (auto n = view.shards.size(); n > 1; --n) std::swap(view.shards[n - 1], view.shards[random.below(n)]);
        for (auto n = view.workers.size(); n > 1; --n) std::swap(view.workers[n - 1], view.workers[random.below(n)]);
        const auto again = place(view, {});
        REQUIRE(again.moves.size() == plan.moves.size());
        for (std::size_t m = 0; m < plan.moves.size(); ++m) {
            CHECK(again.moves[m].shard == plan.moves[m].shard);
            CHECK(again.moves[m].to == plan.moves[m].to);
        }
    }
    const auto first = place(homeless(1, {worker("b"), worker("a")}), {});
    CHECK(first.moves.front().to.value == "a");
}

TEST_CASE("nothing is overfilled: what has no room is named") {
    const auto plan = place(homeless(10, {worker("a", 1, 3), worker("b", 8, 4)}), {});
    CHECK(plan.moves.size() == 7);
    REQUIRE(plan.unplaced.size() == 3);
    CHECK(plan.unplaced.front().shard == 7);
    CHECK(plan.unplaced.front().why == "every worker holds as many shards as it can");
    auto closed = worker("a");
    closed.accepts = false;
    CHECK(place(homeless(1, {closed}), {}).unplaced.front().why == "no worker takes shards now");
}

TEST_CASE("no worker is given more than its messages can name") {
    const auto plan = place(homeless(5000, {worker("a")}), {});
    CHECK(plan.moves.size() == most_shards_per_worker);
    CHECK(plan.unplaced.size() == 5000 - most_shards_per_worker);
    CHECK(room_of({.millicores = 1000, .memory_mb = 0, .max_shards = 60'000}, {}) == most_shards_per_worker);
}

TEST_CASE("a worker with hardly any memory still holds one") { CHECK(room_of({.memory_mb = 3}, {}) == 1); }

TEST_CASE("memory bounds what a worker holds, where it is known") {
    auto small = worker("a");
    small.capacity.memory_mb = 450;
    auto view = homeless(10, {small, worker("b")});
    apply(view, place(view, {.memory_per_shard_mb = 200}));
    CHECK(loads(view)["a"] == 2);
    CHECK(loads(view)["b"] == 8);
}

TEST_CASE("of equal workers the one in the emptier zone is taken") {
    auto view = homeless(2, {worker("a", 1, 0, "x"), worker("b", 1, 0, "x"), worker("c", 1, 0, "y")});
    apply(view, place(view, {}));
    CHECK(view.shards[0].owner->value == "a");  // Nothing tells them apart but the id.
    CHECK(view.shards[1].owner->value == "c");
}

TEST_CASE("a worker that joins is given its share, in at most ceil(shards / workers) moves, each with its reason") {
    for (std::uint32_t shards = 1; shards <= 70; ++shards) {
        for (std::uint32_t workers = 1; workers <= 8; ++workers) {
            std::vector<worker_view> all;
            for (std::uint32_t w = 0; w < workers; ++w) all.push_back(worker(fmt::format("w{}", w)));
            auto view = homeless(shards, all);
            apply(view, place(view, {}));
            view.workers.push_back(worker("new"));
            view.most_moves = (shards + workers) / (workers + 1);
            const auto plan = place(view, {});
            REQUIRE(plan.moves.size() <= view.most_moves);
            CHECK(plan.balancing == plan.moves.size());
            CHECK_FALSE(plan.unbalanced);
            for (const auto& move : plan.moves) {
                CHECK(move.to.value == "new");
                CHECK(move.reason.find("held") != std::string::npos);
            }
            apply(view, plan);
            const auto load = loads(view);
            const auto [least, most] = std::ranges::minmax_element(load, {}, [](const auto& l) { return l.second; });
            REQUIRE(most->second - least->second <= 1);
            CHECK(place(view, {}).moves.empty());  // And it is at rest.
        }
    }
}

TEST_CASE("what is not settled is not moved, and the plan says that balance is not there yet") {
    auto view = homeless(8, {worker("a")});
    apply(view, place(view, {}));
    view.workers.push_back(worker("new"));
    view.most_moves = 4;
    for (auto& shard : view.shards) shard.may_move = shard.shard < 1;
    auto plan = place(view, {});
    CHECK(plan.moves.size() == 1);
    CHECK(plan.unbalanced);
    for (auto& shard : view.shards) shard.may_move = true;
    view.most_moves = 3;
    plan = place(view, {});
    CHECK(plan.moves.size() == 3);
    CHECK(plan.unbalanced);
}

TEST_CASE("a lost worker's shards go to the others, and nothing else moves") {
    auto view = homeless(12, {worker("a"), worker("b"), worker("c")});
    apply(view, place(view, {}));
    view.workers.erase(view.workers.begin());
    for (auto& shard : view.shards)
        if (shard.owner->value == "a") shard.must_leave = true, shard.why = "a is lost";
    const auto plan = place(view, {});
    CHECK(plan.moves.size() == 4);
    for (const auto& move : plan.moves) {
        CHECK(move.from->value == "a");
        CHECK(move.reason == "a is lost");
    }
    apply(view, plan);
    CHECK(loads(view)["b"] == 6);
}

TEST_CASE("random clusters are never overfilled, every shard is placed while there is room, and balance ends") {
    random_source random(11);
    for (int round = 0; round < 300; ++round) {
        std::vector<worker_view> all;
        std::uint64_t room = 0;
        for (std::uint64_t w = 0, n = 1 + random.below(9); w < n; ++w) {
            all.push_back(worker(fmt::format("w{}", w), static_cast<std::uint32_t>(1 + random.below(8)),
                                 static_cast<std::uint32_t>(random.chance(0.5) ? 1 + random.below(20) : 0),
                                 fmt::format("z{}", random.below(3))));
            room += room_of(all.back().capacity, {});
        }
        auto view = homeless(static_cast<std::uint32_t>(random.below(80)), all);
        for (auto& shard : view.shards)
            if (random.chance(0.3)) shard.owner = all[random.below(all.size())].process;
        view.most_moves = random.chance(0.5) ? 20 : 0;
        const auto before = loads(view);
        const auto plan = place(view, {});
        apply(view, plan);
        const auto after = loads(view);
        for (const auto& w : all) {
            const auto most = room_of(w.capacity, {});
            CHECK((after.at(w.process.value) <= most || after.at(w.process.value) <= before.at(w.process.value)));
        }
        if (room >= 80 + view.shards.size()) CHECK(plan.unplaced.empty());
        view.most_moves = 20;
        int rounds = 0;
        for (; rounds < 100; ++rounds) {
            const auto more = place(view, {});
            if (more.moves.empty()) break;
            apply(view, more);
        }
        CHECK(rounds < 100);
    }
}
