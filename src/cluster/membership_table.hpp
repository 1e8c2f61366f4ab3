#pragma once
// Who is a member of the fleet: one row a process id, with the one incarnation of it that may hold anything.
// Not here: what a worker's silence means (fault_detector.hpp), which shards it owns (assignment_table.hpp).

#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/time.hpp"
#include "cluster/fault_detector.hpp"
#include "cluster/messages.hpp"
#include "cluster/operator_messages.hpp"

namespace shoal::cluster {

struct member {
    process_id process;
    cluster::incarnation incarnation{};
    std::string zone, listen_url, software;
    cluster::capacity capacity;
    bool cordoned = false;  ///< By an operator: gets no more shards.
    bool draining = false;  ///< By an operator: is being emptied.

    bool leaving = false;  ///< By its own wish: as draining.
    stream_id stream{};    ///< none: no stream is open.
    bool may_try = false;  ///< It was started after Discord refused the bot: an IDENTIFY of its would tell whether it still does.
    bool stored = false;   ///< The store has this incarnation.
    bool heard_beat = false;  ///< Since it registered last.
    beat_number last_beat{};
    instant last_heard{};   ///< Of its heartbeat `last_beat`, or of its registration.
    instant lease_until{};  ///< As evidence::lease_until.
    std::string proof;      ///< Of its death.
    worker_state state = worker_state::joining;
    std::string reason;
    node_metrics metrics;

    /// May be given shards.
    [[nodiscard]] bool accepts() const noexcept { return state == worker_state::healthy && !cordoned && !draining && !leaving; }
    [[nodiscard]] bool emptied() const noexcept { return draining || leaving; }
    /// Can be spoken to.
    [[nodiscard]] bool present() const noexcept { return stream != stream_id::none; }
    [[nodiscard]] evidence what_is_known() const {
        return {stored, heard_beat, present(), emptied(), last_heard, lease_until, proof};
    }
};

enum class admission : std::uint8_t {
    fresh,      ///< A new name, or the successor of one whose lease is over: nothing is held by it.
    returning,  ///< The incarnation that is known.
    in_use,     ///< Another incarnation of this name may be alive.
    fenced,     ///< This incarnation was declared dead.
};

class membership_table {
public:
    /// Whether this incarnation may be a member now.
    [[nodiscard]] admission judge(const register_ask& ask) const;
    /// The row of this name, made if there is none. The caller has judged.
    member& admit(const register_ask& ask, stream_id stream);
    /// A member that the store remembers.
    member& remember(member what);
    /// The stream is over; its member, if it still was that member's.
    member* stream_closed(stream_id stream);
    /// This incarnation is dead and is never admitted again.
    void prove_dead(member& who, std::string how);
    void fence(const process_id& process, incarnation which) { fenced_.emplace(process, which); }
    void forget(const process_id& process);

    [[nodiscard]] member* find(const process_id& process);
    [[nodiscard]] const member* find(const process_id& process) const;
    [[nodiscard]] member* by_stream(stream_id stream);
    [[nodiscard]] std::map<process_id, member>& all() noexcept { return members_; }
    [[nodiscard]] const std::map<process_id, member>& all() const noexcept { return members_; }

private:
    std::map<process_id, member> members_;
    std::map<stream_id, member*> by_stream_;  // Nodes of a map do not move.
    // Of one leadership: later ones see an epoch that is too old, and the store's word.
    std::set<std::pair<process_id, incarnation>> fenced_;
};

}  // namespace shoal::cluster
