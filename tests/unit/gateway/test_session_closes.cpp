// Every close code with its own reaction, op 7 and op 9 on a live session, heartbeats and zombies, stopping.

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "discord/close_codes.hpp"
#include "unit/gateway/little_discord.hpp"

using namespace shoal;
using namespace shoal::gateway;
using namespace shoal::gateway::testing;

namespace {

void bring_up(little_discord& discord) {
    discord.start();
    REQUIRE(discord.run_until(session_status::live));
    discord.run(2s);
}

enum class then : std::uint8_t { resumes, identifies, stops };

struct close_row {
    std::uint16_t code;
    then live;       ///< When a live connection is closed with it.
    then on_resume;  ///< When RESUME is answered by it once.
};
using enum then;

// 4007 says that the session is gone; 4000 and 4008 pass; the other 4xxx in answer to RESUME, and a normal close, say
// that it will not be resumed [2.3, 2.3.1, 2.3.2, 2.3.4].
constexpr close_row rows[] = {
    {1000, resumes, identifies}, {1001, resumes, identifies}, {1005, resumes, identifies},    {1006, resumes, resumes},
    {1009, resumes, resumes},    {1011, resumes, resumes},    {1012, resumes, resumes},       {4000, resumes, resumes},
    {4001, resumes, identifies}, {4002, resumes, identifies}, {4003, resumes, identifies},    {4004, stops, stops},
    {4005, resumes, identifies}, {4006, resumes, identifies}, {4007, identifies, identifies}, {4008, resumes, resumes},
    {4009, resumes, identifies}, {4010, stops, stops},        {4011, stops, stops},           {4012, stops, stops},
    {4013, stops, stops},        {4014, stops, stops},        {4321, resumes, identifies},
};

void check_outcome(little_discord& discord, then expected, std::uint16_t code) {
    if (expected == stops) {
        discord.run(1s);
        REQUIRE(discord.ended);
        CHECK(discord.ended->code == code);
        CHECK(discord.ended->why == discord::explain_close(code));
        CHECK(discord.machine.status() == session_status::stopped);
        CHECK(discord.has_note(note_code::given_up));
        const auto dials = discord.dialed.size();
        discord.run(10min);
        CHECK(discord.dialed.size() == dials);
        return;
    }
    REQUIRE(discord.run_until(session_status::live));
    discord.run(1s);
    CHECK(discord.machine.stats().identifies == (expected == identifies ? 2 : 1));
    CHECK(discord.machine.stats().resumes == (expected == resumes ? 1 : 0));
    discord.check_delivery();
    discord.check_permits_at_rest();
}

}  // namespace

TEST_CASE("F4 each close code of a live connection has its own reaction") {
    for (const auto& row : rows) {
        CAPTURE(row.code);
        little_discord discord;
        bring_up(discord);
        discord.server_closes(row.code);
        check_outcome(discord, row.live, row.code);
        if (row.live != stops) CHECK(discord.machine.stats().last_reconnect_reason == "closed with " + std::to_string(row.code));
    }
}

TEST_CASE("F4 F19 each close code in answer to RESUME has its own reaction") {
    for (const auto& row : rows) {
        CAPTURE(row.code);
        little_discord discord;
        bring_up(discord);
        discord.on_resume.emplace_back(close_answer{row.code});
        discord.server_closes(std::nullopt);
        check_outcome(discord, row.on_resume, row.code);
    }
}

TEST_CASE("F4 each close code in answer to IDENTIFY stops or takes a new permit, and never RESUMEs") {
    for (const auto& row : rows) {
        CAPTURE(row.code);
        little_discord discord;
        discord.on_identify.emplace_back(close_answer{row.code});
        discord.start();
        if (row.live == stops) {
            discord.run(1s);
            REQUIRE(discord.ended);
            CHECK(discord.ended->code == row.code);
            continue;
        }
        REQUIRE(discord.run_until(session_status::live));
        CHECK(discord.machine.stats().identifies == 2);
        CHECK(discord.machine.stats().resume_attempts == 0);
        CHECK(discord.permits_used == 2);
    }
}

