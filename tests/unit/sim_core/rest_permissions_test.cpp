// What the bot must be allowed to do for a write, and what it is told when a role opens a channel to it.

#include <doctest/doctest.h>

#include "sim/core/permission_bits.hpp"
#include "tests/unit/sim_core/rest_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;
using namespace std::chrono_literals;

namespace {

simulator_config guilds_of(const char* name) {
    simulator_config config;
    config.world.guild_classes = name;
    config.world.guilds = 12;
    return config;
}

/// A guild in which the bot is no administrator and has what a role of its own gives it.
struct limited_api : api {
    std::uint64_t guild = 0, channel = 0;
    std::string of_guild, of_channel;

    explicit limited_api(const char* guild_class = "small") : api(guilds_of(guild_class), rights::as_drawn) {
        for (const std::uint64_t one : where.guilds()) {
            if ((where.bot_permissions(one) & permission::administrator) == 0) guild = one;
        }
        REQUIRE(guild != 0);
        channel = where.some_channel(guild, 0);
        of_guild = "/api/v10/guilds/" + std::to_string(guild);
        of_channel = "/api/v10/channels/" + std::to_string(channel);
        may(permission::view_channel);
    }
    void publish(const std::optional<world_change>& change) {
        REQUIRE(change);
        for (const world_event& event : change->events) ears.publish(event, now);
    }
    /// The bot may exactly this.
    void may(std::uint64_t permissions) {
        const json::object fields{{"permissions", std::to_string(permissions)}};
        for (const std::string& text : where.roles(guild)) {
            const json::value role = json::parse(text);
            const std::uint64_t id = parse_snowflake(std::string_view(role.at("id").as_string())).value();
            const bool everyone = id == guild;
            const json::value* bot = role.at("tags").as_object().if_contains("bot_id");
            const bool own = bot != nullptr && *bot == json::value(std::to_string(where.bot_user_id()));
            if (own || everyone) publish(where.update_role(guild, id, everyone ? json::object{{"permissions", "0"}} : fields));
        }
        const bool all = (permissions & permission::administrator) != 0;
        CHECK(where.bot_permissions(guild) == (all ? permission::everything : permissions));
    }
    std::string message(std::uint64_t by = 0) {
        static_cast<void>(by);
        const std::uint64_t had = where.bot_permissions(guild);
        may(had | permission::send_messages);
        const reply made = slowly("POST", of_channel + "/messages", json::object{{"content", "x"}});
        REQUIRE_MESSAGE(made.status == 200, made.text);
        may(had);
        return of_channel + "/messages/" + std::string(made.body.at("id").as_string());
    }
};

struct route_write {
    const char* method;
    std::string path;
    json::value body;
    std::uint64_t needs;
};

}  // namespace

