// The front of the REST API: routes, authorization, versions, limits.

#include <doctest/doctest.h>

#include "tests/unit/sim_core/rest_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;
using namespace std::chrono_literals;

TEST_CASE("B01 /gateway is open, /gateway/bot wants the right token") {
    api discord;
    const reply open = discord.send("GET", "/api/v10/gateway", nullptr, {}, false);
    CHECK(open.status == 200);
    CHECK(open.body.at("url") == json::value(discord.config.gateway_url));
    const reply none = discord.send("GET", "/api/v10/gateway/bot", nullptr, {}, false);
    CHECK(none.status == 401);
    CHECK(none.text == R"({"message":"401: Unauthorized","code":0})");
    for (const char* wrong : {"Bot other", "Bearer sim.token", "sim.token", "bot sim.token"}) {
        CHECK(discord.send("GET", "/api/v10/gateway/bot", nullptr, {{"Authorization", wrong}}, false).status == 401);
    }
    const reply right = discord.send("GET", "/api/v10/gateway/bot");
    CHECK(right.status == 200);
    CHECK(right.body.at("shards") == 4);
    discord.ears.token = "rotated";
    CHECK(discord.send("GET", "/api/v10/gateway/bot").status == 401);
    CHECK(discord.rest.counters().at("rest_401").to_number<int>() == 6);
}

TEST_CASE("/gateway/bot can be made to fail") {
    api discord;
    discord.ears.fault = forced_answer{.status = 503, .headers = {{"Retry-After", "7"}}, .body = "<html>"};
    const reply got = discord.send("GET", "/api/v10/gateway/bot");
    CHECK(got.status == 503);
    CHECK(got.text == "<html>");
    CHECK(got.header_of("Retry-After") == "7");
}

TEST_CASE("B40 versions, User-Agent, Content-Type, unknown routes and methods are checked") {
    api discord;
    CHECK(discord.send("GET", "/api/v9/users/@me").status == 200);
    CHECK(discord.send("GET", "/api/users/@me").status == 200);
    CHECK(discord.send("GET", "/api/v3/users/@me").code() == 50041);
    const reply unknown = discord.send("GET", "/api/v10/nothing/here");
    CHECK(unknown.status == 404);
    CHECK(unknown.text == R"({"message":"404: Not Found","code":0})");
    CHECK(discord.send("GET", "/elsewhere").status == 404);
    CHECK(discord.send("GET", "/api/v10/channels/abc").status == 404);
    CHECK(discord.send("DELETE", "/api/v10/gateway").status == 405);
    CHECK(discord
              .take({.request = request_id{900},
                     .method = "GET",
                     .target = "/api/v10/gateway",
                     .body = {},
                     .headers = {},
                     .peer_ip = "1"})
              .code() == 40333);

    const std::vector<header> own = {{"User-Agent", "x"}, {"Authorization", "Bot sim.token"}};
    auto with = [&](std::string type, std::string body) {
        auto headers = own;
        headers.push_back({"Content-Type", std::move(type)});
        discord.now += 10s;
        return discord.take({.request = request_id{901},
                             .method = "POST",
                             .target = "/api/v10/users/@me/channels",
                             .body = std::move(body),
                             .headers = std::move(headers),
                             .peer_ip = "1"});
    };
    CHECK(with("text/plain", "{}").code() == 50035);
    CHECK(with("application/json", "{oops").code() == 50109);
    const std::string user = std::to_string(discord.where.some_member(discord.where.guilds()[0], 0));
    CHECK(with("application/json; charset=utf-8", R"({"recipient_id":")" + user + "\"}").status == 200);
    CHECK(with("application/x-www-form-urlencoded", "recipient_id=" + user).status == 200);
    CHECK(with("multipart/form-data; boundary=XX",
               "--XX\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\r\n{\"recipient_id\":\"" + user +
                   "\"}\r\n--XX--\r\n")
              .status == 200);
    // Unversioned means v6, whose form errors are flat.
    const reply flat = discord.slowly("POST", "/api/users/@me/channels", json::object{});
    CHECK(flat.status == 400);
    CHECK(flat.body.as_object().contains("recipient_id"));
    const reply nested = discord.slowly("POST", "/api/v10/users/@me/channels", json::object{});
    CHECK(nested.code() == 50035);
    CHECK(nested.body.at("errors").at("recipient_id").at("_errors").at(0).at("code") == "BASE_TYPE_REQUIRED");
}

