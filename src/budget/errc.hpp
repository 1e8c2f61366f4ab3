#pragma once
// What can go wrong with what Discord lets an application spend.

#include <cstdint>
#include <string_view>

namespace shoal::budget {

enum class errc : std::uint8_t { bad_ledger };

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "budget"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::bad_ledger: return "damaged identify ledger";
    }
    return "unknown";
}

}  // namespace shoal::budget
