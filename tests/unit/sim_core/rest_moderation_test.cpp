// Stage instances, rules of auto moderation, integrations and templates over REST: what is kept and what is told.

#include <doctest/doctest.h>

#include "sim/core/permission_bits.hpp"
#include "tests/unit/sim_core/rest_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;

namespace {

/// A guild in which the bot is an administrator.
struct moderated_api : api {
    std::uint64_t guild = 0;
    std::string base;

    moderated_api() : api(large()) {
        for (const std::uint64_t one : where.guilds()) {
            const bool admin = (where.bot_permissions(one) & permission::administrator) != 0;
            if (admin && !where.channel_ids(one, 13).empty()) guild = one;
        }
        REQUIRE(guild != 0);
        base = "/api/v10/guilds/" + std::to_string(guild);
    }
    static simulator_config large() {
        simulator_config config;
        config.world.guild_classes = "community";
        config.world.guilds = 12;
        return config;
    }
    json::object told(std::string_view name) const {
        const world_event* event = ears.last(name);
        REQUIRE_MESSAGE(event != nullptr, name);
        CHECK(event->guild == guild);
        return parsed(event->data);
    }
    json::object shown() const { return parsed(where.guild_create(guild, {.intents = 1, .large_threshold = 50})); }
};

}  // namespace

TEST_CASE("B34 a stage is opened, changed and closed, and GUILD_CREATE shows it") {
    moderated_api discord;
    const std::uint64_t channel = discord.where.channel_ids(discord.guild, 13).front();
    const std::string path = "/api/v10/stage-instances/" + std::to_string(channel);
    const auto stages = [&] {
        std::size_t count = 0;
        for (const json::value& one : discord.shown().at("stage_instances").as_array())
            count += one.at("channel_id") == json::value(std::to_string(channel));
        return count;
    };
    if (discord.where.stage(channel)) CHECK(discord.slowly("DELETE", path).status == 204);
    CHECK(discord.slowly("GET", path).code() == 10067);
    CHECK(stages() == 0);
    const json::object body{{"channel_id", std::to_string(channel)}, {"topic", "News"}};
    CHECK(discord.slowly("POST", "/api/v10/stage-instances", json::object{{"channel_id", std::to_string(channel)}}).code() ==
          50035);
    const std::string text = std::to_string(discord.where.channel_ids(discord.guild, 0).front());
    CHECK(discord.slowly("POST", "/api/v10/stage-instances", json::object{{"channel_id", text}, {"topic", "x"}}).code() == 50024);
    const reply made = discord.slowly("POST", "/api/v10/stage-instances", body);
    REQUIRE_MESSAGE(made.status == 200, made.text);
    CHECK(made.body.at("topic") == "News");
    CHECK(discord.told("STAGE_INSTANCE_CREATE").at("id") == made.body.at("id"));
    CHECK(stages() == 1);
    CHECK(discord.slowly("POST", "/api/v10/stage-instances", body).code() == 150006);
    CHECK(discord.slowly("PATCH", path, json::object{{"topic", "Weather"}}).body.at("topic") == "Weather");
    CHECK(discord.told("STAGE_INSTANCE_UPDATE").at("topic") == "Weather");
    CHECK(discord.told("GUILD_AUDIT_LOG_ENTRY_CREATE").at("action_type") == 84);
    CHECK(discord.slowly("DELETE", path).status == 204);
    CHECK(discord.told("STAGE_INSTANCE_DELETE").at("topic") == "Weather");
    CHECK(discord.slowly("PATCH", path, json::object{{"topic", "x"}}).code() == 10067);
    CHECK(stages() == 0);
}

