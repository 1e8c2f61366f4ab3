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
};

}  // namespace shoal::host
