#pragma once
// A shard's cache on its way to somewhere else: written in pieces while it goes on, and read into a replica that becomes its
// equal with the events since. Pure: bytes out, bytes in. Not here: where the bytes go, and when (a role's matter); events as
// bytes (event_log.hpp).
//
// Why it is exact. Each guild is written as it is at one moment, with its own seq, even where it takes many pieces: what changes
// meanwhile is copied (packed_table::freeze). The replica takes pieces and events as they come, and applies the events since the
// round began when the round is whole, in order: a guild passes over those that it has seen. Users belong to no guild; what
// events say of a user is absolute (a whole user object replaces the record), so that applying all of them again ends at the same
// record, whatever age it began at. How many memberships hold a user is not taken over but counted anew. The end of a round names
// every guild that was there when the round came by it: the replica drops all others, which were deleted before, or are yet to be
// made by an event since.
//
// Versions. A reader of version n reads n-1 and n+1 (frame.hpp). A record's fields keep their places (layouts.hpp), new ones
// follow: an older reader cuts them off, a newer one reads what is missing as not set. Tables and kinds of pieces that it does
// not know are passed over by their length.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/frame.hpp"
#include "cache/shard_cache.hpp"
#include "shoal/error.hpp"

namespace shoal::cache {

/// Writes one round. Belongs to the shard's thread, like its cache, which goes on between the pieces.
class snapshot_writer {
public:
    /// `seq`: the last event that was applied. `since`: only guilds that an event changed later than that (0: all); those that
    /// are not written stay as they were. All users are always written.
    snapshot_writer(shard_cache& cache, std::uint64_t seq, std::uint64_t since = 0);

    /// Appends one piece, of at most about 3,000 records: some tenths of a millisecond. `seq`: the last event that was applied.
    /// False when it was the last piece.
    bool next(std::string& out, std::uint64_t seq);
    /// Events from here on must reach the replica, beside the pieces or after them.
    [[nodiscard]] std::uint64_t began_at() const noexcept { return began_at_; }

private:
    enum class stage : std::uint8_t { begin, guilds, users, end, over };
    void begin(std::string& out);
    void guilds(std::string& out);
    void more_of_guild(std::string& out);
    void users(std::string& out, std::uint64_t seq);
    void end(std::string& out, std::uint64_t seq);
    std::size_t guild(std::string& out, cached_guild& which);

    shard_cache& cache_;
    std::uint64_t began_at_;
    std::uint64_t since_;
    stage stage_ = stage::begin;
    std::uint32_t pieces_ = 0;
    std::uint64_t last_guild_ = 0;
    std::uint64_t next_user_ = 0;
    std::string passed_;  // Each guild as the round came by: its id, and whether it was available.
    // A guild of very many members, in the middle of it.
    std::uint64_t open_guild_ = 0;
    std::uint64_t open_seq_ = 0;
    std::vector<std::pair<detail::cache_table, detail::packed_table::frozen>> open_;
    std::string tables_, texts_, records_;
};

/// A cache that follows another one by its pieces and events, in the order in which they left it. One replica a session: a new
/// READY begins a new one.
class replica {
public:
    explicit replica(cache_settings settings);

    /// One piece. A failure names what is wrong with it; the replica then refuses everything, and a new one is needed.
    result<void> take(const frame& piece);
    /// The same from bytes that begin with it; how many it took.
    result<std::size_t> take(std::string_view stream);
    /// An event of the source, applied when the round is whole; at once between rounds.
    void event(discord::event_kind kind, std::string_view json, std::uint64_t seq);

    /// True between rounds: the cache is then what the source's was at the last event given.
    [[nodiscard]] bool whole() const noexcept { return whole_; }
    [[nodiscard]] std::uint64_t began_at() const noexcept { return began_at_; }
    [[nodiscard]] shard_cache& cache() noexcept { return cache_; }
    [[nodiscard]] const shard_cache& cache() const noexcept { return cache_; }

private:
    struct waiting {
        discord::event_kind kind;
        std::uint64_t seq;
        std::string json;
    };
    result<void> begin(std::string_view body);
    result<void> guilds(std::string_view body);
    result<void> guild(std::string_view block);
    result<void> more_of_guild(std::string_view body);
    result<void> tables(cached_guild& guild, std::string_view bytes, bool more);
    template <class T>
    result<void> table(cached_guild& guild, std::string_view bytes, bool more);
    result<void> users(std::string_view body);
    result<void> end(std::string_view body);
    void count_holders();
    result<void> refuse(errc why, std::string_view where);

    shard_cache cache_;
    bool whole_ = false;
    bool any_ = false;  ///< A round has begun.
    std::optional<failure> refused_;
    std::uint64_t began_at_ = 0;
    std::uint32_t pieces_ = 0;
    std::uint64_t open_guild_ = 0;
    std::uint64_t open_seq_ = 0;
    bool open_passed_over_ = false;  ///< The open guild is older here than what is known already.
    std::vector<std::uint32_t> texts_;
    std::string bytes_;
    std::vector<detail::packed_table::entry> entries_;
    std::vector<waiting> waiting_;
};

}  // namespace shoal::cache
