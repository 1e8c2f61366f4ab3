#pragma once
// What can go wrong in the gateway's pure machines.

#include <cstdint>
#include <string_view>

namespace shoal::gateway {

enum class errc : std::uint8_t {
    corrupt_compression,
    message_too_large,
    bad_ticket,
    not_json,
    bad_message,
    bad_query,
    too_many_requests
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "gateway"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::corrupt_compression: return "corrupt compression";
        case errc::message_too_large: return "message too large";
        case errc::bad_ticket: return "a ticket that cannot be read";
        case errc::not_json: return "not JSON";
        case errc::bad_message: return "message of an unexpected shape";
        case errc::bad_query: return "Discord would refuse this request";
        case errc::too_many_requests: return "too many requests wait";
    }
    return "unknown";
}

}  // namespace shoal::gateway
