// A line that goes dead without a word: both sides notice by themselves.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit/rpc/rpc_fixture.hpp"

using namespace shoal;
using namespace shoal::rpc;
using namespace shoal::rpc::testing;

namespace {

/// A line between two nodes that can be cut without anybody being told: bytes are no longer carried, and the sockets stay open.
class line {
public:
    explicit line(std::uint16_t to) : port_(listener::open(listen_endpoint("127.0.0.1:0").value(), {}).value()) {
        port_->begin([this, to](int taken) {
            const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            sockaddr_in at{};
            at.sin_family = AF_INET;
            at.sin_port = htons(to);
            at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            if (::connect(far, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0)
                carriers_.emplace_back([this, taken, far] { carry(taken, far); });
        });
    }
    ~line() {
        port_->stop();
        ended_ = true;
        for (auto& one : carriers_) one.join();
    }
    void cut() { cut_ = true; }
    [[nodiscard]] endpoint at() const { return {"127.0.0.1", port_->port()}; }

private:
    void carry(int one, int other) const {
        char block[16384];
        bool open = true;
        while (!ended_) {
            pollfd both[] = {{one, POLLIN, 0}, {other, POLLIN, 0}};
            ::poll(both, 2, 10);
            if (cut_ || !open) continue;
            for (const auto& [from, to] : {std::pair(0, other), std::pair(1, one)}) {
                if ((both[from].revents & (POLLIN | POLLHUP)) == 0) continue;
                const auto got = ::recv(both[from].fd, block, sizeof block, MSG_DONTWAIT);
                if (got == 0) open = false;
                for (ssize_t sent = 0; sent < got;) {
                    const auto much = ::send(to, block + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
                    if (much > 0) sent += much;
                    if (much < 0 && errno != EAGAIN) return;
                }
            }
        }
        ::close(one);
        ::close(other);
    }
    std::atomic<bool> cut_{false}, ended_{false};
    std::vector<std::thread> carriers_;  // Of the listener's thread, until it has stopped.
    std::unique_ptr<listener> port_;
};

}  // namespace

TEST_CASE("a line that goes dead is noticed by both sides, without a word between them") {
    std::promise<std::string> at_server;
    server_node server{[&](stream& with) -> task<result<void>> {
                           (void)with.send("here");
                           auto got = co_await with.receive();
                           at_server.set_value(got ? *got : std::string(got.error().text()));
                           co_return result<void>{};
                       },
                       [](server_options& options) { options.keepalive = options.keepalive_timeout = 1s; }};
    line between(server.at.port);
    client_node client{role_set(role::worker), our_house(), {.limits = {}, .keepalive = 1s, .keepalive_timeout = 1s}};
    const auto at_client = client.thread.await([&]() -> task<result<std::string>> {
        auto s = co_await client.dial->open(between.at(), "/test.Node/Stream", role_set(role::coordinator),
                                            client.thread.in(patience));
        if (!s) co_return std::unexpected(s.error());
        if (auto first = co_await (*s)->receive(client.thread.in(patience)); !first) co_return first;
        between.cut();
        co_return co_await (*s)->receive(client.thread.in(patience));
    });
    REQUIRE_FALSE(at_client);
    CHECK_MESSAGE(at_client.error().is(errc::unreachable), at_client.error().message());
    auto future = at_server.get_future();
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    CHECK(future.get() == "cancelled by the other side");
}
