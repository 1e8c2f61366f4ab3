#pragma once
// What can be wrong with a command, or with an interaction that names one.

#include <cstdint>
#include <string_view>

namespace shoal::commands {

enum class errc : std::uint8_t {
    bad_name,         ///< Of a command or an option.
    bad_description,  ///< Likewise.
    bad_option,       ///< Its choices or bounds, or its place.
    too_many,         ///< Commands, options or choices.
    too_long,         ///< All texts of a command together.
    duplicate,        ///< A name twice.
    unreadable,       ///< The interaction's data is not what Discord documents.
    unknown_command,  ///< An interaction names a command that is not registered here.
    misfit,           ///< An option is missing or of another type: the command changed since it was registered.
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "commands"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::bad_name: return "bad name";
        case errc::bad_description: return "bad description";
        case errc::bad_option: return "bad option";
        case errc::too_many: return "too many";
        case errc::too_long: return "texts too long in all";
        case errc::duplicate: return "name used twice";
        case errc::unreadable: return "interaction not readable";
        case errc::unknown_command: return "unknown command";
        case errc::misfit: return "option does not fit";
    }
    return "unknown";
}

}  // namespace shoal::commands
