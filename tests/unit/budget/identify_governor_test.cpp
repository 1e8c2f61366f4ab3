#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "budget/errc.hpp"
#include "budget/identify_governor.hpp"

using namespace shoal;
using namespace shoal::budget;
using namespace std::chrono_literals;
using granted = identify_governor::granted;
using refused = identify_governor::refused;

namespace {

constexpr instant start = instant{} + 1h;
constexpr duration window = 5250ms;  // with slack

shard_key shard(std::uint32_t id, std::uint32_t total = 64) { return {id, total}; }

/// One process with its governor, and the ledger of its host.
struct office {
    governor_policy policy;
    identify_governor governor{policy};
    identify_ledger ledger;
    instant now = start;

    office() = default;
    explicit office(governor_policy p) : policy(p), governor(p) {}
    void budget(std::int64_t remaining, std::int64_t mc = 1, std::int64_t total = 1000, duration reset_after = 20h) {
        governor.budget_seen({total, remaining, reset_after, mc}, ledger, now);
    }
    std::vector<granted> grants() {
        std::vector<granted> out;
        refusals.clear();
        again.reset();
        reads = false;
        for (const auto& decision : governor.decide(ledger, now)) {
            if (const auto* g = std::get_if<granted>(&decision)) out.push_back(*g);
            if (const auto* r = std::get_if<refused>(&decision)) refusals.push_back(*r);
            if (const auto* a = std::get_if<identify_governor::ask_again_at>(&decision)) again = a->when;
            if (std::holds_alternative<identify_governor::read_budget>(decision)) reads = true;
        }
        return out;
    }
    std::vector<refused> refusals;
    std::optional<instant> again;
    bool reads = false;
};

std::vector<std::uint32_t> ids(const std::vector<granted>& grants) {
    std::vector<std::uint32_t> out;
    for (const auto& g : grants) out.push_back(g.shard.id);
    return out;
}

}  // namespace

TEST_CASE("the budget is read before the first wave and again when it is older than a minute") {
    office o;
    o.governor.ask(shard(0), false);
    CHECK(o.grants().empty());
    CHECK(o.reads);
    o.budget(900);
    CHECK(ids(o.grants()) == std::vector<std::uint32_t>{0});
    CHECK_FALSE(o.reads);
    o.now += 61s;
    o.governor.ask(shard(1), false);
    CHECK(o.grants().empty());
    CHECK(o.reads);
    CHECK(o.governor.waiting() == 1);
    o.governor.withdraw(shard(1));
    o.now += 1h;
    CHECK(o.grants().empty());
    CHECK_FALSE(o.reads);  // Nobody waits: nothing to read for.
}

TEST_CASE("one IDENTIFY a key and window: the next of a key waits for the use plus five seconds and slack [1.11]") {
    office o;
    o.budget(900);
    o.governor.ask(shard(0), false);
    o.governor.ask(shard(1), false);
    const auto first = o.grants();
    REQUIRE(first.size() == 1);
    CHECK(first[0].valid_until == start + 1s);
    o.now += 400ms;
    o.governor.used(first[0].permit, first[0].shard, o.ledger, o.now);
    CHECK(o.grants().empty());
    REQUIRE(o.again);
    CHECK(*o.again == start + 400ms + window);
    o.now = *o.again - 1ns;
    CHECK(o.grants().empty());
    o.now += 1ns;
    CHECK(ids(o.grants()) == std::vector<std::uint32_t>{1});
}

TEST_CASE("keys are shard_id % max_concurrency and independent of each other [1.11]") {
    office o;
    o.budget(900, 16);
    for (std::uint32_t id = 0; id < 40; ++id) o.governor.ask(shard(id), false);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t id = 0; id < 16; ++id) expected.push_back(id);
    const auto wave = o.grants();
    CHECK(ids(wave) == expected);
    for (const auto& g : wave) o.governor.used(g.permit, g.shard, o.ledger, o.now);
    o.now += window;
    for (auto& id : expected) id += 16;
    CHECK(ids(o.grants()) == expected);
    CHECK(o.governor.waiting() == 8);
}

