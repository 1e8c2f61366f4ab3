#pragma once
// What a bot token looks like, so that one which strays into the wrong place is never repeated in a message, nor a url's
// password. Not here: the log's redaction of the configured token (src/ops).

#include <optional>
#include <string>
#include <string_view>

namespace shoal::config {

/// Where something of a bot token's shape stands: three parts of base64url letters with dots between, [18+].[5 to 8].[20+],
/// and whatever more of such parts follows.
struct token_place {
    std::size_t begin = std::string_view::npos;
    std::size_t size = 0;
    [[nodiscard]] explicit operator bool() const noexcept { return size != 0; }
};
[[nodiscard]] token_place find_token(std::string_view text, std::size_t from = 0) noexcept;

/// Why this cannot be a bot's token, as the end of a sentence that begins with the token ("has quotation marks in it"), without
/// any part of it; nothing if it can be one. A token of Discord's own has its three parts; other servers may make simpler ones.
[[nodiscard]] std::optional<std::string_view> wrong_with_token(std::string_view token, bool of_discord) noexcept;

/// The text for a message: anything like a token is replaced, and so is what stands before the host of a url (user:password@).
[[nodiscard]] std::string without_secrets(std::string_view text);

/// The same in quotes: control characters are escaped, long texts are cut.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace shoal::config
