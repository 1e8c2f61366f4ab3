// Options that are completed while they are typed.
#include <doctest/doctest.h>

#include "commands/registry.hpp"
#include "discord/json_cursor.hpp"

using namespace shoal;
using commands::errc;

namespace {

commands::registry play() {
    commands::registry all;
    REQUIRE(all.add({"play",
                     "Plays",
                     {{"song", "Which"},
                      {"speed", "How fast", option_kind::number, false},
                      {"times", "How often", option_kind::integer, false},
                      {"loud", "Loud", option_kind::boolean, false},
                      {"key", "Which key", option_kind::string, false, {"c", "d"}}}}));
    return all;
}

}  // namespace

TEST_CASE("Discord is told which options are completed, and the typed one is found again") {
    auto all = play();
    CHECK(all.complete("play", "times") == std::size_t{0});
    CHECK(all.complete("play", "song") == std::size_t{1});
    CHECK(all.complete("play", "speed") == std::size_t{2});
    std::string completed;
    const auto json = all.overwrite_json();
    for (const auto& command : discord::json_value(json).elements()) {
        for (const auto& option : command["options"].elements()) {
            if (option["autocomplete"].value_or(false)) completed += option["name"].text_or("?") + " ";
        }
    }
    CHECK(completed == "song speed times ");
    CHECK(
        all.route_completion(
            R"({"name":"play","options":[{"name":"speed","type":10,"value":1},{"name":"song","type":3,"value":"a","focused":true}]})") ==
        std::size_t{1});
    CHECK(all.route_completion(R"({"name":"play","options":[{"name":"times","type":4,"value":"1","focused":true}]})") ==
          std::size_t{0});
}

TEST_CASE("an interaction that types nothing of ours is nobody's") {
    auto all = play();
    REQUIRE(all.complete("play", "song"));
    CHECK_FALSE(all.route_completion(R"({"name":"play","options":[{"name":"song","type":3,"value":"a"}]})"));
    CHECK_FALSE(all.route_completion(R"({"name":"other","options":[{"name":"song","type":3,"value":"a","focused":true}]})"));
    CHECK_FALSE(all.route_completion(R"({"name":"play","options":[{"name":"speed","type":10,"value":1,"focused":true}]})"));
    CHECK_FALSE(all.route_completion("[]"));
}

TEST_CASE("only texts and numbers without choices can be completed, each once") {
    auto all = play();
    CHECK(all.complete("stop", "song").error().is(errc::unknown_command));
    CHECK(all.complete("play", "none").error().is(errc::bad_option));
    CHECK(all.complete("play", "loud").error().is(errc::bad_option));
    CHECK(all.complete("play", "key").error().is(errc::bad_option));
    CHECK(all.complete("play", "song"));
    CHECK(all.complete("play", "song").error().is(errc::duplicate));
}
