// Sessions: routing, numbering, replay, life and death [7.1 #18 to #25].
#include "sim/core/session_table.hpp"
#include "unit/sim_core/gateway_bench.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::testing;

namespace {
bool refused_with_op9(bench& b, conn_id id) {
    return b.of(id).last() != nullptr && b.of(id).last()->op == 9 && *b.of(id).last()->data == "false";
}
}  // namespace

TEST_CASE("B18 events are filtered by the session's intents") {
    auto config = quiet();
    config.world.events_per_second_per_shard = 100;
    bench b(config);
    const auto all = b.ready(0, 1, 0x331FFFF);
    const auto messages = b.ready(0, 1, guilds_and_messages);
    const auto none = b.ready(0, 1, 0);
    b.advance(30s);
    CHECK(b.of(all).count("MESSAGE_CREATE") > 0);
    CHECK(b.of(messages).count("MESSAGE_CREATE") > 0);
    CHECK(b.of(messages).count("TYPING_START") == 0);
    CHECK(b.of(messages).count("PRESENCE_UPDATE") == 0);
    CHECK(b.of(none).count("MESSAGE_CREATE") == 0);
    CHECK(b.of(none).count("GUILD_CREATE") == 0);
    CHECK(b.of(all).got.size() > b.of(messages).got.size());
    for (const auto id : {all, messages, none}) CHECK(steady(b.of(id).seqs()));
}

TEST_CASE("B19 message content is blank without bit 15, but for the exceptions") {
    auto config = quiet();
    config.world.events_per_second_per_shard = 100;
    bench b(config);
    const auto with = b.ready(0, 1, guilds_and_messages | (1U << 15));
    const auto without = b.ready(0, 1, guilds_and_messages);
    b.advance(60s);
    const auto filled = [&](conn_id id) {
        std::size_t out = 0;
        for (const payload& p : b.of(id).got) {
            if (p.name == "MESSAGE_CREATE" && !object_of(p).at("content").as_string().empty()) ++out;
        }
        return out;
    };
    REQUIRE(b.of(without).count("MESSAGE_CREATE") > 100);
    CHECK(filled(with) > b.of(with).count("MESSAGE_CREATE") / 2);
    CHECK(filled(without) < b.of(without).count("MESSAGE_CREATE") / 4);
}

TEST_CASE("B20 every live session of a shard gets its own copy and its own numbers, strictly one apart, sharing the text") {
    bench b;
    const auto first = b.ready(0, 2);
    b.events(10);
    const auto second = b.ready(0, 2);
    b.events(10);
    CHECK(b.of(first).count("BENCH") == 20);
    CHECK(b.of(second).count("BENCH") == 10);
    CHECK(steady(b.of(first).seqs()));
    CHECK(steady(b.of(second).seqs()));
    CHECK(b.of(first).seqs().front() == 1);
    CHECK(b.of(second).seqs().front() == 1);
    b.must({{"do", "join_guild"}});  // Whichever shard it is, what both got last is the same.
    CHECK(b.last_seq(first) == b.last_seq(second) + 10);
    CHECK(b.of(first).last_dispatch()->name == b.of(second).last_dispatch()->name);
}

TEST_CASE("B21 sessions with equal and with other totals live side by side, each routed by its own formula") {
    auto config = quiet();
    config.world.guilds = 60;
    config.world.events_per_second_per_shard = 50;
    bench b(config);
    std::vector<std::pair<conn_id, std::pair<std::uint32_t, std::uint32_t>>> sessions;
    for (const auto& [shard, total] :
         std::vector<std::pair<std::uint32_t, std::uint32_t>>{{0, 1}, {0, 2}, {1, 2}, {1, 2}, {2, 3}, {0, 3}}) {
        sessions.emplace_back(b.ready(shard, total), std::pair(shard, total));
    }
    b.advance(20s);
    for (const auto& [id, key] : sessions) {
        std::size_t of_guilds = 0;
        for (const payload& p : b.of(id).got) {
            const auto d = object_of(p);
            const auto* guild = p.name == "GUILD_CREATE" ? d.if_contains("id") : d.if_contains("guild_id");
            if (p.op != 0 || guild == nullptr) continue;
            ++of_guilds;
            CHECK((std::stoull(std::string(guild->as_string())) >> 22) % key.second == key.first);
        }
        CHECK(of_guilds > 20);
        CHECK(steady(b.of(id).seqs()));
    }
}

