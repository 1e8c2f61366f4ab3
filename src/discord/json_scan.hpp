#pragma once
// Finding the end of a JSON value without looking at what it means: the inner loops of json_cursor.cpp.
// All take [p, end), never read behind `end`, and return the place behind the value, or nullptr if the text ends before it does.

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace shoal::discord::detail {

[[nodiscard]] inline bool is_space(char c) noexcept {
    // One look for what is no space, which is nearly everything.
    return static_cast<unsigned char>(c) <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}
[[nodiscard]] inline const char* skip_space(const char* p, const char* end) noexcept {
    while (p != end && is_space(*p)) ++p;
    return p;
}
/// What was seen of a string on the way: most hold neither an escape nor anything that is not ASCII, and are read as they stand.
struct string_look {
    bool escapes = false;
    bool ascii = true;
};
/// `p` stands on the opening quote.
[[nodiscard]] const char* skip_long_string(const char* p, const char* end, string_look& seen) noexcept;
/// The same; most strings are short and end here.
[[nodiscard]] inline const char* skip_string(const char* p, const char* end, string_look& seen) noexcept {
#if defined(__SSE2__)
    if (end - p > 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 1));
        const auto quotes = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'))));
        const auto escapes = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
        const unsigned before = quotes ^ (quotes - 1);  // The first quote and what stands before it.
        if (quotes != 0 && (escapes & before) == 0) {
            seen = {false, (static_cast<unsigned>(_mm_movemask_epi8(bytes)) & before) == 0};
            return p + 2 + std::countr_zero(quotes);
        }
    }
#endif
    return skip_long_string(p, end, seen);
}
[[nodiscard]] inline const char* skip_string(const char* p, const char* end) noexcept {
    string_look seen;
    return skip_string(p, end, seen);
}
/// `p` stands on the opening bracket. Brackets are counted, not matched by kind; strings are respected.
[[nodiscard]] const char* skip_container(const char* p, const char* end) noexcept;
/// The commas that stand directly inside a container, not in what it holds: where its items end.
struct item_commas {
    static constexpr std::size_t most = 95;  // Of 96 fields: no object of Discord's has as many.
    std::size_t count = 0;                   // One more than `most`: there are too many.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): filled as far as `count`.
    const char* at[most + 1];
};
/// The same, and finds these on the way.
[[nodiscard]] const char* skip_container(const char* p, const char* end, item_commas& commas) noexcept;
/// The same, as they run where the processor has no wide instructions; for tests of what else would never run here.
[[nodiscard]] const char* skip_container_plain(const char* p, const char* end) noexcept;
[[nodiscard]] const char* skip_container_plain(const char* p, const char* end, item_commas& commas) noexcept;
[[nodiscard]] inline const char* skip_value(const char* p, const char* end) noexcept {
    if (p == end) return nullptr;
    if (*p == '"') return skip_string(p, end);
    if (*p == '{' || *p == '[') {
        // Many are empty.
        if (end - p >= 2 && (p[1] == '}' || p[1] == ']')) return p + 2;
        return skip_container(p, end);
    }
    const char* start = p;
    while (p != end && *p != ',' && *p != '}' && *p != ']' && *p != ':' && !is_space(*p)) ++p;
    return p == start ? nullptr : p;
}

}  // namespace shoal::discord::detail
