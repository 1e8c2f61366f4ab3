#pragma once
// What can keep a simulator from starting, or from reading a recording.

#include <cstdint>
#include <string_view>

namespace shoal::sim {

enum class server_errc : std::uint8_t {
    plain_needs_loopback,
    control_needs_loopback,
    bad_address,
    unreadable_file,
    unwritable_file,
    disk_full,
    bad_recording
};

[[nodiscard]] constexpr std::string_view errc_room(server_errc) noexcept { return "shoal-sim"; }
[[nodiscard]] constexpr std::string_view errc_text(server_errc e) noexcept {
    switch (e) {
        case server_errc::plain_needs_loopback:
            return "plain ws and http are for loopback addresses only, so leave out --plain or listen on 127.0.0.1";
        case server_errc::control_needs_loopback:
            return "the control port listens on loopback addresses only, such as 127.0.0.1:9000";
        case server_errc::bad_address: return "not an address to listen on, write it as 127.0.0.1:8080";
        case server_errc::unreadable_file: return "cannot read the file";
        case server_errc::unwritable_file: return "cannot write the file";
        case server_errc::disk_full: return "no room for the file";
        case server_errc::bad_recording: return "not a recording, or a damaged one";
    }
    return "unknown";
}

}  // namespace shoal::sim
