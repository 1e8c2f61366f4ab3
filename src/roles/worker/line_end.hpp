#pragma once
// How a worker's stream to a coordinator ended, or never came about: of which kind, and as a sentence for people. Pure.
// Not here: what follows from it (cluster/worker_session.hpp), when it is worth a line (coordinator_troubles.hpp).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/messages.hpp"
#include "shoal/error.hpp"

namespace shoal::roles {

enum class line_end_kind : std::uint8_t {
    unreachable,     ///< Nobody answers there.
    silent,          ///< Somebody takes the connection and says nothing, or nothing more.
    untrusted,       ///< One side does not trust the other's certificate, or TLS 1.3 is not spoken there.
    no_coordinator,  ///< Something else answers there: another program, a worker.
    other_token,     ///< A coordinator of a bot with another token.
    unreadable,      ///< What it says cannot be understood.
    ended,           ///< It ended a stream that was good.
};
inline constexpr std::size_t line_end_kinds = 7;
/// As a metric's label: "no_coordinator".
[[nodiscard]] std::string_view name_of(line_end_kind kind) noexcept;

struct line_end {
    line_end_kind kind = line_end_kind::ended;
    std::string sentence;  ///< With what to do where a person can do something; without a full stop.
    /// Why the coordinator and this worker cannot be of one fleet, if that is so.
    [[nodiscard]] std::optional<cluster::refusal> refused() const noexcept {
        return kind == line_end_kind::other_token ? std::optional(cluster::refusal::other_token) : std::nullopt;
    }
};

/// `address` is the coordinator's as the settings have it; `was_open`: its certificate was good, and it took the call.
[[nodiscard]] line_end end_of(const failure& why, std::string_view address, bool was_open);

/// What a person is told when a coordinator refuses this worker for good: a sentence with what to do.
[[nodiscard]] std::string sentence_of(cluster::refusal why, std::string_view detail);

}  // namespace shoal::roles
