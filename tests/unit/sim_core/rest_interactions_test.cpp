// Interactions from issue to answer [5.3 to 5.8].

#include <doctest/doctest.h>

#include "tests/unit/sim_core/rest_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;
using namespace std::chrono_literals;

namespace {

struct bot_with_commands : api {
    explicit bot_with_commands(simulator_config wanted = {}) : api(std::move(wanted)) {
        const auto option = [](const char* name, int type, bool required) {
            return json::object{{"name", name}, {"description", "d"}, {"type", type}, {"required", required}};
        };
        json::array all_types;
        for (int type = 3; type <= 11; ++type) all_types.push_back(option(("o" + std::to_string(type)).c_str(), type, true));
        const json::object sub{
            {"name", "deep"}, {"description", "d"}, {"type", 1}, {"options", json::array{option("n", 4, true)}}};
        const reply made = send("PUT", path("/commands"),
                                json::array{json::object{{"name", "ping"},
                                                         {"description", "d"},
                                                         {"contexts", json::array{0, 1}},
                                                         {"integration_types", json::array{0, 1}}},
                                            json::object{{"name", "all"}, {"description", "d"}, {"options", all_types}},
                                            json::object{{"name", "sub"}, {"description", "d"}, {"options", json::array{sub}}}});
        REQUIRE(made.status == 200);
        now += 10s;
    }
    std::uint64_t guild() const { return where.guilds()[0]; }
    std::uint64_t ping() {
        const auto id = rest.slash(guild(), "ping", {}, "ann", now);
        REQUIRE(id.has_value());
        return *id;
    }
    json::object event() const { return parsed(ears.last("INTERACTION_CREATE")->data); }
    std::string token() const { return std::string(event().at("token").as_string()); }
    reply callback(std::uint64_t id, json::object body, std::string query = "") {
        return send("POST", "/api/v10/interactions/" + std::to_string(id) + "/" + token() + "/callback" + query, body, {}, false);
    }
    reply hook(std::string method, std::string rest_of, json::value body = nullptr) {
        now += 2s;
        return send(std::move(method), "/api/v10/webhooks/" + app + "/" + token() + rest_of, body, {}, false);
    }
    json::object report() const { return rest.interactions().back().as_object(); }
};

json::object says(const char* text) { return {{"type", 4}, {"data", json::object{{"content", text}}}}; }

}  // namespace

TEST_CASE("B43 a slash command is issued with everything that an interaction has, and answered with a message") {
    bot_with_commands bot;
    const std::uint64_t id = bot.ping();
    const world_event* told = bot.ears.last("INTERACTION_CREATE");
    CHECK(told->guild == bot.guild());
    CHECK(told->intents == 0);
    const json::object event = bot.event();
    CHECK(id_in(event) == id);
    CHECK(event.at("type") == 2);
    CHECK(event.at("version") == 1);
    CHECK(event.at("data").at("name") == "ping");
    CHECK(event.at("member").at("user").at("username") == "ann");
    CHECK(event.at("member").at("permissions").is_string());
    CHECK(bot.where.guild_of_channel(id_in(event, "channel_id")) == bot.guild());
    for (const char* key : {"application_id", "guild", "guild_id", "channel", "app_permissions", "locale", "guild_locale",
                            "entitlements", "authorizing_integration_owners", "context", "attachment_size_limit"}) {
        CHECK_MESSAGE(event.contains(key), key);
    }
    CHECK(bot.token().size() == 200);
    CHECK(bot.report().at("state") == "waiting");
    bot.now += 12ms;
    const reply answered = bot.callback(id, says("Pong"));
    CHECK(answered.status == 204);
    CHECK(answered.text.empty());
    CHECK(bot.report().at("state") == "answered");
    CHECK(bot.report().at("text") == "Pong");
    CHECK(bot.report().at("first_answer_ms") == 12);
    CHECK(bot.report().at("acks") == 1);
    CHECK(bot.report().at("command") == "ping");
    const json::object message = parsed(bot.ears.last("MESSAGE_CREATE")->data);
    CHECK(message.at("content") == "Pong");
    CHECK(message.at("type") == 20);
}

