// From the first dial to READY: addresses, payloads, permits, and every way in which the start can go wrong.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gateway/session_payloads.hpp"
#include "unit/gateway/little_discord.hpp"

using namespace shoal;
using namespace shoal::gateway;
using namespace shoal::gateway::testing;
using words = std::vector<std::string>;

TEST_CASE("a session starts with dial, HELLO, permit, IDENTIFY, READY") {
    little_discord discord;
    CHECK(discord.machine.status() == session_status::idle);
    discord.start();
    CHECK(discord.machine.status() == session_status::connecting);
    REQUIRE(discord.run_until(session_status::live, 1s));
    CHECK(discord.orders ==
          words{"dial wss://gateway.test/?v=10&encoding=json&compress=zstd-stream", "ask_permit", "use_permit", "send identify"});
    REQUIRE(discord.machine.ticket());
    CHECK(discord.machine.ticket()->session_id == "session-1");
    CHECK(discord.machine.ticket()->resume_url == "wss://resume1.test/");
    CHECK(discord.machine.ticket()->shard == shard_key{3, 16});
    CHECK(discord.machine.ticket()->intents == 513);
    discord.run(1s);
    CHECK(discord.machine.ticket()->seq == discord.delivered["session-1"].back());
    CHECK(discord.machine.ticket()->done == discord.machine.ticket()->seq);
    discord.check_permits_at_rest();
}

TEST_CASE("the address is built from a url with or without slash, and says the transport [1.4]") {
    for (const std::string_view base : {"wss://g.test", "wss://g.test/", "wss://g.test//", "wss://g.test/?v=9"}) {
        CHECK(connection_url(base, compression::none) == "wss://g.test/?v=10&encoding=json");
        CHECK(connection_url(base, compression::zlib_stream) == "wss://g.test/?v=10&encoding=json&compress=zlib-stream");
        CHECK(connection_url(base, compression::zstd_stream) == "wss://g.test/?v=10&encoding=json&compress=zstd-stream");
    }
}

TEST_CASE("IDENTIFY, RESUME and heartbeat are the documented payloads [2.5.1]") {
    auto config = usual_config();
    config.presence_json = R"({"since":null,"activities":[],"status":"online","afk":false})";
    CHECK(identify_payload(config) ==
          R"({"op":2,"d":{"token":"very.secret.token","intents":513,"shard":[3,16],"large_threshold":50,)"
          R"("properties":{"os":"linux","browser":"shoal","device":"shoal"},)"
          R"("presence":{"since":null,"activities":[],"status":"online","afk":false}}})");
    CHECK(resume_payload(config, {{3, 16}, "abc", "wss://r", 42, 40, 513}) ==
          R"({"op":6,"d":{"token":"very.secret.token","session_id":"abc","seq":42}})");
    CHECK(heartbeat_payload(std::nullopt) == R"({"op":1,"d":null})");
    CHECK(heartbeat_payload(251) == R"({"op":1,"d":251})");
    config.large_threshold = 1000;
    CHECK(identify_payload(config).find(R"("large_threshold":250)") != std::string::npos);
}

TEST_CASE("a presence that makes IDENTIFY too large is dropped with a note [2.1.8]") {
    auto config = usual_config();
    config.presence_json = R"({"activities":[{"name":")" + std::string(4096, 'x') + R"("}]})";
    little_discord discord(config);
    discord.start();
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.has_note(note_code::presence_dropped));
}

TEST_CASE("HELLO may come in the same read as the upgrade's answer, even ahead of `opened`") {
    session machine(usual_config(), {});
    std::vector<action> out;
    const auto now = instant{} + 1h;
    machine.step(started{}, now, out);
    out.clear();
    machine.step(hello_received{40s}, now, out);
    CHECK(std::ranges::any_of(out, [](const action& a) { return std::holds_alternative<ask_permit>(a); }));
    CHECK(machine.status() == session_status::waiting_for_permit);
    out.clear();
    machine.step(opened{}, now, out);
    CHECK(machine.status() == session_status::waiting_for_permit);
}

