// Registration of commands [5.1, 5.2].

#include <doctest/doctest.h>

#include "tests/unit/sim_core/rest_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;
using namespace std::chrono_literals;

namespace {
json::object chat(std::string name, std::string description = "d") {
    return {{"name", std::move(name)}, {"description", std::move(description)}};
}
}  // namespace

TEST_CASE("B42 bulk overwrite replaces everything and keeps the ids of kept names") {
    api discord;
    const reply first = discord.slowly("PUT", discord.path("/commands"), json::array{chat("ping"), chat("find")});
    REQUIRE(first.status == 200);
    REQUIRE(first.body.as_array().size() == 2);
    const reply second = discord.slowly("PUT", discord.path("/commands"), json::array{chat("find", "other words"), chat("new")});
    REQUIRE(second.body.as_array().size() == 2);
    CHECK(second.body.at(0).at("id") == first.body.at(1).at("id"));
    CHECK(second.body.at(0).at("version") != first.body.at(1).at("version"));
    CHECK(second.body.at(0).at("description") == "other words");
    const reply same = discord.slowly("PUT", discord.path("/commands"), json::array{chat("find", "other words"), chat("new")});
    CHECK(same.text == second.text);
    CHECK(discord.slowly("GET", discord.path("/commands")).text == second.text);
    // A guild's commands are a scope of their own.
    const std::string guild = std::to_string(discord.where.guilds()[0]);
    CHECK(discord.slowly("PUT", discord.path("/guilds/" + guild + "/commands"), json::array{chat("local")})
              .body.at(0)
              .at("guild_id") == json::value(guild));
    CHECK(discord.slowly("GET", discord.path("/commands")).body.as_array().size() == 2);
    CHECK(discord.slowly("PUT", discord.path("/guilds/77/commands"), json::array{}).code() == 50001);
    CHECK(discord.slowly("PUT", "/api/v10/applications/5/commands", json::array{}).code() == 20012);
    CHECK(discord.slowly("PUT", discord.path("/commands"), json::array{}).text == "[]");
}

TEST_CASE("B42 upsert answers 201 for a new name and 200 for a known one; GET, PATCH and DELETE go by id") {
    api discord;
    const reply made = discord.slowly("POST", discord.path("/commands"), chat("ping"));
    CHECK(made.status == 201);
    const reply again = discord.slowly("POST", discord.path("/commands"), chat("ping", "new words"));
    CHECK(again.status == 200);
    CHECK(again.body.at("id") == made.body.at("id"));
    const std::string one = discord.path("/commands/" + std::string(made.body.at("id").as_string()));
    CHECK(discord.slowly("GET", one).body.at("description") == "new words");
    CHECK(discord.slowly("PATCH", one, json::object{{"name", "pong"}}).body.at("name") == "pong");
    CHECK(discord.slowly("PATCH", one, json::object{{"name", "NO"}}).code() == 50035);
    CHECK(discord.slowly("DELETE", one).status == 204);
    CHECK(discord.slowly("GET", one).code() == 10063);
}

TEST_CASE("B42 the 201st new command of a day is refused with 30034, kept ones are free") {
    api discord;
    const auto batch = [](int first) {
        json::array list;
        for (int i = 0; i < 100; ++i) list.push_back(chat("c" + std::to_string(first + i)));
        return list;
    };
    CHECK(discord.slowly("PUT", discord.path("/commands"), batch(0)).status == 200);
    CHECK(discord.slowly("PUT", discord.path("/commands"), batch(0)).status == 200);
    CHECK(discord.slowly("PUT", discord.path("/commands"), batch(100)).status == 200);
    const reply over = discord.slowly("PUT", discord.path("/commands"), batch(101));
    CHECK(over.code() == 30034);
    CHECK(discord.slowly("GET", discord.path("/commands")).body.at(0).at("name") == "c100");
    const std::string guild = std::to_string(discord.where.guilds()[0]);
    CHECK(discord.slowly("POST", discord.path("/guilds/" + guild + "/commands"), chat("x")).status == 201);
    discord.now += 24h;
    CHECK(discord.slowly("PUT", discord.path("/commands"), batch(101)).status == 200);
}

