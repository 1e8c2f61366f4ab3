#pragma once
// What Discord's HTTP API, or whatever stands before it, can answer that no client should ever get: its kinds, how often each
// came, and one line a kind and minute. No body is ever told: what stands in its place may repeat a token.
// Not here: what is done about it (bootstrap.hpp, rest/limiter.hpp).

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/log_limiter.hpp"
#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "net/http_client.hpp"
#include "shoal/error.hpp"

namespace shoal::host {

/// Few and fixed, so that nobody's bytes can make more counters.
enum class bad_answer : std::uint8_t {
    not_http,     ///< Garbage, lengths that contradict each other, interim answers without end.
    cut_short,    ///< Ended before the length that it promised, or in the middle of a chunk.
    too_large,    ///< A header or body over its bound, announced or come.
    endless,      ///< Began and did not end in time.
    not_json,     ///< A page for people, or nothing where something must be.
    wrong_shape,  ///< JSON, but not what was asked for.
};
inline constexpr std::size_t bad_answer_kinds = 6;
using bad_answer_counts = std::array<std::uint64_t, bad_answer_kinds>;

[[nodiscard]] std::string_view to_string(bad_answer kind) noexcept;

/// How an exchange broke that began; nullopt if nobody answered at all.
[[nodiscard]] std::optional<bad_answer> bad_answer_of(const failure& why) noexcept;
/// A whole answer whose body is no JSON; nullopt if it is, or if nothing is where nothing need be.
[[nodiscard]] std::optional<bad_answer> bad_answer_of(const net::http_response& response) noexcept;

/// Counts and tells. add() on one scheduler's thread, counts() from any.
class bad_answer_log {
public:
    bad_answer_log(const scheduler& on, logger log) : on_(on), log_(std::move(log)) {}

    /// `route` is a template: paths hold tokens.
    void add(bad_answer kind, std::string_view route, std::string_view detail);
    [[nodiscard]] bad_answer_counts counts() const noexcept;

private:
    const scheduler& on_;
    logger log_;
    std::array<std::atomic<std::uint64_t>, bad_answer_kinds> counts_{};
    log_limiter<bad_answer_kinds> lines_;
};

}  // namespace shoal::host