TEST_CASE("B21 what belongs to no guild goes to every session with shard id 0") {
    session_table table;
    const auto make = [&](std::string id, std::uint32_t shard, std::uint32_t total) {
        session fresh;
        fresh.id = std::move(id);
        fresh.shard = shard;
        fresh.total = total;
        table.add(std::move(fresh));
    };
    make("a", 0, 1);
    make("b", 0, 2);
    make("c", 1, 2);
    make("d", 0, 16);
    make("e", 0, 16);
    make("f", 7, 16);
    std::string got;
    table.for_each_of(0, [&](session& s) { got += s.id; });
    CHECK(got == "abde");
    got.clear();
    table.for_each_of((16ULL + 7) << 22, [&](session& s) { got += s.id; });
    CHECK(got == "acf");
    table.end(*table.find("a"), "expired", 0);
    got.clear();
    table.for_each_of(0, [&](session& s) { got += s.id; });
    CHECK(got == "bde");
}

TEST_CASE("B22 RESUME replays what was missed in order with its own numbers, then RESUMED, with no live event in between") {
    auto config = quiet();
    config.world.events_per_second_per_shard = 50;
    bench b(config);
    const auto id = b.ready();
    const std::uint64_t had = b.last_seq(id);
    const std::string session = b.session_id(id);
    b.close(id, std::nullopt);
    b.advance(20s);
    const auto again = b.open(true);
    b.resume(again, session, had);
    const auto& got = b.of(again).got;
    const std::size_t missed = got.size() - 2;  // HELLO first, RESUMED last.
    CHECK(missed > 300);
    CHECK(got.back().name == "RESUMED");
    CHECK(b.of(again).seqs().front() == had + 1);
    CHECK(steady(b.of(again).seqs()));
    CHECK(b.of(again).count("READY") == 0);
    b.advance(5s);
    CHECK(b.of(again).got.size() > missed + 50);
    CHECK(steady(b.of(again).seqs()));
    CHECK(b.counted("replayed") == static_cast<std::int64_t>(missed));
}

TEST_CASE("B22 what the client had before the replay's start comes again, word for word") {
    bench b;
    const auto id = b.ready();
    b.events(20);
    b.close(id, 4000);
    const std::uint64_t from = b.last_seq(id) - 15;
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), from);
    for (const payload& p : b.of(again).got) {
        if (p.op != 0 || p.name == "RESUMED") continue;
        const auto first = std::ranges::find_if(b.of(id).got, [&](const payload& q) { return q.op == 0 && q.seq == p.seq; });
        REQUIRE(first != b.of(id).got.end());
        CHECK(first->name == p.name);
        CHECK(first->data == p.data);  // The very same text.
    }
    CHECK(b.of(again).count("BENCH") == 15);
}

TEST_CASE("B22 the replay buffer is bounded by count: max(100, min(3500, 75 x guilds))") {
    for (const auto& [guilds, bound] : std::vector<std::pair<std::uint32_t, std::uint64_t>>{{1, 100}, {4, 300}, {60, 3500}}) {
        auto config = quiet();
        config.world.guilds = guilds;
        bench b(config);
        const auto id = b.ready();
        b.close(id, std::nullopt);
        b.events(static_cast<int>(bound));
        const auto fits = b.open(true);
        b.resume(fits, b.session_id(id), b.last_seq(id));
        CHECK(b.of(fits).count("BENCH") == bound);
        b.close(fits, std::nullopt);
        b.events(static_cast<int>(bound) + 1);
        const auto over = b.open(true);
        b.resume(over, b.session_id(id), b.last_seq(fits));
        CHECK(refused_with_op9(b, over));
        CHECK(b.oracle_of(b.session_id(id)).at("ended_why") == "overflow");
    }
}

TEST_CASE("B22 the replay buffer is bounded by age, too") {
    auto config = quiet();
    config.session_expiry = 1h;
    config.replay_age = 60s;
    bench b(config);
    const auto id = b.ready();
    b.events(1);
    b.close(id, std::nullopt);
    b.events(1);
    b.advance(30s);
    b.events(1);
    const auto in_time = b.open(true);
    b.resume(in_time, b.session_id(id), b.last_seq(id));
    CHECK(b.of(in_time).count("BENCH") == 2);
    b.close(in_time, std::nullopt);
    b.events(1);
    b.advance(61s);
    b.events(1);
    const auto late = b.open(true);
    b.resume(late, b.session_id(id), b.last_seq(in_time));
    CHECK(refused_with_op9(b, late));
}

