#pragma once
// A file to send to Discord with a message.
// Not here: files that others sent (attachment_view).
// Source: https://discord.com/developers/docs/reference#uploading-files

#include <string>
#include <utility>

namespace shoal {
inline namespace v0 {

/// Discord takes 10 files a message, by default 10 MiB each and 25 MiB in all; more where the server is boosted.
class file {
public:
    /// Bytes that are in memory.
    [[nodiscard]] static file from_bytes(std::string name, std::string bytes) {
        return file(std::move(name), {}, std::move(bytes));
    }
    /// A file on disk. It is opened when the call is awaited and read in pieces while it is sent, by a worker thread, so that a
    /// large one costs no memory and blocks nobody. `name` is what people see; empty: the last part of the path.
    [[nodiscard]] static file from_disk(std::string path, std::string name = {}) {
        if (name.empty()) name = path.substr(path.rfind('/') + 1);
        return file(std::move(name), std::move(path), {});
    }
    /// A media type, "image/png", where Discord should not guess by the name.
    [[nodiscard]] file content_type(this file self, std::string type) {
        self.content_type_ = std::move(type);
        return self;
    }
    /// Blurred until somebody clicks it.
    [[nodiscard]] file spoiler(this file self) {
        self.name_.insert(0, "SPOILER_");
        return self;
    }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::string& content_type() const noexcept { return content_type_; }
    /// Empty for bytes in memory.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const std::string& bytes() const& noexcept { return bytes_; }
    [[nodiscard]] std::string bytes() && noexcept { return std::move(bytes_); }

private:
    file(std::string name, std::string path, std::string bytes)
        : name_(std::move(name)), path_(std::move(path)), bytes_(std::move(bytes)) {}
    std::string name_;
    std::string content_type_;
    std::string path_;
    std::string bytes_;
};

}  // namespace v0
}  // namespace shoal
