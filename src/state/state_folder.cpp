#include "state/state_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace shoal::state {

namespace {

/// Who holds the lock, as that process wrote it; empty if it cannot be told.
std::string holder(int fd) {
    char digits[32] = {};
    const auto count = ::pread(fd, digits, sizeof digits - 1, 0);
    if (count <= 0) return {};
    std::string text(digits, static_cast<std::size_t>(count));
    text.erase(text.find_last_not_of(" \n") + 1);
    return text.find_first_not_of("0123456789") == std::string::npos ? text : std::string{};
}

}  // namespace

result<state_folder> state_folder::open(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (auto made = make_folder(path); !made) return std::unexpected(made.error());

    const auto lock_path = path + "/lock";
    unique_fd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) return std::unexpected(failure_of(errno, path, "cannot use the state folder"));
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return std::unexpected(failure_of(errno, lock_path, "cannot lock"));
        const auto who = holder(lock.get());
        return std::unexpected(failure(
            errc::in_use, fmt::format("{} is held by process {}; stop that process, or give this one a folder of its own with "
                                      "--state-dir (SHOAL_STATE_DIR)",
                                      path, who.empty() ? "(unknown)" : who)));
    }
    const auto pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return std::unexpected(failure_of(errno == 0 ? ENOSPC : errno, lock_path, "cannot write"));

    state_folder folder(std::move(path), std::move(lock));
    if (auto tried = try_writing(folder.path()); !tried) return std::unexpected(tried.error());
    return folder;
}

std::string state_folder::at(std::string_view name) const { return fmt::format("{}/{}", path_, name); }

result<void> state_folder::write(std::string_view name, std::string_view content) const {
    return write_durably(at(name), content);
}

result<std::optional<std::string>> state_folder::read(std::string_view name) const { return read_whole(at(name)); }

result<void> state_folder::remove(std::string_view name) const { return remove_file(at(name)); }

}  // namespace shoal::state
