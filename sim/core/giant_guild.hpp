#pragma once
// F32: a GUILD_CREATE grown to megabytes, with thousands of roles.
// Not here: who gets it.

#include <cstdint>
#include <string>
#include <string_view>

namespace shoal::sim {

/// The same guild with at least so many roles and, padded by members, at least so many bytes.
[[nodiscard]] std::string make_giant(std::string_view guild_create, std::uint64_t guild, std::uint32_t roles, std::size_t bytes);

}  // namespace shoal::sim
