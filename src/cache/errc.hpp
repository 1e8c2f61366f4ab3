#pragma once
// What can be wrong with a snapshot or a log of events.

#include <cstdint>
#include <string_view>

namespace shoal::cache {

enum class errc : std::uint8_t { not_ours, other_version, cut_off, damaged, other_settings, out_of_order, senseless, full };

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "cache"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::not_ours: return "no snapshot and no log of events";
        case errc::other_version: return "of a version that this one does not read";
        case errc::cut_off: return "cut off";
        case errc::damaged: return "damaged: its checksum is wrong";
        case errc::other_settings: return "of a cache that keeps other things";
        case errc::out_of_order: return "parts are missing or in the wrong order";
        case errc::senseless: return "whole, but it makes no sense";
        case errc::full: return "the log is at its bound";
    }
    return "unknown";
}

}  // namespace shoal::cache
