// Faults in IDENTIFY, RESUME, dispatches, budgets and guilds [7.2].
#include <set>

#include "sim/core/bad_data.hpp"
#include "sim/core/giant_guild.hpp"
#include "unit/sim_core/gateway_bench.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::testing;

namespace {

std::string some_guild(bench& b, std::size_t n = 0) {
    return std::string(b.must({{"do", "guilds"}}).at("guilds").at(n).as_string());
}
/// A client that lost its connection and comes back from where it was.
conn_id come_back(bench& b, conn_id id, std::uint64_t events_behind = 0) {
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), b.last_seq(id) - events_behind);
    return again;
}
bool op9(bench& b, conn_id id, std::string_view d) {
    return b.of(id).last() != nullptr && b.of(id).last()->op == 9 && *b.of(id).last()->data == d;
}

}  // namespace

TEST_CASE("F14 chosen event types never come again, over every RESUME, and leave no hole") {
    bench b;
    const auto id = b.ready();
    const auto healthy = b.ready();
    b.must(fault("F14", {{"session", b.session_id(id)}, {"events", {"INTERACTION_CREATE", "GUILD_CREATE"}}}));
    b.events(1, "INTERACTION_CREATE");
    b.events(1);
    b.must({{"do", "join_guild"}});
    b.close(id, std::nullopt);
    b.events(2, "INTERACTION_CREATE");
    const auto again = come_back(b, id);
    b.events(1, "INTERACTION_CREATE");
    b.events(1);
    CHECK(b.of(id).count("INTERACTION_CREATE") == 0);
    CHECK(b.of(again).count("INTERACTION_CREATE") == 0);
    CHECK(b.of(again).count("BENCH") == 1);
    CHECK(b.of(healthy).count("INTERACTION_CREATE") == 4);
    CHECK(steady(b.of(id).seqs()));
    CHECK(b.of(again).seqs().front() == b.last_seq(id) + 1);
    CHECK(b.oracle_of(b.session_id(id)).at("gaps").as_array().empty());
    b.beat(again, 1);
    CHECK(b.of(again).last()->op == 11);  // It looks healthy.
}

TEST_CASE("F16 a slow READY, with ACKs running") {
    bench b;
    b.must(fault("F16", {{"shard", 0}, {"ms", 120000}}));
    const auto id = b.open();
    b.identify(id);
    for (int i = 0; i < 4; ++i) {
        b.advance(29999ms);
        b.beat(id);
        CHECK(b.of(id).last()->op == 11);
    }
    CHECK(b.of(id).count("READY") == 0);
    b.advance(4ms);
    CHECK(b.of(id).count("READY") == 1);
    const auto next = b.open();
    b.identify(next);
    b.advance(1s);
    CHECK(b.of(next).count("READY") == 1);
}

TEST_CASE("F17 READY names guilds that never come, and of which nothing is heard") {
    auto config = quiet();
    config.world.events_per_second_per_shard = 100;
    bench b(config);
    const std::string guild = some_guild(b, 2);
    b.must(fault("F17", {{"shard", 0}, {"guild", guild}}));
    const auto id = b.ready();
    CHECK(b.of(id).count("GUILD_CREATE") == 39);
    CHECK(object_of(*b.of(id).find("READY")).at("guilds").as_array().size() == 40);
    b.advance(30s);
    for (const payload& p : b.of(id).got) {
        if (p.op != 0 || p.name == "READY") continue;
        const auto d = object_of(p);
        const auto* of = d.if_contains(p.name == "GUILD_CREATE" ? "id" : "guild_id");
        if (of != nullptr) CHECK(*of != json::value(guild));
    }
    b.must({{"do", "drain"}});
    b.advance(2s);
    CHECK(b.oracle().at("drained") == true);  // What never comes is not waited for.
    b.must(fault("F17", {{"guilds_percent", 50}}));
    const std::size_t came = b.of(b.ready()).count("GUILD_CREATE");
    CHECK(came > 8);
    CHECK(came < 32);
}

