#pragma once
// The outside of a gateway message: op, s, t, and where d stands. One pass, in any key order, unknown keys skipped [2.1.10].
// Not here: what d means (json_cursor.hpp and the readers of each room).

#include <cstdint>
#include <optional>
#include <string_view>

#include "discord/event_kind.hpp"
#include "discord/json_cursor.hpp"
#include "shoal/error.hpp"

namespace shoal::discord {

struct envelope {
    std::int32_t op = -1;
    std::optional<std::uint64_t> seq;
    event_kind kind = event_kind::unknown;
    std::string_view name;                  ///< As sent, for unknown kinds too; a view into the text.
    std::string_view data;                  ///< The raw JSON of d, a view into the text; "null" if absent.
    const json_outline* outline = nullptr;  ///< Where the fields of d stand; null if they were not looked for, or d has none.

    /// d, to be walked.
    [[nodiscard]] json_value object() const noexcept { return {data, outline}; }
};

/// `text` must be followed by buffer::padding readable bytes. The views live as long as the text, and `outline`, which takes up
/// the fields of d, as long as the caller reads them.
[[nodiscard]] result<envelope> read_envelope(std::string_view text, json_outline* outline = nullptr);

}  // namespace shoal::discord
