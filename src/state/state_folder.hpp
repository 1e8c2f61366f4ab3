#pragma once
// The folder in which one process keeps what must outlive it. One process at a time holds it; a second one is told by whom.
// Not here: what several processes of a host share (shared_ledger.hpp).

#include <optional>
#include <string>
#include <string_view>

#include "shoal/error.hpp"
#include "state/files.hpp"

namespace shoal::state {

/// Holds the folder's lock for life. The system drops the lock when the process ends, however it ends.
class state_folder {
public:
    /// Makes the folder with mode 0700 if it is missing, locks it, and tries whether it can be written.
    [[nodiscard]] static result<state_folder> open(std::string path);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Durable: after a crash the file holds the old text or the new one.
    [[nodiscard]] result<void> write(std::string_view name, std::string_view content) const;
    [[nodiscard]] result<std::optional<std::string>> read(std::string_view name) const;
    [[nodiscard]] result<void> remove(std::string_view name) const;

private:
    state_folder(std::string path, unique_fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
    [[nodiscard]] std::string at(std::string_view name) const;

    std::string path_;
    unique_fd lock_;
};

}  // namespace shoal::state
