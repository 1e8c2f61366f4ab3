#pragma once
// When each REST call may go out, and whether it goes out again, as a pure machine: facts in, orders out, time passed in.
// Per route and major resource it obeys what the answers' headers say; Retry-After stands over them [4.5]; one pace for all
// [4.9]; a count of invalid requests that stops before Discord's ban [4.10].
// Not here: HTTP; how several processes share the global limit (a part of it comes in with `limiter_policy`, or as `pace_told`).

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "rest/answer.hpp"
#include "rest/errc.hpp"

namespace shoal::rest {

struct limiter_policy {
    /// Of this process: less than Discord's where several share one bot; 0: nothing that counts goes out before a pace is told.
    std::size_t global_per_second = 50;
    double pace_share = 0.9;  ///< Of the global limit, in any second: answers are counted at Discord's clock, not ours.
    std::size_t most_waiting = 4096;
    std::size_t most_invalid = 10'000;  ///< Discord's limit in `invalid_window`;
    double invalid_share = 0.9;         ///< stopped at this share of it.
    duration invalid_window = std::chrono::minutes(10);
    duration reset_slack = std::chrono::milliseconds(50);  ///< Added to every reset: clocks and networks wobble.
    duration edge_wait = std::chrono::minutes(10);         ///< After an edge's 429 without a time.
    duration wait_without_time = std::chrono::seconds(1);  ///< After a limit's 429 without a time.
    std::uint32_t most_retries = 3;                        ///< After 5xx and broken exchanges; 429s are retried to the deadline.
    duration backoff_first = std::chrono::milliseconds(250);
    duration backoff_most = std::chrono::seconds(5);
    duration forget_after = std::chrono::minutes(5);  ///< Buckets that nobody used for so long.
    std::uint64_t seed = 1;
};

/// How many requests that count against the global limit may go out in any second: by leases that end unless they are renewed.
struct pace {
    std::size_t per_second = 0;
    instant until = never;
    std::size_t afterwards = 0;  ///< Then so many,
    instant end = never;         ///< until then; then none.
    [[nodiscard]] std::size_t at(instant when) const noexcept { return when < until ? per_second : when < end ? afterwards : 0; }
};

// ---- facts, past tense -------------------------------------------------------------------------------------------------

struct asked {
    std::uint64_t number;  ///< Chosen by the driver, never twice.
    std::string key;       ///< route::key
    std::string major = {};
    instant deadline = never;
    bool authorized = true;
    bool counts_globally = true;
    bool harmless_to_repeat = false;
};
struct answered {
    std::uint64_t number;
    answer what;
};
/// The exchange broke; `may_have_happened` is false if the request certainly never reached Discord, `unreadable` true if
/// something came that is no answer.
struct broken {
    std::uint64_t number;
    bool may_have_happened = true;
    bool unreadable = false;
};
/// Nobody wants it any more; after `send` the outcome still counts for the limits.
struct withdrawn {
    std::uint64_t number;
};
/// Another pace from now on. What went out in the last second counts against it, so that a change is no burst.
struct pace_told {
    pace now_on;
};
struct tick {};

using fact = std::variant<asked, answered, broken, withdrawn, pace_told, tick>;

// ---- orders, imperative ------------------------------------------------------------------------------------------------

/// Send it now. `attempt` counts from 1.
struct send {
    std::uint64_t number;
    std::uint32_t attempt;
};
/// The last answer is the outcome: hand it to whoever asked.
struct complete {
    std::uint64_t number;
};
struct refuse {
    std::uint64_t number;
    errc why;
    std::string detail;
};
/// Call tick at this time; replaces the wish before, `never` takes it back.
struct wake_at {
    instant when;
};
struct note {
    std::string text;
};

/// A call has to wait, since a limit says so: told once a call, when it is first held back.
struct held_back {
    std::uint64_t number;
    duration wait;  ///< As far as is known; a bucket without a first answer waits for that and counts as 0.
};
/// Discord answered 429.
struct limited {
    std::uint64_t number;
    limit_scope scope;  ///< none: of the edge, or unsaid.
    bool edge;
    duration wait;
};

using order = std::variant<send, complete, refuse, wake_at, note, held_back, limited>;

/// What is made of the pace.
struct pace_use {
    std::size_t sent = 0;     ///< In the last second, of what counts.
    std::size_t waiting = 0;  ///< Calls that could go out now but for the pace.
};

struct limiter_stats {
    std::uint64_t sent = 0;
    std::uint64_t user_429 = 0;    ///< Of the bot's own limit on a route.
    std::uint64_t shared_429 = 0;  ///< Of a resource that others use too.
    std::uint64_t global_429 = 0;
    std::uint64_t edge_429 = 0;  ///< Of Discord's edge: the whole address is blocked.
    std::uint64_t retried = 0;
    std::uint64_t invalid = 0;  ///< 401, 403 and 429 as Discord counts them against a ban.
    std::uint64_t refused = 0;
    std::uint64_t held_back = 0;
    [[nodiscard]] std::uint64_t answered_429() const noexcept { return user_429 + shared_429 + global_429 + edge_429; }
};

class limiter {
public:
    explicit limiter(limiter_policy policy = {});
    void step(const fact& what, instant now, std::vector<order>& out);

    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_deadlines_.size(); }
    [[nodiscard]] std::size_t in_flight() const noexcept { return requests_.size() - waiting_deadlines_.size(); }
    /// Refused requests that Discord counts against a ban, in the last window.
    [[nodiscard]] std::size_t invalid_in_window() const noexcept { return invalid_.size(); }
    [[nodiscard]] std::size_t per_second(instant now) const noexcept { return pace_.at(now); }
    [[nodiscard]] pace_use use(instant now) const noexcept;
    [[nodiscard]] const limiter_stats& stats() const noexcept { return stats_; }
    [[nodiscard]] std::size_t buckets() const noexcept { return buckets_.size(); }

private:
    struct request {
        asked what;
        std::uint32_t attempts = 0;
        std::uint32_t failures = 0;
        instant not_before{};
        bool in_flight = false;
        bool unwanted = false;
        bool told_of_wait = false;
    };
    using bucket_key = std::pair<std::string, std::string>;
    struct bucket {
        std::deque<std::uint64_t> queue;
        std::uint64_t listed_as = 0;  // Its entry in fronts_.
        std::size_t in_flight = 0;
        bool known = false;        // An answer with headers came.
        bool unlimited = false;    // An answer without headers came [4.4].
        bool fresh_window = true;  // No answer of the current window came yet.
        std::string hash;
        std::int64_t limit = 1;
        std::int64_t remaining = 1;
        instant reset_at{};
        instant blocked_until{};
        instant used_at{};
    };
    using bucket_map = std::map<bucket_key, bucket>;

