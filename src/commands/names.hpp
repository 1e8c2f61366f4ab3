#pragma once
// Discord's rules for the texts of commands [5.2]: which names are allowed, and how long a text is in characters.
// Not here: a full Unicode database. Letters and digits of other scripts are told from symbols by blocks, so that a name in any
// living script passes; Discord has the last word.

#include <cstddef>
#include <optional>
#include <string_view>

namespace shoal::commands {

/// The number of code points, or nullopt if this is not UTF-8.
[[nodiscard]] std::optional<std::size_t> characters(std::string_view text) noexcept;

/// Why this cannot be the name of a slash command or option; empty if it can.
[[nodiscard]] std::string_view why_no_name(std::string_view name) noexcept;

}  // namespace shoal::commands
