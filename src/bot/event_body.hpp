#pragma once
// One event while handlers work on it: the message's buffer, what was read of it, and the guard that keeps its place in flight.
// Not here: which handlers run (runtime.cpp), reading (event_readers.hpp).

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "discord/json_cursor.hpp"
#include "host/event_sink.hpp"
#include "shoal/context.hpp"
#include "shoal/events.hpp"

namespace shoal::runtime {

class bot_runtime;
struct shard_room;

/// Memory for what was read of one event: decoded texts and lists. Everything goes at once, with the event.
class event_arena {
public:
    event_arena() : memory_(first_.data(), first_.size()) {}
    /// For what outlives the JSON that it is read from: every text is copied.
    struct copying {};
    explicit event_arena(copying) : memory_(first_.data(), first_.size()), copies_(true) {}
    /// The text of a value: in place if nothing had to be decoded, else in this arena. Empty if it is no text.
    [[nodiscard]] std::string_view text(const discord::json_value& value);
    /// The same bytes, in this arena.
    [[nodiscard]] std::string_view copy(std::string_view bytes);
    /// Room for `count` objects of a type that needs no destructor. None if an event's lists grow beyond any that Discord sends:
    /// two bytes of JSON can ask for a hundred of memory.
    template <class T>
    [[nodiscard]] std::span<T> list(std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T>);
        if (count == 0) return {};
        if (count > 1) {
            if (count > lists_left_ / sizeof(T)) return {};
            lists_left_ -= count * sizeof(T);
        }
        auto* at = static_cast<T*>(memory_.allocate(sizeof(T) * count, alignof(T)));
        for (std::size_t i = 0; i < count; ++i) new (at + i) T();
        return {at, count};
    }

private:
    std::array<std::byte, 512> first_;
    std::pmr::monotonic_buffer_resource memory_;
    std::size_t lists_left_ = 8 * 1024 * 1024;  ///< Bytes.
    bool copies_ = false;
};

using event_fields = std::variant<std::monostate, shoal::detail::message_head, shoal::detail::deleted_messages, guild_view,
                                  shoal::detail::guild_gone, shoal::detail::guild_member, channel_view, shoal::detail::guild_role,
                                  voice_state_view, shoal::detail::voice_server, shoal::detail::reaction,
                                  shoal::detail::interaction_fields, shoal::detail::shard_notice>;

/// How far an interaction was answered.
enum class answer_state : std::uint8_t { none, deferred, answered };

class event_body {
public:
    event_body(shard_room& home, host::dispatch what) : room(home), dispatch(std::move(what)) {}

    // The memory of bodies is used again, so that an event allocates nothing: they are made and end on their shard's thread.
    static void* operator new(std::size_t size);
    static void operator delete(void* at) noexcept;

    shard_room& room;
    host::dispatch dispatch;
    event_fields fields;
    event_arena arena;
    const message_view* message = nullptr;  ///< In the arena, once it was asked for.
    std::once_flag message_read;
    std::string owned_json;  ///< Where the data lies for events that have no buffer (READY).
    answer_state answered = answer_state::none;

    std::atomic<std::uint32_t> holders{1};
};

}  // namespace shoal::runtime
