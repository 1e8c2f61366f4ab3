// Threads over REST [#46].

#include <doctest/doctest.h>

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

struct threads_api : api {
    explicit threads_api(const char* guild_class = "small", rights which = rights::all)
        : api(of_class(guild_class), which),
          guild(where.guilds()[0]),
          base("/api/v10/channels/" + std::to_string(where.some_channel(guild, 0))) {}

    std::string make(json::object fields = {}) {
        fields["name"] = "talk";
        if (!fields.contains("type")) fields["type"] = 11;
        const reply made = slowly("POST", base + "/threads", fields);
        REQUIRE_MESSAGE(made.status == 201, made.text);
        return std::string(made.body.at("id").as_string());
    }
    json::object told(std::string_view name) const {
        const world_event* event = ears.last(name);
        REQUIRE_MESSAGE(event != nullptr, name);
        return parsed(event->data);
    }
    std::size_t count(std::string_view name) const {
        return static_cast<std::size_t>(std::ranges::count(ears.heard, name, &world_event::name));
    }
    bool in_guild_create(const std::string& id) const {
        const json::object shown = parsed(where.guild_create(guild, {.intents = 1, .large_threshold = 50}));
        return std::ranges::any_of(shown.at("threads").as_array(),
                                   [&](const json::value& one) { return one.at("id") == json::value(id); });
    }
    json::object metadata(const std::string& id) {
        return slowly("GET", "/api/v10/channels/" + id).body.at("thread_metadata").as_object();
    }

    std::uint64_t guild;
    std::string base;
};

}  // namespace

TEST_CASE("B46 a thread is made, told as newly created, and listed in GUILD_CREATE while it is active") {
    threads_api discord;
    const std::string id = discord.make({{"auto_archive_duration", 60}});
    const json::object made = discord.told("THREAD_CREATE");
    CHECK(made.at("newly_created") == true);
    CHECK(made.at("name") == "talk");
    CHECK(made.at("thread_metadata").at("auto_archive_duration") == 60);
    CHECK(discord.in_guild_create(id));
    CHECK(discord.told("MESSAGE_CREATE").at("type") == 18);  // said in the parent
    const std::string thread = "/api/v10/channels/" + id;
    CHECK(discord.slowly("POST", thread + "/messages", json::object{{"content", "hi"}}).status == 200);
    const json::object now = discord.slowly("GET", thread).body.as_object();
    CHECK(now.at("message_count") == 1);
    CHECK(now.at("last_message_id") == discord.told("MESSAGE_CREATE").at("id"));
    CHECK(discord.slowly("PATCH", thread, json::object{{"archived", true}}).body.at("thread_metadata").at("archived") == true);
    CHECK(discord.told("THREAD_UPDATE").at("thread_metadata").at("archived") == true);
    CHECK_FALSE(discord.in_guild_create(id));
    const auto listed = [&](const std::string& path) {
        const json::array all = discord.slowly("GET", path).body.at("threads").as_array();
        return std::ranges::any_of(all, [&](const json::value& one) { return one.at("id") == json::value(id); });
    };
    CHECK(listed(discord.base + "/threads/archived/public"));
    CHECK_FALSE(listed("/api/v10/guilds/" + std::to_string(discord.guild) + "/threads/active"));
    // A message wakes it, and sessions hear of that first.
    discord.ears.heard.clear();
    CHECK(discord.slowly("POST", thread + "/messages", json::object{{"content", "awake"}}).status == 200);
    REQUIRE(discord.ears.heard.size() == 2);
    CHECK(discord.ears.heard[0].name == "THREAD_UPDATE");
    CHECK(discord.ears.heard[1].name == "MESSAGE_CREATE");
    CHECK(listed("/api/v10/guilds/" + std::to_string(discord.guild) + "/threads/active"));
    CHECK(discord.slowly("DELETE", thread).status == 200);
    CHECK(discord.told("THREAD_DELETE").at("id") == json::value(id));
    CHECK(discord.slowly("GET", thread).code() == 10003);
    std::vector<std::int64_t> log;
    for (const json::value& entry : discord.rest.audit_log()) log.push_back(entry.at("action_type").as_int64());
    CHECK(log == std::vector<std::int64_t>{110, 111, 112});
}

