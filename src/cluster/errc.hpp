#pragma once
// What can go wrong in the fleet's pure machines.

#include <cstdint>
#include <string_view>

namespace shoal::cluster {

enum class errc : std::uint8_t {
    bad_record,  ///< A record of the store is not what this program writes.
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "cluster"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::bad_record: return "damaged record in the store";
    }
    return "unknown";
}

}  // namespace shoal::cluster
