// The small HTTP server: whom it lets in, what it bounds.

#include "net/http_server.hpp"

#include <sys/socket.h>

#include <thread>

#include "bare_client.hpp"
#include "net_fixture.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::testing;

namespace {

constexpr std::string_view ask = "GET /who HTTP/1.1\r\nHost: x\r\n\r\n";

/// Answers "<method> <target> trusted|stranger".
struct served {
    explicit served(http_server_options options = {}) {
        options.listen = "127.0.0.1:0";
        face =
            run_on(io, [&] {
                return serve_http(io, std::move(options), [](const http_request& request, const http_peer& peer) {
                    return http_response{200, {}, request.method + " " + request.url + (peer.trusted ? " trusted" : " stranger")};
                });
            }).value();
        port = face->port();
    }
    ~served() {
        run_on(io, [&] { face.reset(); });
    }
    io_thread io{"test-http"};
    std::unique_ptr<http_server> face;
    std::uint16_t port = 0;
};

/// Reads until `what` came.
std::string read_until(const plain_client& from, std::string_view what) {
    std::string all;
    while (!all.contains(what)) {
        const auto more = from.read();
        all += more;
        if (more.empty() || more.starts_with('!')) break;
    }
    return all;
}

http_server_options asking_for_certificates() {
    http_server_options options;
    options.tls =
        server_tls(own_certificate().certificate_pem, own_certificate().key_pem, own_certificate().certificate_pem).value();
    return options;
}

}  // namespace

TEST_CASE("requests of one connection are answered in order, and one that is no HTTP ends it with 400") {
    const served here;
    const plain_client client(here.port);
    client.send(std::string(ask) + "POST /b?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
    const auto both = read_until(client, "POST /b?x=1 stranger");
    CHECK(both.find("GET /who stranger") < both.find("POST /b?x=1 stranger"));
    client.send("no such thing\r\n\r\n");
    CHECK(client.read_to_end().starts_with("HTTP/1.1 400"));
}

TEST_CASE("more connections than it takes are reset, and there is room again when one has gone") {
    const served here({.most_connections = 2});
    const plain_client one(here.port);
    {
        const plain_client two(here.port);
        one.send(ask);
        two.send(ask);
        CHECK(read_until(one, "stranger").contains("200"));
        CHECK(read_until(two, "stranger").contains("200"));
        const plain_client three(here.port);
        CHECK(three.read() == "!reset");
    }
    for (bool in = false; !in;) {
        const plain_client three(here.port);
        ::send(three.fd(), ask.data(), ask.size(), MSG_NOSIGNAL);
        in = read_until(three, "stranger").contains("200");
    }
}

TEST_CASE("of a thousand connections that never shake hands as many stay as the bound allows, and they keep nobody out") {
    auto options = asking_for_certificates();
    options.most_connections = 50;
    served here(options);
    std::vector<std::unique_ptr<plain_client>> half_open;
    for (int i = 0; i < 1000; ++i) half_open.push_back(std::make_unique<plain_client>(here.port));
    int reset = 0;
    for (std::size_t i = 0; i < 950; ++i) reset += half_open[i]->read() == "!reset" ? 1 : 0;
    CHECK(reset == 950);
    // The oldest of those that are left goes for one that shakes hands.
    const tls_client client(here.port);
    CHECK(client.connected());
    CHECK(half_open[950]->read() == "!reset");
    http_server_counts counts;
    run_on(here.io, [&] { counts = here.face->counts(); });
    CHECK(counts.accepted == 1001);
    CHECK(counts.made_room == 951);
    CHECK(counts.turned_away == 0);
}

TEST_CASE("a connection that has asked for nothing for a while goes for another, the idlest first") {
    const served here({.most_connections = 2, .settled = std::chrono::milliseconds(50)});
    const plain_client idle(here.port);
    idle.send(ask);
    CHECK(read_until(idle, "stranger").contains("200"));
    const plain_client busy(here.port);
    busy.send(ask);
    CHECK(read_until(busy, "stranger").contains("200"));
    for (bool in = false; !in;) {
        const plain_client third(here.port);
        ::send(third.fd(), ask.data(), ask.size(), MSG_NOSIGNAL);
        in = read_until(third, "stranger").contains("200");
    }
    CHECK(idle.read() == "!reset");
}

TEST_CASE("a connection that asks nothing is closed after a while, one that asks stays") {
    using clock = std::chrono::steady_clock;
    static constexpr auto after = 400ms;
    const served here({.idle = after});
    const auto began = clock::now();
    const plain_client idle(here.port);
    CHECK(idle.read_to_end() == "!reset");
    CHECK(clock::now() - began >= after);
    // On a busy machine whoever asks may be held up for so long itself, and is closed rightly then: it tries again. To be closed
    // sooner after its last question is never right.
    bool stayed = false;
    for (const auto deadline = clock::now() + patience; !stayed && clock::now() < deadline;) {
        const plain_client busy(here.port);
        const auto came = clock::now();
        auto asked = came;
        bool answered = true;
        while (answered && asked - came <= 2 * after) {
            const auto now = clock::now();
            answered = ::send(busy.fd(), ask.data(), ask.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(ask.size()) &&
                       read_until(busy, "stranger").contains("200");
            if (answered) {
                asked = now;
                std::this_thread::sleep_for(30ms);
            } else {
                CHECK(clock::now() - asked >= after);
            }
        }
        stayed = answered;
    }
    CHECK(stayed);
}

TEST_CASE("a certificate of the server's authority makes a peer trusted, none leaves it a stranger") {
    const served here(asking_for_certificates());
    const auto asked = [&](const self_signed* own) {
        const tls_client client(here.port, own);
        REQUIRE(client.connected());
        client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        return client.read_to_end();
    };
    CHECK(asked(&own_certificate()).contains("GET / trusted"));
    CHECK(asked(nullptr).contains("GET / stranger"));
}

TEST_CASE("a certificate of another authority, and TLS 1.2, end the handshake") {
    const served here(asking_for_certificates());
    const auto foreign = make_self_signed({"localhost"}, 30).value();
    const tls_client client(here.port, &foreign);
    CHECK(client.read_to_end() == "!");
    const tls_client old(here.port, &own_certificate(), TLS1_2_VERSION);
    CHECK_FALSE(old.connected());
}

TEST_CASE("a server of certificates keeps those that it has when its own is renewed, and shows the new one from then on") {
    served here(asking_for_certificates());
    const tls_client before(here.port, &own_certificate());
    before.send(ask);
    const auto renewed = make_self_signed({"localhost", "127.0.0.1"}, 30).value();
    const auto next = server_tls(renewed.certificate_pem, renewed.key_pem, renewed.certificate_pem).value();
    run_on(here.io, [&] { here.face->set_tls(next); });
    before.send("GET /still HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(before.read_to_end().contains("GET /still trusted"));
    const tls_client with_old(here.port, &own_certificate());
    CHECK(with_old.read_to_end() == "!");
    const tls_client with_new(here.port, &renewed);
    with_new.send("GET /new HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(with_new.read_to_end().contains("GET /new trusted"));
}
