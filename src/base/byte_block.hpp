#pragma once
// Memory for bytes that come from outside. A large block is pages of its own: it grows without a copy, and goes back to the
// system the moment it is let go. From the heap a single giant would stay in the process for good, because an allocator that once
// saw a large block freed keeps the next ones. Not here: who shares it (buffer.hpp).

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

namespace shoal {

class byte_block {
public:
    byte_block() noexcept = default;
    /// Its bytes are not set.
    explicit byte_block(std::size_t capacity) : at_(take(capacity)), capacity_(capacity) {}
    byte_block(byte_block&& other) noexcept
        : at_(std::exchange(other.at_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
    byte_block& operator=(byte_block other) noexcept {
        std::swap(at_, other.at_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~byte_block() { give_back(at_, capacity_); }

    [[nodiscard]] char* get() const noexcept { return at_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    /// To at least its capacity; the first `kept` bytes stay as they are.
    void grow(std::size_t capacity, std::size_t kept) {
        if (is_large(capacity_) && is_large(capacity)) {
            void* moved = ::mremap(at_, capacity_, capacity, MREMAP_MAYMOVE);
            if (moved == MAP_FAILED) throw std::bad_alloc();
            at_ = static_cast<char*>(moved);
            capacity_ = capacity;
            return;
        }
        byte_block larger(capacity);
        if (kept != 0) std::memcpy(larger.at_, at_, std::min(kept, capacity_));
        *this = std::move(larger);
    }

private:
#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && __has_feature(address_sanitizer))
    static constexpr std::size_t large = static_cast<std::size_t>(-1);  // A sanitizer watches the heap only.
#else
    static constexpr std::size_t large = 1024 * 1024;
#endif
    static bool is_large(std::size_t capacity) noexcept { return capacity >= large; }
    static char* take(std::size_t capacity) {
        if (!is_large(capacity)) return static_cast<char*>(::operator new(capacity));
        void* pages = ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) throw std::bad_alloc();
        return static_cast<char*>(pages);
    }
    static void give_back(char* at, std::size_t capacity) noexcept {
        if (at == nullptr) return;
        if (is_large(capacity)) {
            ::munmap(at, capacity);
        } else {
            ::operator delete(at);
        }
    }

    char* at_ = nullptr;
    std::size_t capacity_ = 0;
};

}  // namespace shoal
