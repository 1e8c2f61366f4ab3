// Which handler a custom_id belongs to.
#include "commands/component_routes.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace shoal;
using commands::errc;

TEST_CASE("a custom_id is routed to itself, else to the longest beginning that fits") {
    commands::component_routes routes;
    CHECK(routes.empty());
    CHECK(routes.add("*") == std::size_t{0});
    CHECK(routes.add("vote:*") == std::size_t{1});
    CHECK(routes.add("vote:yes*") == std::size_t{2});
    CHECK(routes.add("vote:yes") == std::size_t{3});
    CHECK(routes.route("vote:17") == std::size_t{1});
    CHECK(routes.route("vote:") == std::size_t{1});
    CHECK(routes.route("vote:yes!") == std::size_t{2});
    CHECK(routes.route("vote:yes") == std::size_t{3});
    CHECK(routes.route("vote") == std::size_t{0});
}

TEST_CASE("what no handler was named for is nobody's") {
    commands::component_routes routes;
    CHECK_FALSE(routes.route("a"));
    CHECK(routes.add("a"));
    CHECK(routes.add("b:*"));
    CHECK_FALSE(routes.route("ab"));
    CHECK_FALSE(routes.route("b"));
    CHECK_FALSE(routes.route(""));
}

TEST_CASE("a custom_id has 1 to 100 characters and one handler") {
    commands::component_routes routes;
    std::string longest;
    for (int i = 0; i < 100; ++i) longest += "\xC3\xA9";
    CHECK(routes.add(longest));
    CHECK(routes.add(longest + "x").error().is(errc::bad_name));
    CHECK(routes.add("").error().is(errc::bad_name));
    CHECK(routes.add("\xFF").error().is(errc::bad_name));
    CHECK(routes.add(longest).error().is(errc::duplicate));
}
