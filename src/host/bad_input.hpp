#pragma once
// What a shard's connection can bring that no client should ever be sent: its kinds, and how often each came. Pure. Not here:
// what is done about it (shard_driver.hpp, gateway/session.hpp); answers of the HTTP API (bad_answer.hpp); unknown events and
// ops, which are no fault.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shoal::host {

/// Few and fixed, so that nobody's bytes can make more counters.
enum class bad_input : std::uint8_t {
    compression,       ///< Corrupt, or not what was asked for.
    too_large,         ///< Over the bound of a message, inflated or not: a decompression bomb among them.
    not_json,          ///< Cut off, broken, or no object.
    wrong_shape,       ///< JSON, but no gateway message: no op, a dispatch without number, HELLO without interval.
    unreadable_event,  ///< A dispatch whose reader failed.
    transport,         ///< Websocket rules broken, text that is no UTF-8.
};
inline constexpr std::size_t bad_input_kinds = 6;
using bad_input_counts = std::array<std::uint64_t, bad_input_kinds>;

[[nodiscard]] constexpr std::string_view to_string(bad_input kind) noexcept {
    switch (kind) {
        case bad_input::compression: return "broken compression";
        case bad_input::too_large: return "a message that is too large";
        case bad_input::not_json: return "a message that is no JSON";
        case bad_input::wrong_shape: return "JSON that is no gateway message";
        case bad_input::unreadable_event: return "an event that cannot be read";
        case bad_input::transport: return "bytes that break the websocket's rules";
    }
    return "unknown";
}

}  // namespace shoal::host