TEST_CASE("F4 each close code before HELLO of a new connection stops, or costs the session at most what the code says") {
    for (const auto& row : rows) {
        CAPTURE(row.code);
        little_discord discord;
        bring_up(discord);
        discord.on_hello.emplace_back(close_answer{row.code});
        discord.server_closes(std::nullopt);
        check_outcome(discord, row.live, row.code);
    }
}

TEST_CASE("F3 a close frame without a code is resumed") {
    little_discord discord;
    bring_up(discord);
    discord.server_closes(1005);
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("a normal close in answer to RESUME loses no session while Discord's edge is in trouble") {
    little_discord discord;
    bring_up(discord);
    discord.fact(edge_trouble{true});
    discord.on_resume.emplace_back(close_answer{1001});
    discord.on_resume.emplace_back(close_answer{1000});
    discord.server_closes(1001);
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.machine.stats().identifies == 1);
    CHECK(discord.machine.stats().resume_attempts == 3);
}

TEST_CASE("4004 in answer to RESUME keeps the ticket: the token is wrong, not the session") {
    little_discord discord;
    bring_up(discord);
    const auto ticket = discord.machine.ticket();
    discord.on_resume.emplace_back(close_answer{4004});
    discord.server_closes(std::nullopt);
    discord.run(1s);
    REQUIRE(discord.ended);
    CHECK(discord.machine.ticket()->session_id == ticket->session_id);
}

TEST_CASE("F29 4014 and its like drop the ticket: the session cannot be continued with these settings") {
    little_discord discord;
    bring_up(discord);
    discord.server_closes(4014);
    REQUIRE(discord.ended);
    CHECK_FALSE(discord.machine.ticket());
    CHECK(discord.ended->why.find("developer portal") != std::string::npos);
}

TEST_CASE("a session that gave up can be started again") {
    little_discord discord;
    bring_up(discord);
    discord.server_closes(4014);
    REQUIRE(discord.ended);
    discord.ended.reset();
    discord.start();
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.machine.stats().identifies == 2);
}

// ---- op 7 and op 9 --------------------------------------------------------------------------------------------------------

TEST_CASE("F24 op 7 on a live session: close with 4000 and RESUME at once") {
    little_discord discord;
    bring_up(discord);
    const auto from = discord.now();
    discord.orders.clear();
    discord.server_says(reconnect_requested{});
    REQUIRE(discord.run_until(session_status::connecting));
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.now() - from < 250ms);
    CHECK(discord.orders.at(0) == "hang_up 4000");
    CHECK(discord.orders.at(2).starts_with("send resume"));
    discord.run(1s);
    discord.check_delivery();
}

TEST_CASE("op 7 between IDENTIFY and READY takes a new permit") {
    little_discord discord;
    discord.on_identify.emplace_back(answer::op7);
    discord.start();
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.permits_used == 2);
}

TEST_CASE("op 9 on a live session: false means IDENTIFY, true means RESUME, both after one to five seconds [2.7.3]") {
    for (const bool resumable : {false, true}) {
        CAPTURE(resumable);
        little_discord discord;
        bring_up(discord);
        const auto from = discord.now();
        if (!resumable) discord.kill_session();
        discord.server_says(session_invalidated{resumable});
        CHECK(discord.machine.ticket().has_value() == resumable);
        REQUIRE(discord.run_until(session_status::live));
        CHECK(discord.dialed_at.back() - from >= 1s);
        CHECK(discord.dialed_at.back() - from <= 5100ms);
        CHECK(discord.machine.stats().identifies == (resumable ? 1 : 2));
        CHECK(std::ranges::count(discord.orders, "hang_up 4000") == 1);
    }
}

TEST_CASE("op 9 while a permit is waited for withdraws it and starts over") {
    for (const bool resumable : {false, true}) {
        little_discord discord;
        discord.grants = false;
        discord.start();
        REQUIRE(discord.run_until(session_status::waiting_for_permit));
        discord.server_says(session_invalidated{resumable});
        CHECK(discord.withdrawn == 1);
        discord.grants = true;
        REQUIRE(discord.run_until(session_status::live));
        CHECK(discord.machine.stats().identifies == 1);
        discord.check_permits_at_rest();
    }
}