TEST_CASE("F18 IDENTIFY is answered by op 9 false, op 9 true, or silence") {
    bench b;
    for (const char* answer : {"op9_false", "op9_true", "silence"}) {
        CAPTURE(answer);
        b.must(fault("F18", {{"shard", 0}, {"answer", answer}}));
        const auto id = b.open();
        b.identify(id);
        b.advance(20s);
        const std::string_view kind = answer;
        if (kind == "op9_false") CHECK(op9(b, id, "false"));
        if (kind == "op9_true") CHECK(op9(b, id, "true"));
        if (kind == "silence") CHECK(b.of(id).got.size() == 1);
        CHECK_FALSE(b.of(id).closed);
        CHECK(b.of(b.ready()).count("READY") == 1);
        b.advance(6s);
    }
}

TEST_CASE("F18 IDENTIFY is answered by a close of any code, once for a shard") {
    bench b;
    for (const int code : {4004, 4012, 4013}) {
        CAPTURE(code);
        b.must(fault("F18", {{"shard", 0}, {"code", code}}));
        const auto id = b.open();
        b.identify(id);
        b.advance(20s);
        CHECK(b.of(id).close_code == code);
        CHECK(b.of(id).got.size() == 1);
        CHECK(b.of(b.ready()).count("READY") == 1);
        b.advance(6s);
    }
}

TEST_CASE("F19 RESUME is answered by op 9 true or false, silence, or a code") {
    bench b;
    for (const char* answer : {"op9_false", "op9_true", "silence"}) {
        CAPTURE(answer);
        const std::string_view kind = answer;
        const auto id = b.ready();
        b.close(id, std::nullopt);
        b.must(fault("F19", {{"shard", 0}, {"answer", answer}}));
        const auto struck = come_back(b, id);
        if (kind == "op9_false") CHECK(op9(b, struck, "false"));
        if (kind == "op9_true") CHECK(op9(b, struck, "true"));
        if (kind == "silence") CHECK(b.of(struck).got.size() == 1);
        const auto next = come_back(b, id);
        if (kind == "op9_false") {
            CHECK(op9(b, next, "false"));  // The session is gone.
        } else {
            CHECK(b.of(next).last()->name == "RESUMED");
        }
    }
    for (const int code : {4006, 4007, 4009}) {
        CAPTURE(code);
        const auto id = b.ready();
        b.close(id, std::nullopt);
        b.must(fault("F19", {{"session", b.session_id(id)}, {"code", code}}));
        CHECK(b.of(come_back(b, id)).close_code == code);
        CHECK(op9(b, come_back(b, id), "false"));
    }
}

TEST_CASE("F19 a wedged session answers every RESUME with a reset for 90 s, then with op 9") {
    bench b;
    const auto id = b.ready();
    b.close(id, std::nullopt);
    b.must(fault("F19", {{"shard", 0}, {"answer", "wedged"}}));
    for (int i = 0; i < 9; ++i) {
        const auto tried = come_back(b, id);
        CHECK(b.of(tried).wired(wire_fault::rst));
        b.advance(10s);
    }
    CHECK(op9(b, come_back(b, id), "false"));
    CHECK(b.oracle_of(b.session_id(id)).at("ended_why") == "invalidated");
}

TEST_CASE("F20 the connection drops in mid-replay, and the next RESUME goes on from there") {
    bench b;
    const auto id = b.ready();
    b.close(id, std::nullopt);
    b.events(10);
    b.must(fault("F20", {{"shard", 0}}));
    const auto struck = come_back(b, id);
    CHECK(b.of(struck).count("BENCH") == 5);
    CHECK(b.of(struck).count("RESUMED") == 0);
    CHECK(b.of(struck).wired(wire_fault::fin));
    const auto next = b.open(true);
    b.resume(next, b.session_id(id), b.last_seq(struck));
    CHECK(b.of(next).count("BENCH") == 5);
    CHECK(b.of(next).last()->name == "RESUMED");
    b.close(next, std::nullopt);
    b.events(10);
    b.must(fault("F20", {{"shard", 0}, {"events", 1}}));
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), b.last_seq(next));
    CHECK(b.of(again).count("BENCH") == 1);
}

