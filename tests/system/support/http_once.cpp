#include "system/support/http_once.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>

namespace shoal::system_test {

http_answer http_once(std::string_view method, std::string_view base, std::string_view target, std::string_view body,
                      std::string_view header) {
    http_answer answer;
    const auto colon = base.rfind(':');
    std::uint16_t port = 0;
    std::from_chars(base.data() + colon + 1, base.data() + base.size(), port);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{30, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
        std::string request(method);
        request.append(" ").append(target).append(
            " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n");
        if (!header.empty()) request.append(header).append("\r\n");
        request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
        std::string_view rest = request;
        while (!rest.empty()) {
            const auto sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent <= 0) break;
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
        std::string text;
        char block[65536];
        // Until the peer closes or everything that it announced is here.
        std::size_t wanted = std::string::npos;
        while (text.size() < wanted) {
            const auto count = ::recv(socket, block, sizeof block, 0);
            if (count <= 0) break;
            text.append(block, static_cast<std::size_t>(count));
            const auto head = text.find("\r\n\r\n");
            if (wanted != std::string::npos || head == std::string::npos) continue;
            const auto length = text.find("Content-Length: ");
            if (length == std::string::npos || length > head) continue;
            std::size_t bytes = 0;
            std::from_chars(text.data() + length + 16, text.data() + head, bytes);
            wanted = head + 4 + bytes;
        }
        if (text.size() > 12 && text.starts_with("HTTP/1.1 ")) {
            std::from_chars(text.data() + 9, text.data() + 12, answer.status);
            const auto head = text.find("\r\n\r\n");
            if (head != std::string::npos) answer.body = text.substr(head + 4);
        }
    }
    ::close(socket);
    return answer;
}

}  // namespace shoal::system_test
