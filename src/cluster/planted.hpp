#pragma once
// Bugs that the cluster simulation plants to show that its checkers find them. All are off; nothing but tests sets one.
// Not here: an option that anybody should use.

namespace shoal::cluster {

struct planted_bugs {
    // The worker's side.
    bool epoch_ignored = false;            ///< Orders of an older shard epoch are obeyed.
    bool old_leader_obeyed = false;        ///< Orders of an older leader are obeyed.
    bool lease_from_receive = false;       ///< The lease is counted from when its ack came.
    bool orphan_reconnects_twice = false;  ///< An orphan whose socket closed again resumes again.
    bool fence_forgotten = false;          ///< fence_policy::close, and a worker without a lease keeps its sockets.
    bool orphan_keeps_slice = false;       ///< Its slice of the REST limit outlives its lease.
    bool events_before_noted = false;      ///< A session's events are handed out before the coordinator knows the session.
    // The coordinator's side.
    bool permit_granted_twice = false;         ///< Who asks again is granted again, under the same number.
    bool resume_from_received = false;         ///< Who takes over resumes behind what was received, not behind what is done.
    bool second_incarnation_admitted = false;  ///< A process id that is in use is given away.
    bool empty_store_starts_at_once = false;   ///< A store that was lost does not make the coordinator wait.
    bool join_moves_everything = false;        ///< A worker that joins makes every shard move.
    bool dead_by_silence = false;              ///< A worker whose heartbeats are late is taken for dead.
    bool reserve_spent = false;                ///< The reserve is given away like the rest.
    bool refund_doubled = false;               ///< A permit that comes back unused is refunded twice.
    bool slice_given_on_at_once = false;       ///< What a worker is told to let go of its REST slice is leased before it did.
    bool slices_not_adopted = false;           ///< A new coordinator leases the REST limit anew, whatever workers have of it.
    bool identify_without_proof = false;       ///< A shard that is taken over may IDENTIFY although its session is known.
};

}  // namespace shoal::cluster
