#pragma once
// Which shards should run and which do: wanted ones held against those that are there, orders out. Pure; guarded by its owner.
// Not here: carrying the orders out (shard_host.hpp), a shard's connection (shard_driver.hpp).

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "gateway/ticket.hpp"
#include "host/event_sink.hpp"
#include "shoal/ids.hpp"

namespace shoal::host {

using ticket_map = std::map<shard_key, gateway::resume_ticket>;

class shard_table {
public:
    struct start {
        shard_key shard;
        std::size_t thread;
        std::optional<gateway::resume_ticket> ticket;
    };
    struct stop {
        shard_key shard;
        std::size_t thread;
        bool gave_up;  ///< It has ended by itself, and only has to be cleared away.
    };
    using order = std::variant<start, stop>;

    explicit shard_table(std::size_t threads) : threads_(threads) {}

    /// The set that should run, from now on; `tickets` for those that start with RESUME. reconcile() brings it about.
    void want(std::set<shard_key> shards, ticket_map tickets);
    /// Stops what is not wanted, starts what is missing, each shard on the thread with the fewest, or on the one
    /// where it was before: its journal is open there.
    [[nodiscard]] std::vector<order> reconcile();
    /// A shard ended. False: nobody told it to, so it gave up, and its place is kept until it is wanted no more.
    [[nodiscard]] bool was_to_end(shard_key shard);
    /// A shard that was told to stop is gone. Its ticket serves the next start.
    void gone(shard_key shard, std::optional<gateway::resume_ticket> ticket);
    /// The tickets of shards that do not run; they are the caller's now.
    [[nodiscard]] ticket_map take_tickets() { return std::exchange(tickets_, {}); }

    [[nodiscard]] bool empty() const noexcept { return slots_.empty(); }
    [[nodiscard]] bool is_stopping(shard_key shard) const;
    [[nodiscard]] std::optional<std::size_t> thread_of(shard_key shard) const;
    [[nodiscard]] std::vector<shard_key> shards_of(std::size_t thread) const;
    void set_picture(shard_key shard, shard_snapshot picture);
    [[nodiscard]] std::vector<shard_snapshot> pictures() const;

private:
    enum class phase : std::uint8_t { running, stopping, gave_up };
    struct slot {
        std::size_t thread = 0;
        phase now = phase::running;
        shard_snapshot picture;
    };
    [[nodiscard]] std::size_t emptiest() const;

    std::size_t threads_;
    std::set<shard_key> wanted_;
    std::map<shard_key, slot> slots_;
    ticket_map tickets_;  // for the next start
    std::map<shard_key, std::size_t> was_on_;
};

}  // namespace shoal::host
