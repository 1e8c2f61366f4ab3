// What a client asks over the gateway [7.1 #32, #33], and what holds for the simulator as a whole [#48 to #52].
#include <set>

#include "sim/core/agenda.hpp"
#include "sim/core/json_variation.hpp"
#include "sim/core/member_chunks.hpp"
#include "sim/core/traffic_pump.hpp"
#include "unit/sim_core/gateway_bench.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::testing;

namespace {

constexpr std::uint64_t with_members = 0x3317EFD | (1U << 1);
constexpr std::uint64_t with_everything = 0x331FFFF;

std::string some_guild(bench& b, std::size_t n = 0) {
    return std::string(b.must({{"do", "guilds"}}).at("guilds").at(n).as_string());
}
void ask_members(bench& b, conn_id id, std::string_view guild, std::string_view more) {
    b.send(id, fmt::format(R"({{"op":8,"d":{{"guild_id":"{}",{}}}}})", guild, more));
}
std::vector<json::object> named(bench& b, conn_id id, std::string_view name) {
    std::vector<json::object> out;
    for (const payload& p : b.of(id).got) {
        if (p.name == name) out.push_back(object_of(p));
    }
    return out;
}
std::string first_member(bench& b, conn_id id, std::string_view guild) {
    ask_members(b, id, guild, R"("query":"","limit":1,"nonce":"first")");
    b.advance(1s);
    const auto chunks = named(b, id, "GUILD_MEMBERS_CHUNK");
    REQUIRE_FALSE(chunks.empty());
    return std::string(chunks.back().at("members").at(0).at("user").at("id").as_string());
}

}  // namespace

TEST_CASE("B32 op 8 gives all members in chunks of 1,000, paced, with index, count and nonce") {
    auto config = quiet();
    config.world.guilds = 1;
    config.world.guild_classes = "community";
    config.world.largest_members_listed = 2500;
    config.seed = 11;
    bench b(config);
    const auto id = b.ready(0, 1, with_members);
    const std::string guild = some_guild(b);
    ask_members(b, id, guild, R"("query":"","limit":0,"nonce":"n1")");
    b.advance(10s);
    const auto chunks = named(b, id, "GUILD_MEMBERS_CHUNK");
    REQUIRE_FALSE(chunks.empty());
    std::set<std::string> users;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        CHECK(chunks[i].at("guild_id") == json::value(guild));
        CHECK(chunks[i].at("chunk_index") == i);
        CHECK(chunks[i].at("chunk_count") == chunks.size());
        CHECK(chunks[i].at("nonce") == "n1");
        CHECK_FALSE(chunks[i].contains("presences"));
        CHECK_FALSE(chunks[i].contains("not_found"));
        CHECK(chunks[i].at("members").as_array().size() <= 1000);
        for (const auto& one : chunks[i].at("members").as_array()) users.insert(std::string(one.at("user").at("id").as_string()));
    }
    CHECK(users.size() > 100);
}

TEST_CASE("B32 a chunk holds at most 1,000 members and the last one the rest") {
    members_request request;
    request.guild = 5;
    const std::vector<std::string> members(2001, R"({"user":{"id":"1"}})");
    const auto chunks = make_chunks(request, members, {7}, false, "x", 1000);
    REQUIRE(chunks.size() == 3);
    CHECK(json::parse(chunks[0]).at("members").as_array().size() == 1000);
    CHECK(json::parse(chunks[2]).at("members").as_array().size() == 1);
    CHECK(json::parse(chunks[2]).at("chunk_index") == 2);
    CHECK(json::parse(chunks[0]).at("not_found") == json::value{"7"});
    CHECK(make_chunks(request, {}, {}, false, "", 1000).size() == 1);
}

