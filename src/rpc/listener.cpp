#include "rpc/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "rpc/errc.hpp"

namespace shoal::rpc {
namespace {

instant boot_now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

union any_address {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
};

/// As gRPC names it: an IPv4 address that came over IPv6 is one of IPv4.
std::string peer_text(int socket) {
    any_address who{};
    socklen_t size = sizeof who;
    if (::getpeername(socket, &who.any, &size) != 0) return {};
    char text[INET6_ADDRSTRLEN] = {};
    if (who.any.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&who.v6.sin6_addr)) {
        ::inet_ntop(AF_INET6, &who.v6.sin6_addr, text, sizeof text);
        return fmt::format("[{}]:{}", text, ntohs(who.v6.sin6_port));
    }
    if (who.any.sa_family == AF_INET6) {
        ::inet_ntop(AF_INET, who.v6.sin6_addr.s6_addr + 12, text, sizeof text);
        return fmt::format("{}:{}", text, ntohs(who.v6.sin6_port));
    }
    ::inet_ntop(AF_INET, &who.v4.sin_addr, text, sizeof text);
    return fmt::format("{}:{}", text, ntohs(who.v4.sin_port));
}

failure cannot_listen(const endpoint& at, int error) {
    if (error == EADDRINUSE) {
        return {errc::address_in_use,
                fmt::format("another program listens on {}; choose another port, or port 0 for any that is free", at.text())};
    }
    if (error == EACCES)
        return {errc::listen_failed, fmt::format("{}: ports below 1024 need a right that this user has not", at.text())};
    if (error == EADDRNOTAVAIL)
        return {errc::listen_failed, fmt::format("{}: no network card of this machine has that address", at.text())};
    return {errc::listen_failed, fmt::format("{}: {}", at.text(), std::strerror(error))};
}

struct silent_socket {
    int fd;
    instant since;
};

/// gRPC has this socket, too: it sees the end and closes its own.
void end_shared(int fd) {
    ::shutdown(fd, SHUT_RDWR);
    ::close(fd);
}

}  // namespace

struct listener::impl {
    int port_fd = -1;
    int wake_fd = -1;
    std::atomic<bool> stopping = false;
    std::uint16_t port = 0;
    listener_limits limits;
    std::function<void(int)> hand_on;
    std::thread thread;

    mutable std::mutex mutex;
    // Each with a descriptor of its own for the socket that gRPC has: so its end is seen here, and can be brought about.
    unproven_table unproven{0, {}, {}};
    listener_counts counts;

    // Of the thread.
    std::list<silent_socket> silent;
    instant no_accept_before{};

    explicit impl(listener_limits with) : limits(with), unproven(with.unproven, with.grace, with.patience) {}
    ~impl() {
        for (const auto& one : silent) ::close(one.fd);
        unproven.each([](const auto&, int fd) { ::close(fd); });
        if (port_fd >= 0) ::close(port_fd);
        if (wake_fd >= 0) ::close(wake_fd);
    }

    void wake() const {
        const std::uint64_t one = 1;
        (void)!::write(wake_fd, &one, sizeof one);
    }
    /// The lock is held.
    void end_old(instant now) {
        while (const auto fd = unproven.take_old(now)) end_shared(*fd);
    }

    void count(std::uint64_t listener_counts::* what, std::uint64_t much = 1) {
        const std::lock_guard lock(mutex);
        counts.*what += much;
    }

    void accept_some(instant now) {
        for (int turn = 0; turn < 64; ++turn) {
            const int fd = ::accept4(port_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) {
                // Out of descriptors or memory: the waiting connection stays where it is, and asking at once again is of no use.
                if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                    no_accept_before = now + std::chrono::milliseconds(100);
                return;
            }
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            count(&listener_counts::accepted);
            if (silent.size() >= limits.silent) {
                count(&listener_counts::silent);
                ::close(silent.front().fd);
                silent.pop_front();
            }
            silent.push_back({fd, now});
        }
    }

    /// True if the socket is no longer ours.
    bool look_at(int fd, instant now) {
        unsigned char first = 0;
        const auto got = ::recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
        constexpr unsigned char tls_handshake = 0x16;
        if (got != 1 || first != tls_handshake) {
            count(got == 1 ? &listener_counts::not_tls : &listener_counts::silent);
            ::close(fd);
            return true;
        }
        auto peer = peer_text(fd);
        {
            const std::lock_guard lock(mutex);
            end_old(now);
            if (!unproven.has_room()) {
                const auto oldest = unproven.take_oldest(now);
                if (!oldest) return false;
                end_shared(*oldest);
            }
            const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
            if (own < 0) return false;  // Descriptors are out: it waits until there are some, or its time is up.
            unproven.add(std::move(peer), own, now);
            ++counts.handed_on;
        }
        hand_on(fd);
        return true;
    }