TEST_CASE("op 9 between two shards' starts is spread: different seeds wait differently") {
    const auto wait = [](std::uint64_t seed) {
        auto config = usual_config();
        config.seed = seed;
        little_discord discord(config);
        bring_up(discord);
        discord.server_says(session_invalidated{true});
        const auto from = discord.now();
        discord.run_until(session_status::live);
        return discord.dialed_at.back() - from;
    };
    CHECK(wait(1) != wait(2));
}

// ---- heartbeats ---------------------------------------------------------------------------------------------------------

TEST_CASE("the first beat comes at a random part of the interval, then one each interval [2.4.2]") {
    std::vector<duration> firsts;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        auto config = usual_config();
        config.seed = seed;
        little_discord discord(config);
        discord.start();
        discord.run(5min);
        REQUIRE(discord.beats.size() >= 6);
        firsts.push_back(discord.beats[0]);
        CHECK(discord.beats[0] < 40s);
        for (std::size_t i = 1; i < discord.beats.size(); ++i) CHECK(discord.beats[i] - discord.beats[i - 1] == 40s);
    }
    std::ranges::sort(firsts);
    CHECK(firsts.front() < 5s);
    CHECK(firsts.back() > 35s);
}

TEST_CASE("a beat carries the last number received, and its ACK gives the latency") {
    little_discord discord;
    discord.latency = 35ms;
    bring_up(discord);
    discord.run(2min);
    REQUIRE(discord.beat_payloads.size() >= 2);
    CHECK(discord.beat_payloads.back().find("null") == std::string::npos);
    CHECK(discord.machine.stats().latency == 35ms);
}

TEST_CASE("op 1 is answered at once and leaves the regular beat where it was [2.4.5]") {
    little_discord discord;
    bring_up(discord);
    const auto before = discord.beats.size();
    discord.server_says(heartbeat_requested{});
    CHECK(discord.beats.size() == before + 1);
    const auto asked = discord.beats.back();
    discord.run(3min);
    std::vector<duration> regular;
    for (const auto beat : discord.beats) {
        if (beat != asked) regular.push_back(beat);
    }
    for (std::size_t i = 1; i < regular.size(); ++i) CHECK(regular[i] - regular[i - 1] == 40s);
}

TEST_CASE("op 1 before READY is answered with d null") {
    little_discord discord;
    discord.grants = false;
    discord.start();
    REQUIRE(discord.run_until(session_status::waiting_for_permit));
    discord.server_says(heartbeat_requested{});
    CHECK(discord.beat_payloads.back() == R"({"op":1,"d":null})");
}

TEST_CASE("a server that asks for beats without end does not make the client breach the send limit") {
    little_discord discord;
    bring_up(discord);
    const auto before = discord.beats.size();
    for (int i = 0; i < 500; ++i) discord.server_says(heartbeat_requested{});
    CHECK(discord.beats.size() - before <= 10);
}

TEST_CASE("F11 a socket on which nothing comes from one beat to the next is a zombie: 4000 and RESUME") {
    little_discord discord;
    bring_up(discord);
    discord.deaf = true;
    REQUIRE(discord.run_until(session_status::closing, 90s));
    CHECK(discord.machine.stats().zombies == 1);
    CHECK(discord.orders.back() == "hang_up 4000");
    CHECK(discord.machine.stats().last_reconnect_reason == "zombie");
    discord.deaf = false;
    REQUIRE(discord.run_until(session_status::live));
    discord.run(1s);
    CHECK(discord.machine.stats().identifies == 1);
    discord.check_delivery();
}

TEST_CASE("F15 an ACK that hides behind other traffic makes no zombie: any frame is life [2.4.4]") {
    little_discord discord;
    bring_up(discord);
    discord.acks = false;
    discord.event_every = 30s;
    discord.run(10min);
    CHECK(discord.machine.stats().zombies == 0);
    discord.event_every = {};
    discord.machine.on_traffic(discord.now());
    for (int i = 0; i < 20; ++i) {
        discord.run(30s);
        discord.machine.on_traffic(discord.now());
    }
    CHECK(discord.machine.stats().zombies == 0);
    CHECK(discord.machine.status() == session_status::live);
}

TEST_CASE("a lost ACK does not follow into the next connection [2.4.6]") {
    little_discord discord;
    bring_up(discord);
    discord.deaf = true;
    REQUIRE(discord.run_until(session_status::closing, 90s));
    discord.deaf = false;
    REQUIRE(discord.run_until(session_status::live));
    discord.run(10min);
    CHECK(discord.machine.stats().zombies == 1);
    CHECK(discord.machine.stats().reconnects == 1);
}