TEST_CASE("B43 the clocks: 10062 after 3 s, 40060 the second time, 50027 after 15 minutes") {
    bot_with_commands bot;
    const std::uint64_t late = bot.ping();
    bot.pass(2999ms);
    CHECK(bot.report().at("state") == "waiting");
    CHECK(bot.rest.next_due() <= bot.now + 1ms);
    bot.pass(1ms);
    CHECK(bot.report().at("state") == "missed");
    const reply too_late = bot.callback(late, says("x"));
    CHECK(too_late.status == 404);
    CHECK(too_late.code() == 10062);
    CHECK(bot.rest.counters().at("interactions_missed").to_number<int>() == 1);
    CHECK(bot.hook("POST", "", json::object{{"content", "x"}}).code() == 10015);

    const std::uint64_t id = bot.ping();
    CHECK(bot.callback(id, says("one")).status == 204);
    const reply twice = bot.callback(id, says("two"));
    CHECK(twice.status == 400);
    CHECK(twice.code() == 40060);
    CHECK(bot.report().at("double_acks") == 1);
    CHECK(bot.report().at("text") == "one");
    CHECK(bot.hook("PATCH", "/messages/@original", json::object{{"content", "edited"}}).status == 200);
    bot.now += 15min;
    const reply expired = bot.hook("PATCH", "/messages/@original", json::object{{"content", "x"}});
    CHECK(expired.status == 401);
    CHECK(expired.code() == 50027);
    CHECK(bot.report().at("text") == "edited");
    CHECK(bot.send("POST", "/api/v10/interactions/1234567/x/callback", says("x")).code() == 10062);
    const std::uint64_t other = bot.ping();
    CHECK(bot.send("POST", "/api/v10/interactions/" + std::to_string(other) + "/wrong/callback", says("x")).code() == 10062);
}

TEST_CASE("B43 how long a token lives is a knob") {
    simulator_config config;
    config.interaction_lifetime = 5s;
    bot_with_commands bot(config);
    const std::uint64_t id = bot.ping();
    CHECK(bot.callback(id, says("one")).status == 204);
    bot.now += 2999ms;  // hook() waits 2 s
    CHECK(bot.hook("PATCH", "/messages/@original", json::object{{"content", "two"}}).status == 200);
    CHECK(bot.hook("PATCH", "/messages/@original", json::object{{"content", "x"}}).code() == 50027);
}

TEST_CASE("B43 the answer to a command says whose command it was, in both of Discord's forms") {
    bot_with_commands bot;
    CHECK(bot.callback(bot.ping(), says("one")).status == 204);
    const json::object message = bot.hook("GET", "/messages/@original").body.as_object();
    CHECK(message.at("interaction").at("name") == "ping");
    CHECK(message.at("interaction").at("user").as_object().contains("username"));
    CHECK(message.at("interaction").at("id") == message.at("interaction_metadata").at("id"));
    CHECK(message.at("interaction_metadata").at("user") == message.at("interaction").at("user"));
}

TEST_CASE("B43 a deferral shows a placeholder, which the first edit or followup fills") {
    bot_with_commands bot;
    const std::uint64_t id = bot.ping();
    const reply got = bot.callback(id, {{"type", 5}, {"data", json::object{{"flags", 64}}}}, "?with_response=true");
    CHECK(got.status == 200);
    CHECK(got.body.at("interaction").at("response_message_loading") == true);
    CHECK(got.body.at("interaction").at("response_message_ephemeral") == true);
    CHECK(got.body.at("resource").at("type") == 5);
    CHECK(bot.report().at("state") == "waiting");  // acknowledged, but its user sees nothing yet
    // Ephemeral messages carry no guild and come to shard 0.
    CHECK(bot.ears.last("MESSAGE_CREATE")->guild == 0);
    CHECK(bot.hook("GET", "/messages/@original").body.at("flags") == (64 | 128));
    CHECK(bot.hook("PATCH", "/messages/@original", json::object{{"content", "done"}}).body.at("flags") == 64);
    CHECK(bot.report().at("state") == "answered");
    CHECK(bot.report().at("text") == "done");
    CHECK(bot.hook("DELETE", "/messages/@original").status == 204);
    CHECK(bot.hook("GET", "/messages/@original").code() == 10008);

    const std::uint64_t second = bot.ping();
    CHECK(bot.callback(second, {{"type", 5}}).status == 204);
    const reply filled = bot.hook("POST", "", json::object{{"content", "filled"}});
    CHECK(filled.body.at("id") == bot.hook("GET", "/messages/@original").body.at("id"));
    const reply followup = bot.hook("POST", "", json::object{{"content", "more"}});
    CHECK(followup.body.at("id") != filled.body.at("id"));
    CHECK(bot.report().at("text") == "filled");
    CHECK(bot.report().at("texts") == json::value(json::array{"more"}));
    const std::string own = "/messages/" + std::string(followup.body.at("id").as_string());
    CHECK(bot.hook("PATCH", own, json::object{{"content", "less"}}).body.at("content") == "less");
    CHECK(bot.hook("GET", own).body.at("content") == "less");
    CHECK(bot.hook("DELETE", own).status == 204);
}

