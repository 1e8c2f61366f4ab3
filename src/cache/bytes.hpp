#pragma once
// Numbers as bytes: whole ones little-endian, small ones in as few bytes as they need (7 bits a byte). Reading never leaves its
// range. Not here: what they mean.

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "shoal/cache.hpp"

namespace shoal::cache {

static_assert(std::endian::native == std::endian::little, "records and snapshots are little-endian");

/// Times are kept as seconds since Discord's own epoch.
inline constexpr cached_time time_origin{std::chrono::seconds(1420070400)};

template <class T>
void append_raw(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void append_number(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

/// Reads what the functions above wrote. After `ok` went false everything reads as 0 or empty.
struct byte_reader {
    const char* at = nullptr;
    const char* end = nullptr;
    bool ok = true;

    explicit byte_reader(std::string_view bytes) noexcept : at(bytes.data()), end(bytes.data() + bytes.size()) {}
    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end - at); }
    [[nodiscard]] std::string_view take(std::size_t bytes) noexcept {
        if (bytes > left()) {
            fail();
            return {};
        }
        const std::string_view out(at, bytes);
        at += bytes;
        return out;
    }
    template <class T>
    [[nodiscard]] T raw() noexcept {
        T out{};
        if (const auto bytes = take(sizeof out); bytes.size() == sizeof out) std::memcpy(&out, bytes.data(), sizeof out);
        return out;
    }
    [[nodiscard]] std::uint64_t number() noexcept {
        std::uint64_t out = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (at == end) break;
            const auto byte = static_cast<unsigned char>(*at++);
            out |= std::uint64_t{byte & 0x7FU} << shift;
            if (byte < 0x80) return out;
        }
        fail();
        return 0;
    }
    void fail() noexcept {
        ok = false;
        at = end;
    }
};

}  // namespace shoal::cache
