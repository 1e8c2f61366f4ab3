// The JSON cursor, the check and the envelope over any bytes, with simdjson as judge of what is JSON and of what it says.

#include "discord/json_cursor.hpp"

#include <simdjson.h>

#include <cmath>

#include "base/utf8.hpp"
#include "bytes.hpp"
#include "discord/envelope.hpp"
#include "discord/json_scan.hpp"

using namespace shoal;
using discord::json_kind;
using discord::json_value;

namespace {

/// Every way to read a value, whatever it is.
void read_all_ways(const json_value& value, int depth) {
    std::string scratch;
    const auto text = value.text();
    SHOAL_ASSERT(value.text(scratch) == text.value_or(""));
    if (text) SHOAL_ASSERT(is_utf8(*text) && value.is_text(*text));
    std::string appended;
    SHOAL_ASSERT(value.append_text(appended) == text.has_value() && appended == text.value_or(""));
    const auto whole = value.integer();
    const auto positive = value.unsigned_integer();
    if (whole && *whole >= 0) SHOAL_ASSERT(positive == static_cast<std::uint64_t>(*whole));
    if (const auto real = value.number()) SHOAL_ASSERT(std::isfinite(*real));
    static_cast<void>(value.boolean());
    static_cast<void>(value.raw());
    static_cast<void>(value["id"].id<guild_id>());
    if (depth == 0) return;
    for (const auto& [key, each] : value.fields()) {
        static_cast<void>(key);
        read_all_ways(each, depth - 1);
    }
    for (const auto& each : value.elements()) read_all_ways(each, depth - 1);
    static_cast<void>(value.count());
}

void same(const json_value& ours, simdjson::dom::element theirs) {
    using type = simdjson::dom::element_type;
    switch (theirs.type()) {
        case type::NULL_VALUE: SHOAL_ASSERT(ours.is_null()); break;
        case type::BOOL: SHOAL_ASSERT(ours.boolean() == bool(theirs.get_bool())); break;
        case type::INT64: SHOAL_ASSERT(ours.integer() == std::int64_t(theirs.get_int64())); break;
        case type::UINT64: SHOAL_ASSERT(ours.unsigned_integer() == std::uint64_t(theirs.get_uint64())); break;
        case type::DOUBLE: {
            // A number too near to zero for a double is out of range to us, and zero to simdjson.
            const auto number = ours.number();
            const double expected = theirs.get_double();
            SHOAL_ASSERT(number ? *number == expected : std::fabs(expected) < 1e-300);
            break;
        }
        case type::STRING: SHOAL_ASSERT(ours.text() == std::string_view(theirs.get_string())); break;
        case type::ARRAY: {
            const simdjson::dom::array array = theirs.get_array();
            auto it = array.begin();
            auto elements = ours.elements();
            for (const auto& element : elements) {
                SHOAL_ASSERT(it != array.end());
                same(element, *it);
                ++it;
            }
            SHOAL_ASSERT(!elements.broken() && it == array.end() && ours.count() == array.size());
            break;
        }
        case type::OBJECT: {
            const simdjson::dom::object object = theirs.get_object();
            auto it = object.begin();
            auto fields = ours.fields();
            for (const auto& [key, value] : fields) {
                SHOAL_ASSERT(it != object.end());
                // A long key with escapes is shown as it is written.
                SHOAL_ASSERT(key == it.key() || key.find('\\') != std::string_view::npos);
                same(value, it.value());
                ++it;
            }
            SHOAL_ASSERT(!fields.broken() && it == object.end() && ours.count() == object.size());
            break;
        }
    }
}

/// What simdjson is stricter about, on purpose: numbers that no double holds, lone surrogates, bytes that are not UTF-8.
bool stricter(simdjson::error_code why, std::string_view text) {
    using enum simdjson::error_code;
    return why == NUMBER_ERROR || why == UTF8_ERROR || (why == STRING_ERROR && text.find("\\u") != std::string_view::npos);
}

void judge(std::string_view text) {
    constexpr std::size_t deepest = 256;
    static simdjson::dom::parser parser;
    static const bool sized = parser.allocate(1 << 20, deepest) == simdjson::SUCCESS;
    SHOAL_ASSERT(sized);
    simdjson::dom::element theirs;
    const auto verdict = parser.parse(text).get(theirs);
    if (verdict == simdjson::DEPTH_ERROR) return;
    const bool ours = discord::is_json(text, deepest);
    if (verdict == simdjson::SUCCESS) {
        SHOAL_ASSERT(ours);
        same(json_value(text), theirs);
    } else {
        SHOAL_ASSERT(!ours || stricter(verdict, text));
    }
}

void scan_everywhere(std::string_view text) {
    const auto* end = text.data() + text.size();
    for (const auto* p = text.data(); p != end && p != text.data() + 64; ++p) {
        if (*p != '{' && *p != '[') continue;
        SHOAL_ASSERT(discord::detail::skip_container(p, end) == discord::detail::skip_container_plain(p, end));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::exact bytes(fuzz::input(data, size).rest());
    const auto text = bytes.view();
    read_all_ways(json_value(text), 4);
    scan_everywhere(text);
    judge(text);
    if (const auto message = discord::read_envelope(text)) {
        const auto within = [&](std::string_view part) {
            return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
        };
        SHOAL_ASSERT(within(message->name) || message->name.empty());
        SHOAL_ASSERT(within(message->data) || message->data == "null" || message->data.empty());
    }
    return 0;
}
