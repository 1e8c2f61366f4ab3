#pragma once
// protobuf's wire format, written by hand: what a peer of another make, or of ill will, can send.

#include <cstdint>
#include <string>
#include <string_view>

namespace shoal::wire::testing {

inline std::string varint(std::uint64_t value) {
    std::string out;
    for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
    out += static_cast<char>(value);
    return out;
}
inline std::string number(unsigned field, std::uint64_t value) { return varint(field << 3U) + varint(value); }
inline std::string bytes(unsigned field, std::string_view value) {
    return varint((field << 3U) | 2U) + varint(value.size()) + std::string(value);
}
inline std::string real(unsigned field, double value) {
    return varint((field << 3U) | 1U) + std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace shoal::wire::testing
