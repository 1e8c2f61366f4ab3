#pragma once
// Whether bytes are UTF-8. Not here: mending what is not (discord/json_cursor.hpp).
// Source: RFC 3629, section 4.

#include <cstddef>
#include <string_view>

namespace shoal {

/// The length of the UTF-8 sequence at `p`, 0 if it is none. `p` must be before `end`.
[[nodiscard]] std::size_t utf8_length(const char* p, const char* end) noexcept;
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

}  // namespace shoal
