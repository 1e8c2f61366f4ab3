// A live session that loses its connection: RESUME, its addresses, its patience, replay, and when the session is given up.

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "unit/gateway/little_discord.hpp"

using namespace shoal;
using namespace shoal::gateway;
using namespace shoal::gateway::testing;

namespace {

/// Lives, and has received events.
void bring_up(little_discord& discord) {
    discord.start();
    REQUIRE(discord.run_until(session_status::live));
    discord.run(2s);
    REQUIRE(discord.machine.ticket()->seq > 5);
}

constexpr const char* resume_url = "wss://resume1.test/?v=10&encoding=json&compress=zstd-stream";
constexpr const char* general_url = "wss://gateway.test/?v=10&encoding=json&compress=zstd-stream";

}  // namespace

TEST_CASE("F1 F2 a cut connection is resumed at once at resume_gateway_url, and nothing is lost or doubled") {
    little_discord discord;
    bring_up(discord);
    const auto before = discord.now();
    const auto seq = discord.machine.ticket()->seq;
    discord.orders.clear();
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.dialed_at.back() - before <= 100ms);
    CHECK(discord.orders == std::vector<std::string>{std::string("dial ") + resume_url, "send resume " + std::to_string(seq)});
    discord.run(2s);
    discord.check_delivery();
    CHECK(discord.machine.stats().identifies == 1);
    CHECK(discord.machine.stats().resumes == 1);
    CHECK(discord.machine.stats().gaps == 0);
    CHECK(discord.machine.stats().last_reconnect_reason == "connection cut");
}

TEST_CASE("F25 two hundred cuts in a row under traffic: nothing lost, nothing doubled, no IDENTIFY") {
    little_discord discord;
    discord.event_every = 20ms;
    bring_up(discord);
    for (int i = 0; i < 200; ++i) {
        discord.server_closes(std::nullopt);
        const auto from = discord.now();
        REQUIRE(discord.run_until(session_status::live));
        CHECK(discord.now() - from < 250ms);
        discord.run(150ms);
    }
    discord.check_delivery();
    CHECK(discord.delivered["session-1"].size() > 2000);
    CHECK(discord.machine.stats().identifies == 1);
    CHECK(discord.machine.stats().resumes == 200);
    CHECK(discord.machine.stats().duplicates == 0);
    CHECK(discord.machine.stats().gaps == 0);
}

