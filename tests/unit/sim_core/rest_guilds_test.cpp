// Writes to guilds over REST by family: what they change, the event that tells of it, the log that keeps it.

#include <doctest/doctest.h>

#include <set>

#include "sim/core/rest_route.hpp"
#include "tests/unit/sim_core/rest_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;
using namespace std::chrono_literals;

namespace {

simulator_config of_class(const char* name) {
    simulator_config config;
    config.world.guild_classes = name;
    config.world.guilds = 8;
    return config;
}

struct guild_api : api {
    explicit guild_api(const char* guild_class = "small", rights which = rights::all)
        : api(of_class(guild_class), which), guild(where.guilds()[0]), base("/api/v10/guilds/" + std::to_string(guild)) {}

    json::object told(std::string_view name) const {
        const world_event* event = ears.last(name);
        REQUIRE_MESSAGE(event != nullptr, name);
        CHECK(event->guild == guild);
        return parsed(event->data);
    }
    std::uint64_t intents_of(std::string_view name) const { return ears.last(name)->intents; }
    json::object shown() const { return parsed(where.guild_create(guild, {.intents = 1, .large_threshold = 50})); }
    static std::string id_of(const reply& made) {
        REQUIRE_MESSAGE(made.status < 300, made.text);
        return std::string(made.body.at("id").as_string());
    }
    static bool lists(const json::value& list, const std::string& id) {
        return std::ranges::any_of(list.as_array(), [&](const json::value& one) { return one.at("id") == json::value(id); });
    }
    std::string channel() const { return "/api/v10/channels/" + std::to_string(where.some_channel(guild, 0)); }

    std::uint64_t guild;
    std::string base;
};

const json::value png = "data:image/png;base64,AAAA";

}  // namespace

TEST_CASE("B34 every route of the table is found by its own path and no path is there twice") {
    std::set<std::string> seen;
    for (const rest_route& one : all_routes()) {
        const std::string name = std::string(one.method) + " " + std::string(one.path);
        CHECK_MESSAGE(seen.insert(name).second, name);
        std::vector<std::string> segments;
        std::string_view path = one.path;
        while (!path.empty()) {
            path.remove_prefix(1);
            const std::string_view part = path.substr(0, path.find('/'));
            segments.emplace_back(part == "{id}" ? "123456789012345678" : part.starts_with("{") ? "token" : std::string(part));
            path.remove_prefix(part.size());
        }
        bool known = false;
        const rest_route* found = find_route(one.method, segments, known);
        REQUIRE_MESSAGE(found != nullptr, name);
        CHECK_MESSAGE(found->path == one.path, name);
        CHECK(is_route(name));
    }
}

TEST_CASE("B34 channels are checked, moved and given overwrites, and GUILD_CREATE shows them") {
    guild_api discord;
    const auto wrong = [&](json::object body) { return discord.slowly("POST", discord.base + "/channels", body).code(); };
    CHECK(wrong({}) == 50035);
    CHECK(wrong({{"name", "x"}, {"type", 1}}) == 50035);
    CHECK(wrong({{"name", "x"}, {"topic", std::string(1025, 't')}}) == 50035);
    CHECK(wrong({{"name", "x"}, {"parent_id", "5"}}) == 50035);
    CHECK(wrong({{"name", "x"}, {"permission_overwrites", json::array{json::object{{"id", "5"}}}}}) == 50035);
    const std::string category =
        guild_api::id_of(discord.slowly("POST", discord.base + "/channels", json::object{{"name", "c"}, {"type", 4}}));
    const std::string channel = guild_api::id_of(discord.slowly(
        "POST", discord.base + "/channels",
        json::object{{"name", "x"},
                     {"parent_id", category},
                     {"permission_overwrites",
                      json::array{json::object{{"id", std::to_string(discord.guild)}, {"type", 0}, {"deny", "2048"}}}}}));
    CHECK(discord.told("CHANNEL_CREATE").at("permission_overwrites").at(0).at("allow") == "0");
    CHECK(discord
              .slowly("PATCH", discord.base + "/channels",
                      json::array{json::object{{"id", channel}, {"position", 7}, {"parent_id", nullptr}}})
              .status == 204);
    CHECK(discord.told("CHANNEL_UPDATE").at("position") == 7);
    CHECK(discord.told("CHANNEL_UPDATE").at("parent_id").is_null());
    const std::string role = std::to_string(discord.where.some_role(discord.guild, 3));
    const std::string overwrite = "/api/v10/channels/" + channel + "/permissions/" + role;
    CHECK(discord.slowly("PUT", overwrite, json::object{{"type", 0}, {"allow", "9007199254740993"}}).status == 204);
    CHECK(discord.told("CHANNEL_UPDATE").at("permission_overwrites").at(1).at("allow") == "9007199254740993");
    CHECK(discord.slowly("PUT", overwrite, json::object{{"type", 0}, {"allow", "many"}}).code() == 50035);
    CHECK(discord.slowly("PUT", "/api/v10/channels/" + channel + "/permissions/7", json::object{{"type", 0}}).code() == 10009);
    CHECK(discord.slowly("DELETE", overwrite).status == 204);
    CHECK(guild_api::lists(discord.shown().at("channels"), channel));
}

