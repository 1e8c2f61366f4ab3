#include "cache/packed_leaf.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <utility>

namespace shoal::cache::packed_leaf {
namespace {

// The allocator puts 8 bytes of its own beside each block of a multiple of 16: capacities are 8 less than such a multiple.
constexpr std::size_t grain = 16;

/// Sizes in steps of about a sixteenth, so that a block that is given back fits the next one of its size.
std::size_t stepped(std::size_t bytes) noexcept {
    const auto step = std::max<std::size_t>(std::bit_floor(bytes) / 16, grain);
    return (bytes + 8 + step - 1) / step * step - 8;
}
std::size_t bytes_for(std::uint32_t records, std::size_t payload_bytes) noexcept {
    return head_bytes + 10UL * records + payload_bytes;
}
std::size_t capacity_of(const char* leaf) noexcept { return load<std::uint16_t>(leaf + 4) * grain - 8; }

/// What a block may be larger than its content: room for changes to and fro, so that few of them need another block. Less where a
/// leaf only stays as it is than where the other choice is to ask the allocator.
std::size_t slack_to_stay(std::size_t bytes) noexcept { return std::max<std::size_t>(bytes / 8, 4 * grain); }
std::size_t slack_to_reuse(std::size_t bytes) noexcept { return std::max<std::size_t>(bytes / 4, 4 * grain); }

/// Blocks that were given back, for the next of about their size: a cache that grows here and shrinks there calls no allocator.
/// One list for each size, a thread.
struct spare_leaves {
#ifdef SHOAL_SANITIZED
    static constexpr std::size_t most_bytes = 0;  // So that whoever reads what is gone is seen.
#else
    static constexpr std::size_t most_bytes = 64 * 1024;
#endif
    static constexpr std::size_t largest = 4096;

    static std::size_t place_of(std::size_t capacity) noexcept { return (capacity + 8) / grain; }
    /// nullptr if there is none that fits and is not much too large.
    char* take(std::size_t bytes) noexcept {
        if (held_ == 0 || bytes > largest) return nullptr;
        const auto last = std::min(place_of(bytes + slack_to_reuse(bytes)), first_.size() - 1);
        for (auto at = place_of(stepped(bytes)); at <= last; ++at) {
            if (first_[at] == nullptr) continue;
            char* out = std::exchange(first_[at], load<char*>(first_[at] + head_bytes));
            held_ -= capacity_of(out);
            return out;
        }
        return nullptr;
    }
    /// False if it is not kept.
    bool keep(char* leaf) noexcept {
        const auto capacity = capacity_of(leaf);
        if (capacity > largest || held_ + capacity > most_bytes) return false;
        held_ += capacity;
        save(leaf + head_bytes, std::exchange(first_[place_of(capacity)], leaf));
        return true;
    }
    ~spare_leaves() {
        for (char*& each : first_) {
            while (each != nullptr) ::operator delete(std::exchange(each, load<char*>(each + head_bytes)));
        }
        held_ = most_bytes;  // Leaves that end after their thread's list are not kept.
    }

private:
    std::array<char*, largest / grain + 2> first_{};
    std::size_t held_ = 0;
};
thread_local spare_leaves spare;

/// The change where the leaf stands; its capacity is enough.
void change_here(char* leaf, std::uint32_t at, std::uint32_t drop, std::uint64_t key, std::string_view add) noexcept {
    const auto before = records_of(leaf);
    const std::uint32_t added = add.data() != nullptr ? 1 : 0;
    const auto after = before - drop + added;
    const auto bytes = payload_of(leaf);
    const auto begin = begin_at(leaf, before, at);
    const auto dropped = drop != 0 ? end_at(leaf, before, at) - begin : 0;
    const auto size = static_cast<std::uint32_t>(add.size());
    char* keys = keys_of(leaf);
    char* from = payload(leaf, before);
    char* to = payload(leaf, after);
    const char* old_ends = ends_of(leaf, before);
    char* new_ends = ends_of(leaf, after);
    const auto move_end = [&](std::uint32_t i) {
        save(new_ends + 2UL * (i - drop + added),
             static_cast<std::uint16_t>(load<std::uint16_t>(old_ends + 2UL * i) - dropped + size));
    };
    const auto rest = bytes - begin - dropped;
    // Each piece moves before another one takes its place: from the back where the leaf grows, from the front where it shrinks.
    if (after >= before) {
        std::memmove(to + begin + size, from + begin + dropped, rest);
        if (after != before) std::memmove(to, from, begin);
        for (auto i = before; i > at + drop; --i) move_end(i - 1);
        if (after != before) {
            std::memmove(new_ends, old_ends, 2UL * at);
            std::memmove(keys + 8UL * (at + 1), keys + 8UL * at, 8UL * (before - at));
        }
    } else {
        std::memmove(keys + 8UL * at, keys + 8UL * (at + 1), 8UL * (before - at - 1));
        std::memmove(new_ends, old_ends, 2UL * at);
        for (auto i = at + drop; i < before; ++i) move_end(i);
        std::memmove(to, from, begin);
        std::memmove(to + begin, from + begin + dropped, rest);
    }
    if (added != 0) {
        save(keys + 8UL * at, key);
        save(new_ends + 2UL * at, static_cast<std::uint16_t>(begin + size));
        if (size != 0) std::memcpy(to + begin, add.data(), size);
    }
    save(leaf, static_cast<std::uint8_t>(after));
    save(leaf + 2, static_cast<std::uint16_t>(bytes - dropped + size));
}

/// The same as a new leaf.
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

}  // namespace

std::uint32_t lower_in(const char* leaf, std::uint64_t key) noexcept {
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

std::string_view record_at(const char* leaf, std::uint32_t at) noexcept {
    const auto records = records_of(leaf);
    const auto begin = begin_at(leaf, records, at);
    return {payload(leaf, records) + begin, end_at(leaf, records, at) - begin};
}

char* make_leaf(std::uint32_t records, std::uint32_t payload_bytes) {
    const auto bytes = bytes_for(records, payload_bytes);
    char* leaf = spare.take(bytes);
    if (leaf == nullptr) {
        const auto capacity = stepped(bytes);
        leaf = static_cast<char*>(::operator new(capacity));
        save(leaf + 4, static_cast<std::uint16_t>((capacity + 8) / grain));
    }
    save(leaf, static_cast<std::uint8_t>(records));
    set_shared(leaf, false);
    save(leaf + 2, static_cast<std::uint16_t>(payload_bytes));
    return leaf;
}

void free_leaf(char* leaf) noexcept {
    if (is_shared(leaf)) return set_shared(leaf, false);
    if (!spare.keep(leaf)) ::operator delete(leaf);
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

char* changed(char* leaf, std::uint32_t at, std::uint32_t drop, std::uint64_t key, std::string_view add) {
    if (!is_shared(leaf)) {
        const auto after = records_of(leaf) - drop + (add.data() != nullptr ? 1 : 0);
        const auto bytes = bytes_for(after, payload_of(leaf) - (drop != 0 ? record_at(leaf, at).size() : 0) + add.size());
        const auto capacity = capacity_of(leaf);
        if (bytes <= capacity && capacity <= stepped(bytes) + slack_to_stay(bytes)) {
            change_here(leaf, at, drop, key, add);
            return leaf;
        }
    }
    char* made = copy_changed(leaf, at, drop, key, add);
    free_leaf(leaf);
    return made;
}

}  // namespace shoal::cache::packed_leaf