TEST_CASE("B22 kinds that are never replayed leave holes that the oracle names") {
    bench b;
    b.must({{"do", "set"}, {"never_replayed", {"SECRET"}}});
    const auto id = b.ready();
    b.events(1, "SECRET");
    const std::uint64_t had = b.last_seq(id);
    b.close(id, std::nullopt);
    b.events(1);
    b.events(1, "SECRET");
    b.events(1);
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), had);
    CHECK(b.of(again).seqs() == std::vector<std::uint64_t>{had + 1, had + 3, had + 4});
    CHECK(b.oracle_of(b.session_id(id)).at("gaps") == json::value{had + 2});
}

TEST_CASE("B22 what a heartbeat does to the replay buffer is a switch: nothing, silent loss, 4007 or op 9") {
    for (const char* rule : {"no", "silent", "4007", "op9"}) {
        CAPTURE(rule);
        bench b;
        b.must({{"do", "set"}, {"trim_on_heartbeat", rule}});
        const auto id = b.ready();
        const std::uint64_t base = b.last_seq(id);
        b.events(10);
        b.beat(id, base + 6);
        b.close(id, std::nullopt);
        const auto fine = b.open(true);
        b.resume(fine, b.session_id(id), base + 6);
        CHECK(b.of(fine).count("BENCH") == 4);
        b.close(fine, std::nullopt);
        const auto behind = b.open(true);
        b.resume(behind, b.session_id(id), base + 2);
        const std::string_view which = rule;
        if (which == "no") CHECK(b.of(behind).count("BENCH") == 8);
        if (which == "silent") CHECK(b.of(behind).count("BENCH") == 4);
        if (which == "4007") CHECK(b.of(behind).close_code == 4007);
        if (which == "op9") CHECK(refused_with_op9(b, behind));
    }
}

TEST_CASE("B23 RESUME of an unknown, an expired or a foreign session is op 9 false, and the socket may IDENTIFY") {
    auto config = quiet();
    config.other_bots = {"other"};
    bench b(config);
    const auto id = b.ready();
    const std::string session = b.session_id(id);
    const auto unknown = b.open(true);
    b.resume(unknown, "00000000000000000000000000000000", 1);
    CHECK(refused_with_op9(b, unknown));
    b.identify(unknown);
    b.advance(2s);
    CHECK(b.of(unknown).count("READY") == 1);

    const auto foreign = b.open(true);
    b.send(foreign, fmt::format(R"({{"op":6,"d":{{"token":"other","session_id":"{}","seq":1}}}})", session));
    CHECK(refused_with_op9(b, foreign));
    CHECK(b.oracle_of(session).at("state") == "live");  // The owner keeps it.

    b.close(id, std::nullopt);
    b.advance(120s);
    const auto late = b.open(true);
    b.resume(late, session, 1);
    CHECK(refused_with_op9(b, late));
    CHECK(b.oracle_of(session).at("ended_why") == "expired");
    CHECK(b.counted("op9s") == 3);
}

TEST_CASE("B23 a wrong token is 4004, a bad payload 4002, a seq too high 4007, another version op 9") {
    bench b;
    const auto id = b.ready();
    const std::string session = b.session_id(id);
    b.close(id, std::nullopt);
    const auto token = b.open(true);
    b.send(token, fmt::format(R"({{"op":6,"d":{{"token":"wrong","session_id":"{}","seq":1}}}})", session));
    CHECK(b.of(token).close_code == 4004);
    for (const char* wrong :
         {"null", "{}", R"({"token":"bench","session_id":"x"})", R"({"token":"bench","session_id":"x","seq":null})",
          R"({"token":"bench","session_id":7,"seq":1})", R"({"token":"bench","session_id":"x","seq":-1})"}) {
        const auto bad = b.open(true);
        b.send(bad, fmt::format(R"({{"op":6,"d":{}}})", wrong));
        CHECK(b.of(bad).close_code == 4002);
    }
    const auto version = b.open(true, "/?v=9&encoding=json");
    b.resume(version, session, b.last_seq(id));
    CHECK(refused_with_op9(b, version));
    const auto exact = b.open(true);
    b.resume(exact, session, b.last_seq(id));
    CHECK(b.of(exact).last()->name == "RESUMED");
    b.close(exact, std::nullopt);
    const auto high = b.open(true);
    b.resume(high, session, b.last_seq(exact) + 1);
    CHECK(b.of(high).close_code == 4007);
}

