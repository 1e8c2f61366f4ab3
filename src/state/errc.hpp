#pragma once
// What can go wrong with the files that a process keeps.

#include <cstdint>
#include <string_view>

namespace shoal::state {

enum class errc : std::uint8_t {
    in_use,        ///< Another process holds the folder; the detail names the folder and the process.
    not_a_folder,  ///< The path exists and is something else.
    unwritable,    ///< No permission, or a read-only file system.
    disk_full,     ///< No space, or a quota is used up.
    busy,          ///< Another process holds the lock for a moment: try again soon.
    damaged,       ///< The file is not what this program writes.
    io_failed,     ///< Anything else that the system refused.
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "state"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::in_use: return "state folder in use";
        case errc::not_a_folder: return "not a folder";
        case errc::unwritable: return "not writable";
        case errc::disk_full: return "disk full";
        case errc::busy: return "locked by another process";
        case errc::damaged: return "damaged file";
        case errc::io_failed: return "input or output failed";
    }
    return "unknown";
}

}  // namespace shoal::state
