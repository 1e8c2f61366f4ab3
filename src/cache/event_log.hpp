#pragma once
// Raw dispatches as bytes, in order: what a snapshot still lacks. Pure: whoever stores or sends them takes the bytes.
// Not here: snapshots (snapshot.hpp).

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "cache/frame.hpp"

namespace shoal::cache {

/// One piece (frame.hpp) an event: u64 seq, u16 bytes of its name, name, the JSON of its d.
class event_log {
public:
    explicit event_log(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    /// At its bound it takes nothing more and says full: the log is then useless from there on, and a new round of a snapshot
    /// must begin (clear() with its beginning).
    result<void> append(std::uint64_t seq, std::string_view name, std::string_view json);
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
    /// Drops the events up to `seq`, which a whole snapshot now holds.
    void drop_until(std::uint64_t seq);
    void clear() noexcept { bytes_.clear(); }
    /// A piece of another kind, between the events. It has room even where no event has: it is small, and somebody waits for it.
    void append_piece(piece kind, std::string_view body);
    /// Hands the bytes over and goes on in `emptied`, whose room is used again.
    [[nodiscard]] std::string exchange(std::string emptied) noexcept { return std::exchange(bytes_, std::move(emptied)); }

private:
    std::string bytes_;
    std::size_t most_bytes_;
};

struct logged_event {
    std::uint64_t seq = 0;
    std::string_view name;
    std::string_view json;
};
/// The event in a piece of kind `events`.
[[nodiscard]] result<logged_event> read_event(const frame& piece);
struct log_reading {
    std::size_t bytes = 0;  ///< Of the events that were read.
    bool whole = false;     ///< False: the rest is cut off or damaged, as after a crash in mid-write.
};
/// Visits the events up to the first that is not sound.
log_reading read_events(std::string_view bytes, const std::function<void(const logged_event&)>& visit);

}  // namespace shoal::cache
