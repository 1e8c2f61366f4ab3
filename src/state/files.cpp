#include "state/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shoal::state {

void unique_fd::reset() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

failure failure_of(int error, std::string_view path, std::string_view while_doing) {
    const auto said = fmt::format("{} {}: {}", while_doing, path, std::strerror(error));
    switch (error) {
        case EACCES:
        case EPERM: return {errc::unwritable, said + "; give this user the right to write there, or choose another path"};
        case EROFS: return {errc::unwritable, said + "; choose a path on a file system that can be written"};
        case ENOSPC:
        case EDQUOT:
        case EFBIG: return {errc::disk_full, said + "; free some space, or choose a path on another disk"};
        case ENOTDIR:
        case EEXIST: return {errc::not_a_folder, said + "; remove what is there, or choose another path"};
        default: return {errc::io_failed, said + "; choose another path"};
    }
}

namespace {

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

int write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const auto count = ::write(fd, content.data(), content.size());
        if (count < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    return 0;
}

/// The rename itself must reach the disk, or a power cut brings the old file back.
int sync_folder(const std::string& folder) {
    const unique_fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return errno;
    // Some file systems cannot flush a folder and say so with EINVAL: nothing more can be done there.
    return ::fsync(fd.get()) == 0 || errno == EINVAL ? 0 : errno;
}

}  // namespace

result<void> write_durably(const std::string& path, std::string_view content) {
    // The process id keeps two processes that write the same file (each under its lock) from sharing a temporary one.
    const auto beside = fmt::format("{}.{}.new", path, ::getpid());
    auto fail = [&](int error, std::string_view doing) -> std::unexpected<failure> {
        ::unlink(beside.c_str());
        return std::unexpected(failure_of(error, path, doing));
    };
    {
        const unique_fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!fd) return fail(errno, "cannot write");
        if (const int error = write_all(fd.get(), content); error != 0) return fail(error, "cannot write");
        if (::fsync(fd.get()) != 0) return fail(errno, "cannot flush");
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) return fail(errno, "cannot replace");
    if (const int error = sync_folder(folder_of(path)); error != 0)
        return std::unexpected(failure_of(error, path, "cannot flush the folder of"));
    return {};
}

result<std::optional<std::string>> read_whole(const std::string& path) {
    const unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
        if (errno == ENOENT) return std::optional<std::string>{};
        return std::unexpected(failure_of(errno, path, "cannot read"));
    }
    std::string text;
    char block[16384];
    while (true) {
        const auto count = ::read(fd.get(), block, sizeof block);
        if (count < 0) {
            if (errno == EINTR) continue;
            return std::unexpected(failure_of(errno, path, "cannot read"));
        }
        if (count == 0) return std::optional<std::string>(std::move(text));
        text.append(block, static_cast<std::size_t>(count));
    }
}

result<void> remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return std::unexpected(failure_of(errno, path, "cannot remove"));
    return {};
}

result<void> try_writing(const std::string& folder) {
    const auto probe = fmt::format("{}/probe.{}", folder, ::getpid());
    auto tried = write_durably(probe, std::string(4096, '.'));
    auto gone = remove_file(probe);
    return tried ? gone : tried;
}

result<void> make_folder(const std::string& path) {
    if (path.empty()) return std::unexpected(failure(errc::io_failed, "an empty path names no folder"));
    for (std::size_t end = 1; end != std::string::npos;) {
        end = path.find('/', end);
        const auto part = path.substr(0, end);
        if (end != std::string::npos) ++end;
        if (::mkdir(part.c_str(), 0700) == 0 || errno == EISDIR) continue;
        const int error = errno;
        struct stat there{};
        if (::stat(part.c_str(), &there) == 0) {
            if (S_ISDIR(there.st_mode)) continue;
            return std::unexpected(failure_of(ENOTDIR, part, "cannot make the folder"));
        }
        return std::unexpected(failure_of(error, part, "cannot make the folder"));
    }
    return {};
}

}  // namespace shoal::state
