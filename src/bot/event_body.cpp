#include "bot/event_body.hpp"

#include <new>
#include <utility>

#include "bot/shard_room.hpp"

namespace shoal::runtime {
namespace {

/// As many as one thread's shards may well have in flight at once; more go back to the heap.
constexpr std::uint32_t most_kept = 256;

struct free_list {
    struct block {
        block* next;
    };
    block* first = nullptr;
    std::uint32_t count = 0;
    ~free_list() {
        while (first != nullptr) ::operator delete(std::exchange(first, first->next));
    }
};
thread_local free_list spare;

}  // namespace

event_body::event_body(shard_room& home, host::dispatch what) : room(home), dispatch(std::move(what)) { arena.of_bot(home.bot); }

void* event_body::operator new(std::size_t size) {
    if (spare.first == nullptr) return ::operator new(size);
    --spare.count;
    return std::exchange(spare.first, spare.first->next);
}

void event_body::operator delete(void* at) noexcept {
    if (spare.count >= most_kept) return ::operator delete(at);
    spare.first = new (at) free_list::block{spare.first};
    ++spare.count;
}

const void* event_body::part(unsigned index) {
    auto& part = parts_.at(index);
    if (const auto* known = part.load(std::memory_order_acquire)) return known;
    const std::lock_guard lock(reading_);
    if (const auto* known = part.load(std::memory_order_relaxed)) return known;
    const auto* made = read_part(type, index, dispatch.data, arena);
    part.store(made, std::memory_order_release);
    return made;
}

}  // namespace shoal::runtime
