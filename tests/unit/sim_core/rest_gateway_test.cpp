// REST and gateway together: who hears of a write, how often and when.

#include <doctest/doctest.h>

#include "sim/core/guild_state.hpp"
#include "tests/unit/sim_core/gateway_bench.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::testing;
using namespace std::chrono_literals;

namespace {
std::string text_channel(const json::object& guild) {
    for (const json::value& one : guild.at("channels").as_array()) {
        if (one.at("type") == 0) return std::string(one.at("id").as_string());
    }
    return {};
}
}  // namespace

TEST_CASE("B34 each session of the guild's shard hears once of a write, now before its answer and now after") {
    auto config = quiet();
    config.rest_latency = 200ms;
    bench b(config);
    const conn_id first = b.ready(0, 2), other = b.ready(1, 2), all = b.ready(0, 1);
    const json::object guild = object_of(*b.of(first).find("GUILD_CREATE"));
    const std::string target = "/api/v10/channels/" + text_channel(guild) + "/messages";
    int before = 0, after = 0;
    for (int i = 0; i < 60; ++i) {
        b.advance(6s);
        for (const conn_id one : {first, other, all}) b.beat(one);
        const std::size_t heard = b.of(first).count("MESSAGE_CREATE");
        const instant asked = b.now;
        const request_id id = b.start_http("POST", target, R"({"content":"x"})");
        std::optional<instant> answered, told;
        for (int ms = 0; ms < 4000 && !(answered && told); ++ms) {
            b.advance(1ms);
            if (!answered && b.answers.contains(id)) answered = b.now;
            if (!told && b.of(first).count("MESSAGE_CREATE") > heard) told = b.now;
        }
        REQUIRE(answered);
        REQUIRE(told);
        CHECK(*told >= asked);
        CHECK(*told - *answered >= -21ms);
        CHECK(*told - *answered <= 201ms);
        ++(*told < *answered ? before : after);
    }
    CHECK(before > 0);
    CHECK(after > before);
    b.advance(1s);
    CHECK(b.of(first).count("MESSAGE_CREATE") == 60);
    CHECK(b.of(all).count("MESSAGE_CREATE") == 60);
    CHECK(b.of(other).count("MESSAGE_CREATE") == 0);
}

TEST_CASE("B34 writes to one guild are told in the order in which they were made, however soon they follow each other") {
    auto config = quiet();
    config.world.admin_everywhere = true;
    bench b(config);
    const conn_id c = b.ready();
    const json::object guild = object_of(*b.of(c).find("GUILD_CREATE"));
    const std::string channels = "/api/v10/guilds/" + std::string(guild.at("id").as_string()) + "/channels";
    for (int i = 0; i < 40; ++i) {
        const json::value made = json::parse(b.http("POST", channels, R"({"name":"x"})").body);
        const std::string id(made.at("id").as_string());
        b.http("DELETE", "/api/v10/channels/" + id);
        b.advance(6s);
        b.beat(c);
        std::vector<std::string> told;
        for (const payload& one : b.of(c).got) {
            if (one.name.starts_with("CHANNEL_") && object_of(one).at("id") == json::value(id)) told.push_back(one.name);
        }
        CHECK(told == std::vector<std::string>{"CHANNEL_CREATE", "CHANNEL_DELETE"});
    }
}

TEST_CASE("B45 what is said in a DM reaches shard 0 of every shard set and nobody else") {
    bench b(quiet());
    const conn_id zero = b.ready(0, 2), one = b.ready(1, 2), whole = b.ready(0, 1);
    const std::uint64_t user = user_id_of(5);
    const auto opened = b.http("POST", "/api/v10/users/@me/channels", fmt::format(R"({{"recipient_id":"{}"}})", user));
    const std::string channel(json::parse(opened.body).at("id").as_string());
    CHECK(b.http("POST", "/api/v10/channels/" + channel + "/messages", R"({"content":"psst"})").status == 200);
    b.advance(1s);
    CHECK(b.of(zero).count("MESSAGE_CREATE") == 1);
    CHECK(b.of(whole).count("MESSAGE_CREATE") == 1);
    CHECK(b.of(one).count("MESSAGE_CREATE") == 0);
    CHECK(b.of(zero).count("CHANNEL_CREATE") == 0);
    const auto again = b.http("GET", "/api/v10/channels/" + channel);
    CHECK(json::parse(again.body).at("last_message_id") == object_of(*b.of(zero).find("MESSAGE_CREATE")).at("id"));
}

