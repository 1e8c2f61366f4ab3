#pragma once
// Each text once, counted: role and channel names repeat over thousands of guilds. A text is named by 32 bits. Belongs to one
// thread. Not here: names that hardly repeat, which stand in their records.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace shoal::cache {

class text_pool {
public:
    text_pool();
    text_pool(const text_pool&) = delete;
    text_pool& operator=(const text_pool&) = delete;
    ~text_pool();

    /// The longest text, in bytes.
    static constexpr std::size_t most_bytes = 1024;

    /// One more holder of this text; 0 for the empty one, which needs no place.
    [[nodiscard]] std::uint32_t keep(std::string_view text);
    /// One holder less.
    void let_go(std::uint32_t text) noexcept;
    /// Good as long as somebody holds it. Empty for 0.
    [[nodiscard]] std::string_view view(std::uint32_t text) const noexcept;

    [[nodiscard]] std::size_t distinct() const noexcept { return distinct_; }

private:
    // A block: u32 holders, u16 size, bytes, to the next multiple of 8. A freed one holds the number of the next free one of its
    // size. Blocks lie in pages; number = page and place in the page, both in units of 8 bytes.
    static constexpr std::size_t unit = 8;
    static constexpr std::size_t head = 6;
    static constexpr std::size_t page_units = 4096;
    static constexpr std::size_t sizes = (head + most_bytes + unit - 1) / unit + 1;

    [[nodiscard]] char* block(std::uint32_t number) const noexcept {
        return pages_[number / page_units].get() + number % page_units * unit;
    }
    [[nodiscard]] std::uint32_t make(std::string_view text);
    [[nodiscard]] std::size_t home_of(std::string_view text) const noexcept;
    void resize(std::size_t places);

    std::vector<std::unique_ptr<char[]>> pages_;
    std::size_t page_used_ = page_units;  // Of the last page, in units.
    std::uint32_t free_[sizes] = {};
    std::vector<std::uint32_t> places_;  // Open addressing without tombstones; 0: free.
    std::size_t distinct_ = 0;
};

}  // namespace shoal::cache
