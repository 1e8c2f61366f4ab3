#pragma once
// Rate limits of the simulated REST API: one bucket per route group and major id, the hidden limits beside it, and the global one
// [4.4 to 4.9]. Not here: which route belongs to which group (rest_routes.cpp).

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "sim/core/config.hpp"
#include "sim/core/facts.hpp"

namespace shoal::sim {

/// What a 429 says whose limit it was [4.4].
enum class limit_scope : std::uint8_t { none, user, shared, global };
[[nodiscard]] std::string_view scope_name(limit_scope scope) noexcept;

/// What the headers of a bucket say about it.
enum class telling : std::uint8_t {
    honest,
    until_spent,  ///< `shown` while something is left, the truth when nothing is: 999 of 1000, then 0 of 5 [4.16].
    never,        ///< Always `shown`, and a window of a second [4.15].
};

struct bucket_rule {
    std::string_view group;  ///< Routes with the same group share their bucket; empty: no limit and no headers.
    std::uint32_t limit = 5;
    duration window = std::chrono::seconds(5);
    std::string_view family = {};  ///< Groups of one family tell the same hash while config.shared_hashes is on [4.7].
    telling tells = telling::honest;
    std::uint32_t shown = 0;
};

/// What a limiter says to one request.
struct limit_verdict {
    limit_scope refused_by = limit_scope::none;
    duration retry_after{};
    std::vector<header> headers;

    [[nodiscard]] bool allowed() const noexcept { return refused_by == limit_scope::none; }
};

class rest_limits {
public:
    explicit rest_limits(const simulator_config& config) : config_(config) {}

    /// Counts a request of this token (or address, without one) against the global limit.
    [[nodiscard]] limit_verdict global(std::string_view who, instant now);
    /// Counts it against its bucket. `unix_ms` is the wall clock as X-RateLimit-Reset tells it.
    [[nodiscard]] limit_verdict route(const bucket_rule& rule, std::string_view major, instant now, std::int64_t unix_ms);
    /// Counts it against a limit of which no header tells; refused with this scope.
    [[nodiscard]] limit_verdict hidden(const bucket_rule& rule, std::string_view key, limit_scope scope, instant now);

    /// Every bucket has another hash from here on; what is used of it stays used [#39].
    void change_hashes() noexcept { ++generation_; }
    [[nodiscard]] std::string hash_of(const bucket_rule& rule, instant now) const;

private:
    struct window {
        instant ends{};
        std::uint32_t used = 0;
    };
    window& window_of(std::string key, duration length, instant now);

    const simulator_config& config_;
    std::uint64_t generation_ = 0;
    std::unordered_map<std::string, window> globals_, buckets_;
};

/// Retry-After in whole seconds, rounded up, the scope, and the mark of a global one [4.4, 4.5].
void add_retry_headers(std::vector<header>& headers, double retry_after_s, limit_scope scope);
/// The body of a 429, which tells the wait to the millisecond.
[[nodiscard]] std::string too_many_body(double retry_after_s, bool global);

}  // namespace shoal::sim
