#pragma once
// Blocking sockets with or without OpenSSL on them: clients that share nothing with the library's own.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include "net/tls_context.hpp"
#include "net_fixture.hpp"

namespace shoal::net::testing {

// A blocking socket with OpenSSL on it: a client that shares nothing with the library's own.
class plain_client {
public:
    explicit plain_client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        timeval patience_left{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience_left, sizeof patience_left);
        connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    }
    ~plain_client() { ::close(fd_); }
    [[nodiscard]] bool connected() const { return connected_; }
    [[nodiscard]] int fd() const { return fd_; }
    void send(std::string_view bytes) const {
        CHECK(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }
    // What one read brings; "" at the end of the stream, "!" and the error otherwise.
    [[nodiscard]] std::string read() const {
        char room[100'000];
        const auto count = ::recv(fd_, room, sizeof room, 0);
        if (count < 0) return errno == ECONNRESET ? "!reset" : "!" + std::to_string(errno);
        return {room, static_cast<std::size_t>(count)};
    }
    [[nodiscard]] std::string read_to_end() const {
        std::string all;
        for (;;) {
            const auto more = read();
            all += more;
            if (more.empty() || more.starts_with('!')) return all;
        }
    }

private:
    int fd_;
    bool connected_ = false;
};

class tls_client {
public:
    explicit tls_client(std::uint16_t port, const self_signed* own = nullptr, int most_version = TLS1_3_VERSION)
        : tcp(port), context_(SSL_CTX_new(TLS_client_method())) {
        std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own sockets write without MSG_NOSIGNAL.
        SSL_CTX_set_max_proto_version(context_.get(), most_version);
        if (own != nullptr) {
            const std::unique_ptr<BIO, openssl_free<BIO_free_all>> chain(BIO_new_mem_buf(own->certificate_pem.data(), -1));
            const std::unique_ptr<BIO, openssl_free<BIO_free_all>> secret(BIO_new_mem_buf(own->key_pem.data(), -1));
            const std::unique_ptr<X509, openssl_free<X509_free>> certificate(
                PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
            const std::unique_ptr<EVP_PKEY, openssl_free<EVP_PKEY_free>> key(
                PEM_read_bio_PrivateKey(secret.get(), nullptr, nullptr, nullptr));
            REQUIRE(SSL_CTX_use_certificate(context_.get(), certificate.get()) == 1);
            REQUIRE(SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1);
        }
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), tcp.fd());
        connected_ = SSL_connect(ssl_.get()) == 1;
    }
    // The handshake as this side sees it: with TLS 1.3 a server's refusal of our certificate comes with the first read.
    [[nodiscard]] bool connected() const { return connected_; }
    void send(std::string_view bytes) const { CHECK(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0); }
    // All that comes; "$" at its end for close_notify, "!" for anything else.
    [[nodiscard]] std::string read_to_end() const {
        std::string all;
        char room[20'000];
        for (;;) {
            const int count = SSL_read(ssl_.get(), room, sizeof room);
            if (count <= 0) return all + (SSL_get_error(ssl_.get(), count) == SSL_ERROR_ZERO_RETURN ? "$" : "!");
            all.append(room, static_cast<std::size_t>(count));
        }
    }
    plain_client tcp;

private:
    ssl_ctx_ptr context_;
    ssl_ptr ssl_;
    bool connected_ = false;
};

}  // namespace shoal::net::testing
