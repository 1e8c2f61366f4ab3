// IDENTIFY's checks and limits, READY and the guilds after it [7.1 #1, #2, #9 to #17].
#include <set>

#include "sim/core/identify_limits.hpp"
#include "unit/sim_core/gateway_bench.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::testing;

namespace {

std::uint16_t refused(bench& b, std::string_view d) {
    const auto id = b.open();
    b.send(id, fmt::format(R"({{"op":2,"d":{}}})", d));
    return b.of(id).close_code.value_or(0);
}

std::vector<std::string> ready_guilds(bench& b, conn_id id) {
    std::vector<std::string> out;
    for (const auto& one : object_of(*b.of(id).find("READY")).at("guilds").as_array()) {
        CHECK(one.at("unavailable") == true);
        out.emplace_back(one.at("id").as_string());
    }
    return out;
}

std::string id_of(const payload& p) { return std::string(object_of(p).at("id").as_string()); }

}  // namespace

TEST_CASE("B01 /gateway/bot's numbers follow the guild count and the identifies used, and reset_after counts down") {
    auto config = quiet();
    config.world.guilds = 1001;
    config.identify_total = 50;
    config.max_concurrency = 2;
    bench b(config);
    auto told = b.gateway_bot();
    CHECK(told.at("url") == "wss://gateway.sim");
    CHECK(told.at("shards") == 2);
    auto limit = told.at("session_start_limit").as_object();
    CHECK(limit.at("total") == 50);
    CHECK(limit.at("remaining") == 50);
    CHECK(limit.at("max_concurrency") == 2);
    CHECK(limit.at("reset_after") == 0);
    (void)b.ready(0, 2);
    (void)b.ready(1, 2);
    limit = b.gateway_bot().at("session_start_limit").as_object();
    CHECK(limit.at("remaining") == 48);
    const auto before = limit.at("reset_after").to_number<std::int64_t>();
    CHECK(before <= 24 * 3600 * 1000);
    CHECK(before > 24 * 3600 * 1000 - 60'000);
    b.advance(1h);
    CHECK(before - b.gateway_bot().at("session_start_limit").at("reset_after").to_number<std::int64_t>() >= 3600 * 1000);
    b.must({{"do", "restart_window"}});
    CHECK(b.gateway_bot().at("session_start_limit").at("remaining") == 50);
}

TEST_CASE("B02 a large bot's shards are rounded to its multiple, its limits raised, and other counts get 4010") {
    auto config = quiet();
    config.large_bot = true;
    config.max_concurrency = 1;
    config.recommended_shards = 17;
    bench b(config);
    const auto told = b.gateway_bot();
    CHECK(told.at("shards") == 32);
    CHECK(told.at("session_start_limit").at("total") == 2000);
    CHECK(told.at("session_start_limit").at("max_concurrency") == 16);
    const auto odd = b.open();
    b.identify(odd, 0, 17);
    CHECK(b.of(odd).close_code == 4010);
    (void)b.ready(0, 48);
}

TEST_CASE("B09 IDENTIFY is checked in order: decode, token, intents, shard, guild count, key, budget") {
    auto config = quiet();
    config.allowed_privileged_intents = 1U << 1;
    bench b(config);
    // Each of these has everything wrong that a later check would find, too.
    const auto d = [](std::string_view token, std::string_view intents, std::string_view shard) {
        return fmt::format(R"({{"token":{},"intents":{},"shard":{},"properties":{{}}}})", token, intents, shard);
    };
    CHECK(refused(b, "null") == 4002);
    CHECK(refused(b, "[]") == 4002);
    CHECK(refused(b, R"({"token":"bad","shard":[5,2],"properties":{}})") == 4002);
    CHECK(refused(b, R"({"token":"bad","intents":0})") == 4002);
    CHECK(refused(b, d("7", "-1", "[5,2]")) == 4002);
    CHECK(refused(b, d(R"("bad")", "-1", "[5,2]")) == 4004);
    CHECK(refused(b, d(R"("bench")", "-1", "[5,2]")) == 4013);
    CHECK(refused(b, d(R"("bench")", R"("513")", "[5,2]")) == 4013);
    CHECK(refused(b, d(R"("bench")", "1.5", "[5,2]")) == 4013);
    CHECK(refused(b, d(R"("bench")", "131072", "[5,2]")) == 4013);
    CHECK(refused(b, d(R"("bench")", "131072", "[5,2]")) == 4013);
    CHECK(refused(b, d(R"("bench")", "256", "[5,2]")) == 4014);
    CHECK(refused(b, d(R"("bench")", "32768", "[5,2]")) == 4014);
    for (const char* shard : {"[2,2]", "[5,2]", "[0]", "[0,0]", "[-1,2]", "[0,1,2]", R"(["0","1"])"}) {
        CAPTURE(shard);
        CHECK(refused(b, d(R"("bench")", "2", shard)) == 4010);
    }
    b.must({{"do", "set"}, {"most_guilds_per_shard", 39}});
    CHECK(refused(b, d(R"("bench")", "2", "[0,1]")) == 4011);
    CHECK(b.counted("concurrency_breaches") == 0);
    b.must({{"do", "set"}, {"most_guilds_per_shard", 40}});
    CHECK(refused(b, d(R"("bench")", "2", "[0,1]")) == 0);
    CHECK(b.gateway_bot().at("session_start_limit").at("remaining") == 999);  // What was refused before costs nothing.
}

TEST_CASE("B09 the token may carry the prefix that REST wants, in IDENTIFY and in RESUME, but only once") {
    bench b;
    CHECK(refused(b, R"({"token":"Bot bench","intents":0,"properties":{}})") == 0);
    CHECK(refused(b, R"({"token":"Bot Bot bench","intents":0,"properties":{}})") == 4004);
    CHECK(refused(b, R"({"token":"Bot ","intents":0,"properties":{}})") == 4004);
    b.advance(6s);
    const auto id = b.ready();
    b.close(id, std::nullopt);
    const auto again = b.open(true);
    b.send(again, fmt::format(R"({{"op":6,"d":{{"token":"Bot bench","session_id":"{}","seq":1}}}})", b.session_id(id)));
    CHECK(b.of(again).last()->name == "RESUMED");
}

TEST_CASE("B09 an IDENTIFY without shard is shard 0 of 1, and its READY has no shard") {
    bench b;
    const auto id = b.open();
    b.send(id, R"({"op":2,"d":{"token":"bench","intents":1,"properties":{"os":"x"}}})");
    b.advance(2s);
    REQUIRE(b.of(id).find("READY") != nullptr);
    CHECK_FALSE(object_of(*b.of(id).find("READY")).contains("shard"));
    CHECK(ready_guilds(b, id).size() == 40);
}

TEST_CASE("B10 one IDENTIFY per key and 5 s, shared by all shard sets; a breach is op 9 after 2 s and leaves the socket open") {
    auto config = quiet();
    config.max_concurrency = 2;
    bench b(config);
    const auto first = b.open();
    const auto same_key = b.open();
    const auto other_key = b.open();
    b.identify(first, 0, 1);
    b.identify(same_key, 2, 7);  // Another shard set, the same key.
    b.identify(other_key, 1, 2);
    b.advance(2s - 1ns);
    CHECK(b.of(same_key).count_op(9) == 0);
    b.advance(1ns);
    CHECK(b.of(same_key).last()->op == 9);
    CHECK(*b.of(same_key).last()->data == "false");
    CHECK_FALSE(b.of(same_key).closed);
    CHECK(b.of(first).count("READY") == 1);
    CHECK(b.of(other_key).count("READY") == 1);
    CHECK(b.counted("concurrency_breaches") == 1);
    b.advance(3s);
    b.beat(same_key);
    b.identify(same_key, 2, 7);
    b.advance(2s);
    CHECK(b.of(same_key).count("READY") == 1);
    CHECK(b.gateway_bot().at("session_start_limit").at("remaining") == 996);  // The breach was charged.
}

TEST_CASE("B10 whether a breach is charged is a switch, and the window is exact") {
    identify_limits limits({.max_concurrency = 4, .total = 10, .charge_breaches = false});
    const instant start{};
    CHECK(limits.take(1, start) == identify_verdict::ok);
    CHECK(limits.take(5, start + 5s - 1ns) == identify_verdict::key_breach);
    CHECK(limits.take(2, start) == identify_verdict::ok);
    CHECK(limits.take(5, start + 5s) == identify_verdict::ok);
    CHECK(limits.remaining(start + 5s) == 7);
}

TEST_CASE("B11 one IDENTIFY beyond the budget ends every session and rotates the token, until the window is over") {
    auto config = quiet();
    config.identify_total = 3;
    config.identify_window = 1h;
    bench b(config);
    const auto one = b.ready(0, 2);
    const auto two = b.ready(1, 2);
    const std::string session = b.session_id(one);
    (void)b.ready(0, 2);
    const auto over = b.open();
    b.identify(over, 1, 2);
    for (const auto id : {one, two, over}) CHECK(b.of(id).close_code == 4004);
    CHECK(b.oracle_of(session).at("ended_why") == "budget");
    CHECK(b.counted("budget_breaches") == 1);
    CHECK(b.http("GET", "/api/v10/gateway/bot").status == 401);
    const auto old_token = b.open(true);
    b.resume(old_token, session, 1);
    CHECK(b.of(old_token).close_code == 4004);
    // The test is told the new token; the window still holds.
    b.token = std::string(b.must({{"do", "token"}}).at("token").as_string());
    CHECK(b.token != "bench");
    CHECK(b.gateway_bot().at("session_start_limit").at("remaining") == 0);
    b.advance(1h);
    CHECK(b.gateway_bot().at("session_start_limit").at("remaining") == 3);
    (void)b.ready(0, 2);
}

TEST_CASE("B12 READY has s 1, this shard's guilds alone, all unavailable, a session id of 32 hex and another host to resume at") {
    bench b;
    std::set<std::string> all, sessions;
    for (std::uint32_t shard = 0; shard < 4; ++shard) {
        const auto id = b.ready(shard, 4);
        const payload& ready = *b.of(id).find("READY");
        CHECK(ready.seq == 1);
        const auto d = object_of(ready);
        CHECK(d.at("v") == 10);
        CHECK(d.at("shard") == json::value{shard, 4});
        CHECK(d.at("resume_gateway_url") == "wss://resume.sim:9443");
        CHECK(d.at("private_channels").as_array().empty());
        CHECK(d.at("user").as_object().contains("id"));
        CHECK(d.at("application").at("id").is_string());
        const auto session = b.session_id(id);
        CHECK(session.size() == 32);
        CHECK(session.find_first_not_of("0123456789abcdef") == std::string::npos);
        sessions.insert(session);
        for (const auto& guild : ready_guilds(b, id)) {
            CHECK((std::stoull(guild) >> 22) % 4 == shard);
            CHECK(all.insert(guild).second);
        }
    }
    CHECK(all.size() == 40);
    CHECK(sessions.size() == 4);
}

TEST_CASE("B12 READY comes after a delay between 50 and 800 ms that differs from session to session") {
    bench b;
    std::set<duration> delays;
    for (std::uint32_t shard = 0; shard < 16; ++shard) {
        const auto id = b.open();
        b.identify(id, shard, 16);
        const instant asked = b.now;
        b.advance(800ms);
        REQUIRE(b.of(id).count("READY") == 1);
        const auto at = std::ranges::find_if(b.of(id).got, [](const payload& p) { return p.name == "READY"; });
        const duration delay = b.of(id).when[static_cast<std::size_t>(at - b.of(id).got.begin())] - asked;
        CHECK(delay >= 50ms);
        delays.insert(delay);
    }
    CHECK(delays.size() > 8);
}

TEST_CASE("B13 RESUME at the wrong host works, and op 7 follows within a short time") {
    bench b;
    const auto id = b.ready();
    b.close(id, std::nullopt);
    const auto wrong = b.open(false);
    b.resume(wrong, b.session_id(id), b.last_seq(id));
    CHECK(b.of(wrong).last()->name == "RESUMED");
    b.advance(10s);
    CHECK(b.of(wrong).count_op(7) == 1);
    b.advance(5s);
    CHECK(b.of(wrong).closed);
    const auto right = b.open(true);
    b.resume(right, b.session_id(id), b.last_seq(wrong));
    CHECK(b.of(right).last()->name == "RESUMED");
    b.advance(40s);
    CHECK(b.of(right).count_op(7) == 0);
    CHECK(b.counted("wrong_host_resumes") == 1);
}

TEST_CASE("B14 the GUILD_CREATE burst is paced, in random order, and some guilds are late") {
    auto config = quiet();
    config.world.guilds = 400;
    bench b(config);
    const auto id = b.open();
    b.identify(id);
    b.advance(800ms);
    const std::size_t at_once = b.of(id).count("GUILD_CREATE");
    CHECK(at_once < 200);
    b.advance(2s + 200ms);
    const std::size_t in_time = b.of(id).count("GUILD_CREATE");
    CHECK(in_time > 330);
    CHECK(in_time < 395);  // One in ten is 1 to 10 s late.
    b.advance(11s);
    CHECK(b.of(id).count("GUILD_CREATE") == 400);
    std::vector<std::string> order;
    for (const payload& p : b.of(id).got) {
        if (p.name == "GUILD_CREATE") order.push_back(id_of(p));
    }
    CHECK_FALSE(std::ranges::is_sorted(order));
    CHECK(std::set<std::string>(order.begin(), order.end()).size() == 400);
    CHECK(steady(b.of(id).seqs()));
}

TEST_CASE("B14 live events come in between, and of a guild only after its GUILD_CREATE") {
    auto config = quiet();
    config.world.guilds = 300;
    config.world.events_per_second_per_shard = 200;
    bench b(config);
    const auto id = b.open();
    b.identify(id);
    b.advance(15s);
    std::set<std::string> known;
    std::size_t mixed = 0;
    for (const payload& p : b.of(id).got) {
        if (p.name == "GUILD_CREATE") {
            known.insert(id_of(p));
            continue;
        }
        if (p.op != 0 || p.name == "READY") continue;
        const auto d = object_of(p);
        const auto* guild = d.if_contains("guild_id");
        if (guild == nullptr) continue;
        CHECK(known.contains(std::string(guild->as_string())));
        if (known.size() < 300) ++mixed;
    }
    CHECK(mixed > 50);
    CHECK(b.counted("before_guild") > 0);
    CHECK(steady(b.of(id).seqs()));
}

TEST_CASE("B15 a guild in an outage comes as GUILD_DELETE unavailable, and later as GUILD_CREATE") {
    bench b;
    const std::string guild(b.must({{"do", "guilds"}}).at("guilds").at(3).as_string());
    b.must({{"do", "outage"}, {"guild", guild}, {"unavailable", true}});
    const auto id = b.ready();
    CHECK(b.of(id).count("GUILD_CREATE") == 39);
    REQUIRE(b.of(id).count("GUILD_DELETE") == 1);
    CHECK(id_of(*b.of(id).find("GUILD_DELETE")) == guild);
    CHECK(object_of(*b.of(id).find("GUILD_DELETE")).at("unavailable") == true);
    b.must({{"do", "outage"}, {"guild", guild}, {"unavailable", false}});
    CHECK(b.of(id).last()->name == "GUILD_CREATE");
    CHECK(id_of(*b.of(id).last()) == guild);
    // The same while it is live, and nobody is told twice.
    b.must({{"do", "outage"}, {"guild", guild}});
    b.must({{"do", "outage"}, {"guild", guild}});
    CHECK(b.of(id).count("GUILD_DELETE") == 2);
    b.must({{"do", "set"}, {"outage_as_create", true}});
    const auto variant = b.ready();
    CHECK(b.of(variant).count("GUILD_CREATE") == 40);
    CHECK(b.of(variant).count("GUILD_DELETE") == 0);
    const auto down = std::ranges::find_if(b.of(variant).got, [](const payload& p) {
        return p.name == "GUILD_CREATE" && object_of(p).contains("unavailable") && object_of(p).at("unavailable") == true;
    });
    REQUIRE(down != b.of(variant).got.end());
    CHECK(id_of(*down) == guild);
}

TEST_CASE("B15 a GUILD_DELETE without the key means kicked") {
    bench b;
    const auto id = b.ready();
    const std::string guild(b.must({{"do", "guilds"}}).at("guilds").at(0).as_string());
    b.must({{"do", "leave_guild"}, {"guild", guild}});
    CHECK(b.of(id).last()->name == "GUILD_DELETE");
    CHECK(id_of(*b.of(id).last()) == guild);
    CHECK_FALSE(object_of(*b.of(id).last()).contains("unavailable"));
}

TEST_CASE("B16 joining and leaving live changes routing, READY and /gateway/bot") {
    auto config = quiet();
    config.world.guilds = 1000;
    bench b(config);
    CHECK(b.gateway_bot().at("shards") == 1);
    const auto zero = b.ready(0, 2);
    const auto one = b.ready(1, 2);
    const std::size_t zero_before = b.of(zero).count("GUILD_CREATE"), one_before = b.of(one).count("GUILD_CREATE");
    const std::string guild(b.must({{"do", "join_guild"}, {"class", "tiny"}}).at("guild").as_string());
    const bool second = (std::stoull(guild) >> 22) % 2 == 1;
    CHECK(b.of(second ? one : zero).last()->name == "GUILD_CREATE");
    CHECK(id_of(*b.of(second ? one : zero).last()) == guild);
    CHECK(b.of(zero).count("GUILD_CREATE") + b.of(one).count("GUILD_CREATE") == zero_before + one_before + 1);
    CHECK(b.gateway_bot().at("shards") == 2);
    const auto again = b.ready(second ? 1 : 0, 2);
    const auto named = ready_guilds(b, again);
    CHECK(std::ranges::find(named, guild) != named.end());
    b.must({{"do", "leave_guild"}, {"guild", guild}});
    CHECK(b.of(again).last()->name == "GUILD_DELETE");
    CHECK(b.gateway_bot().at("shards") == 1);
    CHECK(b.control({{"do", "leave_guild"}, {"guild", guild}}).contains("error"));
}

TEST_CASE("B17 the member list is made for the session that asks: longer with GUILD_PRESENCES") {
    auto config = quiet();
    config.world.guilds = 4;
    config.world.guild_classes = "medium";
    bench b(config);
    const auto without = b.ready(0, 1, 0x3317EFD);
    const auto with = b.ready(0, 1, 0x331FFFF, R"(,"large_threshold":250)");
    const auto listed = [&](conn_id id) {
        std::size_t members = 0;
        for (const payload& p : b.of(id).got) {
            if (p.name == "GUILD_CREATE") members += object_of(p).at("members").as_array().size();
        }
        return members;
    };
    CHECK(listed(without) > 0);
    CHECK(listed(without) < listed(with));
}
