#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "base/random.hpp"
#include "gateway/guild_availability.hpp"
#include "gateway/guild_history.hpp"

using namespace shoal;
using namespace shoal::gateway;
using namespace std::chrono_literals;

namespace {

constexpr instant start = instant{} + 1h;

struct shard {
    guild_availability guilds{15s};
    instant now = start;
    void ready(std::vector<std::uint64_t> ids) {
        std::vector<guild_id> list;
        for (const auto id : ids) list.emplace_back(id);
        guilds.begin(list, now);
    }
    guild_change create(std::uint64_t id, bool unavailable = false) { return guilds.created(guild_id(id), unavailable, now); }
    guild_change remove(std::uint64_t id, bool unavailable = false) { return guilds.deleted(guild_id(id), unavailable, now); }
};

}  // namespace

TEST_CASE("GUILD_CREATE after READY is a backfill, a second one is nothing new, an unknown one a join [2.6.2]") {
    shard s;
    s.ready({5, 3, 9});
    CHECK(s.guilds.known() == 3);
    CHECK(s.guilds.missing() == 3);
    CHECK(s.create(3) == guild_change::loaded);
    CHECK(s.create(3) == guild_change::none);
    CHECK(s.create(4) == guild_change::joined);
    CHECK(s.guilds.known() == 4);
    CHECK(s.guilds.missing() == 2);
    CHECK(s.guilds.is_available(guild_id(4)));
    CHECK_FALSE(s.guilds.is_available(guild_id(5)));
}

TEST_CASE("where nobody knows a session's guilds, only a joining that is not old is one, and who leaves is told") {
    shard s;
    s.guilds.adopt({}, s.now);
    CHECK_FALSE(s.guilds.knows_all());
    CHECK(s.guilds.created(guild_id(1), false, s.now, true) == guild_change::available);
    CHECK(s.guilds.created(guild_id(2), false, s.now, false) == guild_change::joined);
    CHECK(s.guilds.created(guild_id(1), false, s.now, true) == guild_change::none);
    // In an outage first.
    CHECK(s.guilds.created(guild_id(3), true, s.now) == guild_change::none);
    CHECK(s.guilds.created(guild_id(3), false, s.now, true) == guild_change::available);
    CHECK(s.remove(4) == guild_change::left);
    CHECK(s.guilds.known() == 3);
    s.ready({7});
    CHECK(s.guilds.knows_all());
    CHECK(s.guilds.created(guild_id(8), false, s.now, true) == guild_change::joined);
}

TEST_CASE("where a session's guilds are known, another one is joined however old it says to be") {
    shard s;
    const std::vector<known_guild> one{{guild_id(1), guild_state::available}};
    s.guilds.adopt({}, s.now, true);
    CHECK(s.guilds.knows_all());
    CHECK(s.guilds.created(guild_id(1), false, s.now, true) == guild_change::joined);
    s.guilds.adopt(one, s.now);
    CHECK(s.guilds.knows_all());
    CHECK(s.guilds.created(guild_id(2), false, s.now, true) == guild_change::joined);
    CHECK(s.remove(4) == guild_change::none);
}

TEST_CASE("an outage and its end are told apart from leaving and joining [2.6.3]") {
    shard s;
    s.ready({1, 2});
    CHECK(s.create(1) == guild_change::loaded);
    CHECK(s.create(2) == guild_change::loaded);
    CHECK(s.remove(1, true) == guild_change::unavailable);
    CHECK(s.remove(1, true) == guild_change::none);
    CHECK(s.guilds.unavailable() == 1);
    CHECK(s.guilds.contains(guild_id(1)));
    CHECK(s.create(1) == guild_change::available);
    CHECK(s.guilds.unavailable() == 0);
    CHECK(s.remove(1) == guild_change::left);
    CHECK(s.remove(1) == guild_change::none);
    CHECK_FALSE(s.guilds.contains(guild_id(1)));
    CHECK(s.create(1) == guild_change::joined);
}

