#include "roles/process/sign_of_life.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

namespace shoal::roles {
namespace {

/// A name that begins with a zero byte is in no file system. Source: man 7 unix.
struct abstract_name {
    explicit abstract_name(std::uint64_t number) {
        const auto name = fmt::format("shoal-process-{:016x}", number);
        static_assert(sizeof at.sun_path > 31);
        at.sun_family = AF_UNIX;
        std::ranges::copy(name, at.sun_path + 1);
        size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    }
    [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&at); }
    sockaddr_un at{};
    socklen_t size = 0;
};

state::unique_fd unix_socket() { return state::unique_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

short state_of(int descriptor, short events) {
    pollfd look{descriptor, events, 0};
    return ::poll(&look, 1, 0) == 1 ? look.revents : short{0};
}

}  // namespace

result<sign_of_life> sign_of_life::show(std::uint64_t number) {
    auto socket = unix_socket();
    const abstract_name name(number);
    if (!socket || ::bind(socket.get(), name.get(), name.size) != 0 || ::listen(socket.get(), most_finders) != 0)
        return std::unexpected(state::failure_of(errno, "an abstract unix socket", "showing that this process lives"));
    return sign_of_life(std::move(socket));
}

void sign_of_life::forget_finders() const {
    // Nobody is answered: who connects has learned from the kernel what there is to learn.
    while (const state::unique_fd finder{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)}) {
    }
}

std::optional<seen_process> seen_process::find(std::uint64_t number) {
    const auto socket = unix_socket();
    const abstract_name name(number);
    if (!socket || ::connect(socket.get(), name.get(), name.size) != 0) return std::nullopt;
    ucred who{};
    socklen_t size = sizeof who;
    // Of whoever began to listen. 0: it cannot be seen from this namespace of processes.
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.pid <= 0) return std::nullopt;
    state::unique_fd process(static_cast<int>(::syscall(SYS_pidfd_open, who.pid, 0)));
    // Its number could have gone to another process in between; but only after its sign had gone, too.
    if (!process || state_of(socket.get(), 0) != 0) return std::nullopt;
    return seen_process(std::move(process), who.pid);
}

bool seen_process::is_gone() const { return (state_of(process_.get(), POLLIN) & POLLIN) != 0; }

}  // namespace shoal::roles
