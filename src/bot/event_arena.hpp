#pragma once
// Memory for what was read of one event: decoded texts, lists and objects. Everything goes at once, with the event.
// Not here: what is read into it (readers/).

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

#include "discord/json_cursor.hpp"
#include "shoal/methods.hpp"

namespace shoal::runtime {

/// Grows in blocks that the thread uses again, so that a warm one allocates nothing. One thread at a time.
class event_arena {
public:
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): filled piece by piece.
    event_arena() noexcept : at_(first_.data()), end_(at_ + first_.size()) {}
    /// For what outlives the JSON that it is read from: every text is copied.
    struct copying {};
    explicit event_arena(copying) noexcept : event_arena() { copies_ = true; }
    event_arena(const event_arena&) = delete;
    event_arena& operator=(const event_arena&) = delete;
    ~event_arena();

    /// The text of a value: in place if nothing had to be decoded, else in this arena. Empty if it is no text.
    [[nodiscard]] std::string_view text(const discord::json_value& value);
    /// The JSON of a value: in place, or copied if this arena copies.
    [[nodiscard]] std::string_view raw(const discord::json_value& value);
    /// The same bytes, in this arena.
    [[nodiscard]] std::string_view copy(std::string_view bytes);
    /// Room for `count` objects of a type that needs no destructor. None if an event's lists grow beyond any that Discord sends:
    /// two bytes of JSON can ask for hundreds of memory.
    template <class T>
    [[nodiscard]] std::span<T> list(std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T>);
        if (count == 0) return {};
        if (count > 1) {
            if (count > lists_left_ / sizeof(T)) return {};
            lists_left_ -= count * sizeof(T);
        }
        auto* at = static_cast<T*>(room(sizeof(T) * count, alignof(T)));
        for (std::size_t i = 0; i < count; ++i) new (at + i) T();
        return {at, count};
    }

    /// Objects inside of objects, as deep as Discord's ever are; what a hostile message nests deeper reads as missing.
    class level {
    public:
        explicit level(event_arena& arena) noexcept : arena_(arena) { ++arena_.depth_; }
        level(const level&) = delete;
        level& operator=(const level&) = delete;
        ~level() { --arena_.depth_; }
        [[nodiscard]] explicit operator bool() const noexcept { return arena_.depth_ <= deepest; }

    private:
        event_arena& arena_;
    };
    static constexpr std::uint32_t deepest = 16;

    /// Whence what is read here came; each object with methods is given a copy.
    [[nodiscard]] const shoal::detail::origin& origin() const noexcept { return origin_; }
    void of_bot(bot_runtime& bot) noexcept { origin_.bot = &bot; }
    void of_guild(guild_id guild) noexcept { origin_.guild = guild; }

private:
    struct block {
        block* next;
        std::size_t size;
    };
    struct spare_blocks;
    static thread_local spare_blocks spare;

    [[nodiscard]] void* room(std::size_t bytes, std::size_t align);
    void grow(std::size_t bytes);

    alignas(std::max_align_t) std::array<std::byte, 960> first_;
    std::byte* at_;
    std::byte* end_;
    block* blocks_ = nullptr;
    std::size_t lists_left_ = std::size_t{64} << 20;  ///< Bytes: a guild of 20 MB takes half of it.
    std::uint32_t depth_ = 0;
    bool copies_ = false;
    shoal::detail::origin origin_;
};

}  // namespace shoal::runtime
