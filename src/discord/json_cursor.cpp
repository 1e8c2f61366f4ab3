#include "discord/json_cursor.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <span>
#include <system_error>

#include "base/utf8.hpp"
#include "discord/json_scan.hpp"

namespace shoal::discord {
namespace {

using detail::skip_space;

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// The content of a string value without its quotes; data() is nullptr if it does not end.
std::string_view inside_quotes(const char* at, const char* end, detail::string_look& seen) noexcept {
    const char* behind = detail::skip_string(at, end, seen);
    return behind == nullptr ? std::string_view{} : std::string_view(at + 1, static_cast<std::size_t>(behind - at) - 2);
}
std::string_view inside_quotes(const char* at, const char* end) noexcept {
    detail::string_look seen;
    return inside_quotes(at, end, seen);
}

void append_code_point(std::string& out, std::uint32_t c) {
    if (c < 0x80) {
        out.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
        out.push_back(static_cast<char>(0xC0 | (c >> 6)));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        out.push_back(static_cast<char>(0xE0 | (c >> 12)));
        out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    } else {
        out.push_back(static_cast<char>(0xF0 | (c >> 18)));
        out.push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    }
}

/// Four hex digits; nullopt if they are not.
std::optional<std::uint32_t> hex4(const char* p, const char* end) noexcept {
    if (end - p < 4) return std::nullopt;
    std::uint32_t value = 0;
    const auto [behind, ec] = std::from_chars(p, p + 4, value, 16);
    if (ec != std::errc{} || behind != p + 4) return std::nullopt;
    return value;
}

/// Decodes what stands between the quotes.
void append_decoded(std::string& out, std::string_view raw) {
    const char* p = raw.data();
    const char* end = p + raw.size();
    while (p != end) {
        const auto* escape = static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)));
        append_utf8(out, {p, static_cast<std::size_t>((escape == nullptr ? end : escape) - p)});
        if (escape == nullptr) return;
        p = escape + 1;
        if (p == end) {
            out.append(replacement);
            return;
        }
        switch (const char c = *p++; c) {
            case 'n': out.push_back('\n'); break;
            case 't': out.push_back('\t'); break;
            case 'r': out.push_back('\r'); break;
            case 'b': out.push_back('\b'); break;
            case 'f': out.push_back('\f'); break;
            case '"':
            case '\\':
            case '/': out.push_back(c); break;
            case 'u': {
                const auto unit = hex4(p, end);
                if (!unit) {
                    out.append(replacement);
                    break;
                }
                p += 4;
                if (*unit < 0xD800 || *unit > 0xDFFF) {
                    append_code_point(out, *unit);
                    break;
                }
                const auto low = *unit < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2, end) : std::nullopt;
                if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
                    p += 6;
                    append_code_point(out, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
                } else {
                    out.append(replacement);  // a lone surrogate
                }
                break;
            }
            default: out.append(replacement); break;
        }
    }
}

/// The characters of a number, either bare or the whole content of a string without escapes.
std::string_view number_text(const char* at, const char* end) noexcept {
    if (at == nullptr) return {};
    if (*at == '"') return inside_quotes(at, end);
    const char* p = at;
    while (p != end && (*p == '-' || *p == '+' || *p == '.' || (*p >= '0' && *p <= '9') || *p == 'e' || *p == 'E')) ++p;
    return {at, static_cast<std::size_t>(p - at)};
}

/// The same with escapes taken out, as far as a number or a truth can hold any: an id may be written "12\\u0033". Empty: it is
/// neither.
std::string_view unescaped(std::string_view text, std::span<char> room) noexcept {
    std::size_t size = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (size == room.size()) return {};
        if (text[at] != '\\') {
            room[size++] = text[at++];
            continue;
        }
        unsigned code = 0;
        const char* digits = text.data() + at + 2;
        if (text.size() - at < 6 || text[at + 1] != 'u') return {};
        const auto [behind, error] = std::from_chars(digits, digits + 4, code, 16);
        if (error != std::errc{} || behind != digits + 4 || code >= 0x80) return {};
        room[size++] = static_cast<char>(code);
        at += 6;
    }
    return {room.data(), size};
}

/// Reads a number's text; one that is no number as it stands may be one behind its escapes.
template <class Read>
auto read_number(std::string_view text, Read read) noexcept {
    auto value = read(text);
    if (value || text.find('\\') == std::string_view::npos) return value;
    std::array<char, 48> room;
    return read(unescaped(text, room));
}

bool starts_like_a_number(std::string_view text) noexcept {
    return !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
}

