#pragma once
// Which worker may hold which shard: at any time one possible owner, under an epoch that only rises.
// Not here: who should hold it (placement_planner.hpp), what is said to whom (brain.hpp).

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "cluster/messages.hpp"
#include "cluster/operator_messages.hpp"

namespace shoal::cluster {

struct assignment {
    std::optional<process_id> owner;  ///< Its possible owner; absent: nobody may hold it.
    incarnation owner_incarnation{};
    shard_epoch epoch{};    ///< Of the present assignment, or of the last one.
    shard_epoch highest{};  ///< That any worker ever reported: the next one is above it.
    fleet_id counted_by{};  ///< Whose epochs can be compared with this one; none: those of the fleet as it is now.
    placement_state state = placement_state::unplaced;
    std::string reason;                 ///< Why it is where it is.
    std::optional<process_id> move_to;  ///< While it is released: where it goes; absent: wherever there is room.
    /// Adopted from a worker that had no lease for it: not confirmed before all others had their say.
    bool unconfirmed = false;
    instant said_at{};      ///< When the order that is open was last given.
    instant reported_at{};  ///< When its owner last said that it holds it.

    std::optional<resume_ticket> ticket;  ///< The session that is known to be current.
    bool ticket_stored = false;           ///< And that the store knows.
    /// Discord refused it: it has no owner and is not placed before an operator says so.
    std::optional<gateway_refusal> refused;
    shard_epoch refusal_heard{};  ///< Under this epoch its owner has told of one.
    shard_status reported = shard_status::starting;
    shard_metrics metrics;

    [[nodiscard]] bool held_by(const process_id& process, incarnation which) const {
        return owner_incarnation == which && owner.has_value() && *owner == process;
    }
};

class assignment_table {
public:
    [[nodiscard]] std::uint32_t total() const noexcept { return static_cast<std::uint32_t>(rows_.size()); }
    [[nodiscard]] assignment& at(std::uint32_t shard) { return rows_[shard]; }
    [[nodiscard]] const assignment& at(std::uint32_t shard) const { return rows_[shard]; }

    /// A new assignment under the next epoch, to be stored before it is said.
    void assign(std::uint32_t shard, const process_id& owner, incarnation which, std::string reason);
    /// What a store or a worker tells: this is so already.
    void adopt(std::uint32_t shard, const process_id& owner, incarnation which, shard_epoch epoch, placement_state state);
    /// Nobody may hold it any more.
    void vacate(std::uint32_t shard, std::string reason);
    /// As vacate; and it is not among the unplaced ones until try_again().
    void refuse(std::uint32_t shard, gateway_refusal why);
    void try_again(std::uint32_t shard);
    void set_state(std::uint32_t shard, placement_state state, instant now);

    [[nodiscard]] const std::set<std::uint32_t>& owned_by(const process_id& process) const;
    [[nodiscard]] const std::set<std::uint32_t>& unplaced() const noexcept { return unplaced_; }
    [[nodiscard]] const std::set<std::uint32_t>& refused() const noexcept { return refused_; }
    /// Those with an order that is not carried out yet.
    [[nodiscard]] const std::set<std::uint32_t>& pending() const noexcept { return pending_; }
    [[nodiscard]] std::size_t releasing() const noexcept { return releasing_; }
    /// What a new table begins with: all are unplaced.
    void begin(std::uint32_t total);

private:
    void enter(std::uint32_t shard, placement_state state);
    void disown(std::uint32_t shard);

    std::vector<assignment> rows_;
    std::map<process_id, std::set<std::uint32_t>> owned_;
    std::set<std::uint32_t> unplaced_, refused_, pending_;
    std::size_t releasing_ = 0;
};

}  // namespace shoal::cluster