TEST_CASE("who never had a session goes first, shard 0 first among them; the others in the order in which they asked") {
    office o;
    o.budget(900);
    o.governor.ask(shard(7), true);
    o.governor.ask(shard(3), true);
    o.governor.ask(shard(9), false);
    o.governor.ask(shard(0), false);
    o.governor.ask(shard(5), false);
    std::vector<std::uint32_t> order;
    for (int i = 0; i < 5; ++i) {
        for (const auto& g : o.grants()) {
            order.push_back(g.shard.id);
            o.governor.used(g.permit, g.shard, o.ledger, o.now);
        }
        o.now += window;
    }
    CHECK(order == std::vector<std::uint32_t>{0, 5, 9, 7, 3});
}

TEST_CASE("asking twice is one request, and a withdrawn one gets nothing") {
    office o;
    o.budget(900, 16);
    o.governor.ask(shard(1), false);
    o.governor.ask(shard(1), false);
    o.governor.ask(shard(2), false);
    o.governor.withdraw(shard(2));
    o.governor.withdraw(shard(3));
    CHECK(ids(o.grants()) == std::vector<std::uint32_t>{1});
    CHECK(o.governor.waiting() == 0);
}

TEST_CASE("a permit is counted before it is given, and refunded only when it is returned in time") {
    office o;
    o.budget(1000);
    o.governor.ask(shard(0), false);
    const auto g = o.grants();
    REQUIRE(g.size() == 1);
    CHECK(o.ledger.spent == 1);
    CHECK(o.ledger.outstanding.size() == 1);
    o.governor.returned(g[0].permit, g[0].shard, o.ledger, o.now + 100ms);
    CHECK(o.ledger.spent == 0);
    CHECK(o.ledger.outstanding.empty());
    o.governor.returned(g[0].permit, g[0].shard, o.ledger, o.now + 200ms);
    CHECK(o.ledger.spent == 0);
    // Its key is free at once: nothing was sent.
    o.now += 300ms;
    o.governor.ask(shard(1), false);
    CHECK(o.grants().size() == 1);
}

TEST_CASE("a permit that is neither used nor returned counts as used at its last valid moment") {
    office o;
    o.budget(1000);
    o.governor.ask(shard(0), false);
    const auto g = o.grants();
    o.governor.ask(shard(1), false);
    o.now = start + 1s + window - 1ns;
    CHECK(o.grants().empty());
    CHECK(*o.again == start + 1s + window);
    o.now += 1ns;
    CHECK(o.grants().size() == 1);
    CHECK(o.ledger.spent == 2);
    // Its owner comes to life and returns it: too late for a refund.
    o.governor.returned(g[0].permit, g[0].shard, o.ledger, o.now);
    CHECK(o.ledger.spent == 2);
}

TEST_CASE("a use that is told late only adds to the key's window") {
    office o;
    o.budget(1000);
    o.governor.ask(shard(0), false);
    const auto g = o.grants();
    o.now = start + 4s;
    o.governor.ask(shard(1), false);
    CHECK(o.grants().empty());
    o.governor.used(g[0].permit, g[0].shard, o.ledger, o.now);
    CHECK(o.grants().empty());
    CHECK(*o.again == start + 4s + window);
}

TEST_CASE("what would eat the reserve is refused with a reason, once, unless an operator says so") {
    office o;
    o.budget(101);
    o.governor.ask(shard(0), false);
    o.governor.ask(shard(1), false);
    const auto g = o.grants();
    REQUIRE(g.size() == 1);
    o.governor.used(g[0].permit, g[0].shard, o.ledger, o.now);
    o.now += window;
    CHECK(o.grants().empty());
    REQUIRE(o.refusals.size() == 1);
    CHECK(o.refusals[0].shard == shard(1));
    CHECK(o.refusals[0].why.find("reserve") != std::string::npos);
    CHECK(o.refusals[0].why.find("1000") != std::string::npos);
    REQUIRE(o.again);
    CHECK(*o.again > o.now);
    CHECK(o.governor.waiting() == 1);
    CHECK(o.grants().empty());
    CHECK(o.refusals.empty());  // Told before.

    governor_policy released;
    released.use_reserve = true;
    office operator_said(released);
    operator_said.ledger = o.ledger;
    operator_said.now = o.now;
    operator_said.governor.ask(shard(1), false);
    CHECK(operator_said.grants().size() == 1);
}

