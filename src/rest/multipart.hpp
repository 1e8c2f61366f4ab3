#pragma once
// The shape of a request with files: multipart/form-data as Discord reads it, as text around the files' bytes.
// Not here: where the bytes come from, and sending (src/bot/upload).
// Source: https://discord.com/developers/docs/reference#uploading-files and RFC 7578

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::rest {

struct multipart_file {
    std::string name;          ///< As people see it.
    std::string content_type;  ///< Empty: Discord finds out.
};

/// The text before each file's bytes and behind the last one's: body = before[0] + file 0 + before[1] + file 1 + ... + end.
struct multipart_frame {
    std::string content_type;  ///< Of the request, with the boundary.
    std::vector<std::string> before;
    std::string end;
    /// All that is not the files' own.
    [[nodiscard]] std::size_t text_bytes() const noexcept;
};

/// `payload_json` and then files[0], files[1], ... . `boundary_seed` must be drawn at random: what stands in a file cannot be
/// looked at before it is sent, and 128 random bits do not occur in it.
[[nodiscard]] multipart_frame write_multipart(std::string_view payload_json, const std::vector<multipart_file>& files,
                                              std::uint64_t boundary_seed_high, std::uint64_t boundary_seed_low);

}  // namespace shoal::rest