TEST_CASE("B34 leaving a guild over REST tells its sessions, and its routes are gone") {
    bench b(quiet());
    const conn_id c = b.ready();
    const std::string guild(object_of(*b.of(c).find("GUILD_CREATE")).at("id").as_string());
    CHECK(b.http("DELETE", "/api/v10/users/@me/guilds/" + guild).status == 204);
    CHECK(object_of(*b.of(c).find("GUILD_DELETE")).at("id") == json::value(guild));
    CHECK(b.http("GET", "/api/v10/guilds/" + guild).status == 404);
}

TEST_CASE("B46 the silence that archives a thread is told by itself, to the millisecond") {
    auto config = quiet();
    config.auto_archive_minute = 100ms;
    bench b(config);
    const conn_id c = b.ready();
    const std::string target = "/api/v10/channels/" + text_channel(object_of(*b.of(c).find("GUILD_CREATE"))) + "/threads";
    CHECK(b.http("POST", target, R"({"name":"t","type":11,"auto_archive_duration":60})").status == 201);
    b.advance(5s);
    CHECK(b.of(c).count("THREAD_UPDATE") == 0);
    b.advance(2s);
    CHECK(b.of(c).count("THREAD_UPDATE") == 1);
    CHECK(b.oracle().at("audit_log").as_array().at(0).at("action_type") == 110);
}

TEST_CASE("F39 F43 faults of REST are started, listed and ended by the control commands of all faults") {
    bench b(quiet());
    b.must(fault("F39", {{"route", "GET /users/@me"}, {"scope", "shared"}}));
    b.must(fault("F43", {{"ip", "9.9.9.9"}}));
    CHECK(b.http("GET", "/api/v10/users/@me").status == 429);
    CHECK(b.must({{"do", "status"}}).at("faults").as_array().size() == 1);
    b.must({{"do", "clear"}});
    CHECK(b.http("GET", "/api/v10/users/@me").status == 200);
    const auto hash = [&] {
        for (const header& one : b.http("GET", "/api/v10/users/@me").headers) {
            if (one.name == "X-RateLimit-Bucket") return one.value;
        }
        return std::string();
    };
    const std::string before = hash();
    b.must({{"do", "change_hashes"}});
    CHECK(hash() != before);
}

TEST_CASE("B43 the control API has users call, complete, press and fill in, and the answers are the bot's") {
    bench b(quiet());
    const conn_id c = b.ready();
    const std::string guild(object_of(*b.of(c).find("GUILD_CREATE")).at("id").as_string());
    const std::string app = "/api/v10/applications/1000000000000000001/commands";
    b.http("PUT", app,
           R"([{"name":"find","description":"d","options":[{"name":"q","description":"d","type":3,"autocomplete":true}]}])");
    const auto last = [&] {
        const payload* found = nullptr;
        for (const payload& one : b.of(c).got) {
            if (one.name == "INTERACTION_CREATE") found = &one;
        }
        REQUIRE(found != nullptr);
        return object_of(*found);
    };
    const auto answer = [&](std::string body) {
        const json::object told = last();
        const auto got = b.http("POST",
                                fmt::format("/api/v10/interactions/{}/{}/callback?with_response=true",
                                            std::string(told.at("id").as_string()), std::string(told.at("token").as_string())),
                                std::move(body));
        REQUIRE_MESSAGE(got.status == 200, got.body);
        return json::parse(got.body).as_object();
    };
    const json::array half{json::object{{"name", "q"}, {"type", 3}, {"value", "he"}, {"focused", true}}};
    b.must({{"do", "autocomplete"}, {"guild", guild}, {"command", "find"}, {"options", half}});
    CHECK(last().at("type") == 4);
    answer(R"({"type":8,"data":{"choices":[{"name":"hello","value":"hello"}]}})");
    b.must({{"do", "slash"}, {"guild", guild}, {"command", "find"}, {"user", "ann"}});
    const json::object shown = answer(
        R"({"type":4,"data":{"content":"?","components":[{"type":1,"components":[{"type":2,"style":1,"label":"l","custom_id":"go"}]}]}})");
    const json::value message = shown.at("resource").at("message").at("id");
    b.must({{"do", "press"}, {"message", message}, {"custom_id", "go"}, {"user", "ann"}});
    CHECK(last().at("data").at("custom_id") == "go");
    const json::value pressed = last().at("id");
    answer(
        R"({"type":9,"data":{"custom_id":"m","title":"T","components":[{"type":1,"components":[{"type":4,"custom_id":"t"}]}]}})");
    b.must({{"do", "submit_modal"}, {"interaction", pressed}, {"texts", json::object{{"t", "words"}}}});
    CHECK(last().at("type") == 5);
    answer(R"({"type":4,"data":{"content":"done"}})");
    for (const json::object& wrong :
         {json::object{{"do", "press"}, {"message", "5"}, {"custom_id", "x"}},
          json::object{{"do", "submit_modal"}, {"interaction", "5"}, {"texts", json::object{}}},
          json::object{{"do", "autocomplete"}, {"command", "find"}}, json::object{{"do", "press"}, {"custom_id", "x"}}}) {
        CHECK(b.control(wrong).contains("error"));
    }
    for (const json::value& one : b.oracle().at("interactions").as_array()) CHECK(one.at("state") == "answered");
}