TEST_CASE("B46 silence archives a thread after its time, and every message winds the clock anew") {
    threads_api discord;
    const std::string id = discord.make({{"auto_archive_duration", 60}});
    discord.pass(50min);
    CHECK(discord.send("POST", "/api/v10/channels/" + id + "/messages", json::object{{"content", "still here"}}).status == 200);
    discord.pass(59min);
    CHECK(discord.metadata(id).at("archived") == false);
    CHECK(discord.count("THREAD_UPDATE") == 0);
    CHECK(discord.rest.next_due() <= discord.now + 1min);
    discord.pass(1min);
    CHECK(discord.count("THREAD_UPDATE") == 1);
    CHECK(discord.told("THREAD_UPDATE").at("thread_metadata").at("archived") == true);
    CHECK_FALSE(discord.in_guild_create(id));
    discord.pass(24h);
    CHECK(discord.count("THREAD_UPDATE") == 1);
}

TEST_CASE("B46 a locked and archived thread takes no messages and no changes") {
    threads_api discord;
    const std::string thread = "/api/v10/channels/" + discord.make();
    CHECK(discord.slowly("PATCH", thread, json::object{{"locked", true}, {"archived", true}}).status == 200);
    CHECK(discord.slowly("POST", thread + "/messages", json::object{{"content", "x"}}).code() == 50083);
    CHECK(discord.slowly("PATCH", thread, json::object{{"name", "other"}}).code() == 50083);
    CHECK(discord.slowly("PATCH", thread, json::object{{"archived", false}, {"name", "other"}}).body.at("name") == "other");
}

TEST_CASE("B46 THREAD_LIST_SYNC comes when the bot gains access to a channel, with its active threads") {
    // A guild in which the bot is no administrator, or nothing could be hidden from it.
    threads_api discord("small", api::rights::as_drawn);
    std::uint64_t guild = 0;
    for (const std::uint64_t one : discord.where.guilds()) {
        if ((discord.where.bot_permissions(one) & 8) == 0) guild = one;
    }
    REQUIRE(guild != 0);
    discord.guild = guild;
    const std::uint64_t channel = discord.where.some_channel(guild, 0);
    discord.base = "/api/v10/channels/" + std::to_string(channel);
    const std::string id = discord.make();
    // Others do it, in a guild in which the bot may not.
    const auto set = [&](std::uint64_t whom, const std::optional<json::object>& overwrite) {
        const auto change = discord.where.set_overwrite(channel, whom, overwrite);
        REQUIRE(change);
        for (const world_event& event : change->events) discord.ears.publish(event, discord.now);
    };
    set(guild, json::object{{"type", 0}, {"allow", "0"}, {"deny", "1024"}});
    CHECK_FALSE(discord.where.bot_sees_channel(channel));
    CHECK_FALSE(discord.in_guild_create(id));
    CHECK(discord.slowly("POST", discord.base + "/messages", json::object{{"content", "x"}}).code() == 50001);
    CHECK(discord.count("THREAD_LIST_SYNC") == 0);
    const std::uint64_t own = discord.where.bot_user_id();
    set(own, json::object{{"type", 1}, {"allow", "1024"}, {"deny", "0"}});
    CHECK(discord.where.bot_sees_channel(channel));
    const json::object sync = discord.told("THREAD_LIST_SYNC");
    CHECK(sync.at("channel_ids").at(0) == json::value(std::to_string(channel)));
    CHECK(std::ranges::any_of(sync.at("threads").as_array(),
                              [&](const json::value& one) { return one.at("id") == json::value(id); }));
    CHECK(sync.at("members").at(0).at("user_id") == json::value(std::to_string(own)));
    CHECK(discord.in_guild_create(id));
    set(own, std::nullopt);
    CHECK_FALSE(discord.where.bot_sees_channel(channel));
}

