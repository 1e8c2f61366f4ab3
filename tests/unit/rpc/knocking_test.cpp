// What knocks at the port and is no node: a thousand connections that say nothing, plain text, garbage in TLS, frames too large.

#include <arpa/inet.h>
#include <dirent.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "unit/rpc/rpc_fixture.hpp"

using namespace shoal;
using namespace shoal::rpc;
using namespace shoal::rpc::testing;

namespace {

class bare_socket {
public:
    explicit bare_socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected = fd_ >= 0 && ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
        const timeval wait{60, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    }
    bare_socket(bare_socket&& other) noexcept : connected(other.connected), fd_(std::exchange(other.fd_, -1)) {}
    ~bare_socket() {
        if (fd_ >= 0) ::close(fd_);
    }
    void say(std::string_view bytes) const { (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    /// Waits until the other side closes it.
    [[nodiscard]] bool is_closed() const {
        char byte[256];
        ssize_t got = 0;
        while ((got = ::recv(fd_, byte, sizeof byte, 0)) > 0) {
        }
        return got == 0 || errno == ECONNRESET;
    }
    bool connected = false;

private:
    int fd_;
};

std::size_t open_descriptors() {
    std::size_t count = 0;
    const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> dir(::opendir("/proc/self/fd"));
    while (::readdir(dir.get()) != nullptr) ++count;
    return count;
}

void allow_many_files() {
    rlimit now{};
    ::getrlimit(RLIMIT_NOFILE, &now);
    now.rlim_cur = std::min<rlim_t>(now.rlim_max, 8192);
    ::setrlimit(RLIMIT_NOFILE, &now);
    REQUIRE(now.rlim_cur >= 3000);
}

}  // namespace

TEST_CASE("a thousand connections that say nothing take a bounded number of descriptors and keep no node out") {
    allow_many_files();
    server_node server{&echo, [](server_options& options) {
                           options.knocking.silent = 100;
                           options.knocking.patience = 1h;  // None goes because its time is up.
                       }};
    client_node client{role_set(role::worker)};
    CHECK(ask(client, server.at, "before"));
    const auto before = open_descriptors();
    std::vector<bare_socket> silent;
    for (int i = 0; i < 1000; ++i) silent.emplace_back(server.at.port);
    for (const auto& one : silent) REQUIRE(one.connected);
    REQUIRE(eventually([&] { return server.face->counts().knocking.silent >= 900; }));
    // A thousand are this test's own ends.
    CHECK(open_descriptors() - before <= 1000 + 110);
    client_node another{role_set(role::worker)};
    CHECK(ask(another, server.at, "now").value() == "now from client");
    CHECK(ask(client, server.at, "after").value() == "after from client");
    // The oldest have made room for the newest.
    CHECK(silent.front().is_closed());
}

TEST_CASE("a connection that says nothing is closed when its time is up") {
    const server_node server{&echo, [](server_options& options) { options.knocking.patience = 200ms; }};
    const bare_socket silent(server.at.port);
    CHECK(silent.is_closed());
    CHECK(server.face->counts().knocking.silent == 1);
}

TEST_CASE("a handshake that is begun and not ended is given up when its time is up, and counted") {
    const server_node server{&echo, [](server_options& options) { options.knocking.patience = 300ms; }};
    const bare_socket half(server.at.port);
    half.say("\x16\x03\x01");
    CHECK(half.is_closed());
    CHECK(server.face->counts().knocking.handed_on == 1);
    CHECK(eventually([&] { return server.face->counts().knocking.never_proven == 1; }));
}

TEST_CASE("handshakes that never end are bounded in number, and more wait") {
    server_node server{&echo, [](server_options& options) {
                           options.knocking.patience = options.knocking.grace = 1h;
                           options.knocking.unproven = 20;
                       }};
    std::vector<bare_socket> halves;
    for (int i = 0; i < 60; ++i) {
        halves.emplace_back(server.at.port);
        halves.back().say("\x16\x03\x01");
    }
    // Whoever knocks last is looked at last: by then all were.
    const bare_socket last(server.at.port);
    last.say("\xFF");
    CHECK(last.is_closed());
    CHECK(server.face->counts().knocking.accepted == 61);
    CHECK(server.face->counts().knocking.handed_on == 20);
}

TEST_CASE("handshakes that never end make room for a node that comes later, the oldest first") {
    server_node server{&echo, [](server_options& options) {
                           options.knocking.patience = 1h;  // None goes because its time is up.
                           options.knocking.grace = 200ms;
                           options.knocking.unproven = 20;
                       }};
    std::vector<bare_socket> halves;
    for (int i = 0; i < 60; ++i) {
        halves.emplace_back(server.at.port);
        halves.back().say("\x16\x03\x01");
    }
    client_node client{role_set(role::worker)};
    CHECK(eventually([&] { return ask(client, server.at, "at last").has_value(); }));
    CHECK(halves.front().is_closed());
    CHECK(server.face->counts().knocking.never_proven >= 1);
}

TEST_CASE("a handshake that fails leaves its place at once") {
    server_node server{&echo, [](server_options& options) {
                           options.knocking.patience = 1h;
                           options.knocking.grace = 1h;
                           options.knocking.unproven = 1;
                       }};
    for (int i = 0; i < 3; ++i) {
        const bare_socket garbage(server.at.port);
        garbage.say(std::string("\x16\x03\x01\x00\x05", 5) + "xxxxx");
        CHECK(garbage.is_closed());
    }
    CHECK(eventually([&] { return server.face->counts().knocking.never_proven == 3; }));
    client_node client{role_set(role::worker)};
    CHECK(ask(client, server.at, "there is room").has_value());
}

TEST_CASE("the table of unproven connections has a bound, ends the oldest for another, and forgets what took too long") {
    unproven_table table(2, 2s, 10s);
    const instant start = instant{} + 1h;
    CHECK(table.has_room());
    table.add("a", 1, start);
    table.add("b", 2, start + 1s);
    CHECK_FALSE(table.has_room());
    CHECK(table.prove("b") == 2);
    CHECK_FALSE(table.prove("b"));
    CHECK(table.has_room());
    table.add("c", 3, start + 1s);
    // Nobody goes before it has had its grace, and then the oldest goes first.
    CHECK_FALSE(table.take_oldest(start + 1s));
    CHECK(table.take_oldest(start + 3s) == 1);
    CHECK(table.forgotten() == 1);
    CHECK_FALSE(table.prove("a"));
    // What ended by itself is known by name and number: the name may be another's by now.
    CHECK_FALSE(table.ended("c", 9));
    CHECK_FALSE(table.take_old(start + 10s));
    CHECK(table.take_old(start + 11s) == 3);
    CHECK(table.forgotten() == 2);
    table.add("d", 4, start);
    CHECK(table.ended("d", 4));
    CHECK(table.forgotten() == 3);
    CHECK(table.size() == 0);
}

TEST_CASE("plain HTTP and garbage are closed at their first byte") {
    const server_node server;
    for (const std::string_view bytes :
         {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x15\x03\x01", "\xFF"}) {
        const bare_socket plain(server.at.port);
        plain.say(bytes);
        CHECK(plain.is_closed());
    }
    CHECK(eventually([&] { return server.face->counts().knocking.not_tls == 4; }));
}

TEST_CASE("garbage that begins like TLS is closed, and the port goes on") {
    // Some of it makes OpenSSL wait for more: that is given up like any handshake that does not end.
    server_node server{&echo, [](server_options& options) { options.knocking.patience = 500ms; }};
    for (int i = 0; i < 8; ++i) {
        const bare_socket garbage(server.at.port);
        garbage.say("\x16\x03\x01\x02\x00" + std::string(600, static_cast<char>(i * 33)));
        CHECK(garbage.is_closed());
    }
    client_node client{role_set(role::worker)};
    CHECK(ask(client, server.at, "still there").value() == "still there from client");
}

TEST_CASE("a message over the server's bound ends that call with what it is, and no other") {
    server_node server{&echo, [](server_options& options) {
                           options.limits.largest_received_bytes = 1000;
                           options.call_limits.largest_received_bytes = 500;
                       }};
    client_node client{role_set(role::worker)};
    const auto streamed = client.thread.await([&]() -> task<result<std::string>> {
        auto s =
            co_await client.dial->open(server.at, "/test.Node/Stream", role_set(role::coordinator), client.thread.in(patience));
        if (!s) co_return std::unexpected(s.error());
        if (auto sent = (*s)->send(std::string(1000, 'x')); !sent) co_return std::unexpected(sent.error());
        const auto echoed = co_await (*s)->receive();
        if (!echoed || echoed->size() != 1000) co_return "what is just within the bound does not come back";
        if (auto sent = (*s)->send(std::string(1001, 'x')); !sent) co_return std::unexpected(sent.error());
        co_return co_await (*s)->receive();
    });
    REQUIRE_FALSE(streamed);
    CHECK(streamed.error().is(errc::too_large));
    CHECK(streamed.error().detail() == "1001 bytes, and 1000 are the most");
    const auto asked = ask(client, server.at, std::string(501, 'x'));
    REQUIRE_FALSE(asked);
    CHECK(asked.error().is(errc::too_large));
    CHECK(asked.error().detail() == "501 bytes, and 500 are the most");
    CHECK(server.face->counts().too_large == 2);
    CHECK(ask(client, server.at, "small").value() == "small from client");
}

TEST_CASE("an answer may be as large as its own bound, far over a stream's; a larger one is said to be too large") {
    server_node server;
    client_node client{role_set(role::worker)};
    client_node careful{role_set(role::worker), our_house(), {.limits = {}, .call_limits = {.largest_received_bytes = 1000}}};
    const auto large = ask(client, server.at, "large");
    REQUIRE_MESSAGE(large.has_value(), large.error().message());
    CHECK(large->size() == wire::most_answer_bytes);
    const auto larger = ask(client, server.at, "too large");
    REQUIRE_FALSE(larger);
    CHECK(larger.error().is(errc::too_large));
    const auto refused = ask(careful, server.at, "large");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().is(errc::too_large));
    CHECK(ask(careful, server.at, "small").value() == "small from client");
}

TEST_CASE("a stream to a client that is sent too large a message ends on both sides") {
    server_node server;
    client_node client{role_set(role::worker), our_house(), {.limits = {.largest_received_bytes = 1000}}};
    const auto got = client.thread.await([&]() -> task<result<std::string>> {
        auto s =
            co_await client.dial->open(server.at, "/test.Node/Stream", role_set(role::coordinator), client.thread.in(patience));
        if (!s) co_return std::unexpected(s.error());
        if (auto sent = (*s)->send(std::string(1001, 'x')); !sent) co_return std::unexpected(sent.error());
        co_return co_await (*s)->receive();
    });
    REQUIRE_FALSE(got);
    CHECK(got.error().is(errc::too_large));
    CHECK(eventually([&] { return client.dial->open_calls() == 0 && server.face->counts().open_calls == 0; }));
}

TEST_CASE("calls over the bound are answered with busy, and there is room again when others end") {
    server_node server{&echo, [](server_options& options) { options.most_calls = 3; }};
    client_node client{role_set(role::worker)};
    std::vector<std::unique_ptr<stream>> held;
    const auto open = [&] {
        return client.thread.await([&]() -> task<result<std::string>> {
            auto s = co_await client.dial->open(server.at, "/test.Node/Stream", role_set(role::coordinator),
                                                client.thread.in(patience));
            if (!s) co_return std::unexpected(s.error());
            held.push_back(*std::move(s));
            co_return "in";
        });
    };
    for (int i = 0; i < 3; ++i) CHECK(open());
    const auto fourth = open();
    REQUIRE_FALSE(fourth);
    CHECK(fourth.error().is(errc::busy));
    client.thread.run([&] { held.pop_back(); });
    REQUIRE(eventually([&] { return server.face->counts().open_calls == 2; }));
    CHECK(open());
    client.thread.run([&] { held.clear(); });
}