TEST_CASE("F26 with nothing left nobody identifies, reserve or not, until the window ends") {
    governor_policy policy;
    policy.use_reserve = true;
    office o(policy);
    o.budget(2, 16, 1000, 1h);
    for (std::uint32_t id = 0; id < 8; ++id) o.governor.ask(shard(id), false);
    const auto g = o.grants();
    CHECK(g.size() == 2);
    CHECK(o.refusals.size() == 6);
    for (const auto& one : g) o.governor.used(one.permit, one.shard, o.ledger, o.now);
    o.now += 30s;
    o.budget(0, 16, 1000, 59min + 30s);
    CHECK(o.grants().empty());
    o.now = start + 1h + 6s;
    CHECK(o.grants().empty());
    CHECK(o.reads);  // A new window: Discord says what is in it.
    o.budget(1000, 16, 1000, 24h);
    CHECK(o.grants().size() == 6);
}

TEST_CASE("the budget is the lower of our own count and what Discord says minus what is outstanding") {
    governor_policy policy;
    policy.use_reserve = true;
    office o(policy);
    // Discord says 3, and two permits are out that it cannot have counted yet: one more, not three.
    o.budget(1000, 16);
    o.governor.ask(shard(0), false);
    o.governor.ask(shard(1), false);
    CHECK(o.grants().size() == 2);
    o.budget(3, 16);
    for (std::uint32_t id = 2; id < 8; ++id) o.governor.ask(shard(id), false);
    CHECK(o.grants().size() == 1);
}

TEST_CASE("F28 a stale `remaining` that is too high lets nobody past our own count") {
    governor_policy policy;
    policy.use_reserve = true;
    office o(policy);
    o.budget(10, 64, 10);
    std::uint32_t total_granted = 0;
    for (std::uint32_t round = 0; round < 20; ++round) {
        for (std::uint32_t id = 0; id < 4; ++id) o.governor.ask(shard(id), false);
        for (const auto& g : o.grants()) {
            ++total_granted;
            o.governor.used(g.permit, g.shard, o.ledger, o.now);
        }
        o.now += 10s;
        o.budget(10, 64, 10);
    }
    CHECK(total_granted == 10);
}

TEST_CASE("spend that is not ours is counted as foreign and comes off the reserve") {
    office o;
    o.budget(1000, 16);
    CHECK(o.ledger.foreign == 0);
    for (std::uint32_t id = 0; id < 5; ++id) o.governor.ask(shard(id), false);
    for (const auto& g : o.grants()) o.governor.used(g.permit, g.shard, o.ledger, o.now);
    o.now += 30s;
    o.budget(995, 16);
    CHECK(o.ledger.foreign == 0);
    o.now += 30s;
    o.budget(955, 16);
    CHECK(o.ledger.foreign == 40);
    o.now += 30s;
    o.budget(960, 16);  // stale
    CHECK(o.ledger.foreign == 40);
    o.now += 30s;
    o.budget(61, 16);  // 934 by others: the whole reserve of 100 is gone
    CHECK(o.ledger.foreign == 934);
    o.governor.ask(shard(0), true);
    CHECK(o.grants().size() == 1);
    // A failed IDENTIFY that Discord did not charge is no foreign one.
    CHECK(o.ledger.spent == 6);
}

TEST_CASE("an empty ledger takes what Discord already counted as its own, not as foreign") {
    office o;
    o.budget(700);
    CHECK(o.ledger.spent == 300);
    CHECK(o.ledger.foreign == 0);
}

TEST_CASE("budget_share leaves the others their part") {
    governor_policy policy;
    policy.budget_share = 0.5;
    policy.reserve_share = 0;
    office o(policy);
    o.budget(8, 64, 10);
    for (std::uint32_t id = 0; id < 20; ++id) o.governor.ask(shard(id), false);
    CHECK(o.grants().size() == 5);
    CHECK(o.ledger.foreign == 0);
}

TEST_CASE("a full budget with nothing to wait for does not make its window end at once") {
    office o;
    o.budget(1000, 1, 1000, 0s);
    o.governor.ask(shard(0), false);
    o.now += 10s;
    CHECK(o.grants().size() == 1);
    o.now += 40s;
    o.governor.ask(shard(1), false);
    CHECK(o.grants().size() == 1);
}

