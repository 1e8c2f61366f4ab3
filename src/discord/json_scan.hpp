#pragma once
// Finding the end of a JSON value without looking at what it means: the inner loops of json_cursor.cpp.
// All take [p, end), never read behind `end`, and return the place behind the value, or nullptr if the text ends before it does.

#include <cstdint>

namespace shoal::discord::detail {

[[nodiscard]] inline bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
[[nodiscard]] inline const char* skip_space(const char* p, const char* end) noexcept {
    while (p != end && is_space(*p)) ++p;
    return p;
}
/// `p` stands on the opening quote.
[[nodiscard]] const char* skip_string(const char* p, const char* end) noexcept;
/// `p` stands on the opening bracket. Brackets are counted, not matched by kind; strings are respected.
[[nodiscard]] const char* skip_container(const char* p, const char* end) noexcept;
/// The same, as it runs where the processor has no wide instructions; for tests of what else would never run here.
[[nodiscard]] const char* skip_container_plain(const char* p, const char* end) noexcept;
[[nodiscard]] const char* skip_value(const char* p, const char* end) noexcept;

}  // namespace shoal::discord::detail
