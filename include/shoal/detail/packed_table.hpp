#pragma once
// A sorted table from 64-bit keys to small byte strings, packed: blocks of a few kilobytes with little slack, no tombstones.
// Not here: what the bytes mean (src/cache). For the cache's own use; public only because cached_guild stands on it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal {
inline namespace v0 {
namespace detail {

/// One pointer wide. A table of up to about 3 KB is one block; a larger one is a sorted index over such blocks, so that a change
/// moves a few kilobytes at most, however large the table. Views into it are good until its next change.
class packed_table {
public:
    /// Records are never empty: an empty view says "not there".
    struct entry {
        std::uint64_t key = 0;
        std::string_view record;
    };
    /// A record's largest size, in bytes.
    static constexpr std::size_t most_record_bytes = 60'000;

    packed_table() noexcept = default;
    packed_table(packed_table&& other) noexcept : root_(std::exchange(other.root_, 0)) {}
    packed_table& operator=(packed_table&& other) noexcept {
        if (this != &other) {
            clear();
            root_ = std::exchange(other.root_, 0);
        }
        return *this;
    }
    ~packed_table() { clear(); }

    [[nodiscard]] bool empty() const noexcept { return root_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept;
    /// The record of that key; data() is nullptr if there is none.
    [[nodiscard]] std::string_view find(std::uint64_t key) const noexcept;
    /// Adds or replaces. `record` must not lie in this table.
    void put(std::uint64_t key, std::string_view record);
    /// False if there was none.
    bool erase(std::uint64_t key);
    void clear() noexcept;
    /// Replaces all by these: keys ascending, each once.
    void assign(std::span<const entry> sorted);

    class iterator {
    public:
        using value_type = entry;
        using difference_type = std::ptrdiff_t;
        iterator() noexcept = default;
        [[nodiscard]] entry operator*() const noexcept;
        iterator& operator++() noexcept;
        void operator++(int) noexcept { ++*this; }
        friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.leaf_ == b.leaf_ && a.at_ == b.at_; }

    private:
        friend class packed_table;
        iterator(const packed_table* table, std::uint32_t leaf, std::uint32_t at) noexcept
            : table_(table), leaf_(leaf), at_(at) {}
        const packed_table* table_ = nullptr;
        std::uint32_t leaf_ = 0;
        std::uint32_t at_ = 0;
    };
    /// In ascending order of key.
    [[nodiscard]] iterator begin() const noexcept { return {this, 0, 0}; }
    [[nodiscard]] iterator end() const noexcept { return {this, leaves(), 0}; }
    /// The first entry whose key is not below this one.
    [[nodiscard]] iterator lower_bound(std::uint64_t key) const noexcept;

    /// The table as it is at one moment, held while the table goes on: no copy is made but of what changes meanwhile. One at a
    /// time.
    class frozen {
    public:
        frozen() noexcept = default;
        frozen(frozen&& other) noexcept : leaves_(std::move(other.leaves_)), next_(std::exchange(other.next_, 0)) {
            other.leaves_.clear();
        }
        frozen& operator=(frozen&& other) noexcept {
            std::swap(leaves_, other.leaves_);
            std::swap(next_, other.next_);
            return *this;
        }
        ~frozen();
        [[nodiscard]] bool empty() const noexcept { return next_ == leaves_.size(); }
        /// Visits the entries of the next block, in order, and lets go of it; false if there is none.
        bool take(const std::function<void(const entry&)>& visit);

    private:
        friend class packed_table;
        std::vector<char*> leaves_;
        std::size_t next_ = 0;
    };
    [[nodiscard]] frozen freeze();

private:
    struct index;
    [[nodiscard]] bool indexed() const noexcept { return (root_ & 1U) != 0; }
    [[nodiscard]] index* index_of() const noexcept;
    [[nodiscard]] std::uint32_t leaves() const noexcept;
    [[nodiscard]] char* leaf(std::uint32_t at) const noexcept;
    [[nodiscard]] std::uint32_t leaf_for(std::uint64_t key) const noexcept;
    void set_leaf(std::uint32_t at, char* leaf) noexcept;
    void insert_leaf(std::uint32_t at, char* leaf);
    void remove_leaf(std::uint32_t at) noexcept;
    void count(std::int32_t change) noexcept;

    std::uintptr_t root_ = 0;  // 0: empty; a leaf; or, with its lowest bit set, an index of leaves.
};

}  // namespace detail
}  // namespace v0
}  // namespace shoal
