#pragma once
// Each text once, counted: role and channel names repeat over thousands of guilds. Belongs to one thread.

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <unordered_set>

#include "shoal/cache.hpp"

namespace shoal::cache {

class text_pool {
public:
    text_pool() = default;
    text_pool(const text_pool&) = delete;
    text_pool& operator=(const text_pool&) = delete;

    /// One more holder of this text. The empty text needs no place.
    [[nodiscard]] cached_text keep(std::string_view text);
    /// One holder less.
    void let_go(cached_text text) noexcept;
    /// `kept` becomes `text`.
    void replace(cached_text& kept, std::string_view text);

    [[nodiscard]] std::size_t distinct() const noexcept { return texts_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    // A block: holders, size, bytes; a cached_text points at the size.
    // Not noexcept: libstdc++ then keeps each text's hash, and does not read its neighbours' texts to find one.
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
        std::size_t operator()(cached_text text) const { return std::hash<std::string_view>()(text.view()); }
    };
    struct equal {
        using is_transparent = void;
        bool operator()(cached_text a, cached_text b) const noexcept { return a.address() == b.address(); }
        bool operator()(std::string_view a, cached_text b) const noexcept { return a == b.view(); }
        bool operator()(cached_text a, std::string_view b) const noexcept { return a.view() == b; }
    };
    // What is let go serves the next text: once warm, a renamed role allocates nothing. All of it goes with the pool.
    std::pmr::unsynchronized_pool_resource memory_{{.max_blocks_per_chunk = 256, .largest_required_pool_block = 256}};
    std::pmr::unordered_set<cached_text, hash, equal> texts_{&memory_};
    std::size_t bytes_ = 0;
};

}  // namespace shoal::cache
