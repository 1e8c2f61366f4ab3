// Reading of a request: path, query, and the three kinds of body [4.1, 4.2].

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>

#include "sim/core/multipart.hpp"
#include "sim/core/rest_request.hpp"
#include "sim/core/rest_route.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::map<std::string, std::string, std::less<>> form_fields(std::string_view text) {
    std::map<std::string, std::string, std::less<>> fields;
    while (!text.empty()) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        const std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        if (!pair.empty()) fields[percent_decoded(pair.substr(0, equals), true)] = percent_decoded(value, true);
    }
    return fields;
}

constexpr std::size_t largest_file_bytes = 10U << 20U, largest_request_bytes = 25U << 20U;  // [4.2]

}  // namespace

std::string percent_decoded(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
            out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
            i += 2;
        } else {
            out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
        }
    }
    return out;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view header_of(const http_arrived& request, std::string_view name) noexcept {
    for (const header& one : request.headers) {
        if (same_name(one.name, name)) return one.value;
    }
    return {};
}

bool read_target(std::string_view target, rest_request& out) {
    const std::size_t question = target.find('?');
    if (question != std::string_view::npos) out.query = form_fields(target.substr(question + 1));
    std::string_view path = target.substr(0, question);
    if (!path.starts_with("/api/") && path != "/api") return false;
    path.remove_prefix(4);
    out.version = 6;  // what an unversioned path means [4.1]
    if (path.starts_with("/v")) {
        const std::string_view digits =
            path.substr(2, path.find('/', 1) == std::string_view::npos ? path.npos : path.find('/', 1) - 2);
        int version = 0;
        const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
        if (ec == std::errc{} && end == digits.data() + digits.size()) {
            out.version = version;
            path.remove_prefix(2 + digits.size());
        }
    }
    while (path.starts_with('/')) {
        path.remove_prefix(1);
        const std::string_view part = path.substr(0, path.find('/'));
        out.segments.push_back(percent_decoded(part, false));
        path.remove_prefix(part.size());
    }
    if (!out.segments.empty() && out.segments.back().empty()) out.segments.pop_back();  // a trailing slash is forgiven
    return true;
}

namespace {
body_reading read_parts(const http_arrived& request, std::string_view type, rest_request& out) {
    const auto parts = read_multipart(request.body, type);
    if (!parts) return body_reading::not_json;
    if (request.body.size() > largest_request_bytes) return body_reading::too_large;
    json::object fields;
    for (const form_part& part : *parts) {
        if (part.name == "payload_json") {
            json::error_code wrong;
            out.body = json::parse(part.content, wrong);
            if (wrong) return body_reading::not_json;
        } else if (part.filename.empty()) {
            fields[part.name] = std::string(part.content);
        } else {
            if (part.content.size() > largest_file_bytes) return body_reading::too_large;
            out.files.push_back({part.name, part.filename, part.content_type, part.content.size()});
        }
    }
    if (out.body.is_null()) out.body = std::move(fields);
    return body_reading::fine;
}
}  // namespace

namespace {
/// Snowflakes may come as numbers, as discord.py sends some; handlers know them as texts. Nothing else in a body is that large:
/// it is beyond what a number can hold exactly (2^53). A nonce is echoed as it came.
void spell_ids(json::value& value) {
    if (json::array* list = value.if_array()) {
        for (json::value& one : *list) spell_ids(one);
    } else if (json::object* object = value.if_object()) {
        for (auto& field : *object) {
            if (field.key() != "nonce") spell_ids(field.value());
        }
    } else if (value.is_int64() && value.get_int64() >= 10'000'000'000'000'000) {
        value = std::to_string(value.get_int64());
    } else if (value.is_uint64()) {
        value = std::to_string(value.get_uint64());
    }
}

body_reading read_any_body(const http_arrived& request, rest_request& out) {
    if (request.body.empty()) return body_reading::fine;
    const std::string_view type = header_of(request, "Content-Type");
    const std::string_view essence = type.substr(0, type.find(';'));
    if (same_name(essence, "application/x-www-form-urlencoded")) {
        json::object fields;
        for (const auto& [key, value] : form_fields(request.body)) fields[key] = value;
        out.body = std::move(fields);
        return body_reading::fine;
    }
    if (same_name(essence, "multipart/form-data")) return read_parts(request, type, out);
    if (!same_name(essence, "application/json")) return body_reading::wrong_type;
    json::error_code wrong;
    out.body = json::parse(request.body, wrong);
    return wrong ? body_reading::not_json : body_reading::fine;
}

}  // namespace

body_reading read_body(const http_arrived& request, rest_request& out) {
    const body_reading how = read_any_body(request, out);
    spell_ids(out.body);
    return how;
}

// ---- what handlers ask -----------------------------------------------------------------------------------------------------

std::uint32_t rest_request::number(std::string_view key, std::uint32_t otherwise, std::uint32_t least, std::uint32_t most) const {
    const auto found = query.find(key);
    if (found == query.end()) return otherwise;
    std::uint32_t value = 0;
    const char* last = found->second.data() + found->second.size();
    const auto [end, ec] = std::from_chars(found->second.data(), last, value);
    return ec != std::errc{} || end != last ? otherwise : std::clamp(value, least, most);
}

bool rest_request::truth(std::string_view key) const {
    const auto found = query.find(key);
    return found != query.end() && (found->second == "true" || found->second == "True" || found->second == "1");
}

std::uint64_t rest_request::query_id(std::string_view key) const {
    const auto found = query.find(key);
    return found == query.end() ? 0 : parse_snowflake(found->second).value_or(0);
}

std::string_view rest_request::word(std::string_view key) const {
    const auto found = query.find(key);
    return found == query.end() ? std::string_view() : std::string_view(found->second);
}

const json::object& rest_request::fields() const {
    static const json::object none;
    return body.is_object() ? body.get_object() : none;
}

}  // namespace shoal::sim
