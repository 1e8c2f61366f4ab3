// The JSON cursor and writer against a foreign judge: simdjson's DOM reads the same random documents.

#include <doctest/doctest.h>
#include <simdjson.h>

#include <string>

#include "base/random.hpp"
#include "discord/json_cursor.hpp"
#include "discord/json_scan.hpp"
#include "discord/json_writer.hpp"

using namespace shoal;
using discord::json_kind;
using discord::json_value;

namespace {

std::string random_string(random_source& random) {
    static constexpr const char* pieces[] = {
        "a",  "guild", "\"", "\\", "\n",   "\xC3\xA9", "\xF0\x9F\x98\x80", "{", "}",
        "[",  "]",     ",",  ":",  "\x01", "\\u1234",  "123456789012345",  "/", std::string_view("\t").data(),
        "end"};
    std::string out;
    const auto count = random.below(random.chance(0.1) ? 60 : 6);
    for (std::uint64_t i = 0; i < count; ++i) out += pieces[random.below(std::size(pieces))];
    return out;
}

void write_random(random_source& random, discord::json_writer& w, int depth) {
    switch (random.below(depth > 0 ? 8 : 6)) {
        case 0: w.value(nullptr); break;
        case 1: w.value(random.chance(0.5)); break;
        case 2: w.value(static_cast<std::int64_t>(random.next())); break;
        case 3: w.value(random.next()); break;
        case 4: w.value((random.unit() - 0.5) * 1e6); break;
        case 5: w.value(random_string(random)); break;
        case 6: {
            w.begin_array();
            for (auto n = random.below(6); n > 0; --n) write_random(random, w, depth - 1);
            w.end_array();
            break;
        }
        default: {
            w.begin_object();
            for (auto n = random.below(6); n > 0; --n) {
                w.key(random_string(random) + std::to_string(n));
                write_random(random, w, depth - 1);
            }
            w.end_object();
        }
    }
}

/// Random whitespace around every structural character outside of strings.
std::string spaced(random_source& random, const std::string& json) {
    std::string out;
    bool inside = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (inside) {
            out.push_back(c);
            if (c == '\\') out.push_back(json[++i]);
            if (c == '"') inside = false;
            continue;
        }
        const bool structural = c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':';
        if (structural && random.chance(0.2)) out.append(random.below(5), ' ');
        out.push_back(c);
        if (structural && random.chance(0.2)) out.append(random.below(3), '\n');
        if (c == '"') inside = true;
    }
    return out;
}

void compare(const json_value& ours, simdjson::dom::element theirs) {
    using type = simdjson::dom::element_type;
    switch (theirs.type()) {
        case type::NULL_VALUE: CHECK(ours.is_null()); break;
        case type::BOOL: CHECK(ours.boolean() == bool(theirs.get_bool())); break;
        case type::INT64: CHECK(ours.integer() == std::int64_t(theirs.get_int64())); break;
        case type::UINT64: CHECK(ours.unsigned_integer() == std::uint64_t(theirs.get_uint64())); break;
        case type::DOUBLE: CHECK(ours.number() == double(theirs.get_double())); break;
        case type::STRING: {
            const auto text = ours.text();
            REQUIRE(text);
            CHECK(*text == std::string_view(theirs.get_string()));
            std::string scratch;
            CHECK(ours.text(scratch) == *text);
            break;
        }
        case type::ARRAY: {
            const simdjson::dom::array array = theirs.get_array();
            auto it = array.begin();
            std::size_t count = 0;
            auto elements = ours.elements();
            for (const auto& element : elements) {
                REQUIRE(count < array.size());
                compare(element, *it);
                ++it;
                ++count;
            }
            CHECK_FALSE(elements.broken());
            CHECK(count == array.size());
            break;
        }
        case type::OBJECT: {
            const simdjson::dom::object object = theirs.get_object();
            auto it = object.begin();
            std::size_t count = 0;
            auto fields = ours.fields();
            for (const auto& [key, value] : fields) {
                REQUIRE(count < object.size());
                if (key.find('\\') == std::string_view::npos) CHECK(key == it.key());
                compare(value, it.value());
                ++it;
                ++count;
            }
            CHECK_FALSE(fields.broken());
            CHECK(count == object.size());
            break;
        }
    }
}

}  // namespace