TEST_CASE("B34 a category takes fifty channels and a guild five hundred") {
    guild_api discord("tiny");
    discord.config.rest_global_per_second = 100000;
    const std::string category =
        guild_api::id_of(discord.slowly("POST", discord.base + "/channels", json::object{{"name", "c"}, {"type", 4}}));
    const json::object inside{{"name", "x"}, {"parent_id", category}};
    for (int i = 0; i < 50; ++i) REQUIRE(discord.slowly("POST", discord.base + "/channels", inside).status == 201);
    const reply full = discord.slowly("POST", discord.base + "/channels", inside);
    CHECK(full.body.at("errors").at("parent_id").at("_errors").at(0).at("code") == "CHANNEL_PARENT_MAX_CHANNELS");
    const json::object outside{{"name", "x"}};
    while (discord.where.channels(discord.guild).size() < 500)
        REQUIRE(discord.slowly("POST", discord.base + "/channels", outside).status == 201);
    CHECK(discord.slowly("POST", discord.base + "/channels", outside).code() == 30013);
}

TEST_CASE("B34 roles are moved, kept from harm, and lost by their members when they go") {
    guild_api discord;
    const std::string role =
        guild_api::id_of(discord.slowly("POST", discord.base + "/roles", json::object{{"name", "r"}, {"color", 255}}));
    CHECK(discord.told("GUILD_ROLE_CREATE").at("role").at("colors").at("primary_color") == 255);
    CHECK(discord.slowly("PATCH", discord.base + "/roles", json::array{json::object{{"id", role}, {"position", 9}}}).status ==
          200);
    CHECK(discord.told("GUILD_ROLE_UPDATE").at("role").at("position") == 9);
    CHECK(discord.slowly("PATCH", discord.base + "/roles/" + role, json::object{{"color", -1}}).code() == 50035);
    CHECK(discord.slowly("PATCH", discord.base + "/roles/" + role, json::object{{"permissions", "all"}}).code() == 50035);
    const std::string member = discord.base + "/members/" + std::to_string(discord.where.some_member(discord.guild, 1));
    CHECK(discord.slowly("PUT", member + "/roles/" + role).status == 204);
    CHECK(discord.slowly("DELETE", discord.base + "/roles/" + std::to_string(discord.guild)).code() == 50028);
    CHECK(discord.slowly("DELETE", discord.base + "/roles/" + role).status == 204);
    CHECK(discord.told("GUILD_ROLE_DELETE").at("role_id") == json::value(role));
    for (const json::value& one : discord.slowly("GET", member).body.at("roles").as_array()) CHECK(one != json::value(role));
    while (discord.where.roles(discord.guild).size() < 250)
        REQUIRE(discord.slowly("POST", discord.base + "/roles", json::object{}).status == 200);
    CHECK(discord.slowly("POST", discord.base + "/roles", json::object{}).code() == 30005);
}