TEST_CASE("B42 wrong commands are refused with errors at the place where they are wrong") {
    api discord;
    const auto errors_of = [&](json::object command) {
        const reply got = discord.slowly("PUT", discord.path("/commands"), json::array{chat("fine"), std::move(command)});
        CHECK(got.status == 400);
        CHECK(got.code() == 50035);
        return got.body.at("errors").at("1").as_object();
    };
    CHECK(errors_of({{"description", "d"}}).at("name").at("_errors").at(0).at("code") == "BASE_TYPE_REQUIRED");
    CHECK(errors_of(chat("Upper")).at("name").at("_errors").at(0).at("code") == "APPLICATION_COMMAND_INVALID_NAME");
    CHECK(errors_of(chat("ÄRGER")).contains("name"));
    CHECK(errors_of(chat("two words")).contains("name"));
    CHECK(errors_of(chat("smile😀")).contains("name"));
    CHECK(errors_of(chat(std::string(33, 'a'))).at("name").at("_errors").at(0).at("code") == "BASE_TYPE_BAD_LENGTH");
    CHECK(errors_of(chat("ok", "")).contains("description"));
    CHECK(errors_of(chat("fine")).at("name").at("_errors").at(0).at("code") == "APPLICATION_COMMANDS_DUPLICATE_NAME");
    CHECK(errors_of({{"name", "ok"}, {"description", "d"}, {"type", 9}}).contains("type"));
    CHECK(errors_of({{"name", "ok"}, {"description", "d"}, {"type", 2}}).contains("description"));
    const auto option = [](json::object extra) {
        json::object made{{"name", "o"}, {"description", "d"}, {"type", 3}};
        for (auto& field : extra) made[field.key()] = field.value();
        json::object command = chat("ok");
        command["options"] = json::array{made};
        return command;
    };
    CHECK(errors_of(option({{"type", 12}})).at("options").at("0").as_object().contains("type"));
    CHECK(errors_of(option({{"choices", json::array{json::object{{"name", ""}, {"value", "v"}}}}}))
              .at("options")
              .at("0")
              .at("choices")
              .at("0")
              .as_object()
              .contains("name"));
    CHECK(errors_of(option({{"type", 4}, {"choices", json::array{json::object{{"name", "n"}, {"value", "v"}}}}}))
              .at("options")
              .at("0")
              .at("choices")
              .at("0")
              .as_object()
              .contains("value"));
    json::object late = option({{"required", true}});
    late["options"].as_array().insert(late["options"].as_array().begin(),
                                      json::object{{"name", "p"}, {"description", "d"}, {"type", 3}});
    CHECK(errors_of(late).at("options").as_object().contains("1"));
    json::array many;
    for (int i = 0; i < 26; ++i)
        many.push_back(json::object{{"name", "o" + std::to_string(i)}, {"description", "d"}, {"type", 3}});
    json::object wide = chat("ok");
    wide["options"] = many;
    CHECK(errors_of(wide).contains("options"));
    json::array hundred;
    for (int i = 0; i < 101; ++i) hundred.push_back(chat("c" + std::to_string(i)));
    CHECK(discord.slowly("PUT", discord.path("/commands"), hundred).code() == 30032);
    CHECK(discord.slowly("PUT", discord.path("/commands"), json::object{}).code() == 50035);
    // Nothing of that was registered.
    CHECK(discord.slowly("GET", discord.path("/commands")).text == "[]");
    // Names of other scripts, context menus with capitals and nested groups are fine.
    const json::object group = {
        {"name", "admin"},
        {"description", "d"},
        {"options",
         json::array{json::object{{"name", "user"},
                                  {"description", "d"},
                                  {"type", 2},
                                  {"options", json::array{json::object{{"name", "ban"}, {"description", "d"}, {"type", 1}}}}}}}};
    CHECK(discord
              .slowly("PUT", discord.path("/commands"),
                      json::array{chat("привет"), chat("こんにちは"), json::object{{"name", "Do It"}, {"type", 3}}, group})
              .status == 200);
}
