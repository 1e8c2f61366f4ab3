#pragma once
// A client for these tests by hand, on blocking sockets: it sees every byte, frame and segment, and shares nothing with the
// server. Its time-outs only end a test that has failed already.

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "unit/sim_wire/wire_reading.hpp"

namespace server_test {

inline std::uint16_t port_of(std::string_view url) {
    const auto from = url.find("://") + 3;
    const auto colon = url.find(':', from);
    return static_cast<std::uint16_t>(std::stoi(std::string(url.substr(colon + 1, url.find('/', colon) - colon - 1))));
}

class raw_client {
public:
    explicit raw_client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int one = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connected = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
        if (!connected) error = errno;
    }
    ~raw_client() {
        if (ssl_ != nullptr) SSL_free(ssl_);
        if (context_ != nullptr) SSL_CTX_free(context_);
        ::close(fd_);
    }
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;

    bool start_tls() {
        context_ = SSL_CTX_new(TLS_client_method());
        ssl_ = SSL_new(context_);
        SSL_set_fd(ssl_, fd_);
        return SSL_connect(ssl_) == 1;
    }
    void send(std::string_view bytes) {
        if (ssl_ != nullptr) {
            SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
            return;
        }
        while (!bytes.empty()) {
            const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    /// How many bytes the kernel takes at once, without waiting.
    long send_without_waiting(std::string_view bytes) {
        return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    bool readable(int ms) {
        pollfd one{fd_, POLLIN, 0};
        return ::poll(&one, 1, ms) == 1;
    }
    bool writable(int ms) {
        pollfd one{fd_, POLLOUT, 0};
        return ::poll(&one, 1, ms) == 1;
    }
    /// One read; empty at the end (`ended`) or on an error (`error`).
    std::string read_once(int ms = 20000) {
        if (ssl_ == nullptr || SSL_pending(ssl_) == 0) {
            if (!readable(ms)) {
                error = ETIMEDOUT;
                return {};
            }
        }
        char room[65536];
        errno = 0;
        const auto got = ssl_ != nullptr ? SSL_read(ssl_, room, sizeof room) : ::recv(fd_, room, sizeof room, 0);
        if (got > 0) return {room, static_cast<std::size_t>(got)};
        if (ssl_ != nullptr) {
            clean_tls_end = SSL_get_error(ssl_, static_cast<int>(got)) == SSL_ERROR_ZERO_RETURN;
        }
        if (got < 0) error = errno;
        ended = true;
        return {};
    }
    /// Reads until the end or an error; what came.
    std::string read_to_end() {
        std::string all = std::exchange(left_, {});
        while (!ended && error == 0) all += read_once();
        return all;
    }
    std::uint32_t data_segments() {
        tcp_info info{};
        socklen_t size = sizeof info;
        ::getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size);
        return info.tcpi_data_segs_in;
    }

    // ---- HTTP ------------------------------------------------------------------------------------------------------------
    struct http_reply {
        int status = 0;
        std::string head, body;
    };
    http_reply read_reply() {
        http_reply reply;
        std::size_t end = 0;
        while ((end = left_.find("\r\n\r\n")) == std::string::npos && !ended && error == 0) left_ += read_once();
        if (end == std::string::npos) return reply;
        reply.head = left_.substr(0, end + 2);
        left_.erase(0, end + 4);
        reply.status = std::stoi(reply.head.substr(9, 3));
        if (const auto at = reply.head.find("Content-Length: "); at != std::string::npos) {
            const auto length = static_cast<std::size_t>(std::stoul(reply.head.substr(at + 16)));
            while (left_.size() < length && !ended && error == 0) left_ += read_once();
            reply.body = left_.substr(0, length);
            left_.erase(0, length);
        }
        return reply;
    }
    http_reply http(std::string_view method, std::string_view target, std::string_view body = {}, std::string_view headers = {}) {
        send(std::string(method) + " " + std::string(target) +
             " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: DiscordBot (test, 1)\r\n" + std::string(headers) +
             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
        return read_reply();
    }
    static std::string upgrade_request(std::string_view target) {
        return "GET " + std::string(target) +
               " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    }
    int upgrade(std::string_view target = "/?v=10&encoding=json") {
        send(upgrade_request(target));
        return read_reply().status;
    }

    // ---- websocket -------------------------------------------------------------------------------------------------------
    /// The next frame of any kind; nullopt at the end.
    std::optional<wire_test::raw_frame> next_frame() {
        for (;;) {
            wire_test::raw_frame frame;
            if (const auto used = wire_test::read_frame(left_, frame)) {
                left_.erase(0, used);
                return frame;
            }
            if (ended || error != 0) return std::nullopt;
            left_ += read_once();
        }
    }
    /// The payload of the next message, fragments put together, pings passed over.
    std::optional<std::string> next_message() {
        std::string whole;
        while (auto frame = next_frame()) {
            if (frame->opcode == 8) {
                close_payload = frame->payload;
                return std::nullopt;
            }
            if (frame->opcode == 9 || frame->opcode == 10) continue;
            last_opcode = frame->opcode != 0 ? frame->opcode : last_opcode;
            whole += frame->payload;
            if (frame->last) return whole;
        }
        return std::nullopt;
    }
    /// The code of the close frame that comes next, whatever is before it; 1005 for an empty one, 0 if none comes.
    int next_close() {
        while (next_message()) {
        }
        if (!close_payload) return 0;
        if (close_payload->size() < 2) return 1005;
        return static_cast<unsigned char>((*close_payload)[0]) << 8 | static_cast<unsigned char>((*close_payload)[1]);
    }
    void say(std::string_view json) { send(wire_test::client_frame(1, json)); }
    void identify(std::string_view more = {}) {
        say(R"({"op":2,"d":{"token":"sim.token","intents":513,"properties":{})" + std::string(more) + "}}");
    }
    [[nodiscard]] const std::string& left() const { return left_; }

    bool connected = false;
    bool ended = false;
    bool clean_tls_end = false;
    int error = 0;
    int last_opcode = 0;
    std::optional<std::string> close_payload;

private:
    int fd_;
    SSL_CTX* context_ = nullptr;
    SSL* ssl_ = nullptr;
    std::string left_;
};

}  // namespace server_test