    void run() {
        std::vector<pollfd> watched;
        std::vector<std::string> unproven_peers;
        bool crowded = false;
        for (;;) {
            auto now = boot_now();
            const bool accepting = now >= no_accept_before;
            watched.assign({{wake_fd, POLLIN, 0}, {accepting ? port_fd : -1, POLLIN, 0}});
            // While there is no room further on, those that have spoken would only wake us again and again.
            for (const auto& one : silent) watched.push_back({crowded ? -1 : one.fd, POLLIN, 0});
            const auto first_unproven = watched.size();
            unproven_peers.clear();
            {
                const std::lock_guard lock(mutex);
                end_old(now);
                unproven.each([&](const std::string& peer, int fd) {
                    watched.push_back({fd, 0, 0});  // Its end is told without being asked for.
                    unproven_peers.push_back(peer);
                });
            }
            int wait_ms = unproven_peers.empty() ? -1 : 1000;
            if (!accepting || crowded) wait_ms = 100;
            if (!silent.empty()) {
                const auto left = to_ms(silent.front().since + limits.patience - now) + 1;
                wait_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, wait_ms < 0 ? 60'000 : wait_ms));
            }
            ::poll(watched.data(), watched.size(), wait_ms);
            if (stopping) return;
            if (watched[0].revents != 0) {
                std::uint64_t times = 0;
                (void)!::read(wake_fd, &times, sizeof times);
            }
            now = boot_now();
            crowded = false;
            for (std::size_t i = 0; i < unproven_peers.size(); ++i) {
                const auto& one = watched[first_unproven + i];
                if (one.revents == 0) continue;
                const std::lock_guard lock(mutex);
                if (unproven.ended(unproven_peers[i], one.fd)) ::close(one.fd);
            }
            std::size_t at = 2;
            for (auto one = silent.begin(); one != silent.end(); ++at) {
                const bool spoke = watched[at].fd < 0 || watched[at].revents != 0;
                if (spoke && look_at(one->fd, now)) {
                    one = silent.erase(one);
                    continue;
                }
                if (spoke && watched[at].revents != 0) crowded = true;
                if (one->since + limits.patience <= now) {
                    // Counted first: whoever sees the end may look at once.
                    count(&listener_counts::silent);
                    ::close(one->fd);
                    one = silent.erase(one);
                    continue;
                }
                ++one;
            }
            if (watched[1].revents != 0) accept_some(now);
        }
    }
};

result<std::unique_ptr<listener>> listener::open(const endpoint& at, listener_limits limits) {
    auto inner = std::make_unique<impl>(limits);
    any_address where{};
    socklen_t size = sizeof where.v4;
    if (::inet_pton(AF_INET, at.host.c_str(), &where.v4.sin_addr) == 1) {
        where.v4.sin_family = AF_INET;
        where.v4.sin_port = htons(at.port);
    } else if (::inet_pton(AF_INET6, at.host.c_str(), &where.v6.sin6_addr) == 1) {
        where.v6.sin6_family = AF_INET6;
        where.v6.sin6_port = htons(at.port);
        size = sizeof where.v6;
    } else {
        return std::unexpected(failure(errc::listen_failed, at.text() + ": not an IP address"));
    }
    inner->port_fd = ::socket(where.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (inner->port_fd < 0) return std::unexpected(cannot_listen(at, errno));
    const int on = 1;
    const int off = 0;
    // A port that a node has just left can be taken at once; one that somebody listens on cannot, as with gRPC's own
    // SO_REUSEPORT.
    ::setsockopt(inner->port_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (where.any.sa_family == AF_INET6) ::setsockopt(inner->port_fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (::bind(inner->port_fd, &where.any, size) != 0 || ::listen(inner->port_fd, 1024) != 0)
        return std::unexpected(cannot_listen(at, errno));
    ::getsockname(inner->port_fd, &where.any, &size);
    inner->port = ntohs(where.any.sa_family == AF_INET6 ? where.v6.sin6_port : where.v4.sin_port);
    inner->wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (inner->wake_fd < 0) return std::unexpected(cannot_listen(at, errno));
    return std::unique_ptr<listener>(new listener(std::move(inner)));
}

listener::listener(std::unique_ptr<impl> inner) : impl_(std::move(inner)) {}

listener::~listener() { stop(); }

void listener::stop() {
    impl_->stopping = true;
    impl_->wake();
    if (impl_->thread.joinable()) impl_->thread.join();
}

std::uint16_t listener::port() const noexcept { return impl_->port; }

void listener::begin(std::function<void(int)> hand_on) {
    impl_->hand_on = std::move(hand_on);
    // Signals are the business of the program's own threads.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    impl_->thread = std::thread([inner = impl_.get()] {
        ::pthread_setname_np(::pthread_self(), "shoal-accept");
        inner->run();
    });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void listener::proven(const std::string& peer) {
    {
        const std::lock_guard lock(impl_->mutex);
        const auto fd = impl_->unproven.prove(peer);
        if (!fd) return;
        ++impl_->counts.proven;
        ::close(*fd);
    }
    // Who waits for something of a descriptor holds what is behind it: gRPC's closing would come to nothing until then.
    impl_->wake();
}

listener_counts listener::counts() const {
    const std::lock_guard lock(impl_->mutex);
    impl_->end_old(boot_now());
    auto counts = impl_->counts;
    counts.never_proven = impl_->unproven.forgotten();
    return counts;
}

}  // namespace shoal::rpc
