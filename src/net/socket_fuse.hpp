#pragma once
// Another thread's hand on one connection: it can end it and do nothing else, while the connection's own thread is stuck.
// Not here: when that is right (host/lease_watchdog.hpp); an orderly close (websocket.hpp).

#include <mutex>

namespace shoal::net {

/// The socket's owner arms the fuse with its descriptor and takes that back before it closes it, under the same lock as blow():
/// so a blown fuse never hits a number that by now belongs to something else, and only the owner ever closes. The lock is held
/// for no more than a system call, when a socket comes or goes.
class socket_fuse {
public:
    socket_fuse() = default;
    socket_fuse(const socket_fuse&) = delete;
    socket_fuse& operator=(const socket_fuse&) = delete;

    // ---- the owner, on its thread ------------------------------------------------------------------------------------------
    /// This descriptor is the connection's from now on, in place of one before.
    void arm(int descriptor) noexcept;
    /// It is closed next, or brings nothing more.
    void disarm() noexcept { arm(none); }

    // ---- from any thread ---------------------------------------------------------------------------------------------------
    /// The peer sees the end of the connection at once, and its own thread as soon as it looks. False: there was no connection.
    bool blow() noexcept;

private:
    static constexpr int none = -1;

    std::mutex mutex_;
    int descriptor_ = none;
};

}  // namespace shoal::net