TEST_CASE("B34 the bot's own member can be changed, and it hears of it whatever its intents") {
    guild_api discord;
    CHECK(discord.slowly("PATCH", discord.base + "/members/@me", json::object{{"nick", "Me"}}).body.at("nick") == "Me");
    CHECK(discord.told("GUILD_MEMBER_UPDATE").at("nick") == "Me");
    CHECK(discord.intents_of("GUILD_MEMBER_UPDATE") == 0);
    const std::string own = std::to_string(discord.where.bot_user_id());
    CHECK(discord.slowly("GET", discord.base + "/members/" + own).body.at("nick") == "Me");
    CHECK(discord.slowly("GET", "/api/v10/users/@me/guilds/" + std::to_string(discord.guild) + "/member").body.at("nick") ==
          "Me");
    CHECK(discord.shown().at("members").at(0).at("nick") == "Me");
    CHECK(discord
              .slowly("PATCH", discord.base + "/members/" + own,
                      json::object{{"communication_disabled_until", "2030-01-01T00:00:00Z"}})
              .code() == 50013);
    const std::string someone = discord.base + "/members/" + std::to_string(discord.where.some_member(discord.guild, 1));
    CHECK(discord.slowly("PATCH", someone, json::object{{"nick", std::string(33, 'n')}}).code() == 50035);
    CHECK(discord.slowly("PATCH", someone, json::object{{"roles", json::array{"7"}}}).code() == 50035);
}

TEST_CASE("B34 bans keep their reason, and the owner is out of reach") {
    guild_api discord;
    const std::uint64_t user = discord.where.some_member(discord.guild, 2), other = discord.where.some_member(discord.guild, 3);
    const std::string owner(parsed(*discord.where.guild(discord.guild)).at("owner_id").as_string());
    const std::string ban = discord.base + "/bans/" + std::to_string(user);
    discord.now += 10s;
    CHECK(discord.send("PUT", ban, json::object{}, {{"X-Audit-Log-Reason", "sp%C3%A4m"}}).status == 204);
    CHECK(discord.slowly("GET", ban).body.at("reason") == "späm");
    CHECK(discord.slowly("GET", discord.base + "/bans").body.as_array().size() == 1);
    CHECK(discord.slowly("DELETE", discord.base + "/members/" + owner).code() == 50013);
    CHECK(discord.slowly("PUT", discord.base + "/bans/" + owner).code() == 50013);
    const reply bulk =
        discord.slowly("POST", discord.base + "/bulk-ban", json::object{{"user_ids", json::array{std::to_string(other), owner}}});
    CHECK(bulk.body.at("banned_users").as_array().size() == 1);
    CHECK(bulk.body.at("failed_users").as_array().size() == 1);
    CHECK(discord.slowly("DELETE", ban).status == 204);
    CHECK(discord.told("GUILD_BAN_REMOVE").at("user").at("id") == json::value(std::to_string(user)));
    CHECK(discord.slowly("GET", ban).code() == 10026);
}

TEST_CASE("B34 the reason of a write is kept in the audit log, told to who may read it, and shown by the oracle") {
    guild_api discord;
    discord.now += 10s;
    const reply made =
        discord.send("POST", discord.base + "/roles", json::object{{"name", "r"}}, {{"X-Audit-Log-Reason", "because%20of%20it"}});
    const std::string role = guild_api::id_of(made);
    const json::array log = discord.rest.audit_log();
    REQUIRE(log.size() == 1);
    CHECK(log[0].at("action_type") == 30);
    CHECK(log[0].at("target_id") == json::value(role));
    CHECK(log[0].at("reason") == "because of it");
    CHECK(log[0].at("guild") == json::value(std::to_string(discord.guild)));
    CHECK(discord.slowly("DELETE", discord.base + "/roles/" + role).status == 204);
    CHECK(discord.slowly("DELETE", discord.base + "/roles/" + role).code() == 10011);
    const reply page = discord.slowly("GET", discord.base + "/audit-logs?action_type=32");
    REQUIRE(page.body.at("audit_log_entries").as_array().size() == 1);
    CHECK(page.body.at("audit_log_entries").at(0).at("target_id") == json::value(role));
    // Both kinds of guilds are among eight: where the bot may read the log, and where it may not. Invite may everybody.
    guild_api drawn("small", api::rights::as_drawn);
    std::size_t told = 0, untold = 0;
    for (const std::uint64_t guild : drawn.where.guilds()) {
        drawn.ears.heard.clear();
        const std::string channel = "/api/v10/channels/" + std::to_string(drawn.where.some_channel(guild, 0));
        CHECK(drawn.slowly("POST", channel + "/invites", json::object{}).status == 200);
        const bool may = (drawn.where.bot_permissions(guild) & (8U | 128U)) != 0;
        CHECK((drawn.ears.last("GUILD_AUDIT_LOG_ENTRY_CREATE") != nullptr) == may);
        ++(may ? told : untold);
    }
    CHECK(told > 0);
    CHECK(untold > 0);
}