TEST_CASE("random documents that we write are read alike by us and by simdjson") {
    simdjson::dom::parser parser;
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        CAPTURE(seed);
        random_source random(seed);
        discord::json_writer w;
        write_random(random, w, 6);
        const auto text = random.chance(0.5) ? w.text() : spaced(random, w.text());
        CAPTURE(text);
        simdjson::dom::element theirs;
        REQUIRE(parser.parse(text).get(theirs) == simdjson::SUCCESS);
        CHECK(discord::is_json(text));
        const json_value ours(text);
        compare(ours, theirs);
        // raw() ends where the value ends, whatever follows.
        const auto followed = text + " , {\"more\":[1]}";
        const auto raw = json_value(followed).raw();
        CHECK(std::string_view(followed).substr(followed.find_first_not_of(" \n"), raw.size()) == raw);
        CHECK(raw.size() == std::string_view(text).substr(text.find_first_not_of(" \n")).find_last_not_of(" \n") + 1);
    }
}

TEST_CASE("F46 documents with random bytes changed crash nothing, and is_json refuses what simdjson refuses") {
    simdjson::dom::parser parser;
    for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
        CAPTURE(seed);
        random_source random(seed);
        discord::json_writer w;
        write_random(random, w, 5);
        auto text = w.text();
        for (auto n = random.below(4); n < 4 && !text.empty(); ++n) {
            const auto at = random.below(text.size());
            switch (random.below(3)) {
                case 0: text[at] = static_cast<char>(random.next()); break;
                case 1: text.erase(at, 1); break;
                default: text.insert(at, 1, "{}[]\",:\\0"[random.below(9)]);
            }
        }
        // An exact allocation, so that a sanitizer sees a read behind the end.
        const std::vector<char> exact(text.begin(), text.end());
        const std::string_view view(exact.data(), exact.size());
        CAPTURE(text);
        std::size_t seen = 0;
        const auto walk = [&](const auto& self, const json_value& v, int depth) -> void {
            ++seen;
            std::string scratch;
            static_cast<void>(v.raw());
            static_cast<void>(v.text(scratch));
            static_cast<void>(v.number());
            static_cast<void>(v.boolean());
            static_cast<void>(v.unsigned_integer());
            if (depth == 0) return;
            for (const auto& field : v.fields()) self(self, field.value, depth - 1);
            for (const auto& element : v.elements()) self(self, element, depth - 1);
        };
        walk(walk, json_value(view), 8);
        CHECK(seen > 0);
        simdjson::dom::element theirs;
        const bool judged = parser.parse(text).get(theirs) == simdjson::SUCCESS;
        // simdjson refuses invalid UTF-8 and numbers out of range as well; those two we let pass.
        if (judged) CHECK(discord::is_json(view));
    }
}

TEST_CASE("containers are stepped over alike with and without wide instructions, wherever they end") {
    random_source random(11);
    for (int i = 0; i < 3000; ++i) {
        discord::json_writer w;
        w.begin_array();
        for (auto n = random.below(12); n > 0; --n) write_random(random, w, 4);
        w.end_array();
        auto text = std::move(w).take();
        const auto whole = text.size();
        text += "]\"} tail \\";
        // Cut off somewhere, or with a byte changed, both must still agree.
        auto size = text.size();
        if (random.chance(0.3)) size = 1 + random.below(whole);
        if (random.chance(0.3)) text[1 + random.below(whole - 1)] = "\"\\{}[] "[random.below(7)];
        const auto* end = text.data() + size;
        const auto* wide = discord::detail::skip_container(text.data(), end);
        CHECK(wide == discord::detail::skip_container_plain(text.data(), end));
    }
}
