// Who gets in: TLS 1.3 of our authority and nothing else, and then the rule of each call; certificates that change under open
// streams.

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "unit/rpc/rpc_fixture.hpp"
#include "unit/trust/rsa_node.hpp"

using namespace shoal;
using namespace shoal::rpc;
using namespace shoal::rpc::testing;

namespace {

const house& other_house() {
    static const house home(trust::testing::real_today());
    return home;
}

/// A client that is none of ours: OpenSSL on a blocking socket.
struct bare_client {
    explicit bare_client(std::uint16_t port) : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that are closed already.
        REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
        const timeval wait{60, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    }
    ~bare_client() { ::close(fd); }
    /// Shakes hands with these versions and this node's set (none: without a certificate) and waits for the server's first byte
    /// of HTTP/2: only that tells that a TLS 1.3 server has taken the client's certificate.
    std::string greet(int lowest, int highest, const trust::node_texts* show) {
        using context_ptr = std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* c) { SSL_CTX_free(c); })>;
        using ssl_ptr = std::unique_ptr<SSL, decltype([](SSL* s) { SSL_free(s); })>;
        const context_ptr context(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_min_proto_version(context.get(), lowest);
        SSL_CTX_set_max_proto_version(context.get(), highest);
        // Everything that OpenSSL has: it is the server that refuses.
        SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
        if (show != nullptr) {
            const trust::testing::temp_folder folder;
            trust::testing::store(folder.path(), *show);
            REQUIRE(SSL_CTX_use_certificate_chain_file(context.get(), (folder / "node.pem").c_str()) == 1);
            REQUIRE(SSL_CTX_use_PrivateKey_file(context.get(), (folder / "node.key").c_str(), SSL_FILETYPE_PEM) == 1);
        }
        const ssl_ptr ssl(SSL_new(context.get()));
        const unsigned char alpn[] = {2, 'h', '2'};
        SSL_set_alpn_protos(ssl.get(), alpn, sizeof alpn);
        SSL_set_fd(ssl.get(), fd);
        if (SSL_connect(ssl.get()) != 1) return "no handshake";
        SSL_write(ssl.get(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
        char byte = 0;
        if (SSL_read(ssl.get(), &byte, 1) != 1) return "refused after the handshake";
        return SSL_get_version(ssl.get());
    }
    int fd;
};

}  // namespace

TEST_CASE("TLS 1.3 with a certificate of our authority gets in") {
    const server_node server;
    const auto mine = our_house().texts(role_set(role::worker));
    CHECK(bare_client(server.at.port).greet(TLS1_2_VERSION, TLS1_3_VERSION, &mine) == "TLSv1.3");
}

TEST_CASE("TLS 1.2 and older is refused, whatever certificate is shown") {
    const server_node server;
    const auto mine = our_house().texts(role_set(role::worker));
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION}) {
        CHECK(bare_client(server.at.port).greet(version, version, &mine) == "no handshake");
        CHECK(bare_client(server.at.port).greet(version, version, nullptr) == "no handshake");
    }
}

TEST_CASE("a client without a certificate, or with one of another authority, is refused by the server") {
    const server_node server;
    CHECK(bare_client(server.at.port).greet(TLS1_3_VERSION, TLS1_3_VERSION, nullptr) == "refused after the handshake");
    const auto foreign = other_house().texts(role_set(role::worker));
    CHECK(bare_client(server.at.port).greet(TLS1_3_VERSION, TLS1_3_VERSION, &foreign) == "refused after the handshake");
}

TEST_CASE("an expired certificate is refused by the server") {
    const server_node server;
    const auto made =
        trust::issue(our_house().authority, {.name = "old", .roles = role_set(role::worker), .validity = std::chrono::days(1)},
                     our_house().now - std::chrono::hours(12))
            .value();
    // It begins a day before it was made and lasts a day: half of that is over, so it still works; an older one does not.
    const trust::node_texts still{our_house().authority.certificate_pem, made.certificate_pem, made.key_pem};
    CHECK(bare_client(server.at.port).greet(TLS1_3_VERSION, TLS1_3_VERSION, &still) == "TLSv1.3");
    const house before(trust::testing::real_today() - std::chrono::days(30));
    const auto ended =
        trust::issue(before.authority, {.name = "old", .roles = role_set(role::worker), .validity = std::chrono::days(1)},
                     before.now)
            .value();
    const server_node there{&echo, {}, role_set(role::coordinator), before};
    const trust::node_texts over{before.authority.certificate_pem, ended.certificate_pem, ended.key_pem};
    CHECK(bare_client(there.at.port).greet(TLS1_3_VERSION, TLS1_3_VERSION, &over) == "refused after the handshake");
}

