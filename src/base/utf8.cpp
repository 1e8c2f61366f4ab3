#include "base/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace shoal {
namespace {

bool is_ascii(std::string_view bytes) noexcept {
    const char* p = bytes.data();
    const char* end = p + bytes.size();
    std::uint64_t seen = 0;
    for (; end - p >= 8; p += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, p, 8);
        seen |= word;
    }
    for (; p != end; ++p) seen |= static_cast<unsigned char>(*p) & 0x80U;
    return (seen & 0x8080808080808080ULL) == 0;
}

}  // namespace

std::size_t utf8_length(const char* p, const char* end) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(p[i]); };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const auto left = static_cast<std::size_t>(end - p);
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xC2) return 0;
    if (first < 0xE0) return left >= 2 && tail(1) ? 2 : 0;
    if (first < 0xF0) {
        if (left < 3 || !tail(1) || !tail(2)) return 0;
        if (first == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
        if (first == 0xED && byte(1) >= 0xA0) return 0;  // a surrogate
        return 3;
    }
    if (first > 0xF4 || left < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;   // overlong
    if (first == 0xF4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
    return 4;
}

bool is_utf8(std::string_view bytes) noexcept {
    if (is_ascii(bytes)) return true;
    const char* p = bytes.data();
    const char* end = p + bytes.size();
    while (p != end) {
        const auto length = utf8_length(p, end);
        if (length == 0) return false;
        p += length;
    }
    return true;
}

}  // namespace shoal
