#include "shoal/detail/packed_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "base/assert.hpp"

namespace shoal {
inline namespace v0 {
namespace detail {
namespace {

// A leaf: {u8 records, u8 shared, u16 payload bytes}, the keys, the end of each record in the payload (u16), the payload. Read by
// memcpy, since nothing in it is aligned. A shared leaf is also held by a frozen view: it is not changed, and whoever lets go of
// it first leaves it to the other.
constexpr std::size_t head_bytes = 4;
constexpr std::size_t most_payload = 3072;  // Beyond it a leaf of several records is cut in two.
constexpr std::size_t most_records = 254;   // One more fits, before the cut.
constexpr std::size_t least_payload = 700;  // Below it a leaf looks for a neighbour to join.

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

std::uint32_t records_of(const char* leaf) noexcept { return load<std::uint8_t>(leaf); }
bool is_shared(const char* leaf) noexcept { return leaf[1] != 0; }
void set_shared(char* leaf, bool shared) noexcept { leaf[1] = shared ? 1 : 0; }
std::uint32_t payload_of(const char* leaf) noexcept { return load<std::uint16_t>(leaf + 2); }
std::uint64_t key_at(const char* leaf, std::uint32_t at) noexcept { return load<std::uint64_t>(leaf + head_bytes + 8UL * at); }
char* ends_of(char* leaf, std::uint32_t records) noexcept { return leaf + head_bytes + 8UL * records; }
std::uint32_t end_at(const char* leaf, std::uint32_t records, std::uint32_t at) noexcept {
    return load<std::uint16_t>(leaf + head_bytes + 8UL * records + 2UL * at);
}
std::uint32_t begin_at(const char* leaf, std::uint32_t records, std::uint32_t at) noexcept {
    return at == 0 ? 0 : end_at(leaf, records, at - 1);
}
const char* payload(const char* leaf, std::uint32_t records) noexcept { return leaf + head_bytes + 10UL * records; }
char* payload(char* leaf, std::uint32_t records) noexcept { return leaf + head_bytes + 10UL * records; }

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
void free_leaf(char* leaf) noexcept {
    if (is_shared(leaf)) return set_shared(leaf, false);
    ::operator delete(leaf);
}

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

/// A copy of records [from, to) of a leaf.
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

/// A copy of a leaf in which `drop` records at `at` (0 or 1) are replaced by `add` (none if its data is nullptr).
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

bool too_large(const char* leaf) noexcept {
    return records_of(leaf) > 1 && (payload_of(leaf) > most_payload || records_of(leaf) > most_records);
}

}  // namespace

struct packed_table::index {
    struct place {
        std::uint64_t first;
        char* leaf;
    };
    std::uint32_t leaves;
    std::uint32_t capacity;
    std::uint64_t records;
    place* places() noexcept { return reinterpret_cast<place*>(this + 1); }

    static index* make(std::uint32_t capacity) {
        auto* made = static_cast<index*>(::operator new(sizeof(index) + capacity * sizeof(place)));
        made->leaves = 0;
        made->capacity = capacity;
        made->records = 0;
        return made;
    }
};

packed_table::index* packed_table::index_of() const noexcept { return reinterpret_cast<index*>(root_ & ~std::uintptr_t{1}); }

std::uint32_t packed_table::leaves() const noexcept { return root_ == 0 ? 0 : indexed() ? index_of()->leaves : 1; }

char* packed_table::leaf(std::uint32_t at) const noexcept {
    return indexed() ? index_of()->places()[at].leaf : reinterpret_cast<char*>(root_);
}

std::uint32_t packed_table::leaf_for(std::uint64_t key) const noexcept {
    if (!indexed()) return 0;
    const auto* first = index_of()->places();
    std::uint32_t low = 0;
    std::uint32_t high = index_of()->leaves;
    while (high - low > 1) {
        const auto middle = (low + high) / 2;
        if (first[middle].first <= key) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void packed_table::set_leaf(std::uint32_t at, char* leaf) noexcept {
    if (!indexed()) {
        root_ = reinterpret_cast<std::uintptr_t>(leaf);
        return;
    }
    index_of()->places()[at] = {key_at(leaf, 0), leaf};
}

void packed_table::insert_leaf(std::uint32_t at, char* leaf) {
    if (root_ == 0) {
        root_ = reinterpret_cast<std::uintptr_t>(leaf);
        return;
    }
    if (!indexed()) {
        char* only = reinterpret_cast<char*>(root_);
        auto* made = index::make(2);
        made->leaves = 1;
        made->records = records_of(only) + records_of(leaf);
        made->places()[0] = {key_at(only, 0), only};
        root_ = reinterpret_cast<std::uintptr_t>(made) | 1U;
    }
    auto* places = index_of();
    if (places->leaves == places->capacity) {
        auto* larger = index::make(places->capacity + places->capacity / 4 + 1);
        larger->leaves = places->leaves;
        larger->records = places->records;
        std::memcpy(larger->places(), places->places(), places->leaves * sizeof(index::place));
        ::operator delete(places);
        places = larger;
        root_ = reinterpret_cast<std::uintptr_t>(places) | 1U;
    }
    auto* all = places->places();
    std::memmove(all + at + 1, all + at, (places->leaves - at) * sizeof(index::place));
    all[at] = {key_at(leaf, 0), leaf};
    ++places->leaves;
}

void packed_table::remove_leaf(std::uint32_t at) noexcept {
    free_leaf(leaf(at));
    if (!indexed()) {
        root_ = 0;
        return;
    }
    auto* places = index_of();
    auto* all = places->places();
    std::memmove(all + at, all + at + 1, (places->leaves - at - 1) * sizeof(index::place));
    if (--places->leaves > 1) return;
    char* only = all[0].leaf;
    ::operator delete(places);
    root_ = reinterpret_cast<std::uintptr_t>(only);
}

void packed_table::count(std::int32_t change) noexcept {
    if (indexed()) index_of()->records += static_cast<std::uint64_t>(std::int64_t{change});
}

std::size_t packed_table::size() const noexcept {
    if (root_ == 0) return 0;
    return indexed() ? index_of()->records : records_of(leaf(0));
}

std::string_view packed_table::find(std::uint64_t key) const noexcept {
    if (root_ == 0) return {};
    const char* in = leaf(leaf_for(key));
    const auto at = lower_in(in, key);
    if (at == records_of(in) || key_at(in, at) != key) return {};
    return record_at(in, at);
}

void packed_table::put(std::uint64_t key, std::string_view record) {
    SHOAL_ASSERT(!record.empty() && record.size() <= most_record_bytes);
    if (root_ == 0) {
        char* made = make_leaf(1, static_cast<std::uint32_t>(record.size()));
        save(made + head_bytes, key);
        save(ends_of(made, 1), static_cast<std::uint16_t>(record.size()));
        std::memcpy(payload(made, 1), record.data(), record.size());
        root_ = reinterpret_cast<std::uintptr_t>(made);
        return;
    }
    const auto which = leaf_for(key);
    char* in = leaf(which);
    const auto at = lower_in(in, key);
    const bool there = at < records_of(in) && key_at(in, at) == key;
    if (there) {
        const auto old = record_at(in, at);
        if (old.size() == record.size() && !is_shared(in)) {
            std::memcpy(const_cast<char*>(old.data()), record.data(), record.size());
            return;
        }
    }
    char* made = copy_changed(in, at, there ? 1 : 0, key, record);
    free_leaf(in);
    set_leaf(which, made);
    if (!there) count(+1);
    if (!too_large(made)) return;
    // In two, where the bytes are halved.
    const auto records = records_of(made);
    std::uint32_t cut = 1;
    while (cut + 1 < records && end_at(made, records, cut) < payload_of(made) / 2) ++cut;
    char* first = copy_part(made, 0, cut);
    char* second = copy_part(made, cut, records);
    free_leaf(made);
    set_leaf(which, first);
    insert_leaf(which + 1, second);
}

bool packed_table::erase(std::uint64_t key) {
    if (root_ == 0) return false;
    const auto which = leaf_for(key);
    char* in = leaf(which);
    const auto at = lower_in(in, key);
    if (at == records_of(in) || key_at(in, at) != key) return false;
    count(-1);
    if (records_of(in) == 1) {
        remove_leaf(which);
        return true;
    }
    char* made = copy_changed(in, at, 1, 0, {});
    free_leaf(in);
    set_leaf(which, made);
    if (!indexed() || payload_of(made) >= least_payload) return true;
    for (const auto left : {which, which - 1}) {  // which - 1 wraps for the first: then it has no left neighbour.
        if (left >= leaves() - 1) continue;
        char* a = leaf(left);
        char* b = leaf(left + 1);
        if (payload_of(a) + payload_of(b) > most_payload / 2 || records_of(a) + records_of(b) > most_records) continue;
        char* joined = copy_joined(a, b);
        free_leaf(a);
        set_leaf(left, joined);
        remove_leaf(left + 1);
        break;
    }
    return true;
}

void packed_table::clear() noexcept {
    if (root_ == 0) return;
    for (std::uint32_t i = 0; i < leaves(); ++i) free_leaf(leaf(i));
    if (indexed()) ::operator delete(index_of());
    root_ = 0;
}

void packed_table::assign(std::span<const entry> sorted) {
    clear();
    std::size_t from = 0;
    while (from < sorted.size()) {
        std::size_t to = from;
        std::size_t bytes = 0;
        while (to < sorted.size() && to - from < most_records) {
            if (to > from && bytes + sorted[to].record.size() > most_payload) break;
            bytes += sorted[to].record.size();
            ++to;
        }
        const auto records = static_cast<std::uint32_t>(to - from);
        char* made = make_leaf(records, static_cast<std::uint32_t>(bytes));
        char* keys = made + head_bytes;
        char* ends = ends_of(made, records);
        char* out = payload(made, records);
        std::uint32_t end = 0;
        for (; from < to; ++from, keys += 8, ends += 2) {
            const auto& [key, record] = sorted[from];
            SHOAL_ASSERT(!record.empty() && record.size() <= most_record_bytes);
            save(keys, key);
            std::memcpy(out + end, record.data(), record.size());
            end += static_cast<std::uint32_t>(record.size());
            save(ends, static_cast<std::uint16_t>(end));
        }
        const bool was_indexed = indexed();
        insert_leaf(leaves(), made);
        if (was_indexed) count(static_cast<std::int32_t>(records));
    }
}

packed_table::frozen packed_table::freeze() {
    frozen out;
    out.leaves_.reserve(leaves());
    for (std::uint32_t i = 0; i < leaves(); ++i) {
        SHOAL_ASSERT(!is_shared(leaf(i)));
        set_shared(leaf(i), true);
        out.leaves_.push_back(leaf(i));
    }
    return out;
}

packed_table::frozen::~frozen() {
    for (; next_ < leaves_.size(); ++next_) free_leaf(leaves_[next_]);
}

bool packed_table::frozen::take(const std::function<void(const entry&)>& visit) {
    if (empty()) return false;
    char* first = leaves_[next_];
    for (std::uint32_t i = 0; i < records_of(first); ++i) visit({key_at(first, i), record_at(first, i)});
    free_leaf(first);
    ++next_;
    return true;
}

packed_table::entry packed_table::iterator::operator*() const noexcept {
    const char* in = table_->leaf(leaf_);
    return {key_at(in, at_), record_at(in, at_)};
}

packed_table::iterator& packed_table::iterator::operator++() noexcept {
    if (++at_ == records_of(table_->leaf(leaf_))) {
        at_ = 0;
        ++leaf_;
    }
    return *this;
}

packed_table::iterator packed_table::lower_bound(std::uint64_t key) const noexcept {
    if (root_ == 0) return end();
    const auto which = leaf_for(key);
    const auto at = lower_in(leaf(which), key);
    if (at == records_of(leaf(which))) return {this, which + 1, 0};
    return {this, which, at};
}

}  // namespace detail
}  // namespace v0
}  // namespace shoal