TEST_CASE("B34 emojis and stickers are told as whole lists") {
    guild_api discord;
    const auto wrong = [&](json::object body) { return discord.slowly("POST", discord.base + "/emojis", body).code(); };
    CHECK(wrong({{"name", "x"}, {"image", png}}) == 50035);
    CHECK(wrong({{"name", "a-b"}, {"image", png}}) == 50035);
    CHECK(wrong({{"name", "ab"}, {"image", "http://x"}}) == 50035);
    const std::size_t before = discord.where.things(discord.guild, world::thing::emoji).size();
    const std::string emoji =
        guild_api::id_of(discord.slowly("POST", discord.base + "/emojis", json::object{{"name", "shoal"}, {"image", png}}));
    CHECK(discord.told("GUILD_EMOJIS_UPDATE").at("emojis").as_array().size() == before + 1);
    CHECK(discord.intents_of("GUILD_EMOJIS_UPDATE") == bit(3));
    CHECK(discord.slowly("PATCH", discord.base + "/emojis/" + emoji, json::object{{"name", "other"}}).body.at("name") == "other");
    CHECK(guild_api::lists(discord.shown().at("emojis"), emoji));
    CHECK(discord.slowly("DELETE", discord.base + "/emojis/" + emoji).status == 204);
    CHECK(discord.told("GUILD_EMOJIS_UPDATE").at("emojis").as_array().size() == before);
    CHECK(discord.slowly("GET", discord.base + "/emojis/" + emoji).code() == 10014);

    const std::string form =
        "--XX\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nwave\r\n--XX\r\nContent-Disposition: form-data; "
        "name=\"tags\"\r\n\r\n"
        "hi\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"w.png\"\r\nContent-Type: "
        "image/png\r\n\r\nPNG\r\n--XX--\r\n";
    const reply sticker = discord.take({.request = request_id{800},
                                        .method = "POST",
                                        .target = discord.base + "/stickers",
                                        .body = form,
                                        .headers = {{"User-Agent", "x"},
                                                    {"Authorization", "Bot sim.token"},
                                                    {"Content-Type", "multipart/form-data; boundary=XX"}},
                                        .peer_ip = "1"});
    const std::string id = guild_api::id_of(sticker);
    CHECK(guild_api::lists(discord.told("GUILD_STICKERS_UPDATE").at("stickers"), id));
    CHECK(guild_api::lists(discord.shown().at("stickers"), id));
    CHECK(discord.slowly("GET", "/api/v10/stickers/" + id).body.at("name") == "wave");
    const reply sent = discord.slowly("POST", discord.channel() + "/messages", json::object{{"sticker_ids", json::array{id}}});
    CHECK(sent.body.at("sticker_items").at(0).at("name") == "wave");
    CHECK(discord.slowly("PATCH", discord.base + "/stickers/" + id, json::object{{"name", "w"}}).code() == 50035);
    CHECK(discord.slowly("DELETE", discord.base + "/stickers/" + id).status == 204);
    CHECK(discord.slowly("GET", "/api/v10/stickers/" + id).code() == 10060);
}

