#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "discord/json_cursor.hpp"
#include "discord/json_writer.hpp"

using namespace shoal;
using discord::json_writer;

TEST_CASE("objects and arrays nest with commas where they belong") {
    json_writer w;
    w.begin_object();
    w.field("op", 1)
        .key("d")
        .begin_array()
        .value(1)
        .begin_object()
        .end_object()
        .value("two")
        .begin_array()
        .end_array()
        .end_array();
    w.raw_field("raw", R"({"x":[1]})").field("last", nullptr).end_object();
    CHECK(w.text() == R"({"op":1,"d":[1,{},"two",[]],"raw":{"x":[1]},"last":null})");
}

TEST_CASE("values of every kind are written as Discord expects them") {
    json_writer w;
    w.begin_array();
    w.value(true).value(false).value(nullptr).value(-5).value(std::numeric_limits<std::uint64_t>::max()).value(0.5);
    w.value(guild_id(81384788765712384))
        .quoted_integer(8)
        .value(std::optional<int>())
        .value(std::optional(3))
        .value(std::string("s"));
    w.value(std::numeric_limits<double>::infinity()).value(std::numeric_limits<std::int64_t>::min());
    w.end_array();
    CHECK(w.text() ==
          R"([true,false,null,-5,18446744073709551615,0.5,"81384788765712384","8",null,3,"s",null,-9223372036854775808])");
}

TEST_CASE("strings are escaped, and what is not UTF-8 is replaced") {
    CHECK(discord::json_quoted("a\"b\\c\n\r\t\x01/\x7F") == "\"a\\\"b\\\\c\\n\\r\\t\\u0001/\x7F\"");
    CHECK(discord::json_quoted("\xF0\x9F\x98\x80") == "\"\xF0\x9F\x98\x80\"");
    CHECK(discord::json_quoted("x\xFFy") == "\"x\xEF\xBF\xBDy\"");
    CHECK(discord::json_quoted(std::string_view("\0", 1)) == "\"\\u0000\"");
    json_writer w;
    w.begin_object().field("k\"ey", "v").end_object();
    CHECK(w.text() == R"({"k\"ey":"v"})");
}

TEST_CASE("doubles read back as the same number") {
    for (const double d : {0.0, -0.0, 0.1, 1e100, 5e-324, 123456789.123, -1.0, 1e22, 2.5}) {
        json_writer w;
        w.value(d);
        CAPTURE(w.text());
        CHECK(discord::json_value(w.text()).number() == d);
        CHECK(discord::is_json(w.text()));
    }
}
