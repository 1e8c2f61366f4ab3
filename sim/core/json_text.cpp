#include "sim/core/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <vector>

namespace shoal::sim {
namespace json = boost::json;
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_unit(std::string& out, std::uint32_t unit) {
    out.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) out.push_back(hex_digits[(unit >> shift) & 15U]);
}

void append_escaped(std::string& out, std::uint32_t point) {
    if (point < 0x10000) return append_unit(out, point);
    point -= 0x10000;
    append_unit(out, 0xD800 + (point >> 10));
    append_unit(out, 0xDC00 + (point & 0x3FF));
}

/// The code point that starts at `at`, and how many bytes it takes. The text is valid UTF-8.
std::pair<std::uint32_t, std::size_t> decode(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])); };
    const std::uint32_t first = byte(0);
    if (first < 0x80) return {first, 1};
    if (first < 0xE0) return {((first & 0x1FU) << 6) | (byte(1) & 0x3FU), 2};
    if (first < 0xF0) return {((first & 0x0FU) << 12) | ((byte(1) & 0x3FU) << 6) | (byte(2) & 0x3FU), 3};
    return {((first & 0x07U) << 18) | ((byte(1) & 0x3FU) << 12) | ((byte(2) & 0x3FU) << 6) | (byte(3) & 0x3FU), 4};
}

void append_needed(std::string& out, char c) {
    switch (c) {
        case '"': out.append("\\\""); break;
        case '\\': out.append("\\\\"); break;
        case '\n': out.append("\\n"); break;
        case '\r': out.append("\\r"); break;
        case '\t': out.append("\\t"); break;
        case '\b': out.append("\\b"); break;
        case '\f': out.append("\\f"); break;
        default: append_unit(out, static_cast<unsigned char>(c));
    }
}

void space(std::string& out, random_source& random) {
    switch (random.below(12)) {
        case 0: out.push_back(' '); break;
        case 1: out.append("\n  "); break;
        case 2: out.push_back('\t'); break;
        case 3: out.append("\r\n"); break;
        default: break;
    }
}

void vary_string(std::string& out, std::string_view text, random_source& random) {
    const std::uint64_t mode = random.below(4);
    if (mode != 0)
        return append_literal(out, text, mode == 1 ? spelling::ascii : mode == 2 ? spelling::slashes : spelling::plain);
    out.push_back('"');
    for (std::size_t at = 0; at < text.size();) {
        const auto [point, length] = decode(text, at);
        if (random.below(6) == 0) {
            append_escaped(out, point);
        } else if (point < 0x20 || point == '"' || point == '\\') {
            append_needed(out, static_cast<char>(point));
        } else {
            out.append(text.substr(at, length));
        }
        at += length;
    }
    out.push_back('"');
}

void vary_value(std::string& out, const json::value& value, random_source& random);

void vary_object(std::string& out, const json::object& object, random_source& random) {
    std::vector<const json::key_value_pair*> fields;
    fields.reserve(object.size() + 1);
    for (const auto& field : object) fields.push_back(&field);
    for (std::size_t i = fields.size(); i > 1; --i) std::swap(fields[i - 1], fields[random.below(i)]);
    out.push_back('{');
    space(out, random);
    bool first = true;
    // Maps from id to object (`resolved`) have no "id" of their own and get nothing that could be taken for an entry.
    if (object.contains("id") && random.below(8) == 0) {
        out.append(R"("x_undocumented":{"nested":[1,{"deep":null}],"v":-1.5e-3})");
        first = false;
    }
    for (const auto* field : fields) {
        if (!first) out.push_back(',');
        first = false;
        space(out, random);
        vary_string(out, std::string_view(field->key_c_str(), field->key().size()), random);
        space(out, random);
        out.push_back(':');
        space(out, random);
        vary_value(out, field->value(), random);
    }
    space(out, random);
    out.push_back('}');
}

void vary_value(std::string& out, const json::value& value, random_source& random) {
    switch (value.kind()) {
        case json::kind::object: return vary_object(out, value.get_object(), random);
        case json::kind::array: {
            out.push_back('[');
            bool first = true;
            for (const auto& item : value.get_array()) {
                if (!first) out.push_back(',');
                first = false;
                space(out, random);
                vary_value(out, item, random);
            }
            space(out, random);
            out.push_back(']');
            return;
        }
        case json::kind::string: return vary_string(out, std::string_view(value.get_string()), random);
        default: out.append(json::serialize(value));
    }
}

}  // namespace

void append_literal(std::string& out, std::string_view text, spelling how) {
    out.push_back('"');
    std::size_t done = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto c = static_cast<unsigned char>(text[at]);
        const bool needed = c < 0x20 || c == '"' || c == '\\';
        const bool wanted = (how == spelling::ascii && c >= 0x80) || (how == spelling::slashes && c == '/');
        if (!needed && !wanted) {
            ++at;
            continue;
        }
        out.append(text.substr(done, at - done));
        const auto [point, length] = decode(text, at);
        if (needed) {
            append_needed(out, text[at]);
        } else if (c == '/') {
            out.append("\\/");
        } else {
            append_escaped(out, point);
        }
        at += length;
        done = at;
    }
    out.append(text.substr(done));
    out.push_back('"');
}

std::string vary(std::string_view text, random_source& random) {
    std::string out;
    out.reserve(text.size() + text.size() / 4);
    json::parse_options options;
    options.max_depth = 64;
    vary_value(out, json::parse(json::string_view(text.data(), text.size()), {}, options), random);
    return out;
}

bool is_utf8(std::string_view bytes) noexcept {
    for (std::size_t at = 0; at < bytes.size();) {
        const auto first = static_cast<unsigned char>(bytes[at]);
        const std::size_t length = first < 0x80   ? 1
                                   : first < 0xC2 ? 0
                                   : first < 0xE0 ? 2
                                   : first < 0xF0 ? 3
                                   : first < 0xF5 ? 4
                                                  : 0;
        if (length == 0 || at + length > bytes.size()) return false;
        for (std::size_t i = 1; i < length; ++i) {
            if ((static_cast<unsigned char>(bytes[at + i]) & 0xC0U) != 0x80U) return false;
        }
        const auto [point, used] = decode(bytes, at);
        static_cast<void>(used);
        if ((length == 3 && point < 0x800) || (length == 4 && (point < 0x10000 || point > 0x10FFFF))) return false;
        if (point >= 0xD800 && point < 0xE000) return false;
        at += length;
    }
    return true;
}

}  // namespace shoal::sim