TEST_CASE("B34 the application has emojis of its own, of which no event tells") {
    guild_api discord;
    const std::string base = discord.path("/emojis");
    const std::string id = guild_api::id_of(discord.slowly("POST", base, json::object{{"name", "own"}, {"image", png}}));
    CHECK(discord.slowly("GET", base).body.at("items").as_array().size() == 1);
    CHECK(discord.slowly("PATCH", base + "/" + id, json::object{{"name", "named"}}).body.at("name") == "named");
    CHECK(discord.slowly("DELETE", base + "/" + id).status == 204);
    CHECK(discord.slowly("GET", base + "/" + id).code() == 10014);
    CHECK(discord.ears.heard.empty());
}

TEST_CASE("B38 emoji routes count by guild and say otherwise") {
    guild_api discord;
    reply got;
    for (int i = 0; i < 15; ++i) {
        got = discord.send("GET", discord.base + "/emojis");
        REQUIRE(got.status == 200);
    }
    CHECK(std::stoi(got.header_of("X-RateLimit-Remaining")) > 0);
    CHECK(got.header_of("X-RateLimit-Reset-After") == "1.000");
    const reply over = discord.send("POST", discord.base + "/emojis", json::object{{"name", "ab"}, {"image", png}});
    CHECK(over.status == 429);
    CHECK(over.header_of("Retry-After") == "30");
    CHECK(std::stoi(over.header_of("X-RateLimit-Remaining")) > 0);
    CHECK(discord.send("GET", "/api/v10/guilds/" + std::to_string(discord.where.guilds()[1]) + "/emojis").status == 200);
}

TEST_CASE("B34 webhooks write under their own names, and only with the right token") {
    guild_api discord;
    const reply made = discord.slowly("POST", discord.channel() + "/webhooks", json::object{{"name", "Hook"}});
    const std::string id = guild_api::id_of(made), token(made.body.at("token").as_string());
    CHECK(discord.told("WEBHOOKS_UPDATE").at("guild_id") == json::value(std::to_string(discord.guild)));
    const std::string hook = "/api/v10/webhooks/" + id + "/" + token;
    const auto open = [&](std::string method, const std::string& target, json::value body = nullptr) {
        discord.now += 10s;
        return discord.send(std::move(method), target, body, {}, false);
    };
    CHECK(open("POST", hook, json::object{{"content", "silent"}}).status == 204);
    const reply said = open("POST", hook + "?wait=true", json::object{{"content", "loud @everyone"}, {"username", "Mask"}});
    CHECK(said.status == 200);
    const json::object told = discord.told("MESSAGE_CREATE");
    CHECK(told.at("webhook_id") == json::value(id));
    CHECK(told.at("author").at("username") == "Mask");
    CHECK(told.at("mention_everyone") == false);
    CHECK_FALSE(told.contains("member"));
    const std::string message = hook + "/messages/" + std::string(said.body.at("id").as_string());
    CHECK(open("PATCH", message, json::object{{"content", "edited"}}).body.at("content") == "edited");
    CHECK(open("GET", message).body.at("content") == "edited");
    CHECK(open("DELETE", message).status == 204);
    CHECK(open("GET", message).code() == 10008);
    CHECK(open("POST", "/api/v10/webhooks/" + id + "/wrong", json::object{{"content", "x"}}).code() == 50027);
    CHECK(open("POST", "/api/v10/webhooks/123456789012345678/x", json::object{{"content", "x"}}).code() == 10015);
    CHECK(open("GET", hook).body.at("name") == "Hook");
    CHECK(discord.slowly("GET", discord.base + "/webhooks").body.as_array().size() == 1);
    CHECK(discord.slowly("PATCH", "/api/v10/webhooks/" + id, json::object{{"name", "Renamed"}}).body.at("name") == "Renamed");
    for (int i = 1; i < 15; ++i)
        REQUIRE(discord.slowly("POST", discord.channel() + "/webhooks", json::object{{"name", "Hook"}}).status == 200);
    CHECK(discord.slowly("POST", discord.channel() + "/webhooks", json::object{{"name", "Hook"}}).code() == 30007);
    CHECK(open("DELETE", hook).status == 204);
    CHECK(open("GET", hook).code() == 10015);
    CHECK(discord.rest.audit_log().back().at("action_type") == 52);
}