TEST_CASE("B35 a channel takes five messages in five seconds, and the headers say so") {
    api discord;
    const std::uint64_t guild = discord.where.guilds()[0];
    const std::string channel = std::to_string(discord.where.some_channel(guild, 1));
    std::string bucket;
    for (int i = 0; i < 5; ++i) {
        const reply got = discord.send("POST", "/api/v10/channels/" + channel + "/messages", json::object{{"content", "x"}});
        REQUIRE(got.status == 200);
        CHECK(got.header_of("X-RateLimit-Limit") == "5");
        CHECK(got.header_of("X-RateLimit-Remaining") == std::to_string(4 - i));
        CHECK(got.header_of("X-RateLimit-Reset-After") == "5.000");
        CHECK(std::stod(got.header_of("X-RateLimit-Reset")) ==
              doctest::Approx(static_cast<double>(discord.where.unix_ms(discord.now)) / 1000 + 5));
        CHECK(got.header_of("X-RateLimit-Scope").empty());
        bucket = got.header_of("X-RateLimit-Bucket");
        CHECK(bucket.size() == 32);
    }
    discord.now += 1500ms;
    const reply over = discord.send("POST", "/api/v10/channels/" + channel + "/messages", json::object{{"content", "x"}});
    CHECK(over.status == 429);
    CHECK(over.body.at("retry_after").as_double() == doctest::Approx(3.5));
    CHECK(over.body.at("global") == false);
    CHECK(over.header_of("Retry-After") == "4");
    CHECK(over.header_of("X-RateLimit-Scope") == "user");
    CHECK(over.header_of("X-RateLimit-Bucket") == bucket);
    // Another channel has a bucket of its own under the same hash; the old one is free again in time.
    const std::string other = std::to_string(discord.where.some_channel(discord.where.guilds()[1], 1));
    const reply free = discord.send("POST", "/api/v10/channels/" + other + "/messages", json::object{{"content", "x"}});
    CHECK(free.status == 200);
    CHECK(free.header_of("X-RateLimit-Bucket") == bucket);
    discord.now += 3500ms;
    CHECK(discord.send("POST", "/api/v10/channels/" + channel + "/messages", json::object{{"content", "x"}}).status == 200);
    CHECK(discord.send("GET", "/api/v10/gateway").header_of("X-RateLimit-Limit").empty());
}

TEST_CASE("B36 the 51st request of a second is refused globally, interactions are exempt, addresses count apart") {
    api discord;
    for (int i = 0; i < 50; ++i) REQUIRE(discord.send("GET", "/api/v10/gateway").status == 200);
    const reply over = discord.send("GET", "/api/v10/gateway");
    CHECK(over.status == 429);
    CHECK(over.body.at("global") == true);
    CHECK(over.header_of("X-RateLimit-Global") == "true");
    CHECK(over.header_of("X-RateLimit-Scope") == "global");
    CHECK(over.header_of("X-RateLimit-Bucket").empty());
    CHECK(discord.send("POST", "/api/v10/interactions/1/t/callback", json::object{{"type", 4}}).status == 404);
    CHECK(discord.send("GET", "/api/v10/gateway", nullptr, {}, false).status == 200);
    discord.now += 1s;
    CHECK(discord.send("GET", "/api/v10/gateway").status == 200);
}

TEST_CASE("B34 a write tells its event about when it is answered") {
    api discord;
    const std::uint64_t guild = discord.where.guilds()[0];
    const std::string channel = std::to_string(discord.where.some_channel(guild, 0));
    const std::string base = "/api/v10/channels/" + channel;
    const reply made = discord.slowly("POST", base + "/messages", json::object{{"content", "hi <@" + discord.app + ">"}});
    REQUIRE(made.status == 200);
    const world_event* event = discord.ears.last("MESSAGE_CREATE");
    REQUIRE(event != nullptr);
    CHECK(event->guild == guild);
    CHECK(event->intents == bit(9));
    CHECK(event->data_without_content == nullptr);  // its own
    const json::object told = parsed(event->data);
    CHECK(told.at("id") == made.body.at("id"));
    CHECK(told.at("content") == made.body.at("content"));
    CHECK(id_in(told, "guild_id") == guild);
    CHECK(told.at("mentions").as_array().size() == 1);
    const std::string message = base + "/messages/" + std::string(made.body.at("id").as_string());
    CHECK(discord.slowly("GET", message).body.at("content") == made.body.at("content"));
    CHECK(discord.slowly("GET", base + "/messages?limit=5").body.as_array().size() == 1);
    CHECK(discord.slowly("PATCH", message, json::object{{"content", "ho"}}).status == 200);
    CHECK(parsed(discord.ears.last("MESSAGE_UPDATE")->data).at("content") == "ho");
    CHECK(discord.slowly("PUT", message + "/reactions/%F0%9F%91%8D/@me").status == 204);
    CHECK(parsed(discord.ears.last("MESSAGE_REACTION_ADD")->data).at("emoji").at("name") == "👍");
    CHECK(discord.slowly("DELETE", message + "/reactions/%F0%9F%91%8D/@me").status == 204);
    CHECK(discord.ears.last("MESSAGE_REACTION_REMOVE") != nullptr);
    CHECK(discord.slowly("DELETE", message).status == 204);
    CHECK(id_in(parsed(discord.ears.last("MESSAGE_DELETE")->data)) == std::stoull(std::string(made.body.at("id").as_string())));
    CHECK(discord.slowly("GET", message).code() == 10008);
    CHECK(discord.slowly("POST", base + "/typing").status == 204);
    CHECK(discord.ears.last("TYPING_START")->intents == bit(11));
    CHECK(discord.slowly("POST", base + "/messages", json::object{}).code() == 50006);
    CHECK(discord.slowly("POST", base + "/messages", json::object{{"content", std::string(2001, 'x')}}).code() == 50035);
    CHECK(discord.slowly("POST", "/api/v10/channels/123456789012345678/messages", json::object{{"content", "x"}}).code() ==
          10003);
}

