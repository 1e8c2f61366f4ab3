#pragma once
// A small text file that a setting names, read whole.
// Not here: what is in it (toml_file.cpp, the token), nor files that the program keeps itself (src/state).

#include <cstddef>
#include <expected>
#include <string>

namespace shoal::config {

/// The bytes of `path`, or why they cannot be had, in the system's words: "No such file or directory", "Is a directory". A file
/// over `most_bytes` is refused unread, since a wrong name may be one without an end, such as /dev/zero.
[[nodiscard]] std::expected<std::string, std::string> read_text_file(const std::string& path, std::size_t most_bytes);

}  // namespace shoal::config
