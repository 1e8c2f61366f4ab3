#pragma once
// Rate limits of the simulated REST API: one bucket per route group and major id, and the global one [4.4 to 4.9].
// Not here: which route belongs to which group (rest_routes.cpp).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "sim/core/facts.hpp"

namespace shoal::sim {

struct bucket_rule {
    std::string_view group;  ///< Routes with the same group share their bucket; empty: no limit and no headers.
    std::uint32_t limit = 5;
    duration window = std::chrono::seconds(5);
};

/// What a limiter says to one request.
struct limit_verdict {
    bool allowed = true;
    bool global = false;
    duration retry_after{};
    std::vector<header> headers;
};

class rest_limits {
public:
    rest_limits(std::int64_t global_per_second, std::uint64_t seed) : global_per_second_(global_per_second), seed_(seed) {}

    /// Counts a request of this token (or address, without one) against the global limit.
    [[nodiscard]] limit_verdict global(std::string_view who, instant now);
    /// Counts it against its bucket. `unix_ms` is the wall clock, for X-RateLimit-Reset.
    [[nodiscard]] limit_verdict route(const bucket_rule& rule, std::string_view major, instant now, std::int64_t unix_ms);

private:
    struct window {
        instant ends{};
        std::uint32_t used = 0;
    };
    std::int64_t global_per_second_;
    std::uint64_t seed_;
    std::unordered_map<std::string, window> globals_;
    std::unordered_map<std::string, window> buckets_;
};

/// The body of a 429.
[[nodiscard]] std::string too_many_body(const limit_verdict& verdict);

}  // namespace shoal::sim
