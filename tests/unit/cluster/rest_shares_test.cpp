#include "cluster/rest_shares.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <numeric>
#include <string>

#include "cluster/slice_holder.hpp"

using namespace shoal;
using namespace shoal::cluster;
using namespace std::chrono_literals;

namespace {

/// Workers that obey at once, a heartbeat a second each, and the coordinator's machine.
struct fleet {
    struct worker {
        slice_holder slice;
        std::uint64_t beats = 0;
        std::uint32_t wants = 0, most = 0;
        bool deaf = false;    // Its acks get lost.
        bool silent = false;  // It is cut off.
    };
    instant now = instant{} + 1h;
    rest_policy policy;
    rest_shares shares{policy};
    std::map<std::string, worker> workers;

    explicit fleet(rest_policy with = {}, bool waits = false) : policy(with), shares(with) {
        if (waits) shares.take_office(now, false);
    }
    static rest_holder holder(const std::string& name) { return {{name}, incarnation{1}}; }
    [[nodiscard]] rest_use use_of(const worker& who) const {
        const auto sent = std::min(who.wants, who.slice.may_use(now));
        return {.sent_per_second = static_cast<double>(sent),
                .waiting = who.wants - sent,
                .in_use = who.slice.in_use(now),
                .most = who.most,
                .obeys = who.slice.obeys()};
    }
    void join(const std::string& name) { shares.registered(holder(name), use_of(workers[name]), now); }
    void beat(const std::string& name) {
        auto& who = workers.at(name);
        const auto number = beat_number{++who.beats};
        const auto told = shares.heard(holder(name), number, use_of(who), now);
        if (!who.deaf) who.slice.told(told, number, now, now);
    }
    void run(duration span) {
        for (const auto end = now + span; now < end; now += 100ms) {
            shares.look(now);
            if ((now - instant{}) % 1s == 0s)
                for (const auto& [name, who] : workers)
                    if (!who.silent) beat(name);
            std::uint32_t all = 0;
            for (const auto& [name, who] : workers) all += who.slice.in_use(now);
            CHECK(all <= policy.limit_per_second);
        }
    }
    [[nodiscard]] std::uint32_t has(const std::string& name) const { return workers.at(name).slice.may_use(now); }
};

}  // namespace

TEST_CASE("what is shared out fits, and nobody who wants less goes short of who gets more") {
    using counts = std::vector<std::uint32_t>;
    CHECK(share_out(10, {}) == counts{});
    CHECK(share_out(10, {3, 4}) == counts{3, 4});
    CHECK(share_out(10, {8, 2, 8}) == counts{4, 2, 4});
    CHECK(share_out(10, {100, 100, 100}) == counts{3, 3, 4});
    CHECK(share_out(2, {9, 0, 9, 9}) == counts{0, 0, 1, 1});
    CHECK(share_out(0, {1}) == counts{0});
}

TEST_CASE("workers that want nothing share the limit evenly, but for one minimum that is left for the next") {
    fleet f;
    f.join("a");
    f.run(5s);
    CHECK(f.has("a") == 44);
    f.join("b");
    f.join("c");
    f.run(10s);
    CHECK(f.has("a") + f.has("b") + f.has("c") == 44);
    for (const auto* name : {"a", "b", "c"}) CHECK(f.has(name) >= 14);
}

TEST_CASE("a worker that joins has its minimum at its first heartbeat, whatever the others need") {
    fleet f;
    f.join("a");
    f.workers["a"].wants = 1000;
    f.run(5s);
    CHECK(f.has("a") == 44);
    f.join("b");
    f.beat("b");
    CHECK(f.has("b") == 1);
}

TEST_CASE("who has calls to send has nearly all but the others' minimum, and when another one has, it follows") {
    fleet f;
    for (const auto* name : {"a", "b", "c"}) f.join(name);
    f.workers["a"].wants = 200;
    f.run(15s);
    CHECK(f.has("a") == 42);
    CHECK(f.has("b") == 1);
    f.workers["a"].wants = 0;
    f.workers["b"].wants = 200;
    f.run(15s);
    CHECK(f.has("b") == 42);
    CHECK(f.has("a") == 1);
    f.workers["a"].wants = 200;
    f.run(15s);
    CHECK(f.has("a") >= 21);
    CHECK(f.has("b") >= 21);
    f.workers["b"].wants = 5;
    f.run(15s);
    CHECK(f.has("b") >= 5);
    CHECK(f.has("a") >= 35);
}

TEST_CASE("a worker's own bound is kept, and the rest goes to the others") {
    fleet f;
    f.join("a");
    f.join("b");
    f.workers["a"].wants = f.workers["b"].wants = 200;
    f.workers["a"].most = 5;
    f.run(15s);
    CHECK(f.has("a") == 5);
    CHECK(f.has("b") == 39);
}

TEST_CASE("what a worker is told to let go is leased again a second after it did, and not before it says so") {
    fleet f;
    f.join("a");
    f.run(5s);
    f.workers["a"].deaf = true;  // It goes on with what it has.
    f.workers["b"].wants = 200;
    f.join("b");
    f.run(10s);
    CHECK(f.has("a") == 44);
    CHECK(f.has("b") == 1);
    CHECK(f.shares.may_be_used() == 45);
    f.workers["a"].deaf = false;
    f.run(15s);
    CHECK(f.has("b") >= 42);
}