TEST_CASE("B32 by prefix, by ids, with not_found as a number where malformed, and a nonce of up to 32 bytes") {
    bench b;
    const auto id = b.ready();
    const std::string guild = some_guild(b);
    const std::string user = first_member(b, id, guild);

    ask_members(b, id, guild,
                fmt::format(R"("user_ids":["{}","999999999999999999","x12",34],"nonce":"{}")", user, std::string(32, 'n')));
    b.advance(1s);
    auto chunk = named(b, id, "GUILD_MEMBERS_CHUNK").back();
    REQUIRE(chunk.at("members").as_array().size() == 1);
    CHECK(chunk.at("members").at(0).at("user").at("id") == json::value(user));
    CHECK(chunk.at("not_found") == json::value{"999999999999999999", 0, 34});
    CHECK(chunk.at("nonce") == json::value(std::string(32, 'n')));

    ask_members(b, id, guild, fmt::format(R"("user_ids":"{}","nonce":"{}")", user, std::string(33, 'n')));
    b.advance(1s);
    chunk = named(b, id, "GUILD_MEMBERS_CHUNK").back();
    CHECK(chunk.at("members").as_array().size() == 1);
    CHECK_FALSE(chunk.contains("nonce"));

    ask_members(b, id, guild, R"("query":"no such prefix at all","limit":10)");
    b.advance(1s);
    CHECK(named(b, id, "GUILD_MEMBERS_CHUNK").back().at("members").as_array().empty());
    // Guilds of other shards, and payloads that make no sense.
    const std::size_t before = b.of(id).got.size();
    ask_members(b, id, "123", R"("query":"","limit":1)");
    b.advance(1s);
    CHECK(b.of(id).got.size() == before);
    ask_members(b, id, guild, R"("limit":1)");
    CHECK(b.of(id).close_code == 4001);
}

TEST_CASE("B32 presences come only with the intent for them, and the whole list only with GUILD_MEMBERS") {
    auto config = quiet();
    config.world.guilds = 2;
    config.world.guild_classes = "medium";
    bench b(config);
    const auto rich = b.ready(0, 1, with_everything);
    const auto poor = b.ready(0, 1, all_unprivileged);
    const std::string guild = some_guild(b);
    for (const auto id : {rich, poor}) ask_members(b, id, guild, R"("query":"","limit":100,"presences":true)");
    b.advance(2s);
    const auto with = named(b, rich, "GUILD_MEMBERS_CHUNK");
    REQUIRE(with.size() == 1);
    CHECK_FALSE(with[0].at("presences").as_array().empty());
    const auto without = named(b, poor, "GUILD_MEMBERS_CHUNK");
    REQUIRE(without.size() == 1);
    CHECK_FALSE(without[0].contains("presences"));
    ask_members(b, poor, guild, R"("query":"","limit":0)");
    b.advance(2s);
    CHECK(named(b, poor, "GUILD_MEMBERS_CHUNK").size() == 1);
}

TEST_CASE("B32 the whole list once per guild and 30 s for the bot, over all its sessions; else RATE_LIMITED") {
    bench b;
    const auto one = b.ready(0, 1, with_members);
    const auto two = b.ready(0, 1, with_members);
    const std::string guild = some_guild(b);
    ask_members(b, one, guild, R"("query":"","limit":0)");
    b.advance(543ms);
    ask_members(b, two, guild, R"("query":"","limit":0,"nonce":"second")");
    REQUIRE(b.of(two).last()->name == "RATE_LIMITED");
    const auto d = object_of(*b.of(two).last());
    CHECK(d.at("opcode") == 8);
    CHECK(d.at("retry_after").as_double() == doctest::Approx(29.457));
    CHECK(d.at("meta") == json::value{{"guild_id", guild}, {"nonce", "second"}});
    ask_members(b, two, some_guild(b, 1), R"("query":"","limit":0)");  // Another guild is free.
    b.advance(29457ms);
    CHECK(b.of(two).count("GUILD_MEMBERS_CHUNK") == 1);
    ask_members(b, two, guild, R"("query":"","limit":0)");
    b.advance(1s);
    CHECK(b.of(two).count("GUILD_MEMBERS_CHUNK") == 2);
    CHECK(b.of(two).count("RATE_LIMITED") == 1);
    CHECK(b.counted("member_requests_limited") == 1);
}

