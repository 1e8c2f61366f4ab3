#include "system/support/visitor.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace shoal::system_test {

struct visitor::state {
    int fd = -1;
    bool connected = false;
    std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* one) { SSL_CTX_free(one); })> context;
    std::unique_ptr<SSL, decltype([](SSL* one) { SSL_free(one); })> tls;
    std::string heard;
    ~state() {
        tls.reset();
        if (fd >= 0) ::close(fd);
        ERR_clear_error();
    }
};

visitor::visitor(std::uint16_t port) : state_(std::make_unique<state>()) {
    state_->fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    state_->connected = state_->fd >= 0 && ::connect(state_->fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    const timeval wait{60, 0};
    ::setsockopt(state_->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}
visitor::~visitor() = default;
visitor::visitor(visitor&&) noexcept = default;

bool visitor::connected() const noexcept { return state_->connected; }
const std::string& visitor::heard() const noexcept { return state_->heard; }

bool visitor::shake_hands(const tls_wish& wish) {
    auto& my = *state_;
    my.context.reset(SSL_CTX_new(TLS_client_method()));
    if (wish.only_1_2) SSL_CTX_set_max_proto_version(my.context.get(), TLS1_2_VERSION);
    if (!wish.certs.empty()) {
        REQUIRE(SSL_CTX_use_certificate_chain_file(my.context.get(), (wish.certs + "/node.pem").c_str()) == 1);
        REQUIRE(SSL_CTX_use_PrivateKey_file(my.context.get(), (wish.certs + "/node.key").c_str(), SSL_FILETYPE_PEM) == 1);
    }
    if (wish.h2) SSL_CTX_set_alpn_protos(my.context.get(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
    my.tls.reset(SSL_new(my.context.get()));
    SSL_set_fd(my.tls.get(), my.fd);
    ERR_clear_error();
    return SSL_connect(my.tls.get()) == 1;
}

std::string visitor::shown() const {
    auto* const certificate = state_->tls ? SSL_get0_peer_certificate(state_->tls.get()) : nullptr;
    if (certificate == nullptr) return {};
    const std::unique_ptr<BIO, decltype([](BIO* one) { BIO_free_all(one); })> text(BIO_new(BIO_s_mem()));
    REQUIRE(PEM_write_bio_X509(text.get(), certificate) == 1);
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

void visitor::say(std::string_view bytes) {
    if (state_->tls) {
        ERR_clear_error();
        (void)SSL_write(state_->tls.get(), bytes.data(), static_cast<int>(bytes.size()));
    } else {
        (void)::send(state_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
}

bool visitor::is_closed(clock::duration within) {
    auto& my = *state_;
    const auto end = clock::now() + within;
    char room[4096];
    for (;;) {
        const bool pending = my.tls && SSL_pending(my.tls.get()) > 0;
        pollfd one{my.fd, POLLIN, 0};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count();
        if (!pending && ::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) <= 0) return false;
        ERR_clear_error();
        const auto got = my.tls ? SSL_read(my.tls.get(), room, sizeof room) : ::recv(my.fd, room, sizeof room, 0);
        if (got <= 0) return true;
        my.heard.append(room, static_cast<std::size_t>(got));
    }
}

void allow_many_files() {
    rlimit now{};
    ::getrlimit(RLIMIT_NOFILE, &now);
    now.rlim_cur = std::min<rlim_t>(now.rlim_max, 8192);
    ::setrlimit(RLIMIT_NOFILE, &now);
    REQUIRE(now.rlim_cur >= 3000);
}

std::uint16_t port_of(std::string_view url) {
    const auto digits = url.substr(url.rfind(':') + 1);
    std::uint16_t port = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    REQUIRE(port != 0);
    return port;
}

}  // namespace shoal::system_test
