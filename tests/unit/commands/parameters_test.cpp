// What is deduced from a handler's parameters, at compile time where it can be.
#include <doctest/doctest.h>

#include <optional>

#include "shoal/command.hpp"

using namespace shoal;
using detail::option_value;

static_assert(!detail::option_type<float>::known);
static_assert(!detail::option_type<int>::known);
static_assert(detail::is_opt<opt<"a", "b", bool>>);
static_assert(!detail::is_opt<bool>);

TEST_CASE("an option's name, description, kind and whether it may be left out come from its type") {
    const auto text = opt<"text", "What to say", std::string>::spec();
    CHECK(text.name == "text");
    CHECK(text.description == "What to say");
    CHECK(text.kind == option_kind::string);
    CHECK(text.required);
    CHECK(opt<"n", "N", std::int64_t>::spec().kind == option_kind::integer);
    CHECK(opt<"n", "N", double>::spec().kind == option_kind::number);
    CHECK(opt<"n", "N", bool>::spec().kind == option_kind::boolean);
    CHECK(opt<"n", "N", user_id>::spec().kind == option_kind::user);
    CHECK(opt<"n", "N", channel_id>::spec().kind == option_kind::channel);
    CHECK(opt<"n", "N", role_id>::spec().kind == option_kind::role);
    CHECK(opt<"n", "N", guild_id>::spec().kind == option_kind::string);
    const auto maybe = opt<"n", "N", std::optional<role_id>>::spec();
    CHECK(maybe.kind == option_kind::role);
    CHECK_FALSE(maybe.required);
}

TEST_CASE("choices and ranges follow the type") {
    const auto colour = opt<"colour", "Which", std::string, choices<"red", "green">>::spec();
    CHECK(colour.choices == std::vector<std::string>{"red", "green"});
    const auto count = opt<"count", "How many", std::optional<std::int64_t>, range<1, 10>>::spec();
    CHECK(count.least == 1);
    CHECK(count.most == 10);
    CHECK_FALSE(count.required);
}

TEST_CASE("an option reads its value and refuses another kind") {
    opt<"n", "N", std::int64_t> number;
    CHECK(number.read(option_value(std::int64_t{7})));
    CHECK(number == 7);
    CHECK(*number == 7);
    CHECK_FALSE(number.read(option_value(std::string("7"))));
    CHECK_FALSE(number.read(option_value()));

    opt<"s", "S", std::string> text;
    CHECK(text.read(option_value(std::string("x"))));
    CHECK(text->size() == 1);

    opt<"u", "U", user_id> user;
    CHECK(user.read(option_value(std::in_place_type<std::uint64_t>, 5U)));
    CHECK(user.value() == user_id(5));
    CHECK_FALSE(user.read(option_value(std::int64_t{5})));
}

TEST_CASE("an option that may be left out is empty without a value and holds one otherwise") {
    opt<"n", "N", std::optional<double>> number;
    CHECK(number.read(option_value()));
    CHECK_FALSE(number.given());
    CHECK(number.read(option_value(0.5)));
    CHECK(number.given());
    CHECK(*number == 0.5);
    CHECK_FALSE(number.read(option_value(true)));
}

TEST_CASE("a pasted id is checked") {
    opt<"id", "Guild id", guild_id> guild;
    CHECK(guild.read(option_value(std::string("81384788765712384"))));
    CHECK(guild.value() == guild_id(81384788765712384));
    CHECK_FALSE(guild.read(option_value(std::string("my guild"))));
    CHECK_FALSE(guild.read(option_value(std::string(""))));
}
