#pragma once
// Strings of a made-up world, from a seed: names, topics and messages with multi-byte UTF-8, emoji and characters that JSON must
// escape [6.13]. Not here: who bears them.

#include <string>
#include <string_view>

#include "base/random.hpp"
#include "sim/core/json_text.hpp"

namespace shoal::sim {

[[nodiscard]] std::string user_name(random_source& random);     ///< 2-32, lower case ASCII as Discord wants it since 2023.
[[nodiscard]] std::string display_name(random_source& random);  ///< Up to 32 characters of anything.
[[nodiscard]] std::string guild_name(random_source& random);    ///< 2-100
[[nodiscard]] std::string channel_name(random_source& random);  ///< Lower case with dashes, sometimes led by an emoji.
[[nodiscard]] std::string voice_name(random_source& random);
[[nodiscard]] std::string role_name(random_source& random);
[[nodiscard]] std::string emoji_name(random_source& random);  ///< 2-32 of [a-zA-Z0-9_]
/// Text of about `length` characters; now and then with quotes, line ends, U+0000, emoji and other scripts.
[[nodiscard]] std::string prose(random_source& random, std::size_t length);
/// The length of a message: log-normal, median 30, sigma 1, at most 2,000 [6.13].
[[nodiscard]] std::size_t message_length(random_source& random);
/// A 32-digit hash, led by "a_" with the given chance.
[[nodiscard]] std::string image_hash(random_source& random, double animated = 0);
[[nodiscard]] std::string_view unicode_emoji(random_source& random);
[[nodiscard]] std::string_view locale(random_source& random);
/// Mostly plain, sometimes escaped although it need not be.
[[nodiscard]] spelling some_spelling(random_source& random);

/// Draws from a geometric distribution with this mean (0, 1, 2, ...), and from a normal one.
[[nodiscard]] std::size_t geometric(random_source& random, double mean);
[[nodiscard]] double normal(random_source& random);

}  // namespace shoal::sim
