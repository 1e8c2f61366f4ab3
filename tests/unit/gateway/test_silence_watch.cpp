#include <doctest/doctest.h>

#include <functional>
#include <optional>

#include "base/random.hpp"
#include "gateway/silence_watch.hpp"

using namespace shoal;
using namespace shoal::gateway;
using namespace std::chrono_literals;
using discord::event_kind;

namespace {

/// A session second by second: kinds come at random with a pace each.
struct bench {
    explicit bench(silence_policy policy = {}) : watch(policy) { watch.on_new_session(); }

    /// The first finding within `span`, or nothing.
    std::optional<silence_watch::finding> listen(duration span, bool listening = true) {
        for (const auto until = now + span; now < until;) {
            now += 1s;
            for (int i = 0; i < 10; ++i) {
                if (random.chance(messages / 10)) watch.on_event(event_kind::message_create);
                if (random.chance(interactions / 10)) watch.on_event(event_kind::interaction_create);
                if (random.chance(reactions / 10)) watch.on_event(event_kind::message_reaction_add);
            }
            if (const auto found = watch.on_second(now, listening)) return found;
        }
        return std::nullopt;
    }

    silence_watch watch;
    random_source random{1};
    instant now = instant{} + 1h;
    double messages = 2, interactions = 0.2, reactions = 0;  // a second
};

}  // namespace

TEST_CASE(
    "F14 a kind that came for an hour and comes no more, while the rest goes on, is found after the least silence [2.7.13]") {
    bench session;
    REQUIRE_FALSE(session.listen(2h));
    session.interactions = 0;
    const auto deaf_since = session.now;
    const auto found = session.listen(3h);
    REQUIRE(found);
    CHECK(found->kind == event_kind::interaction_create);
    CHECK(found->silence >= 15min);
    CHECK(session.now - deaf_since >= 14min);
    CHECK(session.now - deaf_since <= 15min + 60s);
    CHECK(session.listen(1s));  // It is told until somebody acts.
}

TEST_CASE("a kind with long pauses needs ten times its longest pause") {
    bench session;
    session.interactions = 1.0 / 60;
    REQUIRE_FALSE(session.listen(4h));
    session.interactions = 0;
    const auto deaf_since = session.now;
    REQUIRE(session.listen(24h));
    CHECK(session.now - deaf_since >= 25min);
    CHECK(session.now - deaf_since <= 2h);
}

TEST_CASE("a week of an ordinary day and night, with nothing deaf, raises no alarm") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        bench session;
        session.random = random_source(seed);
        for (int hour = 0; hour < 7 * 24; ++hour) {
            // From 4 in the morning to 6 in the evening the pace rises twentyfold.
            const int from_four = (hour + 20) % 24;
            const double pace = from_four <= 14 ? 0.05 + 0.95 * from_four / 14 : 1.0 - 0.95 * (from_four - 14) / 10;
            session.messages = 2 * pace;
            session.interactions = 0.1 * pace;
            session.reactions = 0.5 * pace;
            REQUIRE_FALSE(session.listen(1h));
        }
    }
}

TEST_CASE("guilds that all fall asleep are no deaf session") {
    bench session;
    REQUIRE_FALSE(session.listen(3h));
    session.messages = session.interactions = 0;
    CHECK_FALSE(session.listen(24h));
    // Nor is a trickle of other events the rest going on.
    session.messages = 0.1;
    CHECK_FALSE(session.listen(6h));
}

TEST_CASE("a kind that comes in a burst or is rare is never judged") {
    bench session;
    for (int i = 0; i < 5000; ++i) session.watch.on_event(event_kind::guild_create);
    session.interactions = 0.005;  // 18 an hour
    REQUIRE_FALSE(session.listen(4h));
    session.interactions = 0;
    // Its longest pause was long, so that the silence has to be longer than half a night.
    CHECK_FALSE(session.listen(1h));
}

TEST_CASE("what the bot itself asks for is not watched") {
    bench session;
    for (int minute = 0; minute < 180; ++minute) {
        for (const auto kind : {event_kind::guild_members_chunk, event_kind::voice_server_update, event_kind::unknown})
            session.watch.on_event(kind);
        REQUIRE_FALSE(session.listen(1min));
    }
    CHECK_FALSE(session.listen(12h));
}

TEST_CASE("time in which nobody listens is no silence, nor is a process that stood still") {
    bench session;
    REQUIRE_FALSE(session.listen(2h));
    bool paused = false;
    SUBCASE("its reading was paused") { paused = true; }
    SUBCASE("its process stood still") { paused = false; }
    session.interactions = session.messages = 0;
    if (paused) {
        REQUIRE_FALSE(session.listen(20min, false));
    } else {
        session.now += 20min;
    }
    // Much comes afterwards, as after a pause: over the whole time the rest went on.
    session.messages = 10;
    CHECK_FALSE(session.listen(10min));
    CHECK(session.listen(10min));
}

TEST_CASE("a new session has no past, and a renewal that helps leaves the kind under watch") {
    bench session;
    REQUIRE_FALSE(session.listen(2h));
    for (int round = 0; round < 3; ++round) {
        session.interactions = 0;
        const auto found = session.listen(3h);
        REQUIRE(found);
        session.watch.renewed_for(found->kind);
        CHECK_FALSE(session.listen(20s, false));  // It dials, and waits for its permit.
        session.watch.on_new_session();
        const auto renewed = session.now;
        CHECK_FALSE(session.listen(1min));
        session.interactions = 0.2;
        CHECK_FALSE(session.listen(90min));
        CHECK(session.now - renewed >= 1h);
    }
}

TEST_CASE("a kind that fell silent by itself costs one renewal a day, not one an hour") {
    bench session;
    int renewals = 0;
    for (int hour = 0; hour < 24; ++hour) {
        // Busy for an hour and a half, silent for an hour: a habit that looks like deafness the first time.
        session.interactions = hour % 5 < 3 ? 0.2 : 0;
        for (int part = 0; part < 60; ++part) {
            if (const auto found = session.listen(1min)) {
                ++renewals;
                session.watch.renewed_for(found->kind);
                session.watch.on_new_session();
            }
        }
    }
    CHECK(renewals == 1);
}

TEST_CASE("nobody watches with a least silence of 0") {
    bench session(silence_policy{.least_silence = {}});
    REQUIRE_FALSE(session.listen(2h));
    session.interactions = 0;
    CHECK_FALSE(session.listen(12h));
}