TEST_CASE("F21 a replay brings numbers again that the client has, and the oracle names them") {
    bench b;
    const auto id = b.ready();
    b.events(10);
    const std::uint64_t had = b.last_seq(id);
    b.close(id, std::nullopt);
    b.events(2);
    b.must(fault("F21", {{"shard", 0}, {"events", 3}}));
    const auto again = come_back(b, id);
    CHECK(b.of(again).seqs() == std::vector<std::uint64_t>{had - 2, had - 1, had, had + 1, had + 2, had + 3});
    CHECK(b.oracle_of(b.session_id(id)).at("doubled") == json::value{had - 2, had - 1, had});
}

TEST_CASE("F22 a gap in the numbers that nothing ever fills, and the oracle names it") {
    bench b;
    const auto id = b.ready();
    const std::uint64_t had = b.last_seq(id);
    b.must(fault("F22", {{"shard", 0}, {"events", 2}}));
    b.events(4);
    CHECK(b.of(id).count("BENCH") == 2);
    CHECK(b.last_seq(id) == had + 4);
    b.close(id, std::nullopt);
    const auto again = come_back(b, id, 4);
    CHECK(b.of(again).seqs() == std::vector<std::uint64_t>{had + 3, had + 4, had + 5});
    CHECK(b.oracle_of(b.session_id(id)).at("gaps") == json::value{had + 1, had + 2});
}

TEST_CASE("F22 strikes events: RESUMED comes, and the gap after it") {
    bench b;
    const auto id = b.ready();
    b.close(id, std::nullopt);
    b.must(fault("F22", {{"shard", 0}}));
    const auto again = come_back(b, id);
    CHECK(b.of(again).last()->name == "RESUMED");
    const std::uint64_t had = b.last_seq(again);
    b.events(2);
    CHECK(b.of(again).count("BENCH") == 1);
    CHECK(b.last_seq(again) == had + 2);
}

TEST_CASE("F23 a session's expiry is shortened, to nothing if wished") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F23", {{"shard", 0}, {"ms", 10000}}));
    b.close(id, std::nullopt);
    b.advance(10s - 1ns);
    CHECK(b.oracle_of(b.session_id(id)).at("state") == "resumable");
    b.advance(1ns);
    CHECK(b.oracle_of(b.session_id(id)).at("ended_why") == "expired");
    const auto other = b.ready();
    b.must(fault("F23", {{"all", true}}));
    b.close(other, std::nullopt);
    CHECK(op9(b, come_back(b, other), "false"));
    // Also of one that is waiting already.
    const auto third = b.ready();
    b.close(third, std::nullopt);
    b.advance(20s);
    b.must(fault("F23", {{"session", b.session_id(third)}, {"ms", 15000}}));
    b.advance(1ns);
    CHECK(b.oracle_of(b.session_id(third)).at("state") == "dead");
}

TEST_CASE("F26 the budget is nearly spent, and the one IDENTIFY too many rotates the token") {
    bench b;
    b.must(fault("F26", {{"remaining", 1}}));
    CHECK(b.gateway_bot().at("session_start_limit").at("remaining") == 1);
    const auto id = b.ready();
    const auto over = b.open();
    b.advance(5s);
    b.identify(over);
    CHECK(b.of(over).close_code == 4004);
    CHECK(b.of(id).close_code == 4004);
    CHECK(b.must({{"do", "token"}}).at("token") == "bench.rotated-1");
    bench c;
    const auto other = c.ready();
    c.must(fault("F26", {{"breach", true}}));
    CHECK(c.of(other).close_code == 4004);
}

TEST_CASE("F27 a storm of breaches: the key is taken, whoever asks") {
    bench b;
    b.must(fault("F27", {{"for_ms", 60000}}));
    for (std::uint32_t shard = 0; shard < 4; ++shard) {
        const auto id = b.open();
        b.identify(id, shard, 4);
        b.advance(10s);
        CHECK(op9(b, id, "false"));
    }
    CHECK(b.counted("concurrency_breaches") == 4);
    CHECK(b.counted("breaches_by_fault") == 4);
    b.advance(20s);
    (void)b.ready(0, 4);
}

