#pragma once
// What an HTTP answer of Discord says about limits and errors, whatever its shape: JSON, HTML or plain text [4.3 to 4.5, 4.11].
// Not here: what to do about it (limiter.hpp).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "shoal/error.hpp"

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

/// What Discord says about a request that it did not carry out, whatever shape it has. Texts are cut at a few hundred bytes and
/// the list of fields at 25: a hostile answer must not fill the log. Tokens in the `path` that was asked for are hidden in them:
/// whoever answered may have repeated it.
[[nodiscard]] discord_error read_error(std::uint16_t status, std::string_view body, std::string_view path = {});
/// One line for people, of a few hundred bytes at most: "status 400, code 50035: Invalid Form Body (name: Must be ...)".
[[nodiscard]] std::string line_of(const discord_error& what);

}  // namespace shoal::rest