TEST_CASE("B41 a message with the same enforced nonce is the first one again") {
    api discord;
    const std::string target =
        "/api/v10/channels/" + std::to_string(discord.where.some_channel(discord.where.guilds()[0], 0)) + "/messages";
    const json::object body{{"content", "once"}, {"nonce", "n1"}, {"enforce_nonce", true}};
    const reply first = discord.slowly("POST", target, body), again = discord.slowly("POST", target, body);
    CHECK(first.body.at("id") == again.body.at("id"));
    std::size_t told = 0;
    for (const world_event& event : discord.ears.heard) told += event.name == "MESSAGE_CREATE";
    CHECK(told == 1);
    CHECK(discord.slowly("POST", target, json::object{{"content", "once"}, {"nonce", "n1"}}).body.at("id") !=
          first.body.at("id"));
}

TEST_CASE("B45 a DM channel is created once and then found again, and its messages are nobody's guild's") {
    api discord;
    const std::uint64_t user = discord.where.some_member(discord.where.guilds()[0], 3);
    const json::object body{{"recipient_id", std::to_string(user)}};
    const reply first = discord.slowly("POST", "/api/v10/users/@me/channels", body),
                again = discord.slowly("POST", "/api/v10/users/@me/channels", body);
    REQUIRE(first.status == 200);
    CHECK(first.text == again.text);
    CHECK(first.body.at("type") == 1);
    const std::string id(first.body.at("id").as_string());
    CHECK(discord.slowly("POST", "/api/v10/channels/" + id + "/messages", json::object{{"content", "psst"}}).status == 200);
    const world_event* event = discord.ears.last("MESSAGE_CREATE");
    CHECK(event->guild == 0);
    CHECK(event->intents == bit(12));
    CHECK_FALSE(parsed(event->data).contains("guild_id"));
    CHECK(discord.slowly("POST", "/api/v10/users/@me/channels", json::object{{"recipient_id", "12"}}).code() == 50033);
}

TEST_CASE("B40 ids in a body may be numbers, nonces stay what they are") {
    api discord;
    const std::uint64_t user = discord.where.some_member(discord.where.guilds()[0], 3);
    const reply opened = discord.slowly("POST", "/api/v10/users/@me/channels", json::object{{"recipient_id", user}});
    REQUIRE(opened.status == 200);
    const std::string target = "/api/v10/channels/" + std::string(opened.body.at("id").as_string()) + "/messages";
    const json::value nonce(123456789012345678LL);
    CHECK(discord.slowly("POST", target, json::object{{"content", "x"}, {"nonce", nonce}}).body.at("nonce") == nonce);
}