TEST_CASE("B34 a write needs its permission, is refused with 50013 without it, and is done with it") {
    limited_api discord;
    const std::string someone = std::to_string(discord.where.some_member(discord.guild, 1));
    const std::string role = std::to_string(discord.where.some_role(discord.guild, 3));
    const std::string message = discord.message();
    const std::string of_member = discord.of_guild + "/members/" + someone;
    const json::object png{{"name", "e1"}, {"image", "data:image/png;base64,AAAA"}};
    const std::vector<route_write> writes = {
        {"POST", discord.of_channel + "/messages", json::object{{"content", "x"}}, permission::send_messages},
        {"PUT", message + "/reactions/%F0%9F%91%8D/@me", nullptr, permission::add_reactions | permission::read_history},
        {"DELETE", message + "/reactions", nullptr, permission::manage_messages},
        {"PUT", discord.of_channel + "/messages/pins" + message.substr(message.rfind('/')), nullptr, permission::pin_messages},
        {"POST", message + "/threads", json::object{{"name", "t"}}, permission::create_public_threads},
        {"POST", discord.of_channel + "/threads", json::object{{"name", "t"}}, permission::create_private_threads},
        {"POST", discord.of_channel + "/webhooks", json::object{{"name", "w"}}, permission::manage_webhooks},
        {"POST", discord.of_channel + "/invites", json::object{}, permission::create_invite},
        {"PUT", discord.of_channel + "/permissions/" + role, json::object{{"type", 0}, {"allow", "64"}},
         permission::manage_roles},
        {"PATCH", discord.of_channel, json::object{{"name", "renamed"}}, permission::manage_channels},
        {"PATCH", discord.of_guild, json::object{{"name", "Renamed"}}, permission::manage_guild},
        {"POST", discord.of_guild + "/channels", json::object{{"name", "c"}}, permission::manage_channels},
        {"POST", discord.of_guild + "/roles", json::object{{"name", "r"}}, permission::manage_roles},
        {"PATCH", discord.of_guild + "/roles/" + role, json::object{{"name", "r"}}, permission::manage_roles},
        {"PUT", of_member + "/roles/" + role, nullptr, permission::manage_roles},
        {"PATCH", of_member, json::object{{"nick", "n"}}, permission::manage_nicknames},
        {"PATCH", of_member, json::object{{"mute", true}}, permission::mute_members},
        {"PATCH", of_member, json::object{{"communication_disabled_until", nullptr}}, permission::moderate_members},
        {"PATCH", discord.of_guild + "/members/@me", json::object{{"nick", "me"}}, permission::change_nickname},
        {"POST", discord.of_guild + "/emojis", png, permission::create_expressions},
        {"POST", discord.of_guild + "/auto-moderation/rules",
         json::object{{"name", "r"}, {"event_type", 1}, {"trigger_type", 3}, {"actions", json::array{json::object{{"type", 1}}}}},
         permission::manage_guild},
        {"POST", discord.of_guild + "/templates", json::object{{"name", "t"}}, permission::manage_guild},
        {"PUT", discord.of_guild + "/bans/" + std::to_string(discord.where.some_member(discord.guild, 5)), json::object{},
         permission::ban_members},
        {"DELETE", of_member, nullptr, permission::kick_members},
        {"DELETE", discord.of_channel, nullptr, permission::manage_channels},
    };
    for (const route_write& one : writes) {
        CAPTURE(one.method);
        CAPTURE(one.path);
        discord.may(permission::view_channel);
        const reply refused = discord.slowly(one.method, one.path, one.body);
        CHECK(refused.status == 403);
        CHECK(refused.code() == 50013);
        discord.may(permission::view_channel | one.needs);
        const reply done = discord.slowly(one.method, one.path, one.body);
        CHECK_MESSAGE(done.status < 300, done.text);
    }
}

TEST_CASE("B34 in a channel that the bot does not see every write is refused with 50001") {
    limited_api discord;
    const std::string message = discord.message();
    discord.may(permission::everything & ~(permission::administrator | permission::view_channel));
    for (const auto& [method, path] :
         {std::pair{"POST", discord.of_channel + "/messages"}, std::pair{"PATCH", discord.of_channel},
          std::pair{"DELETE", message}, std::pair{"POST", discord.of_channel + "/invites"}}) {
        const reply refused = discord.slowly(method, path, json::object{{"content", "x"}});
        CHECK(refused.status == 403);
        CHECK(refused.code() == 50001);
    }
}

TEST_CASE("B34 its own messages and threads the bot may change without any permission, those of others not") {
    limited_api discord;
    const std::string own = discord.message();
    CHECK(discord.slowly("PATCH", own, json::object{{"content", "y"}}).status == 200);
    CHECK(discord.slowly("DELETE", own).status == 204);
    CHECK(discord.slowly("DELETE", own).code() == 10008);
    discord.may(permission::view_channel | permission::create_public_threads);
    const reply thread = discord.slowly("POST", discord.of_channel + "/threads", json::object{{"name", "t"}, {"type", 11}});
    REQUIRE_MESSAGE(thread.status == 201, thread.text);
    const std::string path = "/api/v10/channels/" + std::string(thread.body.at("id").as_string());
    discord.may(permission::view_channel);
    CHECK(discord.slowly("PATCH", path, json::object{{"name", "u"}}).status == 200);
    CHECK(discord.slowly("PATCH", path, json::object{{"locked", true}}).code() == 50013);
    CHECK(discord.slowly("DELETE", path).code() == 50013);
    CHECK(discord.slowly("POST", path + "/messages", json::object{{"content", "x"}}).code() == 50013);
    discord.may(permission::view_channel | permission::send_in_threads);
    CHECK(discord.slowly("POST", path + "/messages", json::object{{"content", "x"}}).status == 200);
}

