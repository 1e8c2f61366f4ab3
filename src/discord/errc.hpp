#pragma once
// What can go wrong when Discord's JSON is read.

#include <cstdint>
#include <string_view>

namespace shoal::discord {

enum class errc : std::uint8_t { not_json, not_a_gateway_message };

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "discord"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::not_json: return "not JSON, or cut off";
        case errc::not_a_gateway_message: return "JSON, but not a gateway message";
    }
    return "unknown";
}

}  // namespace shoal::discord