TEST_CASE("B33 op 3 changes the presence, more than 5 in 20 s are ignored, and nonsense closes with 4001") {
    bench b;
    const auto id = b.ready();
    const auto presence = [&] { return b.must({{"do", "sessions"}}).at("sessions").at(0).at("presence").as_string(); };
    const auto set = [&](std::string_view status) {
        b.send(id, fmt::format(R"({{"op":3,"d":{{"since":null,"activities":[],"status":"{}","afk":false}}}})", status));
    };
    CHECK(presence() == "online");
    for (const char* status : {"idle", "dnd", "online", "idle", "invisible"}) set(status);
    CHECK(presence() == "invisible");
    CHECK(b.must({{"do", "status"}}).at("bot_online") == false);
    set("dnd");
    CHECK(presence() == "invisible");
    CHECK(b.counted("presences_ignored") == 1);
    b.advance(20s);
    set("dnd");
    CHECK(presence() == "dnd");
    b.send(id, R"({"op":3,"d":{"status":"sleepy","activities":[]}})");
    CHECK(b.of(id).close_code == 4001);
    const auto in_identify = b.open();
    b.identify(in_identify, 0, 1, all_unprivileged, R"(,"presence":{"status":"dnd","activities":[],"since":null,"afk":false})");
    b.advance(2s);
    CHECK(b.must({{"do", "sessions"}}).at("sessions").at(1).at("presence") == "dnd");
}

TEST_CASE("B33 op 4 gives the two voice events in either order, and leaving gives one") {
    bench b;
    const auto id = b.ready();
    const std::string guild = some_guild(b);
    std::set<bool> state_first;
    for (int i = 0; i < 20; ++i) {
        b.beat(id, 1);
        const std::size_t before = b.of(id).got.size();
        b.send(id, fmt::format(R"({{"op":4,"d":{{"guild_id":"{0}","channel_id":"{0}","self_mute":true,"self_deaf":false}}}})",
                               guild));
        b.advance(4s);
        REQUIRE(b.of(id).got.size() == before + 2);
        const payload& first = b.of(id).got[before];
        const payload& second = b.of(id).got[before + 1];
        state_first.insert(first.name == "VOICE_STATE_UPDATE");
        const auto state = object_of(first.name == "VOICE_STATE_UPDATE" ? first : second);
        const auto server = object_of(first.name == "VOICE_STATE_UPDATE" ? second : first);
        CHECK(state.at("channel_id") == json::value(guild));
        CHECK(state.at("self_mute") == true);
        CHECK(state.at("session_id").is_string());
        CHECK(server.contains("token"));
        CHECK(server.contains("endpoint"));
    }
    CHECK(state_first.size() == 2);
    const std::size_t before = b.of(id).got.size();
    b.send(id, fmt::format(R"({{"op":4,"d":{{"guild_id":"{}","channel_id":null,"self_mute":false,"self_deaf":false}}}})", guild));
    b.advance(1s);
    REQUIRE(b.of(id).got.size() == before + 1);
    CHECK(object_of(*b.of(id).last()).at("channel_id").is_null());
    b.send(id, R"({"op":4,"d":{"guild_id":7}})");
    CHECK(b.of(id).close_code == 4001);
}

TEST_CASE("B33 op 31 is answered once a guild, op 43 with the fields that were asked for") {
    auto config = quiet();
    config.world.guild_classes = "medium";
    config.world.guilds = 3;
    bench b(config);
    const auto id = b.ready();
    b.send(id, fmt::format(R"({{"op":31,"d":{{"guild_ids":["{}","{}","5"]}}}})", some_guild(b, 0), some_guild(b, 1)));
    b.advance(1s);
    const auto sounds = named(b, id, "SOUNDBOARD_SOUNDS");
    REQUIRE(sounds.size() == 2);
    CHECK(sounds[0].at("guild_id") == json::value(some_guild(b, 0)));
    CHECK(sounds[0].at("soundboard_sounds").is_array());
    b.send(id, fmt::format(R"({{"op":43,"d":{{"guild_id":"{}","fields":["status"]}}}})", some_guild(b)));
    b.advance(1s);
    const auto told = named(b, id, "CHANNEL_INFO");
    REQUIRE(told.size() == 1);
    REQUIRE_FALSE(told[0].at("channels").as_array().empty());
    for (const auto& one : told[0].at("channels").as_array()) {
        CHECK(one.as_object().contains("status"));
        CHECK_FALSE(one.as_object().contains("voice_start_time"));
    }
    b.send(id, R"({"op":43,"d":{"guild_id":"5"}})");
    CHECK(b.of(id).close_code == 4001);
    const auto other = b.ready();
    b.send(other, R"({"op":31,"d":{"guild_ids":"5"}})");
    CHECK(b.of(other).close_code == 4001);
}

