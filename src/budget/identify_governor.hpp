#pragma once
// Who may IDENTIFY when: one governor per application, as a pure machine over a ledger that is a value. Processes of one host
// share the ledger through a locked file (src/state); a coordinator keeps it in its store. protocols.md 6 is its law; [1.11],
// [1.14] to [1.18] are Discord's. Not here: asking Discord for the budget (the driver in src/host does and tells), locking.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "shoal/error.hpp"
#include "shoal/ids.hpp"

namespace shoal::budget {

/// What `/gateway/bot` said about identifies.
struct session_start_limit {
    std::int64_t total = 1000;
    std::int64_t remaining = 1000;
    duration reset_after{};
    std::int64_t max_concurrency = 1;
};

/// The durable part: shared by all governors of an application on one host. Times are boot time; `boot_id` tells whether they
/// still mean something.
struct identify_ledger {
    std::uint32_t version = 1;
    std::uint64_t application = 0;  ///< A keyed hash or id of the application; never the token.
    std::string boot_id;
    std::map<std::uint32_t, instant> key_free_at;  ///< rate_limit_key -> when it may be used next.
    instant no_key_before{};                       ///< And none at all before this: after a reboot, damage, or changed keys.
    std::vector<std::pair<std::uint64_t, instant>>
        outstanding;  ///< Permits given and neither used, returned nor expired: (permit, valid_until).
    std::uint64_t last_permit = 0;
    std::int64_t spent = 0;               ///< Counted by us in this window, before each is given.
    instant window_ends{};                ///< When Discord's window resets, as last told; epoch 0 is unknown.
    session_start_limit seen;             ///< As last told by Discord,
    instant seen_at{};                    ///< and when; 0 is never.
    std::int64_t spent_at_seen = 0;       ///< `spent` at that moment: the difference is ours since.
    std::int64_t foreign = 0;             ///< Identifies in this window that Discord counted and we did not make.
    std::uint32_t failures_in_a_row = 0;  ///< IDENTIFYs that did not end in READY: the storm breaker.
    instant storm_until{};
};

/// Text form, versioned and checked; reads what it wrote. A damaged text is a failure, and the caller then treats every key as
/// just used.
[[nodiscard]] std::string write_ledger(const identify_ledger& ledger);
[[nodiscard]] result<identify_ledger> read_ledger(std::string_view text);

/// What replaces a ledger that is damaged or not there. `was_damaged` treats every key as just used. Permits of the lost ledger
/// are never given again.
[[nodiscard]] identify_ledger fresh_ledger(std::uint64_t application, std::string_view boot_id, bool was_damaged, instant now);
/// After loading: if the machine was booted since, its times mean nothing any more; every key counts as just used then, open
/// permits as spent, and the budget has to be read. True if that was so.
bool renew_after_boot(identify_ledger& ledger, std::string_view boot_id, instant now);

struct governor_policy {
    double reserve_share = 0.10;  ///< Of total: what would eat it is refused.
    bool use_reserve = false;     ///< An operator said so.
    double budget_share = 1.0;    ///< Of total, for fleets without a common store.
    duration key_window = std::chrono::milliseconds(5000);
    duration slack = std::chrono::milliseconds(250);  ///< Added to the window.
    duration permit_validity = std::chrono::seconds(1);
    std::uint32_t storm_threshold = 5;                     ///< Failures in a row before it slows down,
    duration storm_wait_first = std::chrono::seconds(10);  ///< doubling from here
    duration storm_wait_most = std::chrono::minutes(10);   ///< to here.
    duration budget_max_age = std::chrono::seconds(60);    ///< How old `seen` may be before a wave starts.
};

/// The waiting shards of one process, over the shared ledger. Each call is made with the ledger locked, loaded and afterwards
/// stored.
class identify_governor {
public:
    struct request {
        shard_key shard;
        bool had_session;
        std::uint64_t order;
    };
    struct granted {
        shard_key shard;
        std::uint64_t permit;
        instant valid_until;
    };
    struct refused {
        shard_key shard;
        std::string why;
        bool nothing_left = false;  ///< Else an operator may release the reserve.
    };  ///< Stays queued; told once per reason.
    struct read_budget {};  ///< Tell budget_seen() before more can be granted.
    struct ask_again_at {
        instant when;
    };  ///< Nothing more can be granted before this time.
    using decision = std::variant<granted, refused, read_budget, ask_again_at>;

    explicit identify_governor(governor_policy policy);

    void ask(shard_key shard, bool had_session);
    void withdraw(shard_key shard);
    /// IDENTIFY went out at `now`: the key is busy for one window from here.
    void used(std::uint64_t permit, shard_key shard, identify_ledger& ledger, instant now);
    /// The permit was not used, on the worker's own word: it is refunded.
    void returned(std::uint64_t permit, shard_key shard, identify_ledger& ledger, instant now);
    /// How the IDENTIFY ended: READY, or anything else.
    void ended(bool ready, identify_ledger& ledger, instant now);
    /// Discord refuses the bot itself: as if storm_threshold failures had come in a row. Until one is READY there is one attempt
    /// at a time, each later than the one before.
    void bot_refused(identify_ledger& ledger, instant now) const;
    void budget_seen(const session_start_limit& limit, identify_ledger& ledger, instant now);

    /// Decides as much as can be decided now. Shards without any session first, shard 0 first among them; within a key in order
    /// [1.11].
    [[nodiscard]] std::vector<decision> decide(identify_ledger& ledger, instant now);
    /// Whether an IDENTIFY that could as well not be made would be granted: outside of the reserve and of a storm, and nobody
    /// waits who needs one.
    [[nodiscard]] bool can_spare(identify_ledger& ledger, instant now) const;
    [[nodiscard]] std::size_t waiting() const noexcept;

private:
    enum class reason : std::uint8_t { none, reserve, empty };
    struct waiting_shard {
        request what;
        reason told = reason::none;  // The refusal that it has heard.
    };
    void settle(identify_ledger& ledger, instant now) const;
    [[nodiscard]] std::int64_t left(const identify_ledger& ledger) const noexcept;
    [[nodiscard]] std::int64_t reserve(const identify_ledger& ledger) const noexcept;
    [[nodiscard]] bool in_storm(const identify_ledger& ledger) const noexcept;
    [[nodiscard]] duration storm_wait(const identify_ledger& ledger) const noexcept;

    governor_policy policy_;
    std::vector<waiting_shard> waiting_;  // In order of granting.
    std::uint64_t asked_ = 0;
    bool storm_attempt_ = false;  // The one of a storm was given, and its end not heard of.
};

}  // namespace shoal::budget
