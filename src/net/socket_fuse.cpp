#include "net/socket_fuse.hpp"

#include <sys/socket.h>

#include <utility>

namespace shoal::net {

void socket_fuse::arm(int descriptor) noexcept {
    const std::lock_guard lock(mutex_);
    descriptor_ = descriptor;
}

bool socket_fuse::blow() noexcept {
    const std::lock_guard lock(mutex_);
    // Both directions: what the peer sends after this it is told to be refused.
    return descriptor_ != none && ::shutdown(std::exchange(descriptor_, none), SHUT_RDWR) == 0;
}

}  // namespace shoal::net