TEST_CASE("B34 an overwrite of a channel gives and takes what the guild's roles say") {
    limited_api discord;
    discord.may(permission::view_channel | permission::send_messages);
    const auto overwrite = [&](const char* allow, const char* deny) {
        discord.publish(discord.where.set_overwrite(discord.channel, discord.where.bot_user_id(),
                                                    json::object{{"type", 1}, {"allow", allow}, {"deny", deny}}));
        return discord.slowly("POST", discord.of_channel + "/messages", json::object{{"content", "x"}}).code();
    };
    CHECK(overwrite("0", "2048") == 50013);
    CHECK(overwrite("2048", "0") == -1);
    CHECK(overwrite("0", "1024") == 50001);
    discord.may(permission::administrator);
    CHECK(discord.slowly("POST", discord.of_channel + "/messages", json::object{{"content", "x"}}).status == 200);
}

TEST_CASE("B46 THREAD_LIST_SYNC comes when a role opens channels to the bot, once for all of them") {
    limited_api discord("medium");
    discord.may(permission::view_channel | permission::create_public_threads);
    const reply thread = discord.slowly("POST", discord.of_channel + "/threads", json::object{{"name", "t"}, {"type", 11}});
    REQUIRE_MESSAGE(thread.status == 201, thread.text);
    const json::value id = thread.body.at("id");
    discord.ears.heard.clear();
    discord.may(permission::send_messages);
    CHECK_FALSE(discord.where.bot_sees_channel(discord.channel));
    CHECK(discord.ears.last("THREAD_LIST_SYNC") == nullptr);
    discord.may(permission::view_channel);
    const world_event* told = discord.ears.last("THREAD_LIST_SYNC");
    REQUIRE(told != nullptr);
    const json::object sync = parsed(told->data);
    CHECK(sync.at("channel_ids").as_array().size() > 1);
    CHECK(std::ranges::any_of(sync.at("threads").as_array(), [&](const json::value& one) { return one.at("id") == id; }));
    CHECK(std::ranges::any_of(sync.at("members").as_array(), [&](const json::value& one) { return one.at("id") == id; }));

    // The same by a role that the bot is given, which an overwrite names.
    const std::uint64_t role = discord.where.some_role(discord.guild, 3);
    discord.publish(
        discord.where.set_overwrite(discord.channel, discord.guild, json::object{{"type", 0}, {"allow", "0"}, {"deny", "1024"}}));
    discord.publish(
        discord.where.set_overwrite(discord.channel, role, json::object{{"type", 0}, {"allow", "1024"}, {"deny", "0"}}));
    REQUIRE_FALSE(discord.where.bot_sees_channel(discord.channel));
    discord.ears.heard.clear();
    const json::object own = json::parse(*discord.where.member(discord.guild, discord.where.bot_user_id())).as_object();
    json::array roles = own.at("roles").as_array();
    roles.emplace_back(std::to_string(role));
    discord.publish(discord.where.update_member(discord.guild, discord.where.bot_user_id(), {{"roles", roles}}));
    CHECK(discord.where.bot_sees_channel(discord.channel));
    told = discord.ears.last("THREAD_LIST_SYNC");
    REQUIRE(told != nullptr);
    CHECK(parsed(told->data).at("channel_ids").as_array().size() == 1);
}