TEST_CASE("a guild may be lost for good during its outage") {
    shard s;
    s.ready({1});
    CHECK(s.create(1) == guild_change::loaded);
    CHECK(s.remove(1, true) == guild_change::unavailable);
    CHECK(s.remove(1) == guild_change::left);
    CHECK(s.guilds.known() == 0);
    CHECK(s.guilds.unavailable() == 0);
}

TEST_CASE("GUILD_CREATE with unavailable:true is an outage, not a guild [2.6.2]") {
    shard s;
    s.ready({1, 2});
    CHECK(s.create(1, true) == guild_change::unavailable);
    CHECK(s.guilds.missing() == 1);
    CHECK(s.create(1, true) == guild_change::none);
    CHECK(s.create(1) == guild_change::available);
    CHECK(s.create(1, true) == guild_change::unavailable);
    // Joined while it is in an outage: told when it comes whole; gone before that, it was never told at all.
    CHECK(s.create(7, true) == guild_change::none);
    CHECK(s.create(7) == guild_change::joined);
    CHECK(s.create(8, true) == guild_change::none);
    CHECK(s.remove(8) == guild_change::none);
}

TEST_CASE("the shard is ready once every guild of READY was heard of, by CREATE or by DELETE of either kind") {
    shard s;
    s.ready({1, 2, 3, 4});
    CHECK_FALSE(s.guilds.became_ready(s.now));
    CHECK(s.create(1) == guild_change::loaded);
    CHECK(s.remove(2, true) == guild_change::unavailable);
    CHECK(s.remove(3) == guild_change::left);  // soft-deleted [2.6.3]
    CHECK_FALSE(s.guilds.became_ready(s.now));
    CHECK(s.create(4) == guild_change::loaded);
    CHECK(s.guilds.became_ready(s.now));
    CHECK_FALSE(s.guilds.became_ready(s.now));
    CHECK(s.guilds.is_ready());
    CHECK(s.guilds.missing() == 0);
    CHECK(s.guilds.ready_at() == never);
}

TEST_CASE("F17 guilds that never come are waited for guild_wait after the last one that came, and counted [2.6.4]") {
    shard s;
    s.ready({1, 2, 3});
    CHECK(s.guilds.ready_at() == start + 15s);
    s.now += 14s;
    CHECK(s.create(1) == guild_change::loaded);
    CHECK(s.guilds.ready_at() == start + 29s);
    s.now += 1s;
    CHECK(s.create(99) == guild_change::joined);  // A join is no sign of the backfill.
    CHECK(s.guilds.ready_at() == start + 29s);
    CHECK_FALSE(s.guilds.became_ready(start + 28s));
    CHECK(s.guilds.became_ready(start + 29s));
    CHECK(s.guilds.missing() == 2);
    CHECK(s.create(2) == guild_change::loaded);  // late, and still a backfill
    CHECK_FALSE(s.guilds.became_ready(start + 40s));
}

TEST_CASE("no guilds at all, or no GUILDS intent: ready at once") {
    shard s;
    s.ready({});
    CHECK(s.guilds.became_ready(s.now));
    const std::vector<guild_id> two = {guild_id(1), guild_id(2)};
    s.guilds.begin(two, s.now, false);
    CHECK(s.guilds.became_ready(s.now));
    CHECK(s.guilds.missing() == 0);
}

TEST_CASE("a new session starts over; a taken-over one knows its guilds and is ready") {
    shard s;
    s.ready({1, 2});
    CHECK(s.create(1) == guild_change::loaded);
    s.ready({2, 3});
    CHECK_FALSE(s.guilds.contains(guild_id(1)));
    CHECK(s.guilds.missing() == 2);
    const std::vector<known_guild> told = {
        {guild_id(7), guild_state::available}, {guild_id(4), guild_state::available}, {guild_id(5), guild_state::unavailable}};
    s.guilds.adopt(told, s.now);
    CHECK(s.guilds.became_ready(s.now));
    CHECK(s.guilds.known() == 3);
    CHECK(s.create(7) == guild_change::none);
    CHECK(s.create(5) == guild_change::available);
    CHECK(s.create(6) == guild_change::joined);
}

