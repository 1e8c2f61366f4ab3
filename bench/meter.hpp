#pragma once
// What both clients of the bench measure and how they tell it: CPU time of the whole process, calls of operator new and resident
// memory between two messages of a stream. Not here: the clients; who starts them and compares (run.py).

#include <cstdint>
#include <string>

namespace bench {

/// Calls of operator new in this process so far, on any thread.
[[nodiscard]] std::uint64_t allocations() noexcept;
/// Memory that this process alone holds, in bytes (Private_Clean + Private_Dirty of smaps_rollup).
[[nodiscard]] std::uint64_t private_bytes();
/// What malloc has handed out and not got back, its own overhead included, in bytes.
[[nodiscard]] std::uint64_t heap_bytes();

/// Between the `from`-th and the `to`-th MESSAGE_CREATE of a stream. Message counts, since a bot's handler sees nothing else of
/// it.
class meter {
public:
    meter(std::uint64_t from, std::uint64_t to) : from_(from), to_(to) {}
    /// One more MESSAGE_CREATE with this number. True when it was the last one that counts.
    bool message(std::uint64_t seq, std::size_t content_bytes);
    /// The result as one line of JSON.
    [[nodiscard]] std::string result() const;

private:
    struct reading {
        std::int64_t cpu_ns = 0, wall_ns = 0, user_us = 0, system_us = 0;
        std::uint64_t allocations = 0, seq = 0, switches = 0;
    };
    static reading read(std::uint64_t seq);

    std::uint64_t from_, to_, messages_ = 0, content_bytes_ = 0;
    reading begin_, end_;
};

}  // namespace bench
