#include "commands/registry.hpp"

#include <doctest/doctest.h>

#include <string>

#include "commands/names.hpp"
#include "discord/json_cursor.hpp"

using namespace shoal;
using commands::errc;
using discord::json_value;

namespace {

commands::command with_options(std::vector<command_option> options) { return {"test", "A test", std::move(options)}; }
command_option option(std::string name, option_kind kind = option_kind::string, bool required = true) {
    return {std::move(name), "What it is", kind, required};
}
bool refused(const commands::command& what, errc code) {
    const auto outcome = commands::check(what);
    return !outcome && outcome.error().is(code);
}

commands::registry everything() {
    commands::registry all;
    REQUIRE(all.add({"all",
                     "Every kind of option",
                     {option("text"), option("count", option_kind::integer), option("part", option_kind::number),
                      option("yes", option_kind::boolean), option("who", option_kind::user),
                      option("where", option_kind::channel), option("rank", option_kind::role),
                      option("note", option_kind::string, false), option("more", option_kind::integer, false)}}));
    return all;
}

std::string all_options(std::string_view replaced = {}, std::string_view by = {}) {
    struct given {
        std::string_view name, json;
    };
    const given parts[] = {{"text", R"({"name":"text","type":3,"value":"h\u00e9llo \"x\""})"},
                           {"count", R"({"name":"count","type":4,"value":-9007199254740991})"},
                           {"part", R"({"name":"part","type":10,"value":0.5})"},
                           {"yes", R"({"name":"yes","type":5,"value":true})"},
                           {"who", R"({"name":"who","type":6,"value":"81384788765712384"})"},
                           {"where", R"({"name":"where","type":7,"value":"2"})"},
                           {"rank", R"({"name":"rank","type":8,"value":"3"})"}};
    std::string out = R"({"id":"9","name":"all","type":1,"options":[)";
    bool comma = false;
    for (const auto& part : parts) {
        const auto json = part.name == replaced ? by : part.json;
        if (json.empty()) continue;
        if (comma) out += ',';
        comma = true;
        out += json;
    }
    return out + "]}";
}

}  // namespace

TEST_CASE("a command name is 1 to 32 lower-case letters, digits, dashes, underscores and apostrophes of any script") {
    for (const auto* fine : {"a", "ping", "guild-info", "a_b", "l'eau", "9", "größe", "探す", "привет", "ค้นหา", "खोज"}) {
        CAPTURE(fine);
        CHECK(commands::why_no_name(fine).empty());
    }
    for (const auto* wrong : {"", "Ping", "two words", "a/b", "a.b", "Größe", "ÄÖ", "Привет", "🎉", "a\xFF", "x\u2003y", "«x»"}) {
        CAPTURE(wrong);
        CHECK_FALSE(commands::why_no_name(wrong).empty());
    }
    CHECK(commands::why_no_name(std::string(32, 'x')).empty());
    CHECK_FALSE(commands::why_no_name(std::string(33, 'x')).empty());
    std::string greek;
    for (int i = 0; i < 32; ++i) greek += "λ";  // 64 bytes, 32 characters
    CHECK(commands::why_no_name(greek).empty());
}

TEST_CASE("a description has 1 to 100 characters") {
    CHECK(commands::check({"a", std::string(100, 'x')}));
    CHECK(refused({"a", std::string(101, 'x')}, errc::bad_description));
    CHECK(refused({"a", ""}, errc::bad_description));
    CHECK(refused({"a", "\xC3"}, errc::bad_description));
}

TEST_CASE("a command has at most 25 options, of different names, the required ones first") {
    std::vector<command_option> options;
    for (int i = 0; i < 25; ++i) options.push_back(option("o" + std::to_string(i)));
    CHECK(commands::check(with_options(options)));
    options.push_back(option("o25"));
    CHECK(refused(with_options(options), errc::too_many));
    CHECK(refused(with_options({option("same"), option("same")}), errc::duplicate));
    CHECK(refused(with_options({option("a", option_kind::string, false), option("b")}), errc::bad_option));
    CHECK(commands::check(with_options({option("a"), option("b", option_kind::string, false)})));
    CHECK(refused(with_options({option("Upper")}), errc::bad_name));
}

TEST_CASE("choices are at most 25, of 1 to 100 characters and all different") {
    auto chosen = option("c");
    for (int i = 0; i < 25; ++i) chosen.choices.push_back("v" + std::to_string(i));
    CHECK(commands::check(with_options({chosen})));
    chosen.choices.push_back("v25");
    CHECK(refused(with_options({chosen}), errc::too_many));
    chosen.choices = {"x", "x"};
    CHECK(refused(with_options({chosen}), errc::duplicate));
    chosen.choices = {std::string(101, 'x')};
    CHECK(refused(with_options({chosen}), errc::bad_option));
    chosen.choices = {""};
    CHECK(refused(with_options({chosen}), errc::bad_option));
}

TEST_CASE("an integer's bounds stay below 2^53 and in order") {
    auto bounded = option("n", option_kind::integer);
    bounded.least = -9007199254740991;
    bounded.most = 9007199254740991;
    CHECK(commands::check(with_options({bounded})));
    bounded.most = 9007199254740992;
    CHECK(refused(with_options({bounded}), errc::bad_option));
    bounded.least = 2;
    bounded.most = 1;
    CHECK(refused(with_options({bounded}), errc::bad_option));
}