TEST_CASE("a session that is taken over before its guilds came still waits for them") {
    shard s;
    const std::vector<known_guild> told = {{guild_id(1), guild_state::available}, {guild_id(2), guild_state::expected}};
    s.guilds.adopt(told, s.now);
    CHECK_FALSE(s.guilds.became_ready(s.now));
    CHECK(s.create(2) == guild_change::loaded);
    CHECK(s.guilds.became_ready(s.now));
    CHECK(s.guilds.all() ==
          std::vector<known_guild>{{guild_id(1), guild_state::available}, {guild_id(2), guild_state::available}});
}

TEST_CASE("the guilds as they were before events whose handlers run: each change is taken back, in any order of ending") {
    shard s;
    guild_history history;
    s.ready({1, 2, 3});
    history.begin();
    std::uint64_t seq = 1;
    const auto note = [&](std::uint64_t id, auto change) {
        const auto before = s.guilds.state_of(guild_id(id));
        change();
        history.note(++seq, guild_id(id), before);
    };
    CHECK(history.settle(seq));
    std::vector<std::vector<known_guild>> was = {{}, s.guilds.all()};
    const auto remember = [&] { was.push_back(s.guilds.all()); };
    note(1, [&] { (void)s.create(1); }), remember();
    note(2, [&] { (void)s.create(2); }), remember();
    note(1, [&] { (void)s.remove(1, true); }), remember();
    note(9, [&] { (void)s.create(9); }), remember();
    note(2, [&] { (void)s.remove(2, false); }), remember();
    note(9, [&] { (void)s.remove(9, false); }), remember();
    CHECK_FALSE(history.settle(1));
    for (std::uint64_t done = 1; done <= seq; ++done) {
        CHECK(history.settle(done) == (done > 1));
        CHECK(history.as_settled(s.guilds) == was[done]);
        CHECK_FALSE(history.settle(done));
    }
}

TEST_CASE("F30 flapping outages of thousands of guilds keep the counts right") {
    shard s;
    std::vector<std::uint64_t> ids;
    for (std::uint64_t i = 1; i <= 2500; ++i) ids.push_back(i << 22);
    s.ready(ids);
    for (const auto id : ids) CHECK(s.create(id) == guild_change::loaded);
    for (int round = 0; round < 5; ++round) {
        for (const auto id : ids) CHECK(s.remove(id, true) == guild_change::unavailable);
        CHECK(s.guilds.unavailable() == 2500);
        for (const auto id : ids) CHECK(s.create(id) == guild_change::available);
        CHECK(s.guilds.unavailable() == 0);
    }
}

TEST_CASE("random events keep the set equal to a plain model") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        random_source random(seed);
        shard s;
        std::set<std::uint64_t> known;
        std::set<std::uint64_t> up;
        s.ready({1, 3, 5, 7});
        known = {1, 3, 5, 7};
        for (int i = 0; i < 500; ++i) {
            const auto id = 1 + random.below(12);
            switch (random.below(4)) {
                case 0:
                case 1:
                    static_cast<void>(s.create(id));
                    known.insert(id);
                    up.insert(id);
                    break;
                case 2:
                    static_cast<void>(s.remove(id, true));
                    known.insert(id);
                    up.erase(id);
                    break;
                default:
                    CHECK((s.remove(id) == guild_change::left) == known.contains(id));
                    known.erase(id);
                    up.erase(id);
            }
            REQUIRE(s.guilds.known() == known.size());
            REQUIRE(s.guilds.unavailable() == known.size() - up.size());
        }
    }
}