TEST_CASE("the storm breaker slows down when IDENTIFYs fail in a row, lets one through at a time, and READY ends it") {
    office o;
    o.budget(900, 16);
    for (int i = 0; i < 5; ++i) o.governor.ended(false, o.ledger, o.now);
    for (std::uint32_t id = 0; id < 8; ++id) o.governor.ask(shard(id), false);
    CHECK(o.grants().empty());
    REQUIRE(o.again);
    CHECK(*o.again == o.now + 10s);
    // The rest of the failing wave comes in: it says nothing new.
    for (int i = 0; i < 20; ++i) o.governor.ended(false, o.ledger, o.now + 1s);
    duration wait = 10s;
    for (int round = 0; round < 4; ++round) {
        o.now = o.ledger.storm_until;
        o.budget(900, 16);
        const auto one = o.grants();
        REQUIRE(one.size() == 1);
        o.governor.used(one[0].permit, one[0].shard, o.ledger, o.now);
        CHECK(o.grants().empty());
        CHECK(*o.again == o.now + wait);
        o.now = *o.again;
        o.governor.ended(false, o.ledger, o.now);
        wait *= 2;
        CHECK(o.ledger.storm_until == o.now + wait);
    }
    o.governor.ended(true, o.ledger, o.now);
    o.budget(900, 16);
    o.now += 6s;
    CHECK(o.grants().size() == 4);
}

TEST_CASE("a storm's attempt that fails at once makes the next one wait twice as long") {
    office o;
    o.budget(900, 16);
    for (int i = 0; i < 5; ++i) o.governor.ended(false, o.ledger, o.now);
    for (std::uint32_t id = 0; id < 8; ++id) o.governor.ask(shard(id), false);
    for (const duration wait : {20s, 40s, 80s}) {
        o.now = o.ledger.storm_until;
        o.budget(900, 16);
        REQUIRE(o.grants().size() == 1);
        o.now += 300ms;
        o.governor.ended(false, o.ledger, o.now);
        o.governor.ended(false, o.ledger, o.now + 1ms);  // A late one of the wave before.
        CHECK(o.ledger.storm_until == o.now + wait);
    }
}

TEST_CASE("a bot that Discord refuses is a storm at once, and those of one wave count as one") {
    office o;
    o.budget(900, 16);
    for (int i = 0; i < 9; ++i) o.governor.bot_refused(o.ledger, o.now);
    CHECK(o.ledger.storm_until == o.now + 10s);
    o.governor.ask(shard(0), false);
    o.governor.ask(shard(1), false);
    CHECK(o.grants().empty());
    o.now += 10s;
    o.budget(900, 16);
    REQUIRE(o.grants().size() == 1);
    o.governor.ended(true, o.ledger, o.now);
    o.budget(900, 16);
    CHECK(o.grants().size() == 1);
}

TEST_CASE("an IDENTIFY can be spared while the budget is known, outside of reserve and storm, and nobody waits") {
    office o;
    CHECK_FALSE(o.governor.can_spare(o.ledger, o.now));
    o.budget(101);
    CHECK(o.governor.can_spare(o.ledger, o.now));
    o.governor.ask(shard(0), true);
    CHECK_FALSE(o.governor.can_spare(o.ledger, o.now));
    o.governor.withdraw(shard(0));
    for (int i = 0; i < 5; ++i) o.governor.ended(false, o.ledger, o.now);
    CHECK_FALSE(o.governor.can_spare(o.ledger, o.now));
    o.governor.ended(true, o.ledger, o.now);
    CHECK(o.governor.can_spare(o.ledger, o.now));
    REQUIRE(ids((o.governor.ask(shard(1), true), o.grants())).size() == 1);
    CHECK_FALSE(o.governor.can_spare(o.ledger, o.now));  // 100 are left, and they are the reserve.
}

TEST_CASE("the storm breaker's wait has a ceiling") {
    office o;
    o.budget(900);
    for (int i = 0; i < 40; ++i) {
        o.governor.ended(false, o.ledger, o.now);
        CHECK(o.ledger.storm_until - o.now <= 10min);
        o.now = std::max(o.now, o.ledger.storm_until);
    }
}

TEST_CASE("F28 a changed max_concurrency waits until every old key is free") {
    office o;
    o.budget(900, 1);
    o.governor.ask(shard(0), false);
    const auto g = o.grants();
    o.now += 500ms;
    o.governor.used(g[0].permit, g[0].shard, o.ledger, o.now);
    o.budget(899, 16);
    for (std::uint32_t id = 0; id < 16; ++id) o.governor.ask(shard(id), false);
    CHECK(o.grants().empty());
    CHECK(*o.again == o.now + window);
    o.now = *o.again;
    CHECK(o.grants().size() == 16);
}