TEST_CASE("B47 deleting a category tells of its children, which then have no parent") {
    simulator_config config;
    config.world.guild_classes = "medium";
    api discord(config);
    const std::uint64_t guild = discord.where.guilds()[0];
    const std::uint64_t category = discord.where.channel_ids(guild, 4)[0];
    std::size_t children = 0;
    for (const std::string& channel : discord.where.channels(guild)) {
        const json::object one = parsed(channel);
        children += one.contains("parent_id") && id_in(one, "parent_id") == category;
    }
    REQUIRE(children > 0);
    CHECK(discord.slowly("DELETE", "/api/v10/channels/" + std::to_string(category)).status == 200);
    std::erase_if(discord.ears.heard, [](const world_event& one) { return one.name == "GUILD_AUDIT_LOG_ENTRY_CREATE"; });
    REQUIRE(discord.ears.heard.size() == children + 1);
    CHECK(discord.ears.heard[0].name == "CHANNEL_DELETE");
    for (std::size_t i = 1; i < discord.ears.heard.size(); ++i) {
        CHECK(discord.ears.heard[i].name == "CHANNEL_UPDATE");
        CHECK(parsed(discord.ears.heard[i].data).at("parent_id").is_null());
    }
    CHECK(discord.slowly("GET", "/api/v10/channels/" + std::to_string(category)).code() == 10003);
    for (const std::string& channel : discord.where.channels(guild)) {
        const json::object one = parsed(channel);
        if (one.contains("parent_id")) CHECK(id_in(one, "parent_id") != category);
    }
}

TEST_CASE("B34 channels, roles, members, bans and the guild can be written over REST, and GUILD_CREATE shows it") {
    simulator_config config;
    config.world.guild_classes = "small";
    api discord(config);
    const std::uint64_t guild = discord.where.guilds()[0];
    const std::string base = "/api/v10/guilds/" + std::to_string(guild);
    const reply channel = discord.slowly("POST", base + "/channels", json::object{{"name", "новый"}, {"topic", "t"}});
    CHECK(channel.status == 201);
    CHECK(discord.ears.last("CHANNEL_CREATE")->guild == guild);
    const std::string channel_id(channel.body.at("id").as_string());
    CHECK(discord.slowly("PATCH", "/api/v10/channels/" + channel_id, json::object{{"name", "renamed"}}).body.at("name") ==
          "renamed");
    CHECK(parsed(discord.ears.last("CHANNEL_UPDATE")->data).at("name") == "renamed");
    CHECK(discord.slowly("POST", "/api/v10/channels/" + channel_id + "/messages", json::object{{"content", "x"}}).status == 200);
    const reply role = discord.slowly("POST", base + "/roles", json::object{{"name", "r"}, {"permissions", "9007199254740993"}});
    CHECK(role.status == 200);
    CHECK(role.body.at("permissions") == "9007199254740993");
    const std::string role_id(role.body.at("id").as_string());
    const std::uint64_t user = discord.where.some_member(guild, 2);
    const std::string member = base + "/members/" + std::to_string(user);
    CHECK(discord.slowly("PATCH", member, json::object{{"nick", "Nick"}}).body.at("nick") == "Nick");
    CHECK(discord.slowly("PUT", member + "/roles/" + role_id).status == 204);
    const json::object update = parsed(discord.ears.last("GUILD_MEMBER_UPDATE")->data);
    CHECK(update.at("nick") == "Nick");
    CHECK(std::count(update.at("roles").as_array().begin(), update.at("roles").as_array().end(), json::value(role_id)) == 1);
    const auto count = [&] {
        return parsed(discord.where.guild_create(guild, {.intents = 1, .large_threshold = 50})).at("member_count").as_int64();
    };
    const std::int64_t before = count();
    CHECK(discord.slowly("PUT", base + "/bans/" + std::to_string(user)).status == 204);
    CHECK(discord.ears.last("GUILD_MEMBER_REMOVE") != nullptr);
    CHECK(discord.ears.last("GUILD_BAN_ADD")->intents == bit(2));
    CHECK(count() == before - 1);
    CHECK(discord.slowly("GET", member).code() == 10007);
    CHECK(discord.slowly("DELETE", base + "/bans/" + std::to_string(user)).status == 204);
    CHECK(discord.slowly("PATCH", base, json::object{{"name", "New \"name\""}}).body.at("name") == "New \"name\"");
    const json::object shown = parsed(discord.where.guild_create(guild, {.intents = 1, .large_threshold = 50}));
    CHECK(shown.at("name") == "New \"name\"");
    bool found = false;
    for (const json::value& one : shown.at("channels").as_array())
        found = found || (one.at("id") == json::value(channel_id) && one.at("name") == "renamed");
    CHECK(found);
    CHECK(discord.slowly("DELETE", base + "/roles/" + role_id).status == 204);
    CHECK(discord.slowly("GET", base + "/roles/" + role_id).code() == 10011);
    CHECK(discord.slowly("DELETE", "/api/v10/channels/" + channel_id).status == 200);
    CHECK(discord.slowly("GET", base + "/members?limit=1000").body.as_array().size() == static_cast<std::size_t>(count()));
    CHECK(discord.slowly("GET", "/api/v10/guilds/5").code() == 10004);
}