TEST_CASE("B43 with_response brings the message, and wrong answers are refused and cost nothing") {
    bot_with_commands bot;
    const std::uint64_t id = bot.ping();
    CHECK(bot.callback(id, {{"data", json::object{}}}).body.at("errors").as_object().contains("type"));
    CHECK(bot.callback(id, {{"type", 6}}).code() == 50035);
    CHECK(bot.callback(id, {{"type", 7}, {"data", json::object{{"content", "x"}}}}).code() == 50035);
    CHECK(bot.callback(id, {{"type", 8}, {"data", json::object{{"choices", json::array{}}}}}).code() == 50035);
    CHECK(bot.callback(id, {{"type", 4}, {"data", json::object{}}}).code() == 50006);
    CHECK(bot.callback(id, {{"type", 4}, {"data", json::object{{"content", std::string(2001, 'x')}}}})
              .body.at("errors")
              .at("data")
              .as_object()
              .contains("content"));
    CHECK(bot.callback(id, {{"type", 4}, {"data", json::object{{"flags", 1 << 15}, {"content", "x"}}}}).code() == 50035);
    const reply got = bot.callback(id, says("ok"), "?with_response=1");
    CHECK(got.status == 200);
    CHECK(got.body.at("interaction").at("id") == json::value(std::to_string(id)));
    CHECK(got.body.at("resource").at("message").at("content") == "ok");
}

TEST_CASE("B43 autocomplete, components and modals make the round") {
    bot_with_commands bot;
    const auto asked = bot.rest.autocomplete(
        bot.guild(), "sub deep", json::array{json::object{{"name", "n"}, {"value", "1"}, {"focused", true}}}, "ann", bot.now);
    REQUIRE(asked.has_value());
    CHECK(bot.event().at("type") == 4);
    CHECK(bot.event().at("data").at("options").at(0).at("options").at(0).at("focused") == true);
    CHECK(bot.callback(*asked, says("x")).code() == 50035);
    json::array choices;
    for (int i = 0; i < 26; ++i) choices.push_back(json::object{{"name", "n"}, {"value", i}});
    CHECK(bot.callback(*asked, {{"type", 8}, {"data", json::object{{"choices", choices}}}}).code() == 50035);
    choices.pop_back();
    CHECK(bot.callback(*asked, {{"type", 8}, {"data", json::object{{"choices", choices}}}}).status == 204);

    const std::uint64_t id = bot.ping();
    const json::object button{{"type", 2}, {"style", 1}, {"label", "Go"}, {"custom_id", "go"}};
    CHECK(bot.callback(id, {{"type", 4},
                            {"data", json::object{{"content", "press"},
                                                  {"components", json::array{json::object{
                                                                     {"type", 1}, {"components", json::array{button}}}}}}}})
              .status == 204);
    const std::uint64_t message = id_in(parsed(bot.ears.last("MESSAGE_CREATE")->data));
    CHECK_FALSE(bot.rest.press(message, "stop", {}, "ann", bot.now).has_value());
    const auto pressed = bot.rest.press(message, "go", {}, "ann", bot.now);
    REQUIRE(pressed.has_value());
    CHECK(bot.event().at("type") == 3);
    CHECK(bot.event().at("data").at("component_type") == 2);
    CHECK(id_in(bot.event().at("message").as_object()) == message);
    CHECK(bot.callback(*pressed, {{"type", 7}, {"data", json::object{{"content", "pressed"}}}}).status == 204);
    CHECK(parsed(bot.ears.last("MESSAGE_UPDATE")->data).at("content") == "pressed");

    const auto again = bot.rest.press(message, "go", {}, "ann", bot.now);
    const json::object input{{"type", 4}, {"custom_id", "name"}, {"label", "Name"}, {"style", 1}};
    const json::object modal{{"custom_id", "form"},
                             {"title", "Form"},
                             {"components", json::array{json::object{{"type", 1}, {"components", json::array{input}}}}}};
    CHECK(bot.callback(*again, {{"type", 9},
                                {"data", json::object{{"custom_id", "form"},
                                                      {"title", std::string(46, 't')},
                                                      {"components", modal.at("components")}}}})
              .code() == 50035);
    CHECK(bot.callback(*again, {{"type", 9}, {"data", modal}}).status == 204);
    const auto submitted = bot.rest.submit_modal(*again, {{"name", "Ann"}}, bot.now);
    REQUIRE(submitted.has_value());
    CHECK(bot.event().at("type") == 5);
    CHECK(bot.event().at("data").at("custom_id") == "form");
    CHECK(bot.event().at("data").at("components").at(0).at("components").at(0).at("value") == "Ann");
    CHECK(bot.callback(*submitted, {{"type", 9}, {"data", modal}}).code() == 50035);
    CHECK(bot.callback(*submitted, says("thanks")).status == 204);
}