    void take(const asked& what, instant now, std::vector<order>& out);
    void take(const answered& what, instant now, std::vector<order>& out);
    void take(const broken& what, instant now, std::vector<order>& out);
    void take(const withdrawn& what, instant now, std::vector<order>& out);
    void take(const pace_told& what, instant, std::vector<order>&) { pace_ = what.now_on; }
    void take(const tick&, instant, std::vector<order>&) {}

    using request_map = std::map<std::uint64_t, request>;
    void learn(bucket& from, const limit_headers& headers, instant now);
    /// When to try again after a failure; nullopt if that is not safe, not sensible, or too late.
    [[nodiscard]] std::optional<instant> retry_time(request& which, bool safe, instant now);
    void requeue(request_map::iterator which, instant not_before, instant now);
    void finish(request_map::iterator which);
    void drop(std::uint64_t number, errc why, std::string detail, std::vector<order>& out);
    void pump(instant now, std::vector<order>& out);
    [[nodiscard]] instant bucket_ready(const bucket& which, instant now) const;
    [[nodiscard]] instant pace_ready(instant now) const;
    [[nodiscard]] static std::size_t could_go(const bucket& which) noexcept;
    [[nodiscard]] bucket_map::iterator bucket_of(const asked& what);
    void list(bucket_map::iterator which);
    void forget_idle(instant now);

    limiter_policy policy_;
    random_source random_;
    request_map requests_;
    bucket_map buckets_;
    std::map<std::uint64_t, bucket_map::iterator> fronts_;           // Of the queues that are not empty, by who is first.
    std::set<std::pair<instant, std::uint64_t>> waiting_deadlines_;  // Of those that wait.
    std::deque<instant> sent_;                                       // Of the last second, globally counted ones.
    pace pace_;
    std::size_t held_by_pace_ = 0;  // As of the last step.
    std::deque<instant> invalid_;   // Of the last window.
    instant global_until_{};
    instant edge_until_{};
    bool token_refused_ = false;
    instant woken_for_ = never;
    instant forget_at_{};
    limiter_stats stats_;
};

}  // namespace shoal::rest
