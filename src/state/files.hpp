#pragma once
// Small files written so that a crash leaves the old text or the new one, never a part; and the descriptor that closes itself.
// Not here: what is in them, who may write when (state_folder.hpp, shared_ledger.hpp).

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shoal/error.hpp"
#include "state/errc.hpp"

namespace shoal::state {

/// An owned file descriptor.
class unique_fd {
public:
    unique_fd() noexcept = default;
    explicit unique_fd(int fd) noexcept : fd_(fd) {}
    unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    unique_fd& operator=(unique_fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~unique_fd() { reset(); }
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    void reset() noexcept;

private:
    int fd_ = -1;
};

/// A failure for what `errno` says about `path`, with what a person can do about it.
[[nodiscard]] failure failure_of(int error, std::string_view path, std::string_view while_doing);

/// Writes `content` beside `path`, flushes it to the disk and renames it over `path`. The file is readable by its owner only.
[[nodiscard]] result<void> write_durably(const std::string& path, std::string_view content);

/// The whole text; nullopt if there is no such file.
[[nodiscard]] result<std::optional<std::string>> read_whole(const std::string& path);

/// Removes a file; it is fine if there was none.
[[nodiscard]] result<void> remove_file(const std::string& path);

/// Writes a few bytes into the folder and removes them again: whether it can be written is better known at the start than when
/// it matters. A full disk often still takes an empty file.
[[nodiscard]] result<void> try_writing(const std::string& folder);

/// Makes a folder and those above it with mode 0700; it is fine if it is there already.
[[nodiscard]] result<void> make_folder(const std::string& path);

}  // namespace shoal::state
