#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "discord/json_cursor.hpp"
#include "shoal/ids.hpp"

using namespace shoal;
using discord::json_kind;
using discord::json_value;

TEST_CASE("typed reads give what is there and nothing for what is not") {
    const std::string text =
        R"({"id":"81384788765712384","n":-12,"big":18446744073709551615,"f":0.25,"yes":true,"no":false,"nil":null,"s":"text","o":{},"a":[]})";
    const json_value v(text);
    CHECK(v["id"].id<guild_id>() == guild_id(81384788765712384));
    CHECK(v["n"].integer() == -12);
    CHECK_FALSE(v["n"].unsigned_integer());
    CHECK(v["big"].unsigned_integer() == std::numeric_limits<std::uint64_t>::max());
    CHECK_FALSE(v["big"].integer());
    CHECK(v["f"].number() == 0.25);
    CHECK_FALSE(v["f"].integer());
    CHECK(v["yes"].boolean() == true);
    CHECK(v["no"].boolean() == false);
    CHECK(v["s"].text() == "text");
    CHECK_FALSE(v["s"].integer());
    CHECK_FALSE(v["s"].boolean());
    CHECK_FALSE(v["o"].text());
    CHECK(v["o"].is(json_kind::object));
    CHECK(v["a"].is(json_kind::array));
    CHECK(v["as"].is(json_kind::missing));
}

TEST_CASE("F46 null and absent read alike") {
    const json_value v(R"({"nil":null})");
    for (const auto& value : {v["nil"], v["absent"], json_value()}) {
        CHECK_FALSE(value);
        CHECK_FALSE(value.text());
        CHECK_FALSE(value.integer());
        CHECK_FALSE(value.number());
        CHECK_FALSE(value.boolean());
        CHECK(value.id<user_id>() == user_id());
        CHECK(value.value_or(5) == 5);
        CHECK(value.text_or("none") == "none");
        CHECK(value.count() == 0);
        CHECK_FALSE(value["deeper"]["still"]);
    }
    CHECK(v["nil"].is_null());
    CHECK_FALSE(v["absent"].is_null());
}

TEST_CASE("F46 numbers are read from strings and strings from numbers") {
    const json_value v(
        R"({"n":"12","f":"0.5","perm":"9007199254740993","s":81384788765712384,"t":"1","u":0,"bad":"12x","e":"","whole":3.0,"exp":1e3})");
    CHECK(v["n"].integer() == 12);
    CHECK(v["f"].number() == 0.5);
    CHECK(v["perm"].unsigned_integer() == 9007199254740993ULL);
    CHECK(v["s"].text() == "81384788765712384");
    CHECK(v["s"].id<guild_id>() == guild_id(81384788765712384));
    CHECK(v["s"].is_text("81384788765712384"));
    CHECK(v["t"].boolean() == true);
    CHECK(v["u"].boolean() == false);
    CHECK_FALSE(v["bad"].integer());
    CHECK_FALSE(v["bad"].number());
    CHECK_FALSE(v["e"].integer());
    CHECK(v["whole"].integer() == 3);
    CHECK(v["exp"].unsigned_integer() == 1000);
}

TEST_CASE("F46 permission strings near and above 2^53 and 2^63 keep every bit") {
    CHECK(json_value(R"("9007199254740993")").unsigned_integer() == 9007199254740993ULL);
    CHECK(json_value("9007199254740993").unsigned_integer() == 9007199254740993ULL);
    CHECK(json_value(R"("18446744073709551615")").unsigned_integer() == 18446744073709551615ULL);
    CHECK_FALSE(json_value(R"("18446744073709551616")").unsigned_integer());
    CHECK_FALSE(json_value("1e400").number());
    CHECK_FALSE(json_value(R"("nan")").number());
    CHECK_FALSE(json_value(R"("inf")").number());
}

TEST_CASE("as<T> is checked against the range of its type") {
    CHECK(json_value("255").as<std::uint8_t>() == 255);
    CHECK_FALSE(json_value("256").as<std::uint8_t>());
    CHECK_FALSE(json_value("-1").as<std::uint32_t>());
    CHECK(json_value("-128").as<std::int8_t>() == -128);
    CHECK_FALSE(json_value("128").as<std::int8_t>());
    CHECK_FALSE(json_value("2147483648").as<std::int32_t>());
    CHECK(json_value("\"7\"").as<channel_id>() == channel_id(7));
    CHECK(json_value("1.5").as<double>() == 1.5);
    CHECK(json_value("\"x\"").as<std::string>() == "x");
    CHECK(json_value("true").value_or(false));
}

