#include "shoal/detail/packed_table.hpp"

#include <cstring>
#include <new>

#include "base/assert.hpp"
#include "cache/packed_leaf.hpp"

namespace shoal {
inline namespace v0 {
namespace detail {
namespace {

using namespace cache::packed_leaf;

constexpr std::size_t least_payload = 700;  // Below it a leaf looks for a neighbour to join.

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
        save(keys_of(made), key);
        save(ends_of(made, 1), static_cast<std::uint16_t>(record.size()));
        std::memcpy(payload(made, 1), record.data(), record.size());
        root_ = reinterpret_cast<std::uintptr_t>(made);
        return;
    }
    const auto which = leaf_for(key);
    char* in = leaf(which);
    const auto at = lower_in(in, key);
    const bool there = at < records_of(in) && key_at(in, at) == key;
    char* made = changed(in, at, there ? 1 : 0, key, record);
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
    char* made = changed(in, at, 1, 0, {});
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
        char* keys = keys_of(made);
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
