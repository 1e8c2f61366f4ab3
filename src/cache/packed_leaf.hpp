#pragma once
// One block of a packed table: {u8 records, u8 shared, u16 payload bytes}, the keys, the end of each record in the payload (u16),
// the payload. Read by memcpy, since nothing in it is aligned. Not here: the index over such blocks (packed_table.cpp).
//
// A shared leaf is also held by a frozen view: it is not changed, and whoever lets go of it first leaves it to the other.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "shoal/detail/packed_table.hpp"

namespace shoal::cache::packed_leaf {

inline constexpr std::size_t head_bytes = 4;
inline constexpr std::size_t most_payload = 3072;  // Beyond it a leaf of several records is cut in two.
inline constexpr std::size_t most_records = 254;   // One more fits, before the cut.
inline constexpr std::size_t least_payload = 700;  // Below it a leaf looks for a neighbour to join.

template <class T>
T load(const char* at) noexcept {
    T out;
    std::memcpy(&out, at, sizeof out);
    return out;
}
template <class T>
inline void save(char* at, T what) noexcept {
    std::memcpy(at, &what, sizeof what);
}

[[nodiscard]] inline std::uint32_t records_of(const char* leaf) noexcept { return load<std::uint8_t>(leaf); }
[[nodiscard]] inline bool is_shared(const char* leaf) noexcept { return leaf[1] != 0; }
inline void set_shared(char* leaf, bool shared) noexcept { leaf[1] = shared ? 1 : 0; }
[[nodiscard]] inline std::uint32_t payload_of(const char* leaf) noexcept { return load<std::uint16_t>(leaf + 2); }
[[nodiscard]] inline std::uint64_t key_at(const char* leaf, std::uint32_t at) noexcept {
    return load<std::uint64_t>(leaf + head_bytes + 8UL * at);
}
[[nodiscard]] inline char* ends_of(char* leaf, std::uint32_t records) noexcept { return leaf + head_bytes + 8UL * records; }
[[nodiscard]] inline std::uint32_t end_at(const char* leaf, std::uint32_t records, std::uint32_t at) noexcept {
    return load<std::uint16_t>(leaf + head_bytes + 8UL * records + 2UL * at);
}
[[nodiscard]] inline std::uint32_t begin_at(const char* leaf, std::uint32_t records, std::uint32_t at) noexcept {
    return at == 0 ? 0 : end_at(leaf, records, at - 1);
}
[[nodiscard]] inline const char* payload(const char* leaf, std::uint32_t records) noexcept {
    return leaf + head_bytes + 10UL * records;
}
[[nodiscard]] inline char* payload(char* leaf, std::uint32_t records) noexcept { return leaf + head_bytes + 10UL * records; }

[[nodiscard]] inline std::uint32_t lower_in(const char* leaf, std::uint64_t key) noexcept {
    std::uint32_t low = 0;
    std::uint32_t high = records_of(leaf);
    while (low < high) {
        const auto middle = (low + high) / 2;
        if (key_at(leaf, middle) < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

[[nodiscard]] inline std::string_view record_at(const char* leaf, std::uint32_t at) noexcept {
    const auto records = records_of(leaf);
    const auto begin = begin_at(leaf, records, at);
    return {payload(leaf, records) + begin, end_at(leaf, records, at) - begin};
}

[[nodiscard]] inline bool too_large(const char* leaf) noexcept {
    return records_of(leaf) > 1 && (payload_of(leaf) > most_payload || records_of(leaf) > most_records);
}

/// A leaf of these, keys ascending. free_leaf() lets it go, as it does what the others make.
[[nodiscard]] char* make_of(std::span<const detail::packed_table::entry> sorted);
/// A copy of records [from, to) of a leaf.
[[nodiscard]] char* copy_part(const char* leaf, std::uint32_t from, std::uint32_t to);
/// A copy of a leaf in which `drop` records at `at` (0 or 1) are replaced by `add` (none if its data is nullptr).
[[nodiscard]] char* copy_changed(const char* leaf, std::uint32_t at, std::uint32_t drop, std::uint64_t key, std::string_view add);
[[nodiscard]] char* copy_joined(const char* a, const char* b);
void free_leaf(char* leaf) noexcept;

}  // namespace shoal::cache::packed_leaf
