#pragma once
// One block of a packed_table: up to 254 records in ascending order of key, in one piece of memory, read by memcpy since nothing
// in it is aligned. Not here: which of a table's blocks (packed_table.cpp), what records mean (record.hpp).

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// {u8 records, u8 shared, u16 payload bytes, u16 capacity}, the keys, the end of each record in the payload (u16), the payload.
// A shared leaf is also held by a frozen view: it is not changed, and whoever lets go of it first leaves it to the other.
namespace shoal::cache::packed_leaf {

inline constexpr std::size_t head_bytes = 6;
inline constexpr std::size_t most_payload = 3072;  ///< Beyond it a leaf of several records is to be cut in two.
inline constexpr std::size_t most_records = 254;   ///< One more fits, before the cut.

template <class T>
T load(const char* at) noexcept {
    T out;
    std::memcpy(&out, at, sizeof out);
    return out;
}
template <class T>
void save(char* at, T what) noexcept {
    std::memcpy(at, &what, sizeof what);
}

inline std::uint32_t records_of(const char* leaf) noexcept { return load<std::uint8_t>(leaf); }
inline bool is_shared(const char* leaf) noexcept { return leaf[1] != 0; }
inline void set_shared(char* leaf, bool shared) noexcept { leaf[1] = shared ? 1 : 0; }
inline std::uint32_t payload_of(const char* leaf) noexcept { return load<std::uint16_t>(leaf + 2); }
inline std::uint64_t key_at(const char* leaf, std::uint32_t at) noexcept {
    return load<std::uint64_t>(leaf + head_bytes + 8UL * at);
}
inline std::uint32_t end_at(const char* leaf, std::uint32_t records, std::uint32_t at) noexcept {
    return load<std::uint16_t>(leaf + head_bytes + 8UL * records + 2UL * at);
}
inline std::uint32_t begin_at(const char* leaf, std::uint32_t records, std::uint32_t at) noexcept {
    return at == 0 ? 0 : end_at(leaf, records, at - 1);
}
inline char* keys_of(char* leaf) noexcept { return leaf + head_bytes; }
inline char* ends_of(char* leaf, std::uint32_t records) noexcept { return leaf + head_bytes + 8UL * records; }
inline const char* payload(const char* leaf, std::uint32_t records) noexcept { return leaf + head_bytes + 10UL * records; }
inline char* payload(char* leaf, std::uint32_t records) noexcept { return leaf + head_bytes + 10UL * records; }

inline bool too_large(const char* leaf) noexcept {
    return records_of(leaf) > 1 && (payload_of(leaf) > most_payload || records_of(leaf) > most_records);
}

/// The first record whose key is not below this one.
[[nodiscard]] std::uint32_t lower_in(const char* leaf, std::uint64_t key) noexcept;
[[nodiscard]] std::string_view record_at(const char* leaf, std::uint32_t at) noexcept;

/// A leaf with room for these; its keys, ends and payload are not set. From what the thread's other leaves left, if it can be.
[[nodiscard]] char* make_leaf(std::uint32_t records, std::uint32_t payload_bytes);
/// A shared one is only marked as no longer shared.
void free_leaf(char* leaf) noexcept;
/// A copy of records [from, to).
[[nodiscard]] char* copy_part(const char* leaf, std::uint32_t from, std::uint32_t to);
/// The records of both, in this order.
[[nodiscard]] char* copy_joined(const char* a, const char* b);
/// The leaf with `drop` records at `at` (0 or 1) replaced by `add` (none if its data is nullptr), which must not lie in it: the
/// same one where the change fits and leaves little room unused, else a new one, and the old one is freed.
[[nodiscard]] char* changed(char* leaf, std::uint32_t at, std::uint32_t drop, std::uint64_t key, std::string_view add);

}  // namespace shoal::cache::packed_leaf
