#pragma once
// A disk of a test's own, small enough to be filled: a tmpfs that only this test program and what it starts can see.
// Not here: limits on single files (mistake.hpp), which need no right to mount.

#include <cstddef>
#include <string>
#include <string_view>

#include "system/support/process.hpp"

namespace shoal::system_test {

/// Gone when the test ends, whatever lies on it.
class small_disk {
public:
    explicit small_disk(std::size_t kib);
    ~small_disk();
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;

    /// False: this user may not mount here (a container without CAP_SYS_ADMIN), and the test must say that it was left out.
    [[nodiscard]] bool mounted() const noexcept { return mounted_; }
    [[nodiscard]] const std::string& why_not() const noexcept { return why_not_; }
    [[nodiscard]] std::string operator/(std::string_view name) const { return where_ / name; }

    /// Takes all the room that is left, down to the last block.
    void fill() const;
    void free_again() const;
    /// From now on nobody can write, not even root.
    void make_read_only() const;

private:
    temp_folder where_;
    std::size_t kib_;
    bool mounted_ = false;
    std::string why_not_;
};

}  // namespace shoal::system_test

/// Leaves the test case with the reason where mounting is not permitted.
#define SHOAL_NEEDS_MOUNT(disk)                                                      \
    if (!(disk).mounted()) {                                                         \
        MESSAGE("left out: no file system can be mounted here: ", (disk).why_not()); \
        return;                                                                      \
    }