TEST_CASE("B44 an interaction reaches every session of the matching shard, and a DM's every session with id 0") {
    bench b;
    const auto one = b.ready(0, 1);
    const auto same = b.ready(0, 1);
    const auto zero = b.ready(0, 2);
    const auto first = b.ready(1, 2);
    REQUIRE(b.http("PUT", "/api/v10/applications/1000000000000000001/commands",
                   R"([{"name":"ping","description":"Where am I?","type":1}])")
                .status == 200);
    const std::string guild = some_guild(b);
    b.must({{"do", "slash"}, {"guild", guild}, {"command", "ping"}, {"user", "ann"}});
    b.advance(1s);
    const bool odd = (std::stoull(guild) >> 22) % 2 == 1;
    CHECK(b.of(one).count("INTERACTION_CREATE") == 1);
    CHECK(b.of(same).count("INTERACTION_CREATE") == 1);
    CHECK(b.of(zero).count("INTERACTION_CREATE") == (odd ? 0 : 1));
    CHECK(b.of(first).count("INTERACTION_CREATE") == (odd ? 1 : 0));
    b.must({{"do", "slash"}, {"command", "ping"}});
    b.advance(1s);
    CHECK(b.of(one).count("INTERACTION_CREATE") == 2);
    CHECK(b.of(zero).count("INTERACTION_CREATE") == (odd ? 1 : 2));
    CHECK(b.of(first).count("INTERACTION_CREATE") == (odd ? 1 : 0));
    CHECK(b.control({{"do", "slash"}, {"command", "unheard-of"}}).contains("error"));
    b.must({{"do", "random_slash"}});
    b.advance(1s);
    CHECK(b.oracle().at("interactions").as_array().size() == 3);
}

TEST_CASE("B48 unknown dispatch types are sprinkled in, numbered like all others") {
    auto config = quiet();
    config.world.events_per_second_per_shard = 100;
    config.world.unknown_event_share = 0.2;
    bench b(config);
    const auto id = b.ready();
    b.advance(20s);
    const auto unknown =
        std::ranges::count_if(b.of(id).got, [](const payload& p) { return p.name.starts_with("SIM_UNDOCUMENTED_"); });
    CHECK(unknown > 100);
    CHECK(b.counted("unknown_events") >= unknown);  // Some came before the session.
    CHECK(steady(b.of(id).seqs()));
    CHECK(simulator_config{}.world.unknown_event_share == doctest::Approx(0.001));
}

TEST_CASE("B48 the same JSON in other words: order, white space, escapes and unknown keys vary, the meaning stays") {
    const std::string text =
        R"({"id":"1","url":"https:\/\/x/y","n":[1,2.5,-3,null,true],"name":"ä \u0000 \"q\" \\ 😀","deep":{"a":{"b":{}}},"big":9007199254740993})";
    random_source random(3);
    const json::value meant = json::parse(text);
    std::set<std::string> forms, first_keys;
    for (int i = 0; i < 50; ++i) {
        const std::string form = vary_json(text, random);
        forms.insert(form);
        json::value parsed = json::parse(form);
        first_keys.insert(std::string(parsed.as_object().begin()->key()));
        const auto strip = [](auto&& self, json::value& value) -> void {
            if (!value.is_object()) return;
            value.as_object().erase("_sim_undocumented");
            for (auto& member : value.as_object()) self(self, member.value());
        };
        strip(strip, parsed);
        CHECK(parsed == meant);
    }
    CHECK(forms.size() > 40);
    CHECK(first_keys.size() > 3);
    CHECK(vary_json("no json", random) == "no json");

    auto config = quiet();
    config.world.vary_json = true;
    bench b(config);
    const auto id = b.ready();
    CHECK(b.of(id).count("GUILD_CREATE") == 40);
    bool sprinkled = false;
    for (const payload& p : b.of(id).got) sprinkled = sprinkled || (p.data != nullptr && p.data->contains("_sim_undocumented"));
    CHECK(sprinkled);
}