TEST_CASE("a slice outlives the coordinator for four leases, then the minimum lasts for ten minutes") {
    fleet f;
    f.join("a");
    f.run(5s);
    const auto& slice = f.workers["a"].slice;
    const auto sent = f.now - 1s;  // Its last heartbeat.
    CHECK(slice.may_use(sent + 19999ms) == 44);
    CHECK(slice.may_use(sent + 20s) == 1);
    CHECK(slice.may_use(sent + 599s) == 1);
    CHECK(slice.may_use(sent + 600s) == 0);
    CHECK(slice.in_use(sent + 20999ms) == 44);  // What it sent under it counts for a second.
    CHECK(slice.in_use(sent + 21s) == 1);
}

TEST_CASE("what a worker that is cut off may not use any more goes to the others, but for its minimum") {
    fleet f;
    f.join("a");
    f.join("b");
    f.workers["a"].wants = 200;
    f.run(15s);
    f.workers["a"].silent = true;
    f.workers["b"].wants = 200;
    f.run(19s);
    CHECK(f.has("b") <= 2);
    CHECK(f.shares.picture(f.now).kept_per_second == 43);
    f.run(10s);
    CHECK(f.has("b") == 43);
    CHECK(f.shares.picture(f.now).kept_per_second == 1);
    f.run(600s);
    CHECK(f.shares.picture(f.now).kept_per_second == 0);
    CHECK(f.has("b") == 44);
}

TEST_CASE("a dead worker's slice is given on when a second has passed since it may have sent") {
    fleet f;
    f.join("a");
    f.join("b");
    f.workers["a"].wants = f.workers["b"].wants = 200;
    f.run(15s);
    const auto before = f.has("b");
    f.workers["a"].silent = true;
    f.workers["a"].slice = {};
    f.shares.died(fleet::holder("a"), f.now);
    f.shares.look(f.now + 900ms);
    CHECK(f.shares.may_be_used() > before + 10);
    f.run(5s);
    CHECK(f.has("b") == 44);
    CHECK(f.shares.held_by(fleet::holder("a")).per_second == 0);
}

TEST_CASE("a new coordinator adopts what workers report and gives no more before slices of others are surely over") {
    fleet f;
    f.join("a");
    f.join("b");
    f.workers["a"].wants = 200;
    f.run(15s);
    REQUIRE(f.has("a") == 43);
    f.shares = rest_shares(f.policy);
    f.shares.take_office(f.now, false);
    f.shares.remember(fleet::holder("c"), f.now);
    f.join("a");
    f.workers["b"].wants = 200;
    f.join("b");
    f.run(20s);
    CHECK(f.has("a") <= 43);
    CHECK(f.has("b") == 1);
    f.workers["a"].wants = 0;
    f.run(20s);
    // What it does not know of may have its minimum.
    CHECK(f.has("b") == 42);
    CHECK(f.shares.picture(f.now).kept_per_second == 1);
}

TEST_CASE("in a fleet that seems to be new newcomers have their minimum at once, of what pacing leaves free") {
    fleet f;
    f.shares.take_office(f.now, true);
    for (const auto* name : {"a", "b", "c", "d", "e", "f", "g"}) f.join(name);
    f.run(3s);
    std::uint32_t all = 0;
    for (const auto& [name, who] : f.workers) all += f.has(name);
    CHECK(all == 5);
    f.run(25s);
    CHECK(f.has("g") >= 6);

    fleet old;
    old.shares.take_office(old.now, true);
    old.shares.fleet_is_old();  // Only its store was lost.
    old.join("a");
    old.run(15s);
    CHECK(old.has("a") == 0);
}

TEST_CASE("of more workers than requests a second those have one that have calls waiting") {
    fleet f({.limit_per_second = 10});
    for (int i = 0; i < 30; ++i) f.join("w" + std::to_string(i));
    f.run(10s);
    for (const auto* name : {"w3", "w17", "w29"}) f.workers[name].wants = 3;
    f.run(10s);
    for (const auto* name : {"w3", "w17", "w29"}) CHECK(f.has(name) >= 2);
    CHECK(f.shares.picture(f.now).without > 0);
}

TEST_CASE("an ack that comes late or twice does not bring back a slice that is over") {
    slice_holder slice;
    const auto start = instant{} + 1h;
    CHECK(slice.told({40, 20s, 1, 10min}, beat_number{5}, start, start));
    CHECK(slice.told({10, 20s, 1, 10min}, beat_number{6}, start + 1s, start + 1s));
    CHECK_FALSE(slice.told({40, 20s, 1, 10min}, beat_number{5}, start, start + 2s));
    CHECK_FALSE(slice.told({40, 20s, 1, 10min}, beat_number{6}, start, start + 2s));
    CHECK(slice.may_use(start + 2s) == 10);
    // It counts from when the heartbeat went out, however late its ack came.
    CHECK(slice.told({40, 20s, 1, 10min}, beat_number{7}, start + 2s, start + 30s));
    CHECK(slice.may_use(start + 30s) == 1);
}
