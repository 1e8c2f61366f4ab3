// is_json: the whole grammar, without recursion.

#include <cctype>
#include <cstring>
#include <vector>

#include "discord/json_cursor.hpp"
#include "discord/json_scan.hpp"

namespace shoal::discord {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

const char* check_string(const char* p, const char* end) noexcept {
    for (++p; p != end; ++p) {
        const auto c = static_cast<unsigned char>(*p);
        if (c == '"') return p + 1;
        if (c < 0x20) return nullptr;
        if (c != '\\') continue;
        if (++p == end) return nullptr;
        if (*p == 'u') {
            if (end - p < 5) return nullptr;
            for (int i = 1; i <= 4; ++i) {
                if (std::isxdigit(static_cast<unsigned char>(p[i])) == 0) return nullptr;
            }
            p += 4;
        } else if (std::strchr("\"\\/bfnrt", *p) == nullptr || *p == '\0') {
            return nullptr;
        }
    }
    return nullptr;
}

const char* check_number(const char* p, const char* end) noexcept {
    const auto digits = [&] {
        const char* start = p;
        while (p != end && is_digit(*p)) ++p;
        return p != start;
    };
    if (p != end && *p == '-') ++p;
    if (p != end && *p == '0') {
        ++p;
    } else if (!digits()) {
        return nullptr;
    }
    if (p != end && *p == '.') {
        ++p;
        if (!digits()) return nullptr;
    }
    if (p != end && (*p == 'e' || *p == 'E')) {
        ++p;
        if (p != end && (*p == '+' || *p == '-')) ++p;
        if (!digits()) return nullptr;
    }
    return p;
}

const char* check_scalar(const char* p, const char* end) noexcept {
    if (*p == '"') return check_string(p, end);
    for (const std::string_view word : {"true", "false", "null"}) {
        if (static_cast<std::size_t>(end - p) >= word.size() && std::memcmp(p, word.data(), word.size()) == 0) {
            return p + word.size();
        }
    }
    return check_number(p, end);
}

}  // namespace

bool is_json(std::string_view text, std::size_t deepest) noexcept {
    const char* p = text.data();
    const char* end = p + text.size();
    std::vector<char> open;  // The closing brackets that are still to come.
    const auto key = [&](const char* at) -> const char* {
        at = detail::skip_space(at, end);
        if (at == end || *at != '"') return nullptr;
        at = check_string(at, end);
        if (at == nullptr) return nullptr;
        at = detail::skip_space(at, end);
        return at != end && *at == ':' ? at + 1 : nullptr;
    };
    while (true) {
        // A value is due here.
        p = detail::skip_space(p, end);
        if (p == end) return false;
        if (*p == '{' || *p == '[') {
            if (open.size() == deepest) return false;
            const char close = *p == '{' ? '}' : ']';
            p = detail::skip_space(p + 1, end);
            if (p == end) return false;
            if (*p != close) {
                open.push_back(close);
                if (close == '}' && (p = key(p)) == nullptr) return false;
                continue;
            }
            ++p;
        } else {
            p = check_scalar(p, end);
            if (p == nullptr) return false;
        }
        // A value ended here.
        while (true) {
            p = detail::skip_space(p, end);
            if (open.empty()) return p == end;
            if (p == end) return false;
            if (*p == open.back()) {
                open.pop_back();
                ++p;
                continue;
            }
            if (*p != ',') return false;
            ++p;
            if (open.back() == '}' && (p = key(p)) == nullptr) return false;
            break;
        }
    }
}

}  // namespace shoal::discord