TEST_CASE("a max_concurrency of zero or less is one") {
    office o;
    o.budget(900, 0);
    o.governor.ask(shard(0), false);
    o.governor.ask(shard(1), false);
    CHECK(o.grants().size() == 1);
}

TEST_CASE("the ledger is read back as it was written") {
    office o;
    o.ledger = fresh_ledger(42, "6a1f0c8e-boot", true, start);
    o.budget(900, 16);
    o.now += 7s;
    for (std::uint32_t id = 0; id < 5; ++id) o.governor.ask(shard(id), false);
    const auto g = o.grants();
    REQUIRE(g.size() == 5);
    o.governor.used(g[0].permit, g[0].shard, o.ledger, o.now);
    o.governor.ended(false, o.ledger, o.now);
    const auto text = write_ledger(o.ledger);
    const auto read = read_ledger(text);
    REQUIRE(read);
    CHECK(write_ledger(*read) == text);
    CHECK(read->application == 42);
    CHECK(read->boot_id == "6a1f0c8e-boot");
    CHECK(read->outstanding == o.ledger.outstanding);
    CHECK(read->key_free_at == o.ledger.key_free_at);
    CHECK(read->last_permit == o.ledger.last_permit);
    CHECK(read->seen_at == o.ledger.seen_at);
    CHECK(read->no_key_before == o.ledger.no_key_before);
    CHECK(write_ledger(*read_ledger(write_ledger(identify_ledger{}))) == write_ledger(identify_ledger{}));
}

TEST_CASE("a ledger that is damaged in any byte or cut off anywhere is a failure, never another ledger") {
    office o;
    o.ledger = fresh_ledger(42, "boot", false, start);
    o.budget(900, 16);
    o.governor.ask(shard(3), false);
    static_cast<void>(o.grants());
    const auto text = write_ledger(o.ledger);
    for (std::size_t i = 0; i < text.size(); ++i) {
        CAPTURE(i);
        CHECK_FALSE(read_ledger(std::string_view(text).substr(0, i)));
        auto changed = text;
        changed[i] = changed[i] == '1' ? '2' : '1';
        if (changed == text) continue;
        const auto read = read_ledger(changed);
        REQUIRE_FALSE(read);
        CHECK(read.error().is(errc::bad_ledger));
    }
    CHECK_FALSE(read_ledger(text + " "));
    CHECK_FALSE(read_ledger(text + text));
    CHECK_FALSE(read_ledger(""));
}

TEST_CASE("after damage every key counts as just used, and no permit of the lost ledger is given again") {
    office o;
    o.ledger = fresh_ledger(1, "boot", false, start);
    o.budget(900);
    o.governor.ask(shard(0), false);
    const auto before = o.grants();
    REQUIRE(before.size() == 1);  // A first start waits for nothing.
    o.now += 10ms;
    o.ledger = fresh_ledger(1, "boot", true, o.now);
    o.budget(899);
    o.governor.ask(shard(1), false);
    CHECK(o.grants().empty());
    o.now += 1s + window;
    const auto after = o.grants();
    REQUIRE(after.size() == 1);
    CHECK(after[0].permit > before[0].permit);
    // The old permit's owner comes with it: nothing of the new ledger moves.
    const auto spent = o.ledger.spent;
    o.governor.returned(before[0].permit, before[0].shard, o.ledger, o.now);
    CHECK(o.ledger.spent == spent);
}

TEST_CASE("after a reboot the ledger's times mean nothing: every key waits one window and the budget is read") {
    office o;
    o.ledger = fresh_ledger(1, "boot-1", false, start);
    o.budget(900);
    o.governor.ask(shard(0), false);
    REQUIRE(o.grants().size() == 1);
    CHECK_FALSE(renew_after_boot(o.ledger, "boot-1", o.now));
    CHECK(o.ledger.outstanding.size() == 1);
    const auto last = o.ledger.last_permit;
    o.now = instant{} + 20s;  // Boot time starts again.
    CHECK(renew_after_boot(o.ledger, "boot-2", o.now));
    CHECK(o.ledger.last_permit == last);
    o.governor.ask(shard(1), false);
    CHECK(o.grants().empty());
    CHECK(o.reads);
    o.budget(899);
    CHECK(o.ledger.spent == 101);
    CHECK(o.grants().empty());
    CHECK(*o.again == o.now + window);
    o.now += window;
    CHECK(o.grants().size() == 1);
}

