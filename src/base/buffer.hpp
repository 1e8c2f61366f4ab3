#pragma once
// A counted byte buffer from a pool: one gateway message after inflation, kept alive by whoever still reads it.
// Not thread-safe: a buffer and its pool belong to one thread (a shard's), like everything on the path of an event.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/byte_block.hpp"

namespace shoal {

class buffer_pool;

namespace base_detail {
struct buffer_block {
    byte_block bytes;
    std::size_t capacity = 0;  // Without the padding.
    std::size_t size = 0;
    std::uint32_t holders = 0;
    buffer_pool* home = nullptr;
};
}  // namespace base_detail

/// A counted reference to bytes. The `padding` bytes behind `size()` are readable, as simdjson wants them.
class buffer {
public:
    static constexpr std::size_t padding = 64;

    buffer() noexcept = default;
    buffer(const buffer& other) noexcept : block_(other.block_) {
        if (block_ != nullptr) ++block_->holders;
    }
    buffer(buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    buffer& operator=(buffer other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    inline ~buffer();

    [[nodiscard]] explicit operator bool() const noexcept { return block_ != nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }
    [[nodiscard]] std::string_view view() const noexcept {
        return block_ == nullptr ? std::string_view{} : std::string_view(block_->bytes.get(), block_->size);
    }
    /// Room for writing: all bytes up to the capacity (without the padding). Only while this is the one holder.
    [[nodiscard]] std::span<char> room() noexcept { return {block_->bytes.get(), block_->capacity}; }
    /// Sets how many bytes count. At most room().size().
    void resize(std::size_t size) noexcept {
        SHOAL_ASSERT(size <= block_->capacity);
        block_->size = size;
    }

private:
    friend class buffer_pool;
    explicit buffer(base_detail::buffer_block* block) noexcept : block_(block) { ++block_->holders; }
    base_detail::buffer_block* block_ = nullptr;
};

/// Hands out buffers and takes them back. It must outlive its buffers. Keeps at most `keep` free blocks and none larger than
/// `largest_kept` bytes, so that one giant message does not stay for life.
class buffer_pool {
public:
    explicit buffer_pool(std::size_t keep = 8, std::size_t largest_kept = 256 * 1024) : keep_(keep), largest_kept_(largest_kept) {
        free_.reserve(keep_);
    }
    buffer_pool(const buffer_pool&) = delete;
    buffer_pool& operator=(const buffer_pool&) = delete;
    ~buffer_pool() {
        SHOAL_ASSERT(lent_ == 0);
        for (auto* block : free_) delete block;
    }

    /// A buffer with room for at least `capacity` bytes; its size is 0.
    [[nodiscard]] buffer take(std::size_t capacity) {
        base_detail::buffer_block* block = nullptr;
        if (!free_.empty()) {
            block = free_.back();
            free_.pop_back();
        } else {
            block = new base_detail::buffer_block;
            block->home = this;
        }
        if (block->capacity < capacity) reallocate(*block, capacity);
        block->size = 0;
        ++lent_;
        return buffer(block);
    }
    /// Grows a buffer that has one holder to at least `capacity`, keeping what it holds.
    void grow(buffer& which, std::size_t capacity) {
        SHOAL_ASSERT(which.block_ != nullptr && which.block_->holders == 1);
        if (which.block_->capacity < capacity) reallocate(*which.block_, capacity);
    }
    [[nodiscard]] std::size_t lent() const noexcept { return lent_; }

private:
    friend class buffer;
    static void reallocate(base_detail::buffer_block& block, std::size_t capacity) {
        block.bytes.grow(capacity + buffer::padding, block.size);
        std::memset(block.bytes.get() + capacity, 0, buffer::padding);
        block.capacity = capacity;
    }
    void give_back(base_detail::buffer_block* block) noexcept {
        --lent_;
        if (free_.size() < keep_ && block->capacity <= largest_kept_) {
            free_.push_back(block);
        } else {
            delete block;
        }
    }
    std::size_t keep_;
    std::size_t largest_kept_;
    std::size_t lent_ = 0;
    std::vector<base_detail::buffer_block*> free_;
};

inline buffer::~buffer() {
    if (block_ != nullptr && --block_->holders == 0) block_->home->give_back(block_);
}

}  // namespace shoal
