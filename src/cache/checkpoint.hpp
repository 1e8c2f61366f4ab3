#pragma once
// What of one shard has to be stored, and when, so that another process can go on with it: rounds, each a snapshot and the log
// of what came since it began. Tickets lie in the log behind the events that they stand on, so that no order of writes can put
// one before the other. Pure: bytes out, bytes in.
// Not here: files and the thread that writes them (src/state), what a ticket says (src/gateway).
//
// A round begins anew when its log has outgrown its snapshot: reading costs by the byte, not by age. While a new round is not
// whole, the one before stays good: its snapshot, its log, and the new round's log behind it. A log says in its first piece
// whether it goes on where the log before it ended; where bytes were lost it does not, and the older round ends there.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cache/event_log.hpp"
#include "cache/snapshot.hpp"

namespace shoal::cache {

/// Bytes to be appended to the files of a round: the log's first, then the snapshot's, so that a whole snapshot never stands
/// there without its log.
struct checkpoint_part {
    std::uint64_t round = 0;
    bool forgets_older = false;  ///< Of another session: what is there of older rounds goes first, whatever becomes of this one.
    bool begins = false;         ///< The round's files are made anew.
    bool whole = false;          ///< With this part the snapshot is whole: older rounds may go.
    bool readable = false;       ///< Once it is stored, all that was told so far can be read back.
    std::string log, snapshot;
};

struct checkpoint_limits {
    std::size_t most_waiting_bytes = 16U << 20;  ///< Of log between two parts; beyond it the round is given up.
    std::size_t least_log_bytes = 1U << 20;      ///< A log up to here begins no new round, however small its snapshot is.
    std::size_t piece_bytes = 192U << 10;        ///< Of snapshot in one part: about one piece.
};

/// Where a process that was started again goes on writing.
struct checkpoint_position {
    std::uint64_t base = 0;          ///< The round whose snapshot was read,
    std::uint64_t last = 0;          ///< and the last whose log was.
    std::size_t snapshot_bytes = 0;  ///< Of `base`.
    std::size_t log_bytes = 0;       ///< Of the log of `last` that is sound: what follows is to be cut off.
    std::string ticket, guilds;      ///< The last of each; empty: there is none.
};

/// Belongs to the shard's thread, like its cache.
class checkpoint {
public:
    explicit checkpoint(checkpoint_limits limits = {}) : limits_(limits), log_(limits.most_waiting_bytes) {}

    /// A new session: what was stored before is worthless.
    void begin_session(shard_cache& cache, std::uint64_t seq);
    /// Goes on with what a process before stored.
    void go_on(checkpoint_position from, shard_cache& cache, std::uint64_t seq);
    /// Nothing is stored until the next begin_session(): the session is gone.
    void end_session() noexcept;
    /// A part was not stored: what follows it would have a hole before it. A new round begins.
    void lost(shard_cache& cache, std::uint64_t seq);

    /// An event that was applied; those that the cache does not listen to need not be told. Between parts its bytes wait here.
    void event(std::uint64_t seq, std::string_view name, std::string_view json);
    /// The session as it is now, in its own words, and its guilds; nothing happens if they are what was told last. `guilds` may
    /// be empty: there is no word of them yet.
    void note(std::string_view ticket, std::string_view guilds);

    /// True if a part would have something in it.
    [[nodiscard]] bool due() const noexcept { return active_ && (!log_.bytes().empty() || writer_.has_value()); }
    /// What is to be stored now. `spare`: an emptied string whose room is used again. `more_snapshot` false: the log only, since
    /// what was handed over before is not stored yet.
    [[nodiscard]] checkpoint_part take(shard_cache& cache, std::uint64_t seq, std::string spare, bool more_snapshot);
    [[nodiscard]] std::size_t waiting_bytes() const noexcept { return log_.bytes().size(); }
    /// The round that bytes now belong to.
    [[nodiscard]] std::uint64_t round() const noexcept { return round_; }
    /// More came between two parts than may wait: call lost() when there is room again.
    [[nodiscard]] bool overflown() const noexcept { return overflown_; }
    [[nodiscard]] bool active() const noexcept { return active_; }

private:
    void begin_round(shard_cache& cache, std::uint64_t seq, bool follows);

    checkpoint_limits limits_;
    event_log log_;
    std::optional<snapshot_writer> writer_;
    std::string ticket_, guilds_;
    std::uint64_t round_ = 0;
    std::size_t log_bytes_ = 0, snapshot_bytes_ = 0;  // Of the round, as far as it was taken.
    bool active_ = false, begins_ = false, empty_ = false, overflown_ = false;
    bool stands_ = false;    // A round of this session was whole.
    bool readable_ = false;  // The present round is, or goes on from one that is.
};

/// One round as it was found, torn or not.
struct stored_round {
    std::uint64_t number = 0;
    std::string_view snapshot, log;
};

struct checkpoint_reading {
    checkpoint_position position;
    std::unique_ptr<replica> copy;  ///< What the cache was at the last sound event; nullptr with a cache that is off.
    std::uint64_t events = 0;       ///< That were read from logs.
    std::uint64_t last_seq = 0;     ///< The highest of them; 0: none.
    bool torn = false;              ///< A log was cut off or damaged behind what was read, as after a crash in mid-write.
};

/// Reads rounds, in order of their numbers: the newest that is whole and all that came since. A failure says why nothing can be
/// made of them. Never trusts what its checksum does not cover.
[[nodiscard]] result<checkpoint_reading> read_checkpoint(std::span<const stored_round> rounds, const cache_settings& keeps);

}  // namespace shoal::cache