TEST_CASE("B49 guild ids have spread timestamps and 17 to 19 digits, with pairs of the same millisecond") {
    auto config = quiet();
    config.world.guilds = 1600;
    bench b(config);
    std::map<std::uint64_t, int> milliseconds;
    std::vector<int> of_shard(16);
    for (const auto& one : b.must({{"do", "guilds"}, {"most", 100000}}).at("guilds").as_array()) {
        const std::string digits(one.as_string());
        CHECK(digits.size() >= 17);
        CHECK(digits.size() <= 19);
        ++milliseconds[std::stoull(digits) >> 22];
        ++of_shard[(std::stoull(digits) >> 22) % 16];
    }
    CHECK(std::ranges::count_if(milliseconds, [](const auto& one) { return one.second == 2; }) == 2);
    for (const int count : of_shard) {
        CHECK(count > 60);
        CHECK(count < 140);
    }
}

TEST_CASE("B50 the same seed, facts and times give the same orders; another seed gives others") {
    const auto run = [](std::uint64_t seed) {
        auto config = quiet();
        config.seed = seed;
        config.world.events_per_second_per_shard = 30;
        config.spontaneous_duplicates = 0.05;
        config.world.unknown_event_share = 0.05;
        bench b(config);
        const auto id = b.ready(0, 2);
        b.must(fault("F21", {{"all", true}}));
        b.must(fault("F25"));
        const auto again = b.open(true);
        b.resume(again, b.session_id(id), b.last_seq(id));
        b.advance(10s);
        std::string log;
        for (const auto& [conn, c] : b.clients) {
            for (std::size_t i = 0; i < c.got.size(); ++i) {
                log += fmt::format("{} {} {} {} {}\n", static_cast<std::uint64_t>(conn), c.when[i].time_since_epoch().count(),
                                   c.got[i].seq, c.got[i].name, c.got[i].data == nullptr ? "" : *c.got[i].data);
            }
        }
        return log;
    };
    const std::string first = run(5);
    CHECK(first.size() > 10'000);
    CHECK(first == run(5));
    CHECK(first != run(6));
}

TEST_CASE("B50 the oracle tells per session what was sent") {
    auto config = quiet();
    config.world.events_per_second_per_shard = 50;
    config.world.traffic_shards = 2;
    bench b(config);
    const auto zero = b.ready(0, 2);
    const auto one = b.ready(1, 2);
    b.advance(10s);
    const auto oracle = b.oracle();
    CHECK(oracle.at("version") == 1);
    CHECK(oracle.at("drained") == false);
    for (const auto id : {zero, one}) {
        const auto told = b.oracle_of(b.session_id(id));
        CHECK(told.at("last_seq") == b.last_seq(id));
        CHECK(told.at("last_seq") == b.of(id).seqs().size());
        CHECK(told.at("shard") == json::value{id == zero ? 0 : 1, 2});
        CHECK(told.at("state") == "live");
        CHECK(told.at("gaps").as_array().empty());
        CHECK(told.at("doubled").as_array().empty());
    }
}

TEST_CASE("B50 drain stops traffic, and drained becomes true once bursts and READYs are out") {
    auto config = quiet();
    config.world.guilds = 400;
    config.world.events_per_second_per_shard = 50;
    bench b(config);
    const auto id = b.open();
    b.identify(id);
    CHECK(b.must({{"do", "drain"}}).at("drained") == false);
    b.advance(1500ms);
    CHECK(b.oracle().at("drained") == false);  // The burst is on its way.
    b.advance(15s);
    CHECK(b.oracle().at("drained") == true);
    const std::size_t before = b.of(id).got.size();
    CHECK(before == 402);  // HELLO, READY and the guilds: not one event of traffic.
    b.advance(20s);
    CHECK(b.of(id).got.size() == before);
    b.must({{"do", "traffic"}, {"rate", 10}});
    CHECK(b.oracle().at("drained") == false);
    b.advance(5s);
    CHECK(b.of(id).got.size() > before + 20);
}

TEST_CASE("B51 counters judge a client: identifies, resumes, op 9s, breaches, late and missed heartbeats") {
    bench b;
    const auto id = b.ready();
    b.beat(id, 1);
    b.advance(50s);
    b.beat(id, 1);  // Late.
    b.close(id, 4000);
    const auto again = b.open(true);
    b.resume(again, b.session_id(id), b.last_seq(id));
    const auto lost = b.open(true);
    b.resume(lost, "nobody", 1);
    b.close(lost, 1000);
    const auto breach = b.open();
    const auto breach_again = b.open();
    b.identify(breach);
    b.identify(breach_again);
    b.advance(3s);
    b.advance(80s);
    for (const auto& [name, count] : std::vector<std::pair<const char*, std::int64_t>>{{"connections", 5},
                                                                                       {"identifies", 3},
                                                                                       {"readies", 2},
                                                                                       {"resumes", 2},
                                                                                       {"resumed", 1},
                                                                                       {"op9s", 2},
                                                                                       {"concurrency_breaches", 1},
                                                                                       {"late_heartbeats", 1},
                                                                                       {"missed_heartbeats", 3}}) {
        CAPTURE(name);
        CHECK(b.counted(name) == count);
    }
    CHECK(b.oracle().at("counters").at("closed_with") == json::value{{"4009", 3}});
    CHECK(b.oracle().at("counters").at("closed_by_client") == json::value{{"1000", 1}, {"4000", 1}});
}

TEST_CASE("B52 thousands of sessions: one event to all of them shares one text, and costs one small record each") {
    auto config = quiet();
    config.world.guilds = 4;
    config.world.same_millisecond_pairs = 0;
    config.max_concurrency = 5000;
    config.identify_total = 100'000;
    config.identify_key_window = duration{};
    config.session_expiry = 1h;
    bench b(config);
    std::vector<conn_id> ids;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        ids.push_back(b.open());
        b.identify(ids.back(), 0, 1, guilds_and_messages);
    }
    b.advance(15s);
    b.events(1);
    std::set<const void*> texts;
    for (const auto id : ids) {
        REQUIRE(b.of(id).last() != nullptr);
        CHECK(b.of(id).last()->name == "BENCH");
        texts.insert(b.of(id).last()->data.get());
    }
    CHECK(texts.size() == 1);
}