std::optional<bool> to_truth(std::string_view word) noexcept {
    if (word == "1" || word == "true") return true;
    if (word == "0" || word == "false") return false;
    return std::nullopt;
}

std::optional<double> to_double(std::string_view text) noexcept {
    if (!starts_like_a_number(text)) return std::nullopt;  // from_chars also knows "inf" and "nan".
    double value = 0;
    const auto [behind, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || behind != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

/// Snowflakes, which are most of what is read as a number: up to 19 digits, which fit into 64 bits, and nothing else.
std::optional<std::uint64_t> plain_digits(std::string_view text) noexcept {
    if (text.empty() || text.size() > 19) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        const auto digit = static_cast<unsigned char>(c - '0');
        if (digit > 9) return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

template <class Int>
std::optional<Int> to_integer(std::string_view text) noexcept {
    if (!starts_like_a_number(text)) return std::nullopt;
    Int value = 0;
    const auto [behind, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec == std::errc{} && behind == text.data() + text.size()) return value;
    // 12.0 and 1e3 are integers too, as far as a double is exact.
    const auto real = to_double(text);
    if (!real || std::trunc(*real) != *real || std::fabs(*real) > 0x1p53 || (std::is_unsigned_v<Int> && *real < 0)) {
        return std::nullopt;
    }
    return static_cast<Int>(*real);
}

}  // namespace

void append_utf8(std::string& out, std::string_view bytes) {
    if (is_utf8(bytes)) {
        out.append(bytes);
        return;
    }
    const char* p = bytes.data();
    const char* end = p + bytes.size();
    while (p != end) {
        const auto length = utf8_length(p, end);
        if (length == 0) {
            out.append(replacement);
            ++p;
        } else {
            out.append(p, length);
            p += length;
        }
    }
}

json_value::json_value(std::string_view text) noexcept {
    const char* end = text.data() + text.size();
    const char* p = skip_space(text.data(), end);
    if (p == end) return;
    at_ = p;
    end_ = end;
}

json_kind json_value::kind() const noexcept {
    if (at_ == nullptr) return json_kind::missing;
    const auto literal = [&](std::string_view word) {
        return static_cast<std::size_t>(end_ - at_) >= word.size() && std::memcmp(at_, word.data(), word.size()) == 0;
    };
    switch (*at_) {
        case '{': return json_kind::object;
        case '[': return json_kind::array;
        case '"': return json_kind::string;
        case 't': return literal("true") ? json_kind::boolean : json_kind::missing;
        case 'f': return literal("false") ? json_kind::boolean : json_kind::missing;
        case 'n': return literal("null") ? json_kind::null : json_kind::missing;
        default: return *at_ == '-' || (*at_ >= '0' && *at_ <= '9') ? json_kind::number : json_kind::missing;
    }
}

std::optional<std::int64_t> json_value::integer() const noexcept {
    return read_number(number_text(at_, end_), to_integer<std::int64_t>);
}

std::optional<std::uint64_t> json_value::unsigned_integer() const noexcept {
    const auto digits = number_text(at_, end_);
    if (ended_at_ != nullptr && at_ != nullptr && *at_ == '"' && digits.data() != nullptr)
        *ended_at_ = digits.data() + digits.size() + 1;
    if (const auto value = plain_digits(digits)) return value;
    return read_number(digits, to_integer<std::uint64_t>);
}

std::optional<double> json_value::number() const noexcept { return read_number(number_text(at_, end_), to_double); }

std::optional<bool> json_value::boolean() const noexcept {
    switch (kind()) {
        case json_kind::boolean: return *at_ == 't';
        case json_kind::number:
        case json_kind::string: {
            return read_number(number_text(at_, end_), to_truth);
        }
        default: return std::nullopt;
    }
}

std::optional<std::string> json_value::text() const {
    std::string out;
    if (!append_text(out)) return std::nullopt;
    return out;
}

std::string_view json_value::text(std::string& scratch) const {
    const auto what = kind();
    if (what == json_kind::number) return number_text(at_, end_);
    if (what != json_kind::string) return {};
    detail::string_look seen;
    const auto raw = inside_quotes(at_, end_, seen);
    if (ended_at_ != nullptr && raw.data() != nullptr) *ended_at_ = raw.data() + raw.size() + 1;
    if (!seen.escapes && (seen.ascii || is_utf8(raw))) return raw;
    scratch.clear();
    append_decoded(scratch, raw);
    return scratch;
}

bool json_value::append_text(std::string& out) const {
    const auto what = kind();
    if (what == json_kind::number) {
        out.append(number_text(at_, end_));
        return true;
    }
    if (what != json_kind::string) return false;
    const auto raw = inside_quotes(at_, end_);
    if (raw.data() == nullptr) return false;
    append_decoded(out, raw);
    return true;
}

bool json_value::is_text(std::string_view expected) const {
    const auto what = kind();
    if (what != json_kind::string && what != json_kind::number) return false;
    std::string scratch;
    return text(scratch) == expected;
}

std::string_view json_value::raw() const noexcept {
    if (at_ == nullptr) return {};
    const char* behind = detail::skip_value(at_, end_);
    if (behind == nullptr) return {};
    if (ended_at_ != nullptr) *ended_at_ = behind;
    return {at_, static_cast<std::size_t>(behind - at_)};
}

json_fields json_value::fields() const noexcept {
    if (known_ != nullptr) return {at_, end_, known_->commas_};
    return {at_ != nullptr && *at_ == '{' ? at_ : nullptr, end_, ended_at_};
}

json_elements json_value::elements() const noexcept { return {at_ != nullptr && *at_ == '[' ? at_ : nullptr, end_, ended_at_}; }

json_value json_value::operator[](std::string_view key) const noexcept {
    auto walk = fields();
    for (const auto& field : walk) {
        if (field.key == key) return field.value;
    }
    return {};
}

std::size_t json_value::count() const noexcept {
    std::size_t counted = 0;
    if (kind() == json_kind::array) {
        auto walk = elements();
        for (auto it = walk.begin(); !(it == walk.end()); ++it) ++counted;
    } else {
        auto walk = fields();
        for (auto it = walk.begin(); !(it == walk.end()); ++it) ++counted;
    }
    return counted;
}

inline void json_walk::next_item(const char* p) noexcept {
    if (close_ == '}') {
        if (*p != '"') return fail();
        detail::string_look seen;
        const char* behind = detail::skip_string(p, end_, seen);
        if (behind == nullptr) return fail();
        key_ = p + 1;
        key_bytes_ = static_cast<std::size_t>(behind - p) - 2;
        if (seen.escapes) [[unlikely]] {
            std::string decoded;
            append_decoded(decoded, {key_, key_bytes_});
            if (decoded.size() <= sizeof key_buffer_) {
                std::memcpy(key_buffer_, decoded.data(), decoded.size());
                key_ = key_buffer_;
                key_bytes_ = decoded.size();
            }
        }
        p = skip_space(behind, end_);
        if (p == end_ || *p != ':') return fail();
        p = skip_space(p + 1, end_);
        if (p == end_) return fail();
    }
    if (*p == ',' || *p == ':' || *p == '}' || *p == ']') return fail();  // No value where one must be.
    at_ = p;
    ended_at_ = nullptr;
}

void json_walk::enter() noexcept {
    if (at_ == nullptr) return;
    const char* p = skip_space(at_ + 1, end_);
    if (p == end_) return fail();
    if (*p == close_) return finish(p + 1);
    next_item(p);
}

void json_walk::advance() noexcept {
    if (at_ == nullptr) return;
    if (comma_ != nullptr) {
        if (comma_ == last_comma_) {
            at_ = nullptr;
            return;
        }
        const char* next = skip_space(*comma_++ + 1, end_);
        return next == end_ ? fail() : next_item(next);
    }
    const char* p = ended_at_ != nullptr ? ended_at_ : detail::skip_value(at_, end_);
    if (p == nullptr) return fail();
    p = skip_space(p, end_);
    if (p == end_) return fail();
    if (*p == close_) return finish(p + 1);
    if (*p != ',') return fail();
    p = skip_space(p + 1, end_);
    if (p == end_) return fail();
    next_item(p);
}

void json_walk::finish(const char* p) noexcept {
    at_ = nullptr;
    if (parent_ != nullptr) *parent_ = p;
}

void json_walk::fail() noexcept {
    at_ = nullptr;
    broken_ = true;
}

std::string_view json_outline::take(const json_value& value) noexcept {
    known_ = false;
    if (value.at_ == nullptr || *value.at_ != '{') return value.raw();
    const char* behind = detail::skip_container(value.at_, value.end_, commas_);
    if (behind == nullptr) return {};
    known_ = commas_.count <= detail::item_commas::most;
    if (value.ended_at_ != nullptr) *value.ended_at_ = behind;
    return {value.at_, static_cast<std::size_t>(behind - value.at_)};
}

}  // namespace shoal::discord