TEST_CASE("F5 a refused dial is tried again with exponential back-off and jitter") {
    little_discord discord;
    for (int i = 0; i < 12; ++i) discord.on_dial.emplace_back(answer::refuse);
    discord.start();
    REQUIRE(discord.run_until(session_status::live, 20min));
    REQUIRE(discord.dialed_at.size() == 13);
    duration longest = 500ms;
    for (std::size_t i = 1; i < discord.dialed_at.size(); ++i) {
        const auto wait = discord.dialed_at[i] - discord.dialed_at[i - 1] - discord.latency;
        CAPTURE(i);
        CHECK(wait >= longest / 2);
        CHECK(wait <= longest);
        longest = std::min<duration>(longest * 2, 60s);
    }
    CHECK(discord.machine.stats().reconnects == 12);
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("two shards with different seeds do not back off in step") {
    const auto waits = [](std::uint64_t seed) {
        auto config = usual_config();
        config.seed = seed;
        little_discord discord(config);
        for (int i = 0; i < 4; ++i) discord.on_dial.emplace_back(answer::refuse);
        discord.start();
        discord.run_until(session_status::live);
        return discord.dialed_at;
    };
    CHECK(waits(1) != waits(2));
    CHECK(waits(3) == waits(3));
}

TEST_CASE("F6 a dial that never answers is cut by the machine too") {
    little_discord discord;
    discord.on_dial.emplace_back(answer::silence);
    discord.start();
    REQUIRE(discord.run_until(session_status::live, 2min));
    CHECK(std::ranges::count(discord.orders, "cut") == 1);
}

TEST_CASE("F9 without HELLO the connection is given up after hello_timeout") {
    little_discord discord;
    discord.on_hello.emplace_back(answer::silence);
    discord.start();
    discord.run(19s);
    CHECK(discord.machine.status() == session_status::connecting);
    REQUIRE(discord.run_until(session_status::live, 10s));
    CHECK(std::ranges::count(discord.orders, "hang_up 4000") == 1);
    CHECK(discord.machine.stats().identifies == 1);
}

TEST_CASE("F10 op 7 instead of HELLO reconnects") {
    little_discord discord;
    discord.on_hello.emplace_back(answer::op7);
    discord.start();
    REQUIRE(discord.run_until(session_status::live, 5s));
    CHECK(discord.has_note(note_code::reconnect_op7));
    CHECK(discord.permits_given == 1);
}

TEST_CASE("F18 op 9 in answer to IDENTIFY asks for a new permit after one to five seconds") {
    for (const auto how : {answer::op9_false, answer::op9_true}) {
        little_discord discord;
        discord.on_identify.emplace_back(how);
        discord.start();
        REQUIRE(discord.run_until(session_status::live, 10s));
        CHECK(discord.machine.stats().identifies == 2);
        CHECK(discord.machine.stats().invalid_sessions == 1);
        CHECK(discord.permits_used == 2);
        REQUIRE(discord.dialed_at.size() == 2);
        const auto wait = discord.dialed_at[1] - discord.dialed_at[0];
        CHECK(wait >= 1s);
        CHECK(wait <= 6s);
        discord.check_permits_at_rest();
    }
}

TEST_CASE("F27 op 9 to every IDENTIFY backs off and never spends a permit twice") {
    little_discord discord;
    for (int i = 0; i < 20; ++i) discord.on_identify.emplace_back(answer::op9_false);
    discord.start();
    discord.run(10min);
    CHECK(discord.machine.stats().identifies <= 20);
    CHECK(discord.permits_used == discord.machine.stats().identifies);
    REQUIRE(discord.run_until(session_status::live, 30min));
    discord.check_permits_at_rest();
}

TEST_CASE("F18 silence in answer to IDENTIFY ends the attempt after ready_timeout") {
    little_discord discord;
    discord.event_every = {};
    discord.on_identify.emplace_back(answer::silence);
    discord.acks = false;
    discord.start();
    discord.run(55s);
    CHECK(discord.machine.status() == session_status::identifying);
    REQUIRE(discord.run_until(session_status::closing, 10s));
    REQUIRE(discord.run_until(session_status::live, 10s));
    CHECK(discord.machine.stats().identifies == 2);
}

TEST_CASE("F16 a READY that takes minutes is waited for while heartbeats are answered [2.4.8]") {
    little_discord discord;
    discord.on_identify.emplace_back(answer::silence);
    discord.start();
    discord.run(5min);
    CHECK(discord.machine.status() == session_status::identifying);
    discord.server_says(ready_received{"late", "wss://resume9.test"});
    CHECK(discord.machine.status() == session_status::live);
    CHECK(discord.machine.stats().identifies == 1);
    CHECK(discord.beats.size() >= 7);
}

TEST_CASE("F18 but not for ever: a socket that ACKs and never says READY ends too") {
    little_discord discord;
    discord.on_identify.emplace_back(answer::silence);
    discord.start();
    REQUIRE(discord.run_until(session_status::live, 11min));
    CHECK(discord.machine.stats().identifies == 2);
}

TEST_CASE("while a permit is waited for, the connection keeps beating with d null") {
    little_discord discord;
    discord.grants = false;
    discord.start();
    discord.run(10min);
    CHECK(discord.machine.status() == session_status::waiting_for_permit);
    CHECK(discord.dialed.size() == 1);
    CHECK(discord.beats.size() >= 14);
    CHECK(std::ranges::all_of(discord.beat_payloads, [](const auto& p) { return p == R"({"op":1,"d":null})"; }));
    discord.fact(permit_refused{"the reserve"});
    CHECK(discord.has_note(note_code::permit_refused));
    CHECK(discord.machine.status() == session_status::waiting_for_permit);
    discord.grant();
    REQUIRE(discord.run_until(session_status::live, 1s));
}

TEST_CASE("a permit that expired on its way is returned and asked for again") {
    little_discord discord;
    discord.grant_age = 1500ms;
    discord.start();
    discord.run(3s);
    CHECK(discord.permits_returned >= 1);
    CHECK(discord.machine.stats().identifies == 0);
    CHECK(discord.has_note(note_code::permit_expired));
    discord.grant_age = {};
    REQUIRE(discord.run_until(session_status::live, 5s));
    discord.run(5s);
    discord.check_permits_at_rest();
}

TEST_CASE("a permit is withdrawn when its connection ends, and returned when the two cross") {
    little_discord discord;
    discord.grants = false;
    discord.start();
    REQUIRE(discord.run_until(session_status::waiting_for_permit));
    discord.server_closes(4000);
    CHECK(discord.withdrawn == 1);
    CHECK(discord.machine.status() == session_status::waiting);
    // The grant was on its way already: it cannot be used on a connection that is not there.
    std::vector<action> out;
    discord.machine.step(permit_granted{99, discord.now() + 1s}, discord.now(), out);
    REQUIRE(out.size() == 1);
    CHECK(std::get<return_permit>(out[0]).permit == 99);
    discord.grants = true;
    REQUIRE(discord.run_until(session_status::live));
}

TEST_CASE("a second grant for one request is returned") {
    little_discord discord;
    discord.start();
    REQUIRE(discord.run_until(session_status::live));
    std::vector<action> out;
    discord.machine.step(permit_granted{99, discord.now() + 1s}, discord.now(), out);
    REQUIRE(out.size() == 1);
    CHECK(std::get<return_permit>(out[0]).permit == 99);
}

TEST_CASE("a new gateway address is used from the next dial on") {
    little_discord discord;
    discord.on_dial.emplace_back(answer::refuse);
    discord.start();
    discord.fact(gateway_url_changed{"wss://elsewhere.test/"});
    REQUIRE(discord.run_until(session_status::live));
    CHECK(discord.dialed.back().starts_with("wss://elsewhere.test/?v=10"));
}

TEST_CASE("a READY without a session id is an unreadable message, not a session") {
    little_discord discord;
    discord.on_identify.emplace_back(answer::silence);
    discord.start();
    REQUIRE(discord.run_until(session_status::identifying));
    discord.server_says(ready_received{"", ""});
    CHECK(discord.machine.status() == session_status::closing);
    CHECK_FALSE(discord.machine.ticket());
    REQUIRE(discord.run_until(session_status::live));
}

TEST_CASE("in a long queue for permits, connections that Discord closes for their silence do not back off further and further") {
    little_discord discord;
    discord.grants = false;
    discord.start();
    for (int i = 0; i < 20; ++i) {
        REQUIRE(discord.run_until(session_status::waiting_for_permit, 1s));
        discord.run(30s);
        discord.server_closes(4003);
    }
    CHECK(discord.withdrawn == 20);
    discord.grants = true;
    REQUIRE(discord.run_until(session_status::live, 1s));
    discord.check_permits_at_rest();
}

TEST_CASE("a connection that is closed as soon as it waits for a permit does back off") {
    little_discord discord;
    discord.grants = false;
    discord.start();
    discord.after_each_fact = [&] {
        if (discord.machine.status() != session_status::waiting_for_permit) return;
        discord.clock.post([&] { discord.server_closes(4000); });
    };
    discord.run(10min);
    CHECK(discord.dialed.size() < 25);
}

TEST_CASE("a changed presence is in the next IDENTIFY, unless it does not fit [2.8.6]") {
    for (const bool fits : {true, false}) {
        session machine(usual_config(), {});
        std::vector<action> out;
        auto now = instant{} + 1h;
        const std::string presence = fits ? R"({"status":"dnd"})" : "\"" + std::string(5000, 'x') + "\"";
        for (const input& fact : {input(presence_changed{presence}), input(started{}), input(opened{}),
                                  input(hello_received{40s}), input(permit_granted{1, now + 1s})}) {
            machine.step(fact, now, out);
        }
        const auto sent = std::ranges::find_if(out, [](const action& a) { return std::holds_alternative<send>(a); });
        REQUIRE(sent != out.end());
        const auto& payload = std::get<send>(*sent).payload;
        CHECK(payload.size() < 4096);
        CHECK((payload.find(R"("presence":{"status":"dnd"})") != std::string::npos) == fits);
    }
}
