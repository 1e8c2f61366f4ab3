#pragma once
// Reading of an HTTP request as the API does: target, headers, body. Not here: what it asks for (rest_routes.cpp).

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/core/facts.hpp"

namespace shoal::sim {

struct rest_request;

[[nodiscard]] std::string percent_decoded(std::string_view text, bool plus_is_space);
/// Header names are compared without case.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] std::string_view header_of(const http_arrived& request, std::string_view name) noexcept;

/// Version, segments and query of "/api/v10/a/b?c=d"; false if it is not below /api.
[[nodiscard]] bool read_target(std::string_view target, rest_request& out);

enum class body_reading : std::uint8_t { fine, wrong_type, not_json, too_large };
/// JSON, a form, or a multipart body: its payload_json (else its plain fields) and its files.
[[nodiscard]] body_reading read_body(const http_arrived& request, rest_request& out);

}  // namespace shoal::sim