// ---- many processes over one ledger -----------------------------------------------------------------------------------------

namespace {

/// What Discord would have seen of all processes together.
struct judge {
    std::map<std::uint32_t, std::vector<instant>> identifies;  // by key
    std::int64_t count = 0;
    std::set<std::uint64_t> permits;
};

}  // namespace

TEST_CASE(
    "F27 processes over one ledger never breach a key's window or the budget, whatever the interleaving, crashes included") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        CAPTURE(seed);
        random_source random(seed);
        const auto mc = std::int64_t{1} << random.below(5);
        const auto total = static_cast<std::int64_t>(20 + random.below(60));
        governor_policy policy;
        policy.storm_threshold = random.chance(0.5) ? 5 : 0;
        policy.use_reserve = random.chance(0.3);

        std::string stored = write_ledger(fresh_ledger(9, "boot", false, start));
        judge seen;
        struct process {
            identify_governor governor;
            std::vector<granted> held;
        };
        std::vector<process> processes;
        const auto process_count = 2 + random.below(3);
        for (std::uint64_t i = 0; i < process_count; ++i) processes.push_back({identify_governor(policy), {}});
        auto now = start;

        for (int step = 0; step < 1500; ++step) {
            now += random.between(0ms, random.chance(0.05) ? 4s : 120ms);
            auto& p = processes[random.below(processes.size())];
            auto ledger = *read_ledger(stored);
            const bool damaged = random.chance(0.002);
            if (damaged) {
                // A lost ledger: what Discord says is all that is left.
                ledger = fresh_ledger(9, "boot", true, now);
            }
            switch (random.below(8)) {
                case 0:
                case 1: p.governor.ask(shard(static_cast<std::uint32_t>(random.below(64))), random.chance(0.5)); break;
                case 2: p.governor.withdraw(shard(static_cast<std::uint32_t>(random.below(64)))); break;
                case 3: {
                    // Discord counts what it has seen; an answer may be stale.
                    const auto stale = random.chance(0.2) ? static_cast<std::int64_t>(random.below(4)) : 0;
                    const auto remaining = std::min(total, std::max<std::int64_t>(0, total - seen.count + (damaged ? 0 : stale)));
                    const bool first = ledger.seen_at == instant{};
                    p.governor.budget_seen({total, first ? total - seen.count : remaining, 20h, mc}, ledger, now);
                    break;
                }
                case 4:
                case 5:
                    for (const auto& decision : p.governor.decide(ledger, now)) {
                        if (const auto* g = std::get_if<granted>(&decision)) {
                            REQUIRE_MESSAGE(seen.permits.insert(g->permit).second, "no permit is given twice");
                            p.held.push_back(*g);
                        }
                    }
                    break;
                case 6:
                    if (!p.held.empty()) {
                        const auto g = p.held.back();
                        p.held.pop_back();
                        if (random.chance(0.15) || now > g.valid_until) {
                            p.governor.returned(g.permit, g.shard, ledger, now);
                        } else {
                            // IDENTIFY goes out now.
                            auto& times = seen.identifies[g.shard.id % static_cast<std::uint32_t>(mc)];
                            if (!times.empty()) REQUIRE_MESSAGE(now - times.back() >= 5s, "a key's window is kept");
                            times.push_back(now);
                            REQUIRE_MESSAGE(++seen.count <= total, "the budget is kept");
                            if (!random.chance(0.1))
                                p.governor.used(g.permit, g.shard, ledger, now);  // else: died before it could tell
                            p.governor.ended(random.chance(0.7), ledger, now);
                        }
                    }
                    break;
                default:
                    if (random.chance(0.05)) p = {identify_governor(policy), {}};  // kill -9
            }
            stored = write_ledger(ledger);
        }
        CHECK(seen.count > 0);
        if (!policy.use_reserve) CHECK(seen.count <= total - static_cast<std::int64_t>(0.1 * static_cast<double>(total)));
    }
}