TEST_CASE("F28 /gateway/bot fails, is limited, tells an old remaining, or changed numbers") {
    bench b;
    b.must(fault("F28", {{"status", 503}, {"times", 1}}));
    CHECK(b.http("GET", "/api/v10/gateway/bot").status == 503);
    CHECK(b.http("GET", "/api/v10/gateway/bot").status == 200);
    b.must(fault("F28", {{"status", 429}, {"retry_after", 2.5}, {"times", 1}}));
    const auto limited = b.http("GET", "/api/v10/gateway/bot");
    CHECK(limited.status == 429);
    CHECK(json::parse(limited.body).at("retry_after").as_double() == doctest::Approx(2.5));
    const auto header = std::ranges::find_if(limited.headers, [](const auto& h) { return h.name == "Retry-After"; });
    REQUIRE(header != limited.headers.end());
    CHECK(header->value == "3");

    b.must(fault("F28", {{"stale", true}}));
    (void)b.ready();
    CHECK(b.gateway_bot().at("session_start_limit").at("remaining") == 1000);
    b.must({{"do", "clear"}});
    CHECK(b.gateway_bot().at("session_start_limit").at("remaining") == 999);
    b.must(fault("F28", {{"remaining", 5}, {"times", 1}}));
    CHECK(b.gateway_bot().at("session_start_limit").at("remaining") == 5);

    b.must(fault("F28", {{"shards", 9}, {"max_concurrency", 3}}));
    CHECK(b.gateway_bot().at("shards") == 9);
    CHECK(b.gateway_bot().at("session_start_limit").at("max_concurrency") == 3);
    b.must({{"do", "clear"}});
    CHECK(b.gateway_bot().at("shards") == 1);
    CHECK(b.gateway_bot().at("session_start_limit").at("max_concurrency") == 16);
}

TEST_CASE("F29 4014 after an intent is withdrawn, 4010 and 4011 after growth") {
    bench b;
    const auto live = b.ready(0, 1, 0x331FFFF);
    b.must(fault("F29", {{"code", 4014}, {"intents", 1 << 15}}));
    CHECK_FALSE(b.of(live).closed);
    const auto refused = b.open();
    b.identify(refused, 0, 1, 0x331FFFF);
    CHECK(b.of(refused).close_code == 4014);
    b.must(fault("F29", {{"code", 4014}, {"intents", 1 << 15}, {"close_live", true}}));
    CHECK(b.of(live).close_code == 4014);
    b.must(fault("F29", {{"code", 4010}, {"multiple", 16}}));
    const auto count = b.open();
    b.identify(count, 0, 1);
    CHECK(b.of(count).close_code == 4010);
    b.must({{"do", "clear"}});
    b.must(fault("F29", {{"code", 4011}, {"most", 20}}));
    const auto many = b.open();
    b.identify(many, 0, 1);
    CHECK(b.of(many).close_code == 4011);
    b.must({{"do", "clear"}});
    (void)b.ready(0, 1, 0x331FFFF);
}

TEST_CASE("F30 an outage storm: thousands of guilds down and back, flapping") {
    auto config = quiet();
    config.world.guilds = 2000;
    bench b(config);
    const auto id = b.ready();
    b.advance(10s);
    b.beat(id, 1);
    REQUIRE(b.of(id).count("GUILD_CREATE") == 2000);
    b.must(fault("F30", {{"ms", 10000}, {"times", 2}, {"pause_ms", 5000}}));
    CHECK(b.of(id).count("GUILD_DELETE") == 2000);
    CHECK(object_of(*b.of(id).last()).at("unavailable") == true);
    b.advance(10s);
    CHECK(b.of(id).count("GUILD_CREATE") == 4000);
    b.advance(5s);
    CHECK(b.of(id).count("GUILD_DELETE") == 4000);
    b.advance(10s);
    CHECK(b.of(id).count("GUILD_CREATE") == 6000);
    b.beat(id, 1);
    b.advance(30s);
    CHECK(b.of(id).count("GUILD_DELETE") == 4000);
    CHECK(steady(b.of(id).seqs()));
    b.must(fault("F30", {{"percent", 50}}));
    const std::size_t down = b.of(id).count("GUILD_DELETE") - 4000;
    CHECK(down > 800);
    CHECK(down < 1200);
    b.must({{"do", "clear"}});
    CHECK(b.of(id).count("GUILD_CREATE") == 6000 + down);
}

