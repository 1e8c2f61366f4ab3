#include "cache/packed_leaf.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include "base/assert.hpp"

namespace shoal::cache::packed_leaf {
namespace {

/// Sizes in steps of about a sixteenth, so that a block that is given back fits the next one of its size.
std::size_t stepped(std::size_t bytes) noexcept {
    const auto step = std::max<std::size_t>(std::bit_floor(bytes) / 16, 16);
    // The allocator puts 8 bytes of its own beside each block of a multiple of 16.
    return (bytes + 8 + step - 1) / step * step - 8;
}

char* make_leaf(std::uint32_t records, std::uint32_t payload_bytes) {
    auto* leaf = static_cast<char*>(::operator new(stepped(head_bytes + 10UL * records + payload_bytes)));
    save(leaf, static_cast<std::uint8_t>(records));
    set_shared(leaf, false);
    save(leaf + 2, static_cast<std::uint16_t>(payload_bytes));
    return leaf;
}

}  // namespace

void free_leaf(char* leaf) noexcept {
    if (is_shared(leaf)) return set_shared(leaf, false);
    ::operator delete(leaf);
}

char* make_of(std::span<const detail::packed_table::entry> sorted) {
    std::size_t bytes = 0;
    for (const auto& [key, record] : sorted) bytes += record.size();
    const auto records = static_cast<std::uint32_t>(sorted.size());
    char* made = make_leaf(records, static_cast<std::uint32_t>(bytes));
    char* keys = made + head_bytes;
    char* ends = ends_of(made, records);
    char* out = payload(made, records);
    std::uint32_t end = 0;
    for (const auto& [key, record] : sorted) {
        SHOAL_ASSERT(!record.empty() && record.size() <= detail::packed_table::most_record_bytes);
        save(keys, key);
        std::memcpy(out + end, record.data(), record.size());
        end += static_cast<std::uint32_t>(record.size());
        save(ends, static_cast<std::uint16_t>(end));
        keys += 8;
        ends += 2;
    }
    return made;
}

char* copy_part(const char* leaf, std::uint32_t from, std::uint32_t to) {
    const auto records = records_of(leaf);
    const auto begin = begin_at(leaf, records, from);
    const auto bytes = begin_at(leaf, records, to) - begin;
    char* out = make_leaf(to - from, bytes);
    std::memcpy(out + head_bytes, leaf + head_bytes + 8UL * from, 8UL * (to - from));
    char* ends = ends_of(out, to - from);
    for (auto i = from; i < to; ++i) {
        save(ends + 2UL * (i - from), static_cast<std::uint16_t>(end_at(leaf, records, i) - begin));
    }
    std::memcpy(payload(out, to - from), payload(leaf, records) + begin, bytes);
    return out;
}

char* copy_changed(const char* leaf, std::uint32_t at, std::uint32_t drop, std::uint64_t key, std::string_view add) {
    const auto before = records_of(leaf);
    const std::uint32_t added = add.data() != nullptr ? 1 : 0;
    const auto after = before - drop + added;
    const auto begin = begin_at(leaf, before, at);
    const auto dropped = drop != 0 ? end_at(leaf, before, at) - begin : 0;
    const auto size = static_cast<std::uint32_t>(add.size());
    char* out = make_leaf(after, payload_of(leaf) - dropped + size);
    std::memcpy(out + head_bytes, leaf + head_bytes, 8UL * at);
    if (added != 0) save(out + head_bytes + 8UL * at, key);
    std::memcpy(out + head_bytes + 8UL * (at + added), leaf + head_bytes + 8UL * (at + drop), 8UL * (before - at - drop));
    char* ends = ends_of(out, after);
    std::memcpy(ends, leaf + head_bytes + 8UL * before, 2UL * at);
    if (added != 0) save(ends + 2UL * at, static_cast<std::uint16_t>(begin + size));
    for (auto i = at + drop; i < before; ++i) {
        save(ends + 2UL * (i - drop + added), static_cast<std::uint16_t>(end_at(leaf, before, i) - dropped + size));
    }
    char* to = payload(out, after);
    const char* from = payload(leaf, before);
    std::memcpy(to, from, begin);
    if (size != 0) std::memcpy(to + begin, add.data(), size);
    std::memcpy(to + begin + size, from + begin + dropped, payload_of(leaf) - begin - dropped);
    return out;
}

char* copy_joined(const char* a, const char* b) {
    const auto na = records_of(a);
    const auto nb = records_of(b);
    const auto bytes = payload_of(a);
    char* out = make_leaf(na + nb, bytes + payload_of(b));
    std::memcpy(out + head_bytes, a + head_bytes, 8UL * na);
    std::memcpy(out + head_bytes + 8UL * na, b + head_bytes, 8UL * nb);
    char* ends = ends_of(out, na + nb);
    std::memcpy(ends, a + head_bytes + 8UL * na, 2UL * na);
    for (std::uint32_t i = 0; i < nb; ++i) {
        save(ends + 2UL * (na + i), static_cast<std::uint16_t>(end_at(b, nb, i) + bytes));
    }
    std::memcpy(payload(out, na + nb), payload(a, na), bytes);
    std::memcpy(payload(out, na + nb) + bytes, payload(b, nb), payload_of(b));
    return out;
}

}  // namespace shoal::cache::packed_leaf