TEST_CASE("strings are decoded") {
    CHECK(json_value(R"("a\"b\\c\/d\n\r\t\b\f")").text() == "a\"b\\c/d\n\r\t\b\f");
    CHECK(json_value(R"("\u0041\u00e9\u20ac")").text() == "A\xC3\xA9\xE2\x82\xAC");
    CHECK(json_value(R"("\ud83d\ude00")").text() == "\xF0\x9F\x98\x80");
    CHECK(json_value(R"("x\u0000y")").text() == std::string("x\0y", 3));
    CHECK(json_value("\"\xF0\x9F\x98\x80\"").text() == "\xF0\x9F\x98\x80");
    CHECK(json_value(R"("")").text() == "");
}

TEST_CASE("F46 lone surrogates, broken escapes and invalid UTF-8 become U+FFFD and never more") {
    const std::string r = "\xEF\xBF\xBD";
    CHECK(json_value(R"("\ud83d")").text() == r);
    CHECK(json_value(R"("\ude00x")").text() == r + "x");
    CHECK(json_value(R"("\ud83d\ud83d\ude00")").text() == r + "\xF0\x9F\x98\x80");
    CHECK(json_value(R"("\ud83dA")").text() == r + "A");
    CHECK(json_value(R"("\ud83d\n")").text() == r + "\n");
    CHECK(json_value(R"("\u12")").text() == r + "12");
    CHECK(json_value(R"("\uzzzz")").text() == r + "zzzz");
    CHECK(json_value(R"("\q")").text() == r);
    CHECK(json_value("\"a\xFF\xFE z\"").text() == "a" + r + r + " z");
    CHECK(json_value("\"\xC0\x80\"").text() == r + r);                  // overlong
    CHECK(json_value("\"\xED\xA0\x80\"").text() == r + r + r);          // a surrogate in UTF-8
    CHECK(json_value("\"\xF4\x90\x80\x80\"").text() == r + r + r + r);  // above U+10FFFF
    CHECK(json_value("\"\xE2\x82\"").text() == r + r);                  // cut off
}

TEST_CASE("text is not copied unless something has to be decoded") {
    const std::string text = R"({"plain":"abc","escaped":"a\nb","bad":")"
                             "\xFF"
                             R"("})";
    const json_value v(text);
    std::string scratch;
    const auto plain = v["plain"].text(scratch);
    CHECK(plain == "abc");
    CHECK(plain.data() >= text.data());
    CHECK(plain.data() < text.data() + text.size());
    CHECK(scratch.empty());
    CHECK(v["escaped"].text(scratch) == "a\nb");
    CHECK(v["bad"].text(scratch) == "\xEF\xBF\xBD");
}

TEST_CASE("a loop sees every field in order, whatever is read of each") {
    const std::string text = R"( { "a" : 1 , "b":{"x":[1,2,{"y":3}]} , "c":[ {"k":"v"} , [] ] ,"d\u0065":"e" } )";
    for (int depth = 0; depth < 3; ++depth) {
        std::string seen;
        auto fields = json_value(text).fields();
        for (const auto& [key, value] : fields) {
            seen.append(key).append("=");
            if (depth == 0) continue;
            if (depth == 1) {
                seen.append(value.raw());
                continue;
            }
            for (const auto& inner : value.fields()) {
                for (const auto& element : inner.value.elements()) seen.append(element.raw()).append("|");
            }
            for (const auto& element : value.elements()) seen.append(element["k"].text_or("-"));
        }
        CHECK_FALSE(fields.broken());
        if (depth == 0) CHECK(seen == "a=b=c=de=");
        if (depth == 1) CHECK(seen == R"(a=1b={"x":[1,2,{"y":3}]}c=[ {"k":"v"} , [] ]de="e")");
        if (depth == 2) CHECK(seen == R"(a=b=1|2|{"y":3}|c=v-de=)");
    }
}

TEST_CASE("a loop may be left early at any depth and the outer one goes on rightly") {
    const json_value v(R"([[1,[2,3],4],[5],[[6]],{"a":[7,8]},9])");
    int seen = 0;
    for (const auto& outer : v.elements()) {
        ++seen;
        for (const auto& inner : outer.elements()) {
            for (const auto& innermost : inner.elements()) {
                CHECK(innermost);
                break;
            }
            break;
        }
        for (const auto& field : outer.fields()) {
            for (const auto& innermost : field.value.elements()) CHECK(innermost.integer());
            break;
        }
    }
    CHECK(seen == 5);
}