TEST_CASE("F31 a guild leaves and comes back, again and again, as seen by every shard set") {
    bench b;
    const auto one = b.ready(0, 1);
    const std::string guild = some_guild(b);
    const std::uint32_t shard = (std::stoull(guild) >> 22) % 2;
    const auto two = b.ready(shard, 2);
    const std::size_t before = b.of(one).count("GUILD_CREATE");
    b.must(fault("F31", {{"guild", guild}, {"times", 3}}));
    for (const auto id : {one, two}) {
        CHECK(b.of(id).last()->name == "GUILD_DELETE");
        CHECK_FALSE(object_of(*b.of(id).last()).contains("unavailable"));
    }
    const auto late = b.open();
    b.identify(late, shard, 2);
    b.advance(10s);
    CHECK(b.of(one).count("GUILD_DELETE") == 3);
    CHECK(b.of(one).count("GUILD_CREATE") == before + 3);
    CHECK(b.of(two).count("GUILD_DELETE") == 3);
    CHECK(b.of(one).last()->name == "GUILD_CREATE");
}

TEST_CASE("F32 a huge GUILD_CREATE with 2,000 roles") {
    bench b;
    const auto id = b.ready();
    const std::string guild = some_guild(b);
    const auto answer = b.must(fault("F32", {{"guild", guild}, {"megabytes", 5}, {"roles", 2000}}));
    CHECK(answer.at("bytes").to_number<std::uint64_t>() >= 5'000'000);
    const payload& giant = *b.of(id).last();
    CHECK(giant.name == "GUILD_CREATE");
    const auto d = object_of(giant);
    CHECK(d.at("id") == json::value(guild));
    CHECK(d.at("roles").as_array().size() >= 2000);
    std::set<std::string> roles;
    for (const auto& role : d.at("roles").as_array()) roles.insert(std::string(role.at("id").as_string()));
    CHECK(roles.size() == d.at("roles").as_array().size());
    const auto later = b.ready();
    bool again = false;
    for (const payload& p : b.of(later).got) again = again || (p.data != nullptr && p.data->size() >= 5'000'000);
    CHECK(again);
    CHECK(b.must(fault("F32", {{"shard", 0}, {"megabytes", 0}, {"roles", 300}})).at("bytes").to_number<std::uint64_t>() <
          5'000'000);
    CHECK(make_giant("not json", 77, 3, 10).contains("\"77\""));
}

TEST_CASE("F38 chunks out of order, missing, doubled, interleaved, with a wrong nonce, or a long RATE_LIMITED") {
    auto config = quiet();
    config.world.guilds = 1;
    config.world.guild_classes = "community";
    config.world.largest_members_listed = 4000;
    config.seed = 3;
    bench b(config);
    b.must({{"do", "set"}, {"full_member_list_limit", 0}});
    const auto id = b.ready(0, 1, 0x331FFFF);
    const std::string guild = some_guild(b);
    const auto ask = [&](std::string_view how) {
        if (!how.empty()) b.must(fault("F38", {{"shard", 0}, {"how", how}}));
        const std::size_t before = b.of(id).got.size();
        b.send(id, fmt::format(R"({{"op":8,"d":{{"guild_id":"{}","query":"","limit":0,"nonce":"mine"}}}})", guild));
        b.advance(2s);
        b.beat(id, 1);
        std::vector<std::pair<std::int64_t, std::string>> out;
        for (std::size_t i = before; i < b.of(id).got.size(); ++i) {
            const payload& p = b.of(id).got[i];
            if (p.name != "GUILD_MEMBERS_CHUNK") continue;
            const auto d = object_of(p);
            out.emplace_back(d.at("chunk_index").to_number<std::int64_t>(), std::string(d.at("nonce").as_string()));
        }
        return out;
    };
    const auto plain = ask("");
    REQUIRE(plain.size() >= 2);
    const auto reordered = ask("reorder");
    CHECK(reordered.size() == plain.size());
    CHECK(reordered.front().first == plain.back().first);
    CHECK(ask("missing").size() == plain.size() - 1);
    CHECK(ask("duplicate").size() == plain.size() + 1);
    const auto interleaved = ask("interleave");
    CHECK(interleaved.size() == 2 * plain.size());
    CHECK(interleaved[0].second != interleaved[1].second);
    CHECK(interleaved[0].second == interleaved[2].second);
    for (const auto& [index, nonce] : ask("wrong_nonce")) CHECK(nonce != "mine");
    CHECK(ask("rate_limited").empty());
    REQUIRE(b.of(id).find("RATE_LIMITED") != nullptr);
    CHECK(object_of(*b.of(id).find("RATE_LIMITED")).at("retry_after") == 3600.0);
    CHECK(ask("").size() == plain.size());
}

