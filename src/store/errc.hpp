#pragma once
// What can go wrong with a coordinator's store.

#include <cstdint>
#include <string_view>

namespace shoal::store {

enum class errc : std::uint8_t {
    in_use,         ///< Another process has the store open.
    unwritable,     ///< No permission, or a read-only file or file system.
    full,           ///< No space is left.
    damaged,        ///< The file is not what this program writes.
    newer_version,  ///< A newer version of this program wrote it.
    overloaded,     ///< Too many transactions wait.
    io_failed,      ///< Anything else that the system refused.
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "store"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::in_use: return "another process has the store open";
        case errc::unwritable: return "the store cannot be written";
        case errc::full: return "no space is left for the store";
        case errc::damaged: return "the store is damaged";
        case errc::newer_version: return "the store was written by a newer version";
        case errc::overloaded: return "too many transactions wait for the store";
        case errc::io_failed: return "input or output failed";
    }
    return "unknown";
}

}  // namespace shoal::store