TEST_CASE("F20 a drop in mid-replay goes on from where the replay was") {
    little_discord discord;
    discord.event_every = 20ms;
    bring_up(discord);
    int drops = 0;
    discord.server_closes(std::nullopt);
    discord.run(5s);
    discord.after_each_fact = {};
    for (int i = 0; i < 10; ++i) {
        discord.server_closes(std::nullopt);
        REQUIRE(discord.run_until(session_status::resuming));
        discord.run(5ms);
        discord.server_closes(std::nullopt);
        ++drops;
        REQUIRE(discord.run_until(session_status::live));
        discord.run(500ms);
    }
    CHECK(drops == 10);
    discord.check_delivery();
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("a connection that goes live and dies at once, again and again, is not redialed in a tight loop") {
    little_discord discord;
    discord.event_every = {};
    discord.start();
    REQUIRE(discord.run_until(session_status::live));
    const auto dials = discord.dialed.size();
    discord.after_each_fact = [&] {
        if (discord.machine.status() == session_status::live) {
            discord.clock.post([&] {
                if (discord.is_connected()) discord.server_closes(std::nullopt);
            });
        }
    };
    discord.server_closes(std::nullopt);
    discord.run(10min);
    CHECK(discord.dialed.size() - dials < 60);
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE(
    "F8 a dead resume host: after resume_url_patience RESUME goes to the general address and the session is kept [2.7.12]") {
    little_discord discord;
    bring_up(discord);
    discord.resume_host_dead = true;
    discord.event_every = {};
    const auto before = discord.now();
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.now() - before >= 8s);
    CHECK(discord.now() - before <= 9s);
    CHECK(discord.dialed.back() == general_url);
    CHECK(discord.has_note(note_code::resume_url_abandoned));
    CHECK(discord.machine.stats().identifies == 1);
    CHECK(discord.machine.stats().resumes == 1);
    discord.check_delivery();
}

namespace {

std::size_t dials_to_resume_url(const little_discord& discord) {
    return static_cast<std::size_t>(std::ranges::count(discord.dialed, resume_url));
}

/// Discord soon ends what was resumed at the wrong address [#13].
void ends_wrong_connections_early(little_discord& discord) {
    discord.after_each_fact = [&discord, known = std::uint64_t{0}]() mutable {
        if (discord.machine.stats().resumes == known || discord.dialed.back() != general_url) return;
        known = discord.machine.stats().resumes;
        discord.clock.wake_at(discord.now() + 10s, [&discord] { discord.server_says(reconnect_requested{}); });
    };
}

}  // namespace

TEST_CASE(
    "F8 a resume host that is dead for the session's life is dialed for 8 s, and then a few times an hour, ever more rarely") {
    little_discord discord;
    bring_up(discord);
    discord.resume_host_dead = true;
    ends_wrong_connections_early(discord);
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::live));
    const auto at_first = dials_to_resume_url(discord);
    CHECK(at_first <= 8);
    const auto resumes = discord.machine.stats().resumes;
    discord.run(55s);
    // Each connection lasted ten seconds, and RESUME went where it works at once.
    CHECK(dials_to_resume_url(discord) == at_first);
    CHECK(discord.machine.stats().resumes >= resumes + 4);
    discord.run(1h);
    CHECK(dials_to_resume_url(discord) >= at_first + 4);
    CHECK(dials_to_resume_url(discord) <= at_first + 6);
    discord.run(24h);
    CHECK(dials_to_resume_url(discord) <= at_first + 6 + 25);
    CHECK(discord.count_notes(note_code::resume_url_abandoned) == 1);
    CHECK(discord.machine.stats().identifies == 1);
    discord.check_delivery();
}

TEST_CASE("F8 a resume host that was dead for a moment is used again by the first connection after a minute") {
    little_discord discord;
    bring_up(discord);
    discord.resume_host_dead = true;
    ends_wrong_connections_early(discord);
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::live));
    discord.resume_host_dead = false;
    discord.run(50s);
    CHECK(discord.dialed.back() == general_url);
    discord.run(30s);
    CHECK(discord.dialed.back() == resume_url);
    // It answers, so it is the usual one again.
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.dialed.back() == resume_url);
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("F8 a try of the dead address that fails delays no RESUME, however long the back-off has become") {
    little_discord discord;
    bring_up(discord);
    discord.resume_host_dead = true;
    for (int i = 0; i < 100; ++i) discord.on_resume.emplace_back(answer::cut);
    discord.server_closes(std::nullopt);
    discord.run(170s);
    REQUIRE(discord.machine.status() != session_status::live);
    std::size_t tries = 0;
    for (std::size_t i = 1; i + 1 < discord.dialed.size(); ++i) {
        const bool after_a_rest = discord.dialed[i] == resume_url && discord.dialed[i - 1] == general_url;
        if (!after_a_rest || tries++ == 0) continue;  // The first follows IDENTIFY, not a rest.
        CHECK(discord.dialed[i + 1] == general_url);
        CHECK(discord.dialed_at[i + 1] - discord.dialed_at[i] < 200ms);
    }
    CHECK(tries >= 2);
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("F8 a new session brings a new resume address, which is used at once") {
    little_discord discord;
    bring_up(discord);
    discord.resume_host_dead = true;
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::live));
    REQUIRE(discord.dialed.back() == general_url);
    discord.resume_host_dead = false;
    discord.kill_session();
    discord.server_says(session_invalidated{false});
    REQUIRE(discord.run_until(session_status::closing));
    REQUIRE(discord.run_until(session_status::live));
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.dialed.back().starts_with("wss://resume2"));
}

