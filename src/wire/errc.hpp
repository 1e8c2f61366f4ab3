#pragma once
// What can be wrong with a message of another node.

#include <cstdint>
#include <string_view>

namespace shoal::wire {

enum class errc : std::uint8_t {
    garbage,       ///< Not the bytes of such a message at all.
    too_large,     ///< Over its bound, as a whole.
    bad_field,     ///< A field out of its bounds; the detail names it and never repeats its text.
    unknown_kind,  ///< A kind of message that only a newer version knows, or none. It is to be counted and passed over.
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "wire"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::garbage: return "not a message";
        case errc::too_large: return "message too large";
        case errc::bad_field: return "field out of bounds";
        case errc::unknown_kind: return "unknown kind of message";
    }
    return "unknown";
}

}  // namespace shoal::wire
