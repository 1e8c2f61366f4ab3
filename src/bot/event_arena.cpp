#include "bot/event_arena.hpp"

#include <cstring>
#include <string>
#include <utility>

namespace shoal::runtime {
namespace {

constexpr std::size_t block_bytes = 8 * 1024;
/// As many as one thread's events may well hold at once; more go back to the heap, as do blocks of another size.
constexpr std::uint32_t most_kept = 64;

}  // namespace

struct event_arena::spare_blocks {
    block* first = nullptr;
    std::uint32_t count = 0;
    ~spare_blocks() {
        while (first != nullptr) ::operator delete(std::exchange(first, first->next));
    }
};
thread_local event_arena::spare_blocks event_arena::spare;

event_arena::~event_arena() {
    while (blocks_ != nullptr) {
        auto* each = std::exchange(blocks_, blocks_->next);
        if (each->size != block_bytes || spare.count >= most_kept) {
            ::operator delete(each);
            continue;
        }
        each->next = std::exchange(spare.first, each);
        ++spare.count;
    }
}

void* event_arena::room(std::size_t bytes, std::size_t align) {
    const auto aligned = [&] {
        const auto at = reinterpret_cast<std::uintptr_t>(at_);
        return at_ + ((align - at % align) % align);
    };
    auto* at = aligned();
    if (at > end_ || static_cast<std::size_t>(end_ - at) < bytes) {
        grow(bytes + align);
        at = aligned();
    }
    at_ = at + bytes;
    return at;
}

void event_arena::grow(std::size_t bytes) {
    block* made = nullptr;
    const auto wanted = bytes + sizeof(block);
    if (wanted <= block_bytes && spare.first != nullptr) {
        made = std::exchange(spare.first, spare.first->next);
        --spare.count;
    } else {
        const auto size = wanted <= block_bytes ? block_bytes : wanted;
        made = new (::operator new(size)) block{nullptr, size};
    }
    made->next = std::exchange(blocks_, made);
    at_ = reinterpret_cast<std::byte*>(made + 1);
    end_ = reinterpret_cast<std::byte*>(made) + made->size;
}

std::string_view event_arena::text(const discord::json_value& value) {
    // Kept for the next event, so that decoding allocates nothing; a giant's room is not.
    static thread_local std::string scratch;
    constexpr std::size_t largest_kept = 16 * 1024;
    if (!value) return {};
    const auto read = value.text(scratch);
    const auto out = copies_ || read.data() == scratch.data() ? copy(read) : read;
    if (scratch.capacity() > largest_kept) std::string().swap(scratch);
    return out;
}

std::string_view event_arena::raw(const discord::json_value& value) { return copies_ ? copy(value.raw()) : value.raw(); }

std::string_view event_arena::copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    auto* at = static_cast<char*>(room(bytes.size(), 1));
    std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
}

}  // namespace shoal::runtime