TEST_CASE("F6 F8 a left resume host that takes the dial and says nothing is hung up on after 8 s") {
    little_discord discord;
    bring_up(discord);
    discord.resume_host_dead = true;
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::live));
    discord.run(61s);
    discord.resume_host_dead = false;
    SUBCASE("never opened") { discord.on_dial.emplace_back(answer::silence); }
    SUBCASE("opened, no HELLO") { discord.on_hello.emplace_back(answer::silence); }
    const auto from = discord.now();
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.now() - from >= 8s);
    CHECK(discord.now() - from <= 10s);
    CHECK(discord.dialed.back() == general_url);
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("F9 a resume host that accepts and says no HELLO counts as dead too") {
    little_discord discord;
    bring_up(discord);
    discord.on_hello.emplace_back(answer::silence);
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.dialed.back() == general_url);
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("RESUME waits for no permit") {
    little_discord discord;
    bring_up(discord);
    discord.grants = false;
    discord.server_closes(4000);
    REQUIRE(discord.run_until(session_status::live, 1s));
    CHECK(discord.permits_given == 1);
}

TEST_CASE(
    "F19 RESUME answered by op 9 false: the session is dropped, IDENTIFY goes to the general address after one to five seconds") {
    little_discord discord;
    bring_up(discord);
    discord.on_resume.emplace_back(answer::op9_false);
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::closing));
    CHECK_FALSE(discord.machine.ticket());
    const auto from = discord.now();
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.dialed_at.back() - from >= 1s);
    CHECK(discord.dialed_at.back() - from <= 5100ms);
    CHECK(discord.dialed.back() == general_url);
    CHECK(discord.machine.stats().identifies == 2);
    CHECK(discord.permits_used == 2);
    CHECK(discord.machine.ticket()->session_id == "session-2");
    discord.check_delivery();
}

TEST_CASE("F19 RESUME answered by op 9 true: RESUME again after one to five seconds") {
    little_discord discord;
    bring_up(discord);
    discord.on_resume.emplace_back(answer::op9_true);
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::closing));
    const auto from = discord.now();
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.dialed_at.back() - from >= 1s);
    CHECK(discord.machine.stats().identifies == 1);
    CHECK(discord.machine.stats().resume_attempts == 2);
    discord.check_delivery();
}

TEST_CASE("F19 op 9 true for ever gives the session up after resume_patience") {
    little_discord discord;
    bring_up(discord);
    for (int i = 0; i < 200; ++i) discord.on_resume.emplace_back(answer::op9_true);
    const auto from = discord.now();
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::waiting_for_permit, 10min));
    CHECK(discord.now() - from >= 180s);
    CHECK(discord.now() - from <= 300s);
    CHECK(discord.machine.stats().resume_attempts < 25);
    REQUIRE(discord.run_until(session_status::live));
}

TEST_CASE("F19 a wedged session, reset on every RESUME for 90 s and then op 9, keeps trying and then identifies [2.7.9]") {
    little_discord discord;
    bring_up(discord);
    const auto from = discord.now();
    discord.after_each_fact = [&] {
        if (discord.machine.status() == session_status::resuming && discord.now() - from < 90s && discord.on_resume.empty()) {
            discord.clock.post([&] {
                if (discord.machine.status() == session_status::resuming) discord.server_closes(std::nullopt);
            });
        } else if (discord.now() - from >= 90s) {
            discord.kill_session();
            discord.after_each_fact = {};
        }
    };
    discord.server_closes(std::nullopt);
    discord.run(80s);
    CHECK(discord.machine.ticket());
    CHECK(discord.machine.stats().identifies == 1);
    REQUIRE(discord.run_until(session_status::live, 3min));
    discord.after_each_fact = {};
    CHECK(discord.machine.stats().identifies == 2);
    CHECK(discord.machine.stats().resume_attempts < 20);
}

TEST_CASE("F19 RESUME answered by resets only gives the session up after resume_patience, not after a count") {
    little_discord discord;
    bring_up(discord);
    for (int i = 0; i < 500; ++i) discord.on_resume.emplace_back(answer::cut);
    const auto from = discord.now();
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::waiting_for_permit, 10min));
    CHECK(discord.now() - from >= 180s);
    CHECK(discord.has_note(note_code::session_lost));
    CHECK_FALSE(discord.machine.ticket());
}