TEST_CASE("Traffic comes at the chosen rate, Poisson or even, and a long sleep is not caught up whole") {
    for (const bool even : {false, true}) {
        traffic_pump pump(4);
        instant now{};
        pump.set(50, even, now);
        int count = 0;
        std::set<duration> gaps;
        while (pump.next() < instant{} + 100s) {
            gaps.insert(pump.next() - now);
            now = pump.next();
            CHECK(pump.take(now));
            CHECK_FALSE(pump.take(now));
            ++count;
        }
        CHECK(count > 4700);
        CHECK(count < 5300);
        CHECK((gaps.size() == 1) == even);
        int after_sleep = 0;
        while (pump.take(now + 1h)) ++after_sleep;
        CHECK(after_sleep < 80);
        pump.set(0, even, now);
        CHECK(pump.next() == never);
    }
}

TEST_CASE("The agenda runs work by time, then by the order in which it was asked for") {
    agenda list;
    std::string order;
    list.at(instant{} + 2s, [&](instant) { order += 'c'; });
    list.at(instant{} + 1s, [&](instant) { order += 'a'; });
    list.at(instant{} + 1s, [&](instant) {
        order += 'b';
        list.at(instant{} + 1s, [&](instant) { order += '!'; });
    });
    list.at(never, [&](instant) { order += 'x'; });
    CHECK(list.next() == instant{} + 1s);
    CHECK_FALSE(list.run_next(instant{}));
    while (list.run_next(instant{} + 1s)) {
    }
    CHECK(order == "ab!");
    while (list.run_next(instant::max() - 1s)) {
    }
    CHECK(order == "ab!c");
    CHECK(list.next() == never);
}