TEST_CASE("B45 the control API has a user write to the bot, in the channel that the bot finds, heard by shard 0 alone") {
    bench b(quiet());
    const conn_id zero = b.ready(0, 2), one = b.ready(1, 2);
    const json::object sent = b.control({{"do", "direct"}, {"user", "ann"}, {"text", "ping"}});
    b.advance(1s);
    REQUIRE(b.of(zero).count("MESSAGE_CREATE") == 1);
    CHECK(b.of(one).count("MESSAGE_CREATE") == 0);
    const json::object heard = object_of(*b.of(zero).find("MESSAGE_CREATE"));
    CHECK(heard.at("id") == sent.at("message"));
    CHECK(heard.at("content") == "ping");
    CHECK(heard.at("author").at("username") == "ann");
    CHECK_FALSE(heard.contains("guild_id"));
    const json::object opened =
        json::parse(b.http("POST", "/api/v10/users/@me/channels",
                           fmt::format(R"({{"recipient_id":"{}"}})", std::string(heard.at("author").at("id").as_string())))
                        .body)
            .as_object();
    CHECK(opened.at("id") == sent.at("channel"));
    CHECK(b.control({{"do", "direct"}, {"user", "ann"}}).contains("error"));
    CHECK(b.control({{"do", "direct"}, {"text", ""}}).contains("error"));
}

TEST_CASE("B46 the control API has somebody hide a channel from the bot and show it again, which brings THREAD_LIST_SYNC") {
    bench b(quiet());
    const conn_id c = b.ready();
    std::string guild, channel;
    for (const payload& one : b.of(c).got) {
        if (one.name != "GUILD_CREATE" || !guild.empty()) continue;
        const json::object object = object_of(one);
        const std::string id(object.at("id").as_string());
        const json::value mine = json::parse(b.http("GET", "/api/v10/users/@me/guilds", "").body);
        b.advance(6s);
        b.beat(c);
        for (const json::value& each : mine.as_array()) {
            const auto may = std::stoull(std::string(each.at("permissions").as_string()));
            if (each.at("id") == json::value(id) && (may & 8) == 0) guild = id;
        }
        if (!guild.empty()) channel = text_channel(object);
    }
    REQUIRE(!channel.empty());
    b.must({{"do", "overwrite"}, {"channel", channel}, {"whom", guild}, {"deny", "1024"}});
    CHECK(b.http("GET", "/api/v10/channels/" + channel + "/messages").status == 403);
    CHECK(b.of(c).count("THREAD_LIST_SYNC") == 0);
    b.must({{"do", "overwrite"}, {"channel", channel}, {"whom", guild}});
    b.advance(1s);
    REQUIRE(b.of(c).count("THREAD_LIST_SYNC") == 1);
    CHECK(object_of(*b.of(c).find("THREAD_LIST_SYNC")).at("channel_ids").at(0) == json::value(channel));
    CHECK(b.control({{"do", "overwrite"}, {"channel", "5"}, {"whom", guild}, {"deny", "1024"}}).contains("error"));
    CHECK(b.control({{"do", "overwrite"}, {"channel", channel}}).contains("error"));
}
