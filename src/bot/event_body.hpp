#pragma once
// One event while handlers work on it: the message's buffer, what was read of it, and the guard that keeps its place in flight.
// Not here: which handlers run (dispatcher.hpp), reading (event_readers.hpp).

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/time.hpp"
#include "bot/event_arena.hpp"
#include "bot/event_readers.hpp"
#include "cache/old_value.hpp"
#include "host/event_sink.hpp"

namespace shoal::runtime {

class bot_runtime;
struct shard_room;

/// How far an interaction was answered. deferred: its user sees "is thinking". updating: the answer is the message of its own
/// component, which is there already. answered: with a message, a modal or choices.
enum class answer_state : std::uint8_t { none, deferred, updating, answered };

class event_body {
public:
    event_body(shard_room& home, host::dispatch what);

    // The memory of bodies is used again, so that an event allocates nothing: they are made and end on their shard's thread.
    static void* operator new(std::size_t size);
    static void operator delete(void* at) noexcept;

    shard_room& room;
    host::dispatch dispatch;
    event_type type = event_type::raw;
    const void* head = nullptr;  ///< In the arena, if it was read as an event of `type`.
    event_arena arena;
    std::unique_ptr<const cache::old_value> old;  ///< Of kinds that have old(), if somebody handles them.
    std::string owned_json;                       ///< Where the data lies for events that have no buffer (READY).
    answer_state answered = answer_state::none;
    instant came{};  ///< Of an interaction that goes to its handler: from here on Discord gives 3 seconds.

    std::atomic<std::uint32_t> holders{1};

    /// Reads a part of the event at the first call; from any thread.
    [[nodiscard]] const void* part(unsigned index);

private:
    std::mutex reading_;  // Of the arena, and of who sets a part.
    std::array<std::atomic<const void*>, most_parts> parts_{};
};

}  // namespace shoal::runtime