TEST_CASE("a server with an RSA key, with which TLS 1.2 would come about, is heard by no client of ours") {
    // Such a node does not start (src/trust); this one was not asked.
    trust::node_identity rsa{trust::testing::rsa_texts(our_house()), {}, {}};
    thread_of_tasks thread("rsa");
    server_options options;
    options.listen = listen_endpoint("127.0.0.1:0").value();
    std::atomic<int> heard{0};
    served_calls what;
    what.calls[std::string(wire::picture_method)] = [&](const peer_identity&, std::string) -> task<result<std::string>> {
        ++heard;
        co_return "a picture";
    };
    auto face = server::start(thread.io, rsa, std::move(options), std::move(what)).value();
    const auto mine = our_house().texts(role_set(role::worker));
    // The premise: with that key the list of suites would let TLS 1.2 in.
    CHECK(bare_client(face->port()).greet(TLS1_2_VERSION, TLS1_2_VERSION, &mine) == "TLSv1.2");
    client_node client{role_set(role::operating)};
    const auto got = ask(client, {"127.0.0.1", face->port()}, "hello", wire::picture_method);
    REQUIRE_FALSE(got);
    CHECK(got.error().is(errc::untrusted));
    CHECK(got.error().detail() == "the certificate of rsa has no ECDSA key on P-256 or P-384");
    CHECK(heard == 0);
    thread.run([&] { face.reset(); });
}

TEST_CASE("a server that speaks TLS 1.2 at most is not spoken to") {
    const house& home = our_house();
    const auto texts = home.texts(role_set(role::coordinator));
    const trust::testing::temp_folder folder;
    trust::testing::store(folder.path(), texts);
    using context_ptr = std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* c) { SSL_CTX_free(c); })>;
    const context_ptr context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
    REQUIRE(SSL_CTX_use_certificate_chain_file(context.get(), (folder / "node.pem").c_str()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(context.get(), (folder / "node.key").c_str(), SSL_FILETYPE_PEM) == 1);
    auto port = listener::open(listen_endpoint("127.0.0.1:0").value(), {}).value();
    std::atomic<int> handshakes{0};
    std::atomic<int> tries{0};
    port->begin([&](int socket) {
        // On the listener's thread, blocking: this server serves one at a time.
        ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) & ~O_NONBLOCK);
        SSL* const ssl = SSL_new(context.get());
        SSL_set_fd(ssl, socket);
        ++tries;  // Before the client can know how it ended.
        if (SSL_accept(ssl) == 1) ++handshakes;
        SSL_free(ssl);
        ::close(socket);
    });
    client_node client{role_set(role::worker)};
    const auto got = ask(client, {"127.0.0.1", port->port()}, "hello");
    REQUIRE_FALSE(got);
    CHECK_MESSAGE(got.error().is(errc::untrusted), got.error().message());
    CHECK(got.error().detail() == "the other side does not speak TLS 1.3");
    port->stop();
    CHECK(tries >= 1);
    CHECK(handshakes == 0);
}

TEST_CASE("our client trusts no server of another authority, and says so") {
    const server_node server{&echo, {}, role_set(role::coordinator), other_house()};
    client_node client{role_set(role::worker)};
    const auto got = ask(client, server.at, "hello");
    REQUIRE_FALSE(got);
    CHECK(got.error().is(errc::untrusted));
    CHECK(got.error().detail().contains("not of an authority in ca.pem"));
}

TEST_CASE("our client trusts no server whose certificate is for another host") {
    trust::testing::house home(trust::testing::real_today());
    const auto made = home.sign(role_set(role::coordinator), {"elsewhere.internal"});
    net::io_thread io("t");
    server_options options;
    options.listen = listen_endpoint("127.0.0.1:0").value();
    auto identity =
        trust::check_node({home.authority.certificate_pem, made.certificate_pem, made.key_pem}, "t", home.now).value();
    auto face = server::start(io, identity, std::move(options), {}).value();
    client_node client{role_set(role::worker), home};
    const auto got = ask(client, dial_endpoint("127.0.0.1:" + std::to_string(face->port())).value(), "hello");
    REQUIRE_FALSE(got);
    CHECK(got.error().is(errc::untrusted));
    CHECK(got.error().message().contains("another host"));
    std::promise<void> gone;
    io.post([&] {
        face.reset();
        gone.set_value();
    });
    gone.get_future().wait();
}