TEST_CASE("B43 a command of a user-installed app in a foreign guild has five followups") {
    bot_with_commands bot;
    const auto id = bot.rest.slash(snowflake_of(1'000'000'000, 1), "ping", {}, "ann", bot.now);
    REQUIRE(id.has_value());
    CHECK(bot.event().at("authorizing_integration_owners").as_object().contains("1"));
    CHECK(bot.callback(*id, says("x")).status == 204);
    for (int i = 0; i < 5; ++i) CHECK(bot.hook("POST", "", json::object{{"content", "x"}}).status == 200);
    CHECK(bot.hook("POST", "", json::object{{"content", "x"}}).code() == 40094);
    CHECK_FALSE(bot.rest.slash(snowflake_of(1'000'000'000, 1), "all", {}, "ann", bot.now).has_value());
}

TEST_CASE("B43 in a DM there is a user and no guild") {
    bot_with_commands bot;
    const auto id = bot.rest.slash(0, "ping", {}, "bob", bot.now);
    REQUIRE(id.has_value());
    CHECK(bot.ears.last("INTERACTION_CREATE")->guild == 0);
    const json::object event = bot.event();
    CHECK(event.at("user").at("username") == "bob");
    CHECK_FALSE(event.contains("member"));
    CHECK_FALSE(event.contains("guild_id"));
    CHECK(event.at("context") == 1);
    CHECK(event.at("authorizing_integration_owners").at("0") == "0");
    CHECK(bot.callback(*id, says("x")).status == 204);
    CHECK(bot.ears.last("MESSAGE_CREATE")->guild == 0);
}

TEST_CASE("B43 made-up commands have options of every type with what they resolve to") {
    bot_with_commands bot;
    CHECK_FALSE(bot.rest.slash(bot.guild(), "unknown", {}, "ann", bot.now).has_value());
    CHECK_FALSE(bot.rest.slash(bot.guild(), "sub nothing", {}, "ann", bot.now).has_value());
    int all = 0, sub = 0;
    for (int i = 0; i < 200; ++i) {
        REQUIRE(bot.rest.random_slash(bot.now).has_value());
        const json::object event = bot.event();
        const json::object& data = event.at("data").as_object();
        if (data.at("name") == "sub") {
            ++sub;
            CHECK(data.at("options").at(0).at("type") == 1);
            CHECK(data.at("options").at(0).at("options").at(0).at("value").is_int64());
        }
        if (data.at("name") != "all") continue;
        ++all;
        const json::array& options = data.at("options").as_array();
        REQUIRE(options.size() == 9);
        CHECK(options[0].at("value").is_string());
        CHECK(std::abs(options[1].at("value").as_int64()) <= 9007199254740991);
        CHECK(options[2].at("value").is_bool());
        CHECK(options[7].at("value").is_number());
        const json::object& resolved = data.at("resolved").as_object();
        CHECK(resolved.at("users").as_object().contains(options[3].at("value").as_string()));
        CHECK_FALSE(resolved.at("members").at(options[3].at("value").as_string()).as_object().contains("user"));
        CHECK_FALSE(resolved.at("members").at(options[3].at("value").as_string()).as_object().contains("deaf"));
        CHECK(resolved.at("channels").as_object().contains(options[4].at("value").as_string()));
        CHECK(resolved.at("roles").as_object().contains(options[5].at("value").as_string()));
        CHECK(resolved.at("attachments").as_object().contains(options[8].at("value").as_string()));
    }
    CHECK(all > 20);
    CHECK(sub > 20);
    api empty;
    CHECK_FALSE(empty.rest.random_slash(empty.now).has_value());
}

TEST_CASE("B44 of two answers of two sessions the first one counts") {
    bot_with_commands bot;
    const std::uint64_t id = bot.ping();
    CHECK(bot.callback(id, says("from the first")).status == 204);
    CHECK(bot.callback(id, says("from the second")).code() == 40060);
    CHECK(bot.callback(id, says("from the third")).code() == 40060);
    CHECK(bot.report().at("acks") == 3);
    CHECK(bot.report().at("double_acks") == 2);
    CHECK(bot.report().at("text") == "from the first");
    CHECK(bot.rest.counters().at("interactions_double_acks").to_number<int>() == 2);
}
