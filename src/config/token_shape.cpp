#include "config/token_shape.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shoal::config {

namespace {
bool in_token(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}
std::size_t run_length(std::string_view text, std::size_t from) noexcept {
    std::size_t end = from;
    while (end < text.size() && in_token(text[end])) ++end;
    return end - from;
}

/// Where in a word ("https://me:pw@host", "--api-base=me:pw@host") somebody's name and password stand: up to the last @, for a
/// password may hold anything else. Without a // before it only what has a colon is taken for them.
std::string_view user_in(std::string_view word) noexcept {
    const auto end = word.rfind('@');
    if (end == std::string_view::npos) return {};
    const auto slashes = word.find("//");
    if (slashes < end) return word.substr(slashes + 2, end - slashes - 2);
    const auto colon = word.find(':');
    if (colon >= end) return {};
    const auto equals = word.rfind('=', colon);
    const auto begin = equals == std::string_view::npos ? 0 : equals + 1;
    return word.substr(begin, end - begin);
}

std::string without_users(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find_first_of(" \t\r\n"));
        if (const auto user = user_in(word); !user.empty()) {
            const auto before = static_cast<std::size_t>(user.data() - word.data());
            safe.append(word.substr(0, before)).append("[hidden]").append(word.substr(before + user.size()));
        } else {
            safe.append(word);
        }
        text.remove_prefix(word.size());
        const auto blanks = std::min(text.find_first_not_of(" \t\r\n"), text.size());
        safe.append(text.substr(0, blanks));
        text.remove_prefix(blanks);
    }
    return safe;
}
}  // namespace

token_place find_token(std::string_view text, std::size_t from) noexcept {
    // Every token holds a dot: walk from dot to dot, so that ordinary text costs one search.
    for (auto dot = text.find('.', from); dot != std::string_view::npos; dot = text.find('.', dot + 1)) {
        std::size_t begin = dot;
        while (begin > from && in_token(text[begin - 1])) --begin;
        if (dot - begin < 18) continue;
        const auto middle = run_length(text, dot + 1);
        const auto second = dot + 1 + middle;
        if (middle < 5 || middle > 8 || second >= text.size() || text[second] != '.') continue;
        const auto last = run_length(text, second + 1);
        if (last < 20) continue;
        // A second token may be glued on, and would then have lost its first part: all that hangs on by dots goes with it.
        auto end = second + 1 + last;
        while (end + 1 < text.size() && text[end] == '.' && in_token(text[end + 1])) end += 1 + run_length(text, end + 1);
        return {begin, end - begin};
    }
    return {};
}

std::optional<std::string_view> wrong_with_token(std::string_view token, bool of_discord) noexcept {
    bool only_digits = true;
    for (const char c : token) {
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) return "has white space or control characters inside";
        if (c == '"' || c == '\'' || c == '`') return "has quotation marks in it";
        if (c == '$' || c == '{' || c == '}' || c == '<' || c == '>' || c == '%') {
            return "is a placeholder that nothing was put in for";
        }
        // Base64's other letters are no letters of Discord's, but may be of another server's.
        if (!in_token(c) && c != '.' && c != '+' && c != '/' && c != '=') return "has characters that no token has";
        only_digits = only_digits && c >= '0' && c <= '9';
    }
    if (!of_discord) return std::nullopt;
    if (only_digits) return "is a number, such as the application's id";
    if (token.find('.') == std::string_view::npos) return "has no dots, as a client secret or a public key";
    // Shorter than any token was in ten years; longer ones may come.
    const auto first = token.find('.');
    const auto second = token.find('.', first + 1);
    const bool whole = first >= 18 && second != std::string_view::npos && second - first > 5 && token.size() - second > 20 &&
                       token.find('.', second + 1) == std::string_view::npos;
    if (!whole) return "does not have a token's three parts and was perhaps cut off";
    return std::nullopt;
}

std::string without_secrets(std::string_view text) {
    std::string safe;
    std::size_t from = 0;
    for (auto token = find_token(text); token; token = find_token(text, from)) {
        safe.append(text.substr(from, token.begin - from)).append("[token]");
        from = token.begin + token.size;
    }
    safe.append(text.substr(from));
    return without_users(safe);
}

std::string shown(std::string_view text) {
    constexpr std::size_t most = 80;
    auto safe = "\"" + without_secrets(text);
    if (safe.size() > most) {
        safe.resize(most);
        safe += "...";
    }
    std::string quoted;
    for (char c : safe) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

}  // namespace shoal::config
