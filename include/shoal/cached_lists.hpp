#pragma once
// The parts that things in the cache are made of: times, hashes, and lists that are read out of a packed record item by item.
// Not here: the things themselves (cached_things.hpp).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "shoal/ids.hpp"

namespace shoal {
inline namespace v0 {

/// A time to the second, as the cache keeps it; 0: none.
using cached_time = std::chrono::sys_seconds;

/// The hash of an image (icon, avatar, banner) or of a voice session: 32 hexadecimal digits, kept as 128 bits.
struct image_hash {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::string_view odd;  ///< The text, should Discord ever send another shape; else empty.
    bool set = false;
    bool animated = false;  ///< It began with "a_".
    [[nodiscard]] explicit operator bool() const noexcept { return set; }
    /// As Discord writes it; empty if there is none.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] static image_hash from(std::string_view text) noexcept;
    friend bool operator==(const image_hash&, const image_hash&) = default;
};

/// Roles by id, in no order; an id whose role was deleted is not among them.
class cached_roles {
public:
    class iterator {
    public:
        using value_type = role_id;
        using difference_type = std::ptrdiff_t;
        iterator() noexcept = default;
        [[nodiscard]] role_id operator*() const noexcept { return in_->at(at_); }
        iterator& operator++() noexcept {
            at_ = in_->next(at_ + 1);
            return *this;
        }
        void operator++(int) noexcept { ++*this; }
        friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

    private:
        friend class cached_roles;
        iterator(const cached_roles* in, std::uint32_t at) noexcept : in_(in), at_(at) {}
        const cached_roles* in_ = nullptr;
        std::uint32_t at_ = 0;
    };
    [[nodiscard]] iterator begin() const noexcept { return {this, next(0)}; }
    [[nodiscard]] iterator end() const noexcept { return {this, count_}; }
    [[nodiscard]] bool empty() const noexcept { return next(0) == count_; }
    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] bool contains(role_id which) const noexcept;

    // For the cache: numbers of the guild's own list of role ids, two bytes each.
    cached_roles() noexcept = default;
    cached_roles(const char* slots, std::uint32_t count, const std::vector<std::uint64_t>* ids) noexcept
        : slots_(slots), ids_(ids), count_(count) {}
    [[nodiscard]] std::string_view slot_bytes() const noexcept { return {slots_, std::size_t{2} * count_}; }

private:
    [[nodiscard]] role_id at(std::uint32_t index) const noexcept;
    [[nodiscard]] std::uint32_t next(std::uint32_t index) const noexcept;
    const char* slots_ = nullptr;
    const std::vector<std::uint64_t>* ids_ = nullptr;
    std::uint32_t count_ = 0;
};

/// What a channel allows or denies one role or member, beyond what roles give.
struct cached_overwrite {
    std::uint64_t id = 0;  ///< Of the role or the member.
    bool is_member = false;
    std::uint64_t allow = 0;  ///< Discord's bit sets.
    std::uint64_t deny = 0;
};

namespace detail {
/// Reads one item out of a packed list and moves `at` behind it; false if it is to be passed over.
bool read_item(const char*& at, const char* end, const std::vector<std::uint64_t>* ids, cached_overwrite& out) noexcept;
bool read_item(const char*& at, const char* end, const std::vector<std::uint64_t>* ids, std::string_view& out) noexcept;
bool read_item(const char*& at, const char* end, const std::vector<std::uint64_t>* ids, std::uint64_t& out) noexcept;
}  // namespace detail

/// A list of T inside a record, read item by item.
template <class T>
class packed_list {
public:
    class iterator {
    public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        iterator() noexcept = default;
        [[nodiscard]] const T& operator*() const noexcept { return item_; }
        [[nodiscard]] const T* operator->() const noexcept { return &item_; }
        iterator& operator++() noexcept {
            advance();
            return *this;
        }
        void operator++(int) noexcept { advance(); }
        friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.here_ == b.here_; }

    private:
        friend class packed_list;
        iterator(const char* at, const char* end, const std::vector<std::uint64_t>* ids) noexcept
            : at_(at), end_(end), ids_(ids) {
            advance();
        }
        void advance() noexcept {
            for (;;) {
                here_ = at_ == end_ ? nullptr : at_;
                if (here_ == nullptr || detail::read_item(at_, end_, ids_, item_)) return;
            }
        }
        const char* here_ = nullptr;
        const char* at_ = nullptr;
        const char* end_ = nullptr;
        const std::vector<std::uint64_t>* ids_ = nullptr;
        T item_{};
    };
    [[nodiscard]] iterator begin() const noexcept { return {bytes_.data(), bytes_.data() + bytes_.size(), ids_}; }
    [[nodiscard]] iterator end() const noexcept { return {}; }
    [[nodiscard]] bool empty() const noexcept { return begin() == end(); }
    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t count = 0;
        for (auto at = begin(); at != end(); ++at) ++count;
        return count;
    }

    packed_list() noexcept = default;
    packed_list(std::string_view bytes, const std::vector<std::uint64_t>* ids) noexcept : bytes_(bytes), ids_(ids) {}
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

private:
    std::string_view bytes_;
    const std::vector<std::uint64_t>* ids_ = nullptr;
};
using cached_overwrites = packed_list<cached_overwrite>;
using cached_texts = packed_list<std::string_view>;
using cached_ids = packed_list<std::uint64_t>;

}  // namespace v0
}  // namespace shoal
