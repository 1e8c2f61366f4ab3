#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "discord/envelope.hpp"
#include "discord/errc.hpp"
#include "discord/json_cursor.hpp"

using namespace shoal;
using discord::event_kind;
using discord::read_envelope;

TEST_CASE("a dispatch in Discord's own key order is read") {
    const std::string text = R"({"t":"MESSAGE_CREATE","s":42,"op":0,"d":{"id":"1","content":"}\"{"}})";
    const auto read = read_envelope(text);
    REQUIRE(read);
    CHECK(read->op == 0);
    CHECK(read->seq == 42);
    CHECK(read->kind == event_kind::message_create);
    CHECK(read->name == "MESSAGE_CREATE");
    CHECK(read->data == R"({"id":"1","content":"}\"{"})");
}

TEST_CASE("HELLO as captured is read, with its null t and s") {
    const auto read =
        read_envelope(R"({"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250,"_trace":["[\"gw-1\",{\"micros\":0.0}]"]}})");
    REQUIRE(read);
    CHECK(read->op == 10);
    CHECK_FALSE(read->seq);
    CHECK(read->kind == event_kind::unknown);
    CHECK(read->name.empty());
    CHECK(discord::json_value(read->data)["heartbeat_interval"].integer() == 41250);
}

TEST_CASE("B48 the keys may come in any order, with unknown keys and whitespace between them") {
    std::vector<std::string> parts = {R"("t" : "GUILD_CREATE")", R"( "s":7)", R"("op" :0 )",
                                      R"("d": { "id" : "9" , "x": [1,{"y":"}"}] })", R"("_trace":{"d":{"op":5},"t":"NO"})"};
    std::sort(parts.begin(), parts.end());
    do {
        std::string text = " {\n ";
        for (const auto& part : parts) text += (&part == &parts.front() ? "" : " ,\r\n\t") + part;
        text += " } ";
        CAPTURE(text);
        const auto read = read_envelope(text);
        REQUIRE(read);
        CHECK(read->op == 0);
        CHECK(read->seq == 7);
        CHECK(read->kind == event_kind::guild_create);
        CHECK(read->data == R"({ "id" : "9" , "x": [1,{"y":"}"}] })");
    } while (std::next_permutation(parts.begin(), parts.end()));
}

TEST_CASE("an unknown dispatch keeps its name and its number [3.3]") {
    const auto read = read_envelope(R"({"t":"GUILD_JOIN_REQUEST_UPDATE","s":3,"op":0,"d":{}})");
    REQUIRE(read);
    CHECK(read->kind == event_kind::unknown);
    CHECK(read->name == "GUILD_JOIN_REQUEST_UPDATE");
    CHECK(read->seq == 3);
}

TEST_CASE("every kind of d is taken whole") {
    for (const std::string d :
         {"null", "true", "false", "12", R"("text \" with } in it")", "[]", "[{}]", "{}", R"({"a":[[{}]]})"}) {
        const std::string text = R"({"op":9,"d":)" + d + "}";
        const auto read = read_envelope(text);
        REQUIRE(read);
        CHECK(read->data == d);
        const std::string other = R"({"d":)" + d + R"( , "op":9})";
        const auto spaced = read_envelope(other);
        REQUIRE(spaced);
        CHECK(spaced->data == d);
    }
    const auto without = read_envelope(R"({"op":11})");
    REQUIRE(without);
    CHECK(without->data == "null");
}

TEST_CASE("F46 numbers as strings are read as numbers") {
    const auto read = read_envelope(R"({"t":"READY","s":"1","op":"0","d":{}})");
    REQUIRE(read);
    CHECK(read->op == 0);
    CHECK(read->seq == 1);
}

TEST_CASE("a message that is cut off anywhere is a failure, never a shorter message") {
    const std::string whole =
        R"({"t":"MESSAGE_CREATE","s":42,"op":0,"d":{"id":"1","c":"x\"{","e":[1,2,{"f":null}]},"z":{"q":1}})";
    REQUIRE(read_envelope(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        const auto read = read_envelope(std::string(whole, 0, length));
        REQUIRE_FALSE(read);
        CHECK(read.error().is(discord::errc::not_json));
    }
}

TEST_CASE("what is no gateway message is refused") {
    for (const std::string_view text :
         {"", "   ", "null", "[]", "12", "\"text\"", "{\"op\"}", "{\"op\":}", "<html>", "{op:1}", "\x01\x02"}) {
        CAPTURE(text);
        const auto read = read_envelope(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().is(discord::errc::not_json));
    }
    for (const std::string_view text :
         {"{}", R"({"t":"READY","s":1,"d":{}})", R"({"op":null,"d":{}})", R"({"op":"x"})", R"({"op":1e30})"}) {
        CAPTURE(text);
        const auto read = read_envelope(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().is(discord::errc::not_a_gateway_message));
    }
}

TEST_CASE("what is known of d's fields makes no difference to who walks them") {
    std::string many = "{";
    for (int i = 0; i < 150; ++i) many += "\"k" + std::to_string(i) + "\":[" + std::to_string(i) + ",2],";
    many.back() = '}';
    const std::string data[] = {
        R"({})",
        R"({ })",
        R"({"a":1})",
        R"({"a":"x,y{}[]\"","b":[1,{"c":2,"d":[]},3],"e":{"f":{"g":"}"},"h":1},"i":"\u007b,","j":null })",
        R"( { "a" : [ ] , "b" : { } , "c" : "," } )",
        R"({"with\u0041escape":1,"b":2,"b":3})",
        R"({"a":"0123456789012345678901234567890123456789012345678901234567890123456789,","b":{"c":[[[[1,2],[3,4]],5],6],"d":7},"e":8})",
        R"({"a":{},"b":[],"c":{"d":{}},"e":[[]],"f":[{}],"g":1})",
        many,
        "[1,2,3]",
        "\"text\"",
        "null",
    };
    for (const auto& each : data) {
        CAPTURE(each);
        for (const bool d_is_last : {true, false}) {
            const auto text =
                d_is_last ? R"({"t":"X","s":1,"op":0,"d":)" + each + "}" : R"({"d":)" + each + R"(,"t":"X","s":1,"op":0})";
            shoal::discord::json_outline outline;
            const auto known = read_envelope(text, &outline);
            const auto plain = read_envelope(text);
            REQUIRE(known);
            REQUIRE(plain);
            CHECK(known->data == plain->data);
            CHECK(known->seq == 1U);
            CHECK((known->outline != nullptr) == (known->data.starts_with('{') && &each != &data[8]));
            std::string a, b;
            auto first = known->object();
            for (const auto& [key, value] : first.fields()) a += std::string(key) + "=" + std::string(value.raw()) + ";";
            for (const auto& [key, value] : plain->object().fields())
                b += std::string(key) + "=" + std::string(value.raw()) + ";";
            CHECK(a == b);
            shoal::discord::detail::item_commas wide, narrow;
            if (!each.starts_with('{')) continue;
            const char* end = each.data() + each.size();
            CHECK(shoal::discord::detail::skip_container(each.data(), end, wide) ==
                  shoal::discord::detail::skip_container_plain(each.data(), end, narrow));
            REQUIRE(wide.count == narrow.count);
            CHECK(std::equal(wide.at, wide.at + wide.count, narrow.at));
        }
    }
}
