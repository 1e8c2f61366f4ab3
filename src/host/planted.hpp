#pragma once
// Bugs that the seeded simulation plants to show that its checkers find them. All are off; nothing but tests/simulation sets one.
// Not here: an option that anybody should use.

namespace shoal::host {

struct planted_bugs {
    bool duplicates_handed_out = false;  ///< What was received already is handed out again.
    bool close_with_1000 = false;        ///< A reconnect closes with 1000, which ends the session at Discord.
    bool identify_after_close = false;   ///< A close by the peer is answered by IDENTIFY although the session lives.
    bool drop_when_full = false;         ///< Events past the bound on running handlers are dropped.
    bool done_at_start = false;          ///< An event counts as done before its handlers ended.
    bool forget_backoff = false;         ///< Each failed dial starts the back-off anew.
    bool acks_ignored_after_reconnect =
        false;                               ///< What shows life is not told to the machine on the second connection and later.
    bool resume_from_received = false;       ///< A taken-over session is resumed behind events whose handlers did not end.
    bool failed_counts_as_received = false;  ///< An event whose reader failed once is not asked for again.
    bool permit_not_counted = false;         ///< A permit is handed out without being kept in the ledger.
    bool reserve_spent = false;              ///< The reserve of the identify budget is handed out like the rest.
    bool failures_not_told = false;          ///< The storm breaker never hears of an IDENTIFY that failed.
    bool retry_after_ignored = false;        ///< /gateway/bot is asked again before Discord's Retry-After is over.
    bool impatient_for_ready = false;        ///< A READY that Discord is slow with is not waited for.
    bool waits_for_every_guild = false;      ///< A guild that never comes keeps its shard from being ready.
    bool ends_at_the_last_chunk = false;     ///< A request for members is complete when the chunk with the last index came.
    bool deaf_to_silence = false;            ///< A half-deaf session is not noticed.
    bool alarmed_by_every_pause = false;     ///< A pause of one kind of event counts as deafness.
    bool acknowledges_received = false;      ///< Heartbeats acknowledge what is not kept anywhere yet.
    bool replay_unmarked = false;            ///< What the process before may have handed out is handed out without a mark.
    bool goes_on_after_4004 = false;         ///< A shard whose token was reset connects again.
    bool clings_to_dead_address = false;     ///< A dead resume address is tried first at each reconnect.
};

}  // namespace shoal::host