TEST_CASE("B46 deleting a channel archives its threads, of which only CHANNEL_DELETE tells") {
    threads_api discord("medium");
    const std::string id = discord.make();
    discord.ears.heard.clear();
    CHECK(discord.slowly("DELETE", discord.base).status == 200);
    CHECK(discord.count("CHANNEL_DELETE") == 1);
    CHECK(discord.count("THREAD_DELETE") == 0);
    CHECK(discord.count("THREAD_UPDATE") == 0);
    CHECK_FALSE(discord.in_guild_create(id));
    CHECK(discord.metadata(id).at("archived") == true);
}

TEST_CASE("B46 a thread grows from a message once, has its id, and shows on it") {
    threads_api discord;
    const reply made = discord.slowly("POST", discord.base + "/messages", json::object{{"content", "root"}});
    const std::string message(made.body.at("id").as_string());
    const std::string target = discord.base + "/messages/" + message + "/threads";
    const reply thread = discord.slowly("POST", target, json::object{{"name", "from it"}});
    REQUIRE(thread.status == 201);
    CHECK(thread.body.at("id") == json::value(message));
    CHECK(thread.body.at("type") == 11);
    CHECK(discord.told("MESSAGE_UPDATE").at("thread").at("name") == "from it");
    CHECK((discord.told("MESSAGE_UPDATE").at("flags").as_int64() & 32) != 0);
    CHECK(discord.slowly("POST", target, json::object{{"name", "again"}}).code() == 160004);
    CHECK(discord.slowly("GET", "/api/v10/channels/" + message).body.at("name") == "from it");
    CHECK(discord.slowly("POST", discord.base + "/threads", json::object{{"name", "x"}, {"auto_archive_duration", 61}}).code() ==
          50035);
}

TEST_CASE("B46 members join and leave a thread, the bot hears of itself whatever its intents") {
    threads_api discord;
    const std::string thread = "/api/v10/channels/" + discord.make();
    const std::uint64_t user = discord.where.some_member(discord.guild, 1);
    const std::string member = thread + "/thread-members/" + std::to_string(user);
    CHECK(discord.slowly("PUT", member).status == 204);
    CHECK(discord.told("THREAD_MEMBERS_UPDATE").at("member_count") == 2);
    CHECK(discord.ears.last("THREAD_MEMBERS_UPDATE")->intents == bit(1));
    CHECK(discord.slowly("GET", thread + "/thread-members").body.as_array().size() == 2);
    CHECK(discord.slowly("GET", member).body.at("user_id") == json::value(std::to_string(user)));
    CHECK(discord.slowly("DELETE", member).status == 204);
    CHECK(discord.told("THREAD_MEMBERS_UPDATE").at("removed_member_ids").at(0) == json::value(std::to_string(user)));
    CHECK(discord.slowly("GET", member).code() == 10007);
    CHECK(discord.slowly("DELETE", thread + "/thread-members/@me").status == 204);
    CHECK((discord.ears.last("THREAD_MEMBERS_UPDATE")->intents & bit(0)) != 0);
    CHECK(discord.slowly("PUT", thread + "/thread-members/@me").status == 204);
    CHECK(discord.told("THREAD_MEMBER_UPDATE").at("user_id") == json::value(std::to_string(discord.where.bot_user_id())));
}

TEST_CASE("B46 a post in a forum begins with its message") {
    threads_api discord;
    const reply forum = discord.slowly("POST", "/api/v10/guilds/" + std::to_string(discord.guild) + "/channels",
                                       json::object{{"name", "forum"}, {"type", 15}});
    REQUIRE(forum.status == 201);
    const std::string target = "/api/v10/channels/" + std::string(forum.body.at("id").as_string()) + "/threads";
    CHECK(discord.slowly("POST", target, json::object{{"name", "post"}}).code() == 50035);
    const reply made =
        discord.slowly("POST", target, json::object{{"name", "post"}, {"message", json::object{{"content", "first"}}}});
    REQUIRE_MESSAGE(made.status == 201, made.text);
    CHECK(made.body.at("message").at("content") == "first");
    CHECK(made.body.at("message").at("id") == made.body.at("id"));
    CHECK(discord.told("MESSAGE_CREATE").at("channel_id") == made.body.at("id"));
}