TEST_CASE("a process that stood still does not take its own pause for Discord's silence") {
    session machine(usual_config(), resume_ticket{{3, 16}, "s", "wss://r", 10, 8, 513});
    std::vector<action> out;
    auto now = instant{} + 1h;
    for (const input& fact : {input(started{}), input(opened{}), input(hello_received{40s}), input(resumed_received{})})
        machine.step(fact, now, out);
    for (int i = 0; i < 3; ++i) {
        now += 40s;
        machine.step(tick{}, now, out);
        machine.on_traffic(now);
    }
    now += 41s;
    machine.step(tick{}, now, out);  // a beat went out
    now += 5min;                     // and nobody ran for five minutes
    out.clear();
    machine.step(tick{}, now, out);
    CHECK(machine.stats().zombies == 0);
    CHECK(std::ranges::any_of(out, [](const action& a) { return std::holds_alternative<send>(a); }));
    CHECK(std::ranges::any_of(out, [](const action& a) {
        const auto* said = std::get_if<note>(&a);
        return said != nullptr && said->code == note_code::heartbeat_late;
    }));
    now += 40s;  // If it really is silent, this is noticed one interval later.
    machine.step(tick{}, now, out);
    CHECK(machine.stats().zombies == 1);
}

TEST_CASE("a HELLO with a senseless interval breaks nothing") {
    for (const duration interval : {duration(0), duration(-5s), duration(1ns), duration(100h)}) {
        session machine(usual_config(), {});
        std::vector<action> out;
        auto now = instant{} + 1h;
        for (const input& fact : {input(started{}), input(opened{}), input(hello_received{interval})})
            machine.step(fact, now, out);
        std::size_t beats = 0;
        for (int i = 0; i < 1000; ++i) {
            out.clear();
            now += 1ms;
            machine.step(tick{}, now, out);
            for (const auto& a : out) beats += std::holds_alternative<send>(a) ? 1 : 0;
            machine.on_traffic(now);
        }
        CHECK(beats <= 21);
    }
}

// ---- stop and renew ------------------------------------------------------------------------------------------------------

TEST_CASE("stop closes with 4000 and leaves a ticket that can be resumed") {
    little_discord discord;
    bring_up(discord);
    const auto seq = discord.machine.ticket()->seq;
    discord.fact(stop_requested{false});
    discord.run(1s);
    REQUIRE(discord.ended);
    CHECK(discord.ended->code == 0);
    CHECK(std::ranges::count(discord.orders, "hang_up 4000") == 1);
    REQUIRE(discord.machine.ticket());
    CHECK(discord.machine.ticket()->seq == seq);
    CHECK(discord.machine.status() == session_status::stopped);
}

TEST_CASE("stop for good closes with 1000, and only that does") {
    little_discord discord;
    bring_up(discord);
    discord.fact(stop_requested{true});
    discord.run(1s);
    REQUIRE(discord.ended);
    CHECK(std::ranges::count(discord.orders, "hang_up 1000") == 1);
    CHECK_FALSE(discord.machine.ticket());
}

TEST_CASE("renew drops the session, closes with 4000 and identifies anew") {
    little_discord discord;
    bring_up(discord);
    discord.fact(renew_requested{});
    CHECK_FALSE(discord.machine.ticket());
    REQUIRE(discord.run_until(session_status::connecting));
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.machine.stats().identifies == 2);
    CHECK(discord.machine.ticket()->session_id == "session-2");
    CHECK(discord.machine.stats().last_reconnect_reason == "renewed: a new one was asked for");
}

TEST_CASE("a peer that does not answer our close is cut") {
    session machine(usual_config(), resume_ticket{{3, 16}, "s", "wss://r", 10, 8, 513});
    std::vector<action> out;
    auto now = instant{} + 1h;
    for (const input& fact : {input(started{}), input(opened{}), input(hello_received{40s}), input(reconnect_requested{})})
        machine.step(fact, now, out);
    out.clear();
    now += 5s;
    machine.step(tick{}, now, out);
    REQUIRE(!out.empty());
    CHECK_FALSE(std::get<hang_up>(out[0]).code);
}