TEST_CASE("trouble at Discord's edge makes no session give up") {
    little_discord discord;
    bring_up(discord);
    discord.event_every = {};
    for (int i = 0; i < 60; ++i) discord.on_resume.emplace_back(answer::cut);
    discord.server_closes(std::nullopt);
    discord.run(5s);
    discord.fact(edge_trouble{true});
    discord.run(15min);
    CHECK(discord.machine.ticket());
    discord.fact(edge_trouble{false});
    discord.run(60s);
    CHECK(discord.machine.ticket());
    discord.on_resume.clear();
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.machine.stats().identifies == 1);
    // Without trouble the same patience runs out.
    for (int i = 0; i < 60; ++i) discord.on_resume.emplace_back(answer::cut);
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::waiting_for_permit, 10min));
}

TEST_CASE("F19 silence in answer to RESUME ends the attempt and keeps the session") {
    little_discord discord;
    bring_up(discord);
    discord.event_every = {};
    discord.on_resume.emplace_back(answer::silence);
    discord.acks = false;
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::resuming));
    discord.run(25s);
    CHECK(discord.machine.status() == session_status::resuming);
    REQUIRE(discord.run_until(session_status::closing, 10s));
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("a resume that is slow while its socket ACKs is not taken for dead") {
    little_discord discord;
    bring_up(discord);
    discord.event_every = {};
    discord.on_resume.emplace_back(answer::silence);
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::resuming));
    discord.run(55s);
    CHECK(discord.machine.status() == session_status::resuming);
    CHECK(discord.machine.stats().resume_attempts == 1);
    // Nor is it waited for without end: the session is tried on another connection.
    REQUIRE(discord.run_until(session_status::live, 10s));
    CHECK(discord.machine.stats().resume_attempts == 2);
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("a network that is down for an hour loses no session for want of dials") {
    little_discord discord;
    bring_up(discord);
    discord.event_every = {};
    for (int i = 0; i < 70; ++i) discord.on_dial.emplace_back(answer::refuse);
    discord.server_closes(std::nullopt);
    discord.run(50min);
    CHECK(discord.machine.ticket());
    discord.on_dial.clear();
    REQUIRE(discord.run_until(session_status::live, 2min));
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("a ticket from an earlier process is resumed without IDENTIFY") {
    const resume_ticket ticket{{3, 16}, "session-0", "wss://resume0.test/", 77, 70, 513};
    session machine(usual_config(), ticket);
    std::vector<action> out;
    machine.step(started{}, instant{} + 1h, out);
    const auto* first = std::get_if<dial>(&out.at(1));
    REQUIRE(first != nullptr);
    CHECK(first->url == "wss://resume0.test/?v=10&encoding=json&compress=zstd-stream");
    machine.step(opened{}, instant{} + 1h, out);
    out.clear();
    machine.step(hello_received{40s}, instant{} + 1h, out);
    CHECK(std::ranges::any_of(out, [](const action& a) {
        const auto* sent = std::get_if<send>(&a);
        return sent != nullptr &&
               sent->payload == R"({"op":6,"d":{"token":"very.secret.token","session_id":"session-0","seq":77}})";
    }));
    CHECK(machine.on_dispatch(78, instant{} + 1h) == verdict::deliver_replayed);
    CHECK(machine.ticket()->done == 70);
}

TEST_CASE("a ticket of another shard count, or without the intents that are wanted, is not used") {
    for (const auto& ticket :
         {resume_ticket{{3, 8}, "s", "wss://r", 5, 5, 513}, resume_ticket{{4, 16}, "s", "wss://r", 5, 5, 513},
          resume_ticket{{3, 16}, "s", "wss://r", 5, 5, 1}, resume_ticket{{3, 16}, "", "wss://r", 5, 5, 513}}) {
        session machine(usual_config(), ticket);
        CHECK_FALSE(machine.ticket());
    }
    CHECK(session(usual_config(), resume_ticket{{3, 16}, "s", "wss://r", 5, 5, 513 | 2}).ticket());
}

// ---- replay -------------------------------------------------------------------------------------------------------------

namespace {

/// A machine in the middle of a RESUME from 10, without a clock.
struct replaying {
    session machine{usual_config(), resume_ticket{{3, 16}, "s", "wss://r", 10, 8, 513}};
    std::vector<action> out;
    instant now = instant{} + 1h;
    replaying() {
        step(started{});
        step(opened{});
        step(hello_received{40s});
    }
    void step(const input& fact) { machine.step(fact, now, out); }
};

}  // namespace

TEST_CASE("events between RESUME and RESUMED are replayed ones, later ones are fresh") {
    replaying r;
    CHECK(r.machine.on_dispatch(11, r.now) == verdict::deliver_replayed);
    CHECK(r.machine.on_dispatch(12, r.now) == verdict::deliver_replayed);
    r.step(resumed_received{});
    CHECK(r.machine.on_dispatch(13, r.now) == verdict::deliver);
    CHECK(r.machine.status() == session_status::live);
    CHECK(r.machine.stats().gaps == 0);
}

TEST_CASE("connections that bring nothing but replayed events are no flaps: each was worth its dial") {
    little_discord discord;
    discord.event_every = 20ms;
    bring_up(discord);
    for (int i = 0; i < 20; ++i) {
        discord.server_closes(std::nullopt);
        const auto from = discord.now();
        discord.run(60ms);  // Long enough for some events to need a replay.
        REQUIRE(discord.run_until(session_status::live));
        CHECK(discord.now() - from < 300ms);
    }
    discord.run(1s);
    discord.check_delivery();
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("F14 RESUMED that never comes leaves no session resuming for ever while its events flow") {
    little_discord discord;
    bring_up(discord);
    discord.mutes_resumed = true;
    discord.server_closes(std::nullopt);
    REQUIRE(discord.run_until(session_status::resuming));
    const auto resuming_since = discord.now();
    REQUIRE(discord.run_until(session_status::live, 5min));
    // Not before a replay could have ended, and at the latest with the next beat.
    CHECK(discord.now() - resuming_since >= 60s);
    CHECK(discord.now() - resuming_since <= 105s);
    discord.run(5min);
    CHECK(discord.machine.status() == session_status::live);
    CHECK(discord.machine.stats().identifies == 1);
    CHECK(discord.machine.stats().resume_attempts == 1);
}

TEST_CASE("F21 duplicates are dropped, counted and noted") {
    replaying r;
    CHECK(r.machine.on_dispatch(10, r.now) == verdict::duplicate);
    CHECK(r.machine.on_dispatch(11, r.now) == verdict::deliver_replayed);
    CHECK(r.machine.on_dispatch(11, r.now) == verdict::duplicate);
    CHECK(r.machine.on_dispatch(3, r.now) == verdict::duplicate);
    CHECK(r.machine.ticket()->seq == 11);
    CHECK(r.machine.stats().duplicates == 3);
    r.out.clear();
    r.step(resumed_received{});
    CHECK(std::get<note>(r.out.at(0)).code == note_code::replay_duplicate);
}

TEST_CASE("F21 a replay that brings the session's own READY again begins no session anew") {
    replaying r;
    const auto before = *r.machine.ticket();
    r.step(ready_received{before.session_id, before.resume_url});
    REQUIRE(r.machine.ticket());
    CHECK(r.machine.ticket()->seq == before.seq);
    CHECK(r.machine.status() == session_status::resuming);
    CHECK(r.machine.on_dispatch(1, r.now) == verdict::duplicate);
    CHECK(r.machine.on_dispatch(11, r.now) == verdict::deliver_replayed);
}

TEST_CASE("F22 a gap is counted and noted, and what follows is delivered") {
    replaying r;
    CHECK(r.machine.on_dispatch(14, r.now) == verdict::deliver_replayed);
    CHECK(r.machine.stats().gaps == 3);
    r.step(resumed_received{});
    CHECK(r.machine.on_dispatch(15, r.now) == verdict::deliver);
    CHECK(r.machine.on_dispatch(17, r.now) == verdict::deliver);
    CHECK(r.machine.stats().gaps == 4);
    r.out.clear();
    r.step(heartbeat_acked{});
    CHECK(std::get<note>(r.out.at(0)).code == note_code::replay_gap);
    CHECK(r.machine.ticket()->seq == 17);
}

TEST_CASE("a dispatch without a session, or while closing, is ignored and moves nothing") {
    session machine(usual_config(), {});
    CHECK(machine.on_dispatch(1, instant{} + 1h) == verdict::ignore);
    replaying r;
    r.step(reconnect_requested{});
    CHECK(r.machine.status() == session_status::closing);
    CHECK(r.machine.on_dispatch(11, r.now) == verdict::ignore);
    CHECK(r.machine.ticket()->seq == 10);
}

TEST_CASE("done never passes what was received and never goes back") {
    replaying r;
    CHECK(r.machine.ticket()->done == 8);
    r.machine.on_done(9);
    r.machine.on_done(5);
    CHECK(r.machine.ticket()->done == 9);
    r.machine.on_done(500);
    CHECK(r.machine.ticket()->done == 10);
}

TEST_CASE("RESUME after a gap in the middle asks from the highest number received [2.7.6]") {
    replaying r;
    static_cast<void>(r.machine.on_dispatch(12, r.now));
    r.step(resumed_received{});
    r.step(closed{std::nullopt, false, {}});
    r.now += 200ms;
    r.step(tick{});
    r.step(opened{});
    r.out.clear();
    r.step(hello_received{40s});
    CHECK(std::ranges::any_of(r.out, [](const action& a) {
        const auto* sent = std::get_if<send>(&a);
        return sent != nullptr && sent->payload.ends_with(R"("seq":12}})");
    }));
}

// ---- poison -------------------------------------------------------------------------------------------------------------

TEST_CASE("F35 one corrupt message is asked for again and not lost") {
    little_discord discord;
    bring_up(discord);
    discord.server_says(stream_broken{"corrupt compression"});
    REQUIRE(discord.run_until(session_status::live));
    discord.run(2s);
    CHECK(discord.machine.stats().poison == 0);
    CHECK(discord.machine.stats().resumes == 1);
    discord.check_delivery();
    // And once more much later: that is another message, not the same one twice.
    discord.server_says(stream_broken{"corrupt compression"});
    REQUIRE(discord.run_until(session_status::live));
    discord.run(2s);
    CHECK(discord.machine.stats().poison == 0);
    discord.check_delivery();
}

TEST_CASE("a message that breaks its reader twice at one number is stepped over and counted as poison") {
    little_discord discord;
    bring_up(discord);
    const auto bad = discord.server_seq() + 3;
    discord.poisonous = {bad};
    discord.run(3s);
    REQUIRE(discord.run_until(session_status::live));
    discord.run(3s);
    CHECK(discord.machine.stats().poison == 1);
    CHECK(discord.machine.stats().identifies == 1);
    CHECK(discord.machine.stats().resume_attempts == 2);
    CHECK(discord.machine.ticket()->seq > bad);
    CHECK(discord.machine.stats().gaps == 0);
    discord.check_delivery({bad});
    CHECK(std::ranges::any_of(
        discord.notes, [&](const note& n) { return n.code == note_code::poison_skipped && n.detail == std::to_string(bad); }));
}

TEST_CASE("three poisonous messages in a row cost two tries each and nothing else") {
    little_discord discord;
    bring_up(discord);
    const auto bad = discord.server_seq() + 3;
    discord.poisonous = {bad, bad + 1, bad + 2};
    discord.run(30s);
    REQUIRE(discord.run_until(session_status::live));
    discord.run(3s);
    CHECK(discord.machine.stats().poison == 3);
    CHECK(discord.machine.stats().identifies == 1);
    discord.check_delivery({bad, bad + 1, bad + 2});
}

TEST_CASE("a stream that breaks before RESUME was sent steps over nothing") {
    little_discord discord;
    bring_up(discord);
    discord.server_says(stream_broken{"corrupt"});
    for (int i = 0; i < 3; ++i) {
        REQUIRE(discord.run_until(session_status::connecting));
        REQUIRE(discord.clock.run_one());
        while (!discord.is_connected()) REQUIRE(discord.clock.run_one());
        if (discord.machine.status() == session_status::connecting) discord.server_says(stream_broken{"corrupt HELLO"});
        REQUIRE(discord.run_until(session_status::waiting));
    }
    REQUIRE(discord.run_until(session_status::live));
    discord.run(2s);
    CHECK(discord.machine.stats().poison == 0);
    discord.check_delivery();
}