TEST_CASE("a value copied out of a loop outlives it") {
    const std::string text = R"({"a":{"x":1},"b":{"x":2}})";
    json_value kept;
    for (const auto& [key, value] : json_value(text).fields()) {
        if (key == "b") kept = value;
    }
    CHECK(kept["x"].integer() == 2);
    CHECK(kept.raw() == R"({"x":2})");
}

TEST_CASE("a key with escapes matches by what it means, a long one is shown as it is written") {
    CHECK(json_value(R"({"\u0069d":5})")["id"].integer() == 5);
    const std::string longer(100, 'k');
    CHECK(json_value("{\"" + longer + "\":6}")[longer].integer() == 6);
    CHECK(json_value("{\"" + longer + "\\n\":6}")[longer + "\\n"].integer() == 6);
}

TEST_CASE("a loop over broken text ends and says that it is broken") {
    const auto broken = [](std::string_view text) {
        const json_value v(text);
        bool bad = false;
        auto fields = v.fields();
        for (const auto& field : fields) static_cast<void>(field.value.kind());
        auto elements = v.elements();
        for (const auto& element : elements) static_cast<void>(element.kind());
        bad = fields.broken() || elements.broken();
        return bad;
    };
    for (const std::string_view text :
         {"{",     "[",      "{\"a\"",    "{\"a\":",   "{\"a\":1",  "{\"a\":1,", "{\"a\":1]", "[1,2}",
          "[1 2]", "[1,,2]", "[,1]",      "[1,]",      "{\"a\" 1}", "{a:1}",     "{\"a\":}",  "{\"a\":1 \"b\":2}",
          "[\"x",  "[[1,2]", "{\"a\":{}", "{\"a\":1,}"}) {
        CAPTURE(text);
        CHECK(broken(text));
    }
    for (const std::string_view text : {"{}", "[]", " { } ", "[ ]", "{\"a\":1}", "[1,[2],{}]", "[1] trailing"}) {
        CAPTURE(text);
        CHECK_FALSE(broken(text));
    }
}

TEST_CASE("F46 a million nested brackets are skipped without recursion") {
    const std::string deep = "{\"deep\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + ",\"after\":7}";
    CHECK(json_value(deep)["after"].integer() == 7);
    CHECK_FALSE(discord::is_json(deep));
    CHECK(discord::is_json(deep, 2'000'000));
    CHECK_FALSE(json_value(std::string(1'000'000, '{')).count());
}

TEST_CASE("is_json accepts JSON and nothing else") {
    for (const std::string_view good : {"null", " true ", "-0.5e+10", "\"\\u00e9\"", "[1,[],{}]", R"({"a":{"b":[null]}})", "0"}) {
        CAPTURE(good);
        CHECK(discord::is_json(good));
    }
    for (const std::string_view bad :
         {"",     "nul",        "tru",   "01",  "1.",  ".5",   "+1",     "-",   "1e",      "\"\\x\"", "\"\\u12\"", "\"\n\"",
          "[1,]", "{\"a\":1,}", "{a:1}", "[1}", "1 2", "{} x", "\"open", "[[]", "{\"a\"}", "'a'",     "NaN"}) {
        CAPTURE(bad);
        CHECK_FALSE(discord::is_json(bad));
    }
}

TEST_CASE("numbers, ids and truths are read behind escapes too, and what is still none is missing") {
    CHECK(json_value(R"("102\u00339")").unsigned_integer() == 10239U);
    CHECK(json_value(R"("\u00315")").id<guild_id>() == guild_id(15));
    CHECK(json_value(R"("\u002d7")").integer() == -7);
    CHECK(json_value(R"("1\u002e5")").number() == 1.5);
    CHECK(json_value(R"("tru\u0065")").boolean() == true);
    for (const char* none : {R"("1\u00e9")", R"("1\n")", R"("1\u003")", R"("1\")", R"("\u003x")"}) {
        CAPTURE(none);
        CHECK_FALSE(json_value(none).unsigned_integer());
        CHECK_FALSE(json_value(none).number());
    }
    CHECK_FALSE(json_value("\"" + std::string(60, '0') + R"(\u0031")").unsigned_integer());
}
