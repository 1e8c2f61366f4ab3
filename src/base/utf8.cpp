#include "base/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace shoal {
namespace {

/// The first byte that is not ASCII.
const char* skip_ascii(const char* p, const char* end) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
    std::uint64_t words[4];
    for (; end - p >= 32; p += 32) {
        std::memcpy(words, p, 32);
        if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0) break;
    }
    for (; end - p >= 8; p += 8) {
        std::memcpy(words, p, 8);
        if ((words[0] & high_bits) != 0) break;
    }
    while (p != end && static_cast<unsigned char>(*p) < 0x80) ++p;
    return p;
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
    const char* p = bytes.data();
    const char* end = p + bytes.size();
    while ((p = skip_ascii(p, end)) != end) {
        const auto length = utf8_length(p, end);
        if (length == 0) return false;
        p += length;
    }
    return true;
}

}  // namespace shoal
