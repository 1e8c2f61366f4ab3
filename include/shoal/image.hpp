#pragma once
// A picture as Discord takes it inside of JSON: avatars, icons, emojis.
// Not here: files of messages (file.hpp), urls of pictures that Discord has.
// Source: https://discord.com/developers/docs/reference#image-data

#include <string>
#include <string_view>
#include <utility>

namespace shoal {
inline namespace v0 {

/// PNG, JPEG, GIF or WebP bytes.
class image {
public:
    image() = default;
    explicit image(std::string bytes) : bytes_(std::move(bytes)) {}
    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    /// By its first bytes: "image/png"; "application/octet-stream", which Discord refuses, if it is none of the four.
    [[nodiscard]] std::string_view media_type() const noexcept {
        const std::string_view all = bytes_;
        if (all.starts_with("\x89PNG")) return "image/png";
        if (all.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
        if (all.starts_with("GIF8")) return "image/gif";
        if (all.starts_with("RIFF") && all.substr(0, 12).ends_with("WEBP")) return "image/webp";
        return "application/octet-stream";
    }

private:
    std::string bytes_;
};

}  // namespace v0
}  // namespace shoal