TEST_CASE("B24 a client's close with 1000 or 1001 ends the session and shows the bot offline") {
    for (const std::uint16_t code : {std::uint16_t{1000}, std::uint16_t{1001}}) {
        bench b;
        const auto id = b.ready();
        CHECK(b.must({{"do", "status"}}).at("bot_online") == true);
        b.events(3);
        b.advance(2s);
        const std::uint64_t sent = b.last_seq(id);
        b.close(id, code);
        CHECK(b.must({{"do", "status"}}).at("bot_online") == false);
        const auto again = b.open(true);
        b.resume(again, b.session_id(id), sent);
        CHECK(refused_with_op9(b, again));
        const auto told = b.oracle_of(b.session_id(id));
        CHECK(told.at("state") == "dead");
        CHECK(told.at("ended_why") == "client_closed");
        CHECK(told.at("safe_seq") == sent);
    }
}

TEST_CASE("B24 any other close, or a lost connection, starts the expiry timer; offline comes only at its end") {
    for (const std::optional<std::uint16_t> code : {std::optional<std::uint16_t>(4000), {4200}, {1005}, {1006}, {1002}, {}}) {
        bench b;
        const auto id = b.ready();
        b.close(id, code);
        CHECK(b.oracle_of(b.session_id(id)).at("state") == "resumable");
        b.advance(120s - 1ns);
        CHECK(b.must({{"do", "status"}}).at("bot_online") == true);
        b.advance(1ns);
        CHECK(b.must({{"do", "status"}}).at("bot_online") == false);
        CHECK(b.oracle_of(b.session_id(id)).at("ended_why") == "expired");
    }
    bench b;
    const auto id = b.ready();
    b.close(id, 4000);
    b.advance(119s);
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), b.last_seq(id));
    b.advance(60s);  // The old timer means nothing any more.
    CHECK(b.oracle_of(b.session_id(id)).at("state") == "live");
}

TEST_CASE("B24 an event that was written less than a second before an orderly close is not counted as surely sent") {
    bench b;
    const auto id = b.ready();
    b.events(1);
    const std::uint64_t sure = b.last_seq(id);
    b.advance(1s);
    b.events(5);
    b.advance(500ms);
    b.close(id, 1000);
    CHECK(b.oracle_of(b.session_id(id)).at("safe_seq") == sure);
    CHECK(b.oracle_of(b.session_id(id)).at("last_seq") == sure + 5);
    const auto other = b.ready();
    b.events(5);
    b.beat(other, b.last_seq(other) - 1);
    b.close(other, 1000);
    CHECK(b.oracle_of(b.session_id(other)).at("safe_seq") == b.last_seq(other) - 1);
}

TEST_CASE("B25 a RESUME of a live session takes it over and closes the older socket") {
    bench b;
    const auto old = b.ready();
    b.events(5);
    const std::string session = b.session_id(old);
    const auto newer = b.open(true);
    b.resume(newer, session, b.last_seq(old) - 2);
    CHECK(b.of(old).close_code == 4000);
    CHECK(b.of(newer).count("BENCH") == 2);
    CHECK(b.of(newer).last()->name == "RESUMED");
    const std::size_t before = b.of(old).got.size();
    b.events(5);
    CHECK(b.of(old).got.size() == before);
    CHECK(b.of(newer).count("BENCH") == 7);
    b.close(old, 1000);  // Its late close is nobody's.
    CHECK(b.oracle_of(session).at("state") == "live");
    CHECK(b.counted("takeovers") == 1);
}

TEST_CASE("B25 by switch a takeover is refused instead") {
    bench b;
    b.must({{"do", "set"}, {"takeover", "refuse"}});
    const auto old = b.ready();
    const auto newer = b.open(true);
    b.resume(newer, b.session_id(old), b.last_seq(old));
    CHECK(refused_with_op9(b, newer));
    CHECK_FALSE(b.of(old).closed);
    b.events(1);
    CHECK(b.of(old).last()->name == "BENCH");
    b.close(old, std::nullopt);
    b.resume(newer, b.session_id(old), b.last_seq(old));
    CHECK(b.of(newer).last()->name == "RESUMED");
}