TEST_CASE("B38 a channel takes thirty messages of webhooks a minute while their own buckets show room") {
    guild_api discord;
    std::vector<std::string> hooks;
    for (int i = 0; i < 7; ++i) {
        const reply made = discord.slowly("POST", discord.channel() + "/webhooks", json::object{{"name", "Hook"}});
        hooks.push_back("/api/v10/webhooks/" + guild_api::id_of(made) + "/" + std::string(made.body.at("token").as_string()));
    }
    discord.now += 1min;
    for (int i = 0; i < 30; ++i)
        REQUIRE(discord.send("POST", hooks[static_cast<std::size_t>(i / 5)], json::object{{"content", "x"}}, {}, false).status ==
                204);
    discord.now += 20s;
    const reply over = discord.send("POST", hooks[6], json::object{{"content", "x"}}, {}, false);
    CHECK(over.status == 429);
    CHECK(over.header_of("X-RateLimit-Scope") == "shared");
    CHECK(over.header_of("X-RateLimit-Remaining") == "4");
    CHECK(over.header_of("Retry-After") == "40");
}

TEST_CASE("B34 invites are made, listed, shown to anybody and run out") {
    guild_api discord;
    std::uint64_t guild = 0;
    for (const std::uint64_t one : discord.where.guilds()) {
        if ((discord.where.bot_permissions(one) & 8) != 0) guild = one;
    }
    discord.guild = guild;
    discord.base = "/api/v10/guilds/" + std::to_string(guild);
    const reply made = discord.slowly("POST", discord.channel() + "/invites", json::object{{"max_age", 60}});
    REQUIRE(made.status == 200);
    const std::string code(made.body.at("code").as_string());
    CHECK(discord.told("INVITE_CREATE").at("code") == json::value(code));
    CHECK(discord.intents_of("INVITE_CREATE") == bit(6));
    CHECK(discord.slowly("GET", discord.channel() + "/invites").body.as_array().size() == 1);
    CHECK(discord.slowly("GET", discord.base + "/invites").body.as_array().size() == 1);
    CHECK(discord.send("GET", "/api/v10/invites/" + code, nullptr, {}, false).body.at("guild").at("id") ==
          json::value(std::to_string(guild)));
    CHECK(discord.slowly("POST", discord.channel() + "/invites", json::object{{"max_age", -1}}).code() == 50035);
    const reply other = discord.slowly("POST", discord.channel() + "/invites", json::object{});
    CHECK(discord.slowly("DELETE", "/api/v10/invites/" + std::string(other.body.at("code").as_string())).status == 200);
    CHECK(discord.told("INVITE_DELETE").at("code") == other.body.at("code"));
    discord.now += 1min;
    CHECK(discord.slowly("GET", "/api/v10/invites/" + code).code() == 10006);
}

TEST_CASE("B34 invites and webhooks end with their channel and their guild") {
    guild_api discord;
    const std::string channel = discord.channel();
    const auto invite = [&] {
        return "/api/v10/invites/" +
               std::string(discord.slowly("POST", discord.channel() + "/invites", json::object{}).body.at("code").as_string());
    };
    const auto hook = [&] {
        return "/api/v10/webhooks/" +
               guild_api::id_of(discord.slowly("POST", discord.channel() + "/webhooks", json::object{{"name", "Hook"}}));
    };
    const std::string first_invite = invite(), first_hook = hook();
    CHECK(discord.slowly("DELETE", channel).status == 200);
    CHECK(discord.slowly("GET", first_invite).code() == 10006);
    CHECK(discord.slowly("GET", first_hook).code() == 10015);
    const std::string second_invite = invite(), second_hook = hook();
    CHECK(discord.slowly("GET", second_hook).status == 200);
    discord.where.leave_guild(discord.guild);
    CHECK(discord.slowly("GET", second_invite).code() == 10006);
    CHECK(discord.slowly("DELETE", second_invite).code() == 10006);
    CHECK(discord.slowly("PATCH", second_hook, json::object{{"name", "x"}}).code() == 10015);
}

