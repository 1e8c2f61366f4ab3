// A refused port on loopback proves death, an open one does not, and others are not asked.

#include "roles/coordinator/death_probe.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "base/virtual_scheduler.hpp"

using namespace shoal;
using namespace shoal::roles;
using namespace std::chrono_literals;

namespace {

/// A port of loopback that listens until it is closed.
struct port {
    port() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&at), size) == 0);
        REQUIRE(::listen(socket, 4) == 0);
        REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0);
        url = fmt::format("https://127.0.0.1:{}", ntohs(at.sin_port));
    }
    ~port() { close(); }
    void close() {
        if (socket >= 0) ::close(socket);
        socket = -1;
    }
    int socket;
    std::string url;
};

}  // namespace

TEST_CASE("only an address of loopback can be asked") {
    CHECK(loopback_port("https://127.0.0.1:8444") == 8444);
    for (const auto* url : {"https://127.0.0.1", "https://127.0.0.1:0", "https://127.0.0.1:x", "https://10.0.0.1:8444",
                            "https://127.0.0.1.evil:1", "http://127.0.0.1:1", "https://worker:8444", ""}) {
        CAPTURE(url);
        CHECK_FALSE(loopback_port(url).has_value());
    }
}

TEST_CASE("a port that refuses is proof, told once; one that listens is none, for as long as it does") {
    virtual_scheduler clock;
    death_probe probe(clock);
    port alive, dead;
    dead.close();
    std::string of_dead, of_alive;
    int told = 0;
    probe.look(dead.url, [&](const std::string& how) { of_dead = how, ++told; });
    probe.look(alive.url, [&](const std::string& how) { of_alive = how; });
    clock.run_for(20ms);
    CHECK(of_dead.contains("refuses connections"));
    alive.close();  // A process closes its sockets one after the other.
    clock.run_for(3s);
    CHECK(told == 1);
    CHECK(of_alive.contains("refuses connections"));
    CHECK(clock.idle());
}

TEST_CASE("a worker's port is its own only if it was seen to listen here") {
    port alive, dead;
    dead.close();
    CHECK(death_probe::listens(alive.url));
    CHECK_FALSE(death_probe::listens(dead.url));
    CHECK_FALSE(death_probe::listens("https://10.0.0.1:8444"));
}

TEST_CASE("nothing is told by a probe that is gone") {
    virtual_scheduler clock;
    port dead;
    dead.close();
    bool told = false;
    {
        death_probe probe(clock);
        probe.look(dead.url, [&](const std::string&) { told = true; });
    }
    clock.run_for(3s);
    CHECK_FALSE(told);
}
