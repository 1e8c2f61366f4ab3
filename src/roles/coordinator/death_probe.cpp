#include "roles/coordinator/death_probe.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "config/listen_url.hpp"
#include "state/files.hpp"

namespace shoal::roles {
namespace {

using namespace std::chrono_literals;

// A process is often gone within milliseconds; on a busy machine its sockets may take a second to close.
constexpr std::array<duration, 3> first_waits{10ms, 20ms, 50ms};
constexpr duration later_wait = 100ms;
constexpr std::size_t most_attempts = 22;

// On loopback the kernel answers at once: what takes longer is no refusal.
constexpr int most_wait_ms = 5;

/// What a connection to this port of loopback meets: 0, an error, or nothing where that takes too long.
std::optional<int> meets(std::uint16_t port) {
    const state::unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return std::nullopt;
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    pollfd ready{socket.get(), POLLOUT, 0};
    if (::poll(&ready, 1, most_wait_ms) != 1) return std::nullopt;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return std::nullopt;
    return error;
}

}  // namespace

std::optional<std::uint16_t> loopback_port(std::string_view url) {
    if (!url.starts_with("https://127.0.0.1:") || !config::is_loopback_url(url)) return std::nullopt;
    const auto digits = url.substr(url.rfind(':') + 1);
    std::uint16_t port = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (ec != std::errc{} || end != digits.data() + digits.size() || port == 0) return std::nullopt;
    return port;
}

bool death_probe::listens(std::string_view listen_url) {
    const auto port = loopback_port(listen_url);
    return port && meets(*port) == 0;
}

void death_probe::look(const std::string& listen_url, std::function<void(std::string)> proven) {
    if (const auto port = loopback_port(listen_url)) attempt(*port, 0, std::move(proven));
}

void death_probe::attempt(std::uint16_t port, std::size_t which, std::function<void(std::string)> proven) {
    on_.wake_at(on_.now() + (which < first_waits.size() ? first_waits[which] : later_wait),
                [this, alive = alive_, port, which, proven = std::move(proven)]() mutable {
                    if (!*alive) return;
                    if (meets(port) == ECONNREFUSED)
                        return proven(fmt::format("its port 127.0.0.1:{} refuses connections", port));
                    if (which + 1 < most_attempts) attempt(port, which + 1, std::move(proven));
                });
}

}  // namespace shoal::roles