TEST_CASE("B34 scheduled events are made, shown in GUILD_CREATE, changed and deleted") {
    guild_api discord;
    const json::object body{{"name", "Party"},
                            {"scheduled_start_time", "2027-01-01T00:00:00Z"},
                            {"scheduled_end_time", "2027-01-01T02:00:00Z"},
                            {"privacy_level", 2},
                            {"entity_type", 3},
                            {"entity_metadata", json::object{{"location", "here"}}}};
    json::object nowhere = body;
    nowhere.erase("entity_metadata");
    CHECK(discord.slowly("POST", discord.base + "/scheduled-events", nowhere).code() == 50035);
    const std::string id = guild_api::id_of(discord.slowly("POST", discord.base + "/scheduled-events", body));
    CHECK(discord.told("GUILD_SCHEDULED_EVENT_CREATE").at("name") == "Party");
    CHECK(discord.intents_of("GUILD_SCHEDULED_EVENT_CREATE") == bit(16));
    CHECK(guild_api::lists(discord.shown().at("guild_scheduled_events"), id));
    const std::string event = discord.base + "/scheduled-events/" + id;
    CHECK(discord.slowly("PATCH", event, json::object{{"status", 2}}).body.at("status") == 2);
    CHECK(discord.told("GUILD_SCHEDULED_EVENT_UPDATE").at("status") == 2);
    CHECK(discord.slowly("GET", event + "/users").status == 200);
    CHECK(discord.slowly("DELETE", event).status == 204);
    CHECK(discord.told("GUILD_SCHEDULED_EVENT_DELETE").at("id") == json::value(id));
    CHECK(discord.slowly("GET", event).code() == 10070);
}

TEST_CASE("B34 permissions of commands need a user's bearer token and are told to all sessions of the guild") {
    guild_api discord;
    const std::string command =
        guild_api::id_of(discord.slowly("POST", discord.path("/commands"), json::object{{"name", "ping"}, {"description", "d"}}));
    const std::string target = discord.path("/guilds/" + std::to_string(discord.guild) + "/commands/" + command + "/permissions");
    const json::object body{
        {"permissions", json::array{json::object{{"id", std::to_string(discord.guild)}, {"type", 1}, {"permission", false}}}}};
    CHECK(discord.slowly("PUT", target, body).code() == 20001);
    CHECK(discord.send("PUT", target, body, {}, false).status == 401);
    const std::vector<header> user = {{"Authorization", "Bearer someone"}};
    discord.now += 10s;
    CHECK(discord.send("PUT", target, json::object{{"permissions", json::array{json::object{}}}}, user, false).code() == 50035);
    CHECK(discord.send("PUT", target, body, user, false).status == 200);
    CHECK(discord.told("APPLICATION_COMMAND_PERMISSIONS_UPDATE").at("id") == json::value(command));
    CHECK(discord.intents_of("APPLICATION_COMMAND_PERMISSIONS_UPDATE") == 0);
    CHECK(discord.slowly("GET", target).body.at("permissions").at(0).at("permission") == false);
    const std::string all = discord.path("/guilds/" + std::to_string(discord.guild) + "/commands/permissions");
    CHECK(discord.slowly("GET", all).body.as_array().size() == 1);
}

TEST_CASE("B34 the bot can be renamed and can leave a guild") {
    guild_api discord;
    CHECK(discord.slowly("PATCH", "/api/v10/users/@me", json::object{{"username", "x"}}).code() == 50035);
    CHECK(discord.slowly("PATCH", "/api/v10/users/@me", json::object{{"username", "shoal"}}).body.at("username") == "shoal");
    CHECK(parsed(discord.ears.last("USER_UPDATE")->data).at("username") == "shoal");
    CHECK(discord.slowly("GET", "/api/v10/users/@me").body.at("username") == "shoal");
    CHECK(discord.slowly("DELETE", "/api/v10/users/@me/guilds/" + std::to_string(discord.guild)).status == 204);
    CHECK(discord.ears.left == discord.guild);
    CHECK(discord.slowly("DELETE", "/api/v10/users/@me/guilds/5").code() == 10004);
}
