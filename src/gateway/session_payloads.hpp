#pragma once
// What a session sends and where it dials, as text. The token appears here and nowhere else.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/session_config.hpp"
#include "gateway/ticket.hpp"

namespace shoal::gateway {

/// `base` with or without a trailing slash [1.4].
[[nodiscard]] std::string connection_url(std::string_view base, compression transport);
[[nodiscard]] std::string identify_payload(const session_config& config);
[[nodiscard]] std::string resume_payload(const session_config& config, const resume_ticket& ticket);
/// nullopt is null: nothing was received yet.
[[nodiscard]] std::string heartbeat_payload(std::optional<std::uint64_t> seq);

}  // namespace shoal::gateway
