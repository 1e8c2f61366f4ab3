#include "cache/text_pool.hpp"

#include <cstring>

namespace shoal::cache {
namespace {

constexpr std::size_t word = sizeof(std::uint32_t);

std::uint32_t holders_of(const char* address) noexcept {
    std::uint32_t count = 0;
    std::memcpy(&count, address - word, word);
    return count;
}
void set_holders(const char* address, std::uint32_t count) noexcept {
    // The pool made the block and alone changes it; readers only see it as const.
    std::memcpy(const_cast<char*>(address) - word, &count, word);
}

}  // namespace

cached_text text_pool::keep(std::string_view text) {
    if (text.empty()) return {};
    if (const auto found = texts_.find(text); found != texts_.end()) {
        set_holders(found->address(), holders_of(found->address()) + 1);
        return *found;
    }
    auto* block = static_cast<char*>(memory_.allocate(2 * word + text.size(), word));
    const auto size = static_cast<std::uint32_t>(text.size());
    std::memcpy(block + word, &size, word);
    std::memcpy(block + 2 * word, text.data(), text.size());
    set_holders(block + word, 1);
    bytes_ += 2 * word + text.size();
    const cached_text kept(block + word);
    texts_.insert(kept);
    return kept;
}

void text_pool::let_go(cached_text text) noexcept {
    if (text.address() == nullptr) return;
    const auto holders = holders_of(text.address());
    if (holders > 1) return set_holders(text.address(), holders - 1);
    texts_.erase(text);
    const auto size = 2 * word + text.view().size();
    bytes_ -= size;
    memory_.deallocate(const_cast<char*>(text.address()) - word, size, word);
}

void text_pool::replace(cached_text& kept, std::string_view text) {
    if (kept.view() == text) return;
    const auto next = keep(text);  // first: `text` may lie in what is let go
    let_go(kept);
    kept = next;
}

}  // namespace shoal::cache
