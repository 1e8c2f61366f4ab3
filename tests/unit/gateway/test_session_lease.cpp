// A session whose process has a lease, and loses it: closed with 4000, patient for as long as it takes, and resumed at once when
// there is one again.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/gateway/little_discord.hpp"

using namespace shoal;
using namespace shoal::gateway;
using namespace shoal::gateway::testing;

namespace {

/// Lives, and loses its lease; its next dial is held.
void lose_lease(little_discord& discord) {
    discord.start();
    REQUIRE(discord.run_until(session_status::live));
    discord.run(2s);
    discord.orders.clear();
    discord.holds_dials = true;
    discord.fact(lease_over{});
}

}  // namespace

TEST_CASE("a lease that ends closes with 4000, and the next one resumes the session, however late it comes") {
    for (const duration away : {duration(1s), duration(5min), duration(2h)}) {
        CAPTURE(to_ms(away));
        little_discord discord;
        lose_lease(discord);
        const auto seq = discord.machine.ticket()->seq;
        REQUIRE(discord.run_until(session_status::waiting_for_lease, 1s));
        CHECK(discord.orders.front() == "hang_up 4000");
        discord.run(away);
        CHECK(discord.machine.status() == session_status::waiting_for_lease);
        CHECK(discord.dialed.size() == 2);  // The held one: nothing was tried meanwhile.
        const auto from = discord.now();
        discord.let_dial();
        REQUIRE(discord.run_until(session_status::live, 1s));
        CHECK(discord.now() - from < 100ms);
        CHECK(discord.orders.back() == "send resume " + std::to_string(seq));
        CHECK(discord.dialed.back().starts_with("wss://resume1.test"));
        CHECK(discord.machine.stats().identifies == 1);
        CHECK(discord.machine.stats().last_reconnect_reason == "the lease is over");
        discord.run(2s);
        discord.check_delivery();
    }
}

TEST_CASE("waiting for a lease uses up no patience: not that with the resume address, nor that with the session") {
    little_discord discord;
    lose_lease(discord);
    discord.run(10min);
    SUBCASE("the address refuses the first dial after it") {
        discord.on_dial = {answer::refuse};
        discord.let_dial();
        REQUIRE(discord.run_until(session_status::live));
        CHECK(discord.dialed.back().starts_with("wss://resume1.test"));
        CHECK_FALSE(discord.has_note(note_code::resume_url_abandoned));
    }
    SUBCASE("the address had not answered yet when the lease ended") {
        discord.let_dial();
        REQUIRE(discord.run_until(session_status::live));
        discord.on_dial = {answer::silence};
        discord.server_closes(std::nullopt);
        REQUIRE(discord.run_until(session_status::connecting));
        discord.run(1s);
        discord.holds_dials = true;
        discord.fact(lease_over{});
        discord.run(10min);
        discord.on_dial = {answer::refuse};
        discord.let_dial();
        REQUIRE(discord.run_until(session_status::live));
        CHECK(discord.dialed.back().starts_with("wss://resume1.test"));
        CHECK_FALSE(discord.has_note(note_code::resume_url_abandoned));
    }
    SUBCASE("RESUME is cut off once after it") {
        discord.on_resume = {answer::cut};
        discord.let_dial();
        REQUIRE(discord.run_until(session_status::live));
        CHECK(discord.machine.stats().identifies == 1);
    }
    SUBCASE("RESUME was failing when the lease ended") {
        discord.on_resume = {answer::cut, answer::silence, answer::cut};
        discord.let_dial();
        REQUIRE(discord.run_until(session_status::resuming));
        REQUIRE(discord.run_until(session_status::waiting));  // Cut.
        REQUIRE(discord.run_until(session_status::resuming));
        discord.holds_dials = true;
        discord.fact(lease_over{});
        discord.run(10min);
        CHECK(discord.machine.status() == session_status::waiting_for_lease);
        discord.let_dial();
        REQUIRE(discord.run_until(session_status::live));
        CHECK(discord.machine.stats().identifies == 1);
    }
    discord.run(2s);
    discord.check_delivery();
}

TEST_CASE("a lease may end at every moment of a connection's way up, and costs no more than that connection") {
    for (const auto at : {session_status::connecting, session_status::waiting_for_permit, session_status::identifying,
                          session_status::waiting_for_lease}) {
        CAPTURE(to_string(at));
        little_discord discord;
        discord.grants = at != session_status::waiting_for_permit;
        discord.holds_dials = at == session_status::waiting_for_lease;
        discord.start();
        REQUIRE(discord.run_until(at, 1s));
        discord.holds_dials = true;
        discord.fact(lease_over{});
        REQUIRE(discord.run_until(session_status::waiting_for_lease, 1s));
        discord.run(1min);
        discord.grants = true;
        discord.let_dial();
        REQUIRE(discord.run_until(session_status::live));
        discord.check_permits_at_rest();
        CHECK(discord.machine.stats().identifies == (at == session_status::identifying ? 2 : 1));
    }
}

TEST_CASE("leases that come and go are no flaps: none of them makes the next dial wait") {
    little_discord discord;
    discord.event_every = duration{};
    lose_lease(discord);
    for (int i = 0; i < 20; ++i) {
        REQUIRE(discord.run_until(session_status::waiting_for_lease, 1s));
        discord.let_dial();
        REQUIRE(discord.run_until(session_status::live, 1s));
        discord.holds_dials = true;
        discord.fact(lease_over{});
    }
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("a session that waits for a lease can be stopped, and renewed") {
    little_discord discord;
    lose_lease(discord);
    discord.run(1min);
    SUBCASE("stopped") {
        discord.fact(stop_requested{false});
        discord.run(1s);
        REQUIRE(discord.ended);
        CHECK(discord.machine.ticket().has_value());
    }
    SUBCASE("renewed") {
        discord.fact(renew_requested{});
        discord.run(1s);
        CHECK(discord.machine.status() == session_status::waiting_for_lease);
        discord.let_dial();
        REQUIRE(discord.run_until(session_status::live));
        CHECK(discord.machine.stats().identifies == 2);
    }
}
