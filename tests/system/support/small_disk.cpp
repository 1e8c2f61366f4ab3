#include "system/support/small_disk.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace shoal::system_test {

namespace {
/// A mount namespace of our own: nothing is left on the machine, however the test ends. Empty, or why it cannot be had.
std::string own_mounts() {
    static const std::string problem = [] {
        if (::unshare(CLONE_NEWNS) != 0) return fmt::format("unshare: {}", std::strerror(errno));
        if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            return fmt::format("mount: {}", std::strerror(errno));
        return std::string();
    }();
    return problem;
}
}  // namespace

small_disk::small_disk(std::size_t kib) : kib_(kib), why_not_(own_mounts()) {
    if (why_not_.empty()) {
        mounted_ = ::mount("tmpfs", where_.path().c_str(), "tmpfs", 0, fmt::format("size={}k,mode=0700", kib).c_str()) == 0;
        if (!mounted_) why_not_ = fmt::format("mount: {}", std::strerror(errno));
    }
    // Where somebody promised that mounts work, leaving a test out would be a lie.
    if (!mounted_ && std::getenv("SHOAL_TESTS_MUST_MOUNT") != nullptr) FAIL("cannot mount: ", why_not_);
}

small_disk::~small_disk() {
    if (mounted_) ::umount2(where_.path().c_str(), MNT_DETACH);
}

void small_disk::fill() const {
    const int file = ::open((where_ / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    const std::string block(4096, 'x');
    std::size_t most = kib_ / 4 + 2;
    while (most-- > 0 && ::write(file, block.data(), block.size()) > 0) {
    }
    CHECK(::write(file, block.data(), block.size()) < 0);
    CHECK(errno == ENOSPC);
    ::close(file);
}

void small_disk::free_again() const { REQUIRE(::unlink((where_ / "filler").c_str()) == 0); }

void small_disk::make_read_only() const {
    REQUIRE(::mount("none", where_.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
}

}  // namespace shoal::system_test