TEST_CASE("all texts of a command have at most 8,000 characters") {
    std::vector<command_option> options;
    for (int i = 0; i < 3; ++i) {
        auto large = option("o" + std::to_string(i));
        for (int c = 0; c < 13; ++c) large.choices.push_back(std::string(98, 'x') + std::to_string(10 + c));
        options.push_back(large);
    }
    CHECK(commands::check(with_options(options)));  // 3 * (2 + 10 + 2600) + 10
    options[0].choices.push_back(std::string(99, 'y'));
    CHECK(refused(with_options(options), errc::too_long));
}

TEST_CASE("a registry takes 100 commands and no name twice") {
    commands::registry all;
    for (int i = 0; i < 100; ++i) CHECK(all.add({"c" + std::to_string(i), "x"}).value() == static_cast<std::size_t>(i));
    CHECK(all.add({"c100", "x"}).error().is(errc::too_many));
    CHECK(all.add({"c7", "x"}).error().is(errc::duplicate));
    CHECK(all.add({"BAD", "x"}).error().is(errc::bad_name));
    CHECK(all.all().size() == 100);
}

TEST_CASE("the bulk overwrite carries type, options, choices and bounds") {
    commands::registry all;
    auto colour = option("colour");
    colour.choices = {"red", "\"quoted\""};
    auto count = option("count", option_kind::integer, false);
    count.least = 1;
    count.most = 10;
    REQUIRE(all.add({"paint", "Paints it", {colour, count}}));
    const auto json = all.overwrite_json();
    CHECK(discord::is_json(json));
    CHECK(
        json ==
        R"([{"name":"paint","description":"Paints it","type":1,"options":[)"
        R"({"type":3,"name":"colour","description":"What it is","required":true,"choices":[{"name":"red","value":"red"},{"name":"\"quoted\"","value":"\"quoted\""}]},)"
        R"({"type":4,"name":"count","description":"What it is","required":false,"min_value":1,"max_value":10}]}])");
    CHECK(commands::registry().overwrite_json() == "[]");
}

TEST_CASE("every kind of option is read, and one that was left out stays empty") {
    const auto all = everything();
    const auto got = all.route(all_options());
    REQUIRE(got);
    REQUIRE(got->values.size() == 9);
    CHECK(std::get<std::string>(got->values[0]) == "h\u00e9llo \"x\"");
    CHECK(std::get<std::int64_t>(got->values[1]) == -9007199254740991);
    CHECK(std::get<double>(got->values[2]) == 0.5);
    CHECK(std::get<bool>(got->values[3]));
    CHECK(std::get<std::uint64_t>(got->values[4]) == 81384788765712384);
    CHECK(std::get<std::uint64_t>(got->values[5]) == 2);
    CHECK(std::get<std::uint64_t>(got->values[6]) == 3);
    CHECK(std::holds_alternative<std::monostate>(got->values[7]));
    CHECK(std::holds_alternative<std::monostate>(got->values[8]));
}

TEST_CASE("options come in any order and whole numbers may stand for a number") {
    const auto all = everything();
    const auto got = all.route(all_options("part", R"({"value":3,"type":10,"name":"part"})"));
    REQUIRE(got);
    CHECK(std::get<double>(got->values[2]) == 3.0);
}

TEST_CASE("a required option that is missing, of another type or not known is a misfit and never a handler's surprise") {
    const auto all = everything();
    for (const auto* name : {"text", "count", "part", "yes", "who", "where", "rank"}) {
        CAPTURE(name);
        CHECK(all.route(all_options(name, "")).error().is(errc::misfit));
    }
    struct wrong_type {
        const char* name;
        const char* json;
    };
    for (const auto& each : {wrong_type{"text", R"({"name":"text","type":3,"value":7})"},
                             {"text", R"({"name":"text","type":4,"value":"x"})"},
                             {"count", R"({"name":"count","type":4,"value":"7"})"},
                             {"count", R"({"name":"count","type":4,"value":1.5})"},
                             {"part", R"({"name":"part","type":10,"value":"x"})"},
                             {"yes", R"({"name":"yes","type":5,"value":"true"})"},
                             {"who", R"({"name":"who","type":6,"value":"ann"})"},
                             {"where", R"({"name":"where","type":7,"value":{}})"},
                             {"rank", R"({"name":"rank","type":8,"value":null})"},
                             {"rank", R"({"name":"rank","type":8})"},
                             {"rank", R"({"name":"new","type":8,"value":"3"})"}}) {
        CAPTURE(each.json);
        CHECK(all.route(all_options(each.name, each.json)).error().is(errc::misfit));
    }
}

TEST_CASE("an interaction that names no registered slash command is told apart from one that cannot be read") {
    const auto all = everything();
    CHECK(all.route(R"({"name":"other","type":1})").error().is(errc::unknown_command));
    CHECK(all.route(R"({"name":"all","type":2})").error().is(errc::unknown_command));
    CHECK(all.route("[]").error().is(errc::unreadable));
    CHECK(all.route(R"({"id":"1"})").error().is(errc::unreadable));
    CHECK(all.route("").error().is(errc::unreadable));
}