TEST_CASE("B34 rules of auto moderation are checked, counted by their trigger, changed and removed") {
    moderated_api discord;
    const std::string rules = discord.base + "/auto-moderation/rules";
    const auto rule = [](int trigger) {
        return json::object{{"name", "No spam"},
                            {"event_type", 1},
                            {"trigger_type", trigger},
                            {"actions", json::array{json::object{{"type", 1}}}}};
    };
    CHECK(discord.slowly("POST", rules, json::object{{"name", "x"}}).code() == 50035);
    CHECK(discord.slowly("POST", rules, rule(2)).code() == 50035);
    const reply made = discord.slowly("POST", rules, rule(3));
    REQUIRE_MESSAGE(made.status == 200, made.text);
    CHECK(made.body.at("enabled") == false);
    CHECK(discord.told("AUTO_MODERATION_RULE_CREATE").at("id") == made.body.at("id"));
    CHECK(discord.slowly("POST", rules, rule(3)).code() == 50035);
    for (int i = 0; i < 6; ++i) CHECK(discord.slowly("POST", rules, rule(1)).status == 200);
    CHECK(discord.slowly("POST", rules, rule(1)).code() == 50035);
    CHECK(discord.slowly("GET", rules).body.as_array().size() == 7);
    const std::string path = rules + "/" + std::string(made.body.at("id").as_string());
    CHECK(discord.slowly("PATCH", path, json::object{{"enabled", true}}).body.at("enabled") == true);
    CHECK(discord.told("AUTO_MODERATION_RULE_UPDATE").at("trigger_type") == 3);
    CHECK(discord.slowly("GET", path).body.at("name") == "No spam");
    CHECK(discord.slowly("DELETE", path).status == 204);
    CHECK(discord.told("AUTO_MODERATION_RULE_DELETE").at("id") == made.body.at("id"));
    CHECK(discord.slowly("GET", path).status == 404);
}

TEST_CASE("B34 an integration can be taken away, and with its own the bot goes") {
    moderated_api discord;
    const std::string path = discord.base + "/integrations";
    const reply list = discord.slowly("GET", path);
    REQUIRE(list.body.as_array().size() == 2);
    const auto id_of = [&](const char* type) {
        for (const json::value& one : list.body.as_array()) {
            if (one.at("type") == type) return std::string(one.at("id").as_string());
        }
        return std::string("0");
    };
    CHECK(discord.slowly("DELETE", path + "/7").code() == 10005);
    CHECK(discord.slowly("DELETE", path + "/" + id_of("twitch")).status == 204);
    CHECK(discord.told("INTEGRATION_DELETE").at("id") == json::value(id_of("twitch")));
    CHECK(discord.told("GUILD_INTEGRATIONS_UPDATE").at("guild_id") == json::value(std::to_string(discord.guild)));
    CHECK(discord.ears.left == 0);
    CHECK(discord.slowly("GET", path).body.as_array().size() == 1);
    CHECK(discord.slowly("DELETE", path + "/" + id_of("discord")).status == 204);
    CHECK(discord.told("INTEGRATION_DELETE").at("application_id") == json::value(discord.app));
    CHECK(discord.ears.left == discord.guild);
}

TEST_CASE("B34 a guild has one template, which anybody may look at, and which is what the guild was when it was last synced") {
    moderated_api discord;
    const std::string templates = discord.base + "/templates";
    CHECK(discord.slowly("POST", templates, json::object{{"description", "x"}}).code() == 50035);
    const reply made = discord.slowly("POST", templates, json::object{{"name", "Home"}});
    REQUIRE_MESSAGE(made.status == 200, made.text);
    CHECK(discord.slowly("POST", templates, json::object{{"name", "Again"}}).code() == 30031);
    const std::string code(made.body.at("code").as_string());
    CHECK(discord.send("GET", "/api/v10/guilds/templates/" + code, nullptr, {}, false).body.at("name") == "Home");
    CHECK(discord.slowly("GET", "/api/v10/guilds/templates/none").code() == 10057);
    const auto channels = [](const json::value& one) {
        return one.at("serialized_source_guild").at("channels").as_array().size();
    };
    const std::size_t before = channels(made.body);
    CHECK(discord.slowly("POST", discord.base + "/channels", json::object{{"name", "new"}}).status == 201);
    CHECK(channels(discord.slowly("PATCH", templates + "/" + code, json::object{{"name", "House"}}).body) == before);
    CHECK(channels(discord.slowly("PUT", templates + "/" + code).body) == before + 1);
    CHECK(discord.slowly("GET", templates).body.at(0).at("name") == "House");
    CHECK(discord.slowly("DELETE", templates + "/" + code).body.at("name") == "House");
    CHECK(discord.slowly("GET", templates).body.as_array().empty());
    CHECK(discord.slowly("DELETE", templates + "/" + code).code() == 10057);
}