TEST_CASE("The core wakes when something is due, and not otherwise") {
    bench b;
    b.advance(1h);
    CHECK(b.ticks == 0);
    const auto id = b.ready();
    b.beat(id, 1);
    b.ticks = 0;
    b.advance(60s);
    CHECK(b.ticks <= 2);
}

TEST_CASE("Duplicates that Discord makes by itself have their own numbers, and interactions are spared") {
    auto config = quiet();
    config.world.events_per_second_per_shard = 50;
    config.spontaneous_duplicates = 1;
    bench b(config);
    const auto id = b.ready();
    const std::size_t before = b.of(id).got.size();
    b.advance(10s);
    const auto& got = b.of(id).got;
    REQUIRE(got.size() > before + 100);
    CHECK(steady(b.of(id).seqs()));
    CHECK(b.counted("duplicates") > 200);
}

TEST_CASE("A control command that makes no sense changes nothing and says why") {
    bench b;
    for (const char* wrong : {R"({})",
                              R"({"do":7})",
                              R"({"do":"dance"})",
                              R"({"do":"clear","now":true})",
                              R"({"do":"traffic","rate":-1})",
                              R"({"do":"traffic","rate":"many"})",
                              R"({"do":"slash"})",
                              R"({"do":"join_guild","class":"vast"})",
                              R"({"do":"leave_guild"})",
                              R"({"do":"leave_guild","guild":"5"})",
                              R"({"do":"outage"})",
                              R"({"do":"op7"})",
                              R"({"do":"op9","all":"yes"})",
                              R"({"do":"cut","percent":101})",
                              R"({"do":"send_raw","all":true,"event":"X"})",
                              R"({"do":"send_raw","event":"X","data":1})",
                              R"({"do":"set"})",
                              R"({"do":"set","replay_bound":5,"no_such_knob":1})",
                              R"({"do":"set","takeover":"maybe"})",
                              R"({"do":"fault"})",
                              R"({"do":"fault","fault":"F47"})",
                              R"({"do":"fault","fault":"F39","route":"/no/such/route"})",
                              R"({"do":"fault","fault":"F39","scope":"mine"})",
                              R"({"do":"fault","fault":"F39","shard":1})",
                              R"({"do":"fault","fault":"F41"})",
                              R"({"do":"fault","fault":"F42"})",
                              R"({"do":"fault","fault":"F44","route":"/users/@me"})",
                              R"({"do":"fault","fault":"F11","all":true,"route":"/users/@me"})",
                              R"({"do":"fault","fault":"F0"})",
                              R"({"do":"fault","fault":"F4","all":true})",
                              R"({"do":"fault","fault":"F1"})",
                              R"({"do":"fault","fault":"F9","shard":1})",
                              R"({"do":"fault","fault":"F16","all":true,"delay":5})",
                              R"({"do":"fault","fault":"F28"})",
                              R"({"do":"fault","fault":"F18","answer":"perhaps"})",
                              R"({"do":"fault","fault":"F46","all":true,"kind":"worse"})"}) {
        CAPTURE(wrong);
        const auto answer = b.control(json::parse(wrong).as_object());
        REQUIRE(answer.contains("error"));
        CHECK(answer.at("error").as_string().ends_with("."));
    }
    CHECK(b.must({{"do", "status"}}).at("faults").as_array().empty());
}