TEST_CASE("F46 bad data: invalid UTF-8, lone surrogates, deep nesting, wrong types, nulls, huge permissions") {
    bench b;
    const auto id = b.ready();
    const std::uint64_t had = b.last_seq(id);
    b.must(fault("F46", {{"shard", 0}}));
    CHECK(b.last_seq(id) > had + 8);
    CHECK(steady(b.of(id).seqs()));
    const auto all = make_bad_data("all", 5, 6);
    const auto text_of = [&](std::string_view kind) {
        std::string out;
        for (const auto& one : make_bad_data(kind, 5, 6)) out += one.data;
        return out;
    };
    json::error_code bad;
    (void)json::parse(text_of("utf8"), bad);
    CHECK(bad.failed());
    CHECK(text_of("surrogate").contains(R"(\ud83d )"));
    (void)json::parse(text_of("nesting"), bad);
    CHECK(bad == json::error::too_deep);
    CHECK(text_of("presence_types").contains(R"("user":{"id":6)"));
    CHECK(text_of("presence_types").contains(R"("type":"0")"));
    CHECK(text_of("null").contains(R"("roles":null)"));
    CHECK(text_of("permissions").contains("18446744073709551615"));
    CHECK(text_of("permissions").contains("9007199254740993"));
    CHECK(all.size() > 8);
    // They have numbers and are replayed like all others.
    b.close(id, std::nullopt);
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), had);
    CHECK(b.of(again).seqs().front() == had + 1);
    for (const char* kind :
         {"utf8", "surrogate", "nesting", "presence_types", "numbers", "null", "permissions", "no_ids", "cut_json"}) {
        CHECK(b.must(fault("F46", {{"all", true}, {"kind", kind}})).at("sessions") == 1);
    }
    CHECK(make_bad_data("nesting", 5, 6, 100'000)[0].data.size() > 200'000);
    CHECK(text_of("numbers").contains(R"("id":6,"channel_id":5)"));
    CHECK(text_of("no_ids").contains(R"("id":{})"));
    (void)json::parse(text_of("cut_json"), bad);
    CHECK(bad.failed());
    // What no client can read is sent only by name.
    for (const auto& one : all) CHECK_FALSE(one.data.contains(R"("id":{})"));
}

TEST_CASE("Clear ends what stands, and the state before it comes back") {
    bench b;
    const auto id = b.ready();
    b.must(fault("F16", {{"all", true}}));
    b.must(fault("F14", {{"all", true}, {"events", {"BENCH"}}}));
    b.must(fault("F22", {{"all", true}, {"events", 100}}));
    b.must(fault("F23", {{"all", true}}));
    b.must(fault("F30"));
    CHECK(b.must({{"do", "status"}}).at("faults").as_array().size() == 1);
    const std::uint64_t gaps = b.oracle_of(b.session_id(id)).at("gaps").as_array().size();
    CHECK(gaps == 40);
    b.must({{"do", "clear"}});
    CHECK(b.must({{"do", "status"}}).at("faults").as_array().empty());
    b.events(1);
    CHECK(b.of(id).last()->name == "BENCH");
    b.close(id, std::nullopt);
    b.advance(60s);
    CHECK(b.oracle_of(b.session_id(id)).at("state") == "resumable");
}
