#pragma once
// What an HTTP answer of Discord says about limits and errors, whatever its shape: JSON, HTML or plain text [4.3 to 4.5, 4.11].
// Not here: what to do about it (limiter.hpp).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace shoal::rest {

enum class limit_scope : std::uint8_t { none, user, global, shared };

struct limit_headers {
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> remaining;
    std::optional<duration> reset_after;
    std::string bucket;
    /// Of a 429: from the body where it has one (it has decimals), else from the header.
    std::optional<duration> retry_after;
    limit_scope scope = limit_scope::none;
    /// A 429 that Discord's edge sent, not Discord [4.11]: no limit headers and no JSON of a limit. The whole address is blocked.
    bool edge = false;
};

struct answer {
    std::uint16_t status = 0;
    limit_headers limits;
};

/// Hands out a header by its lower-case name; empty if there is none.
using header_source = std::function<std::string_view(std::string_view)>;

[[nodiscard]] answer read_answer(std::uint16_t status, const header_source& header, std::string_view body);

/// Discord's error: its code (0 if the body has none) and a line for people that is never longer than a few hundred bytes.
struct error_body {
    std::int64_t code = 0;
    std::string message;
};
[[nodiscard]] error_body read_error(std::uint16_t status, std::string_view body);

}  // namespace shoal::rest
