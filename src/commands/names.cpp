#include "commands/names.hpp"

#include <array>
#include <cstdint>

namespace shoal::commands {
namespace {

/// Reads one code point and moves `text` behind it; nullopt if it is not UTF-8.
std::optional<char32_t> take(std::string_view& text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (length == 0 || length > text.size()) return std::nullopt;
    char32_t code = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
        code = (code << 6) | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return std::nullopt;
    text.remove_prefix(length);
    return code;
}

struct block {
    char32_t first, last;
};
/// Beyond ASCII: controls, punctuation, symbols, spaces, emoji, private use. What is not here counts as a letter or digit.
constexpr std::array<block, 17> no_letters{{{0x80, 0xA9},
                                            {0xAB, 0xB1},
                                            {0xB4, 0xB4},
                                            {0xB6, 0xB8},
                                            {0xBB, 0xBB},
                                            {0xBF, 0xBF},
                                            {0xD7, 0xD7},
                                            {0xF7, 0xF7},
                                            {0x2000, 0x206F},
                                            {0x20A0, 0x20CF},
                                            {0x2190, 0x245F},
                                            {0x249C, 0x2BFF},
                                            {0x3000, 0x3004},
                                            {0x3008, 0x3020},
                                            {0xE000, 0xF8FF},
                                            {0xFE00, 0xFE6F},
                                            {0x1F000, 0x1FBEF}}};

bool upper_case(char32_t c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7)  // Latin-1
           || (c >= 0x391 && c <= 0x3A9)                                    // Greek
           || (c >= 0x400 && c <= 0x42F);                                   // Cyrillic
}

}  // namespace

std::optional<std::size_t> characters(std::string_view text) noexcept {
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        if (!take(text)) return std::nullopt;
    }
    return count;
}

std::string_view why_no_name(std::string_view name) noexcept {
    const auto length = characters(name);
    if (!length) return "it is not UTF-8";
    if (*length == 0) return "it is empty";
    if (*length > 32) return "it has more than 32 characters";
    while (!name.empty()) {
        const char32_t c = *take(name);
        if (upper_case(c)) return "it has an upper-case letter";
        if (c < 0x80) {
            const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '\'';
            if (!fine) return "only letters, digits, '-', '_' and ' may stand in it";
            continue;
        }
        for (const auto& each : no_letters) {
            if (c >= each.first && c <= each.last) return "only letters, digits, '-', '_' and ' may stand in it";
        }
    }
    return {};
}

}  // namespace shoal::commands
