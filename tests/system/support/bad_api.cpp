#include "system/support/bad_api.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <optional>
#include <thread>

namespace shoal::system_test {
namespace {

struct descriptor {
    explicit descriptor(int number) : fd(number) {}
    ~descriptor() {
        if (fd >= 0) ::close(fd);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    int fd;
};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
}

}  // namespace

std::string_view name_of(lie what) noexcept {
    switch (what) {
        case lie::page: return "a page";
        case lie::page_of_failure: return "a page of failure";
        case lie::nothing: return "nothing";
        case lie::other_json: return "other JSON";
        case lie::garbage: return "garbage";
        case lie::endless_chunks: return "endless chunks";
        case lie::endless_body: return "an endless body";
        case lie::ten_gigabytes: return "ten gigabytes announced";
        case lie::too_short: return "less than announced";
        case lie::too_long: return "more than announced";
        case lie::header_storm: return "a storm of headers";
        case lie::interim_storm: return "a storm of interim answers";
        case lie::redirect: return "a redirect";
        case lie::refusal: return "a refusal";
        case lie::trickle: return "a trickle";
    }
    return "?";
}

struct bad_api::state {
    std::string base;
    std::uint16_t real_port = 0;
    int listening = -1;
    std::atomic<bool> ending{false};
    std::atomic<int> told{0};
    std::thread accepting;
    mutable std::mutex mutex;  // Of what follows.
    std::vector<std::thread> threads;
    std::vector<std::string> paths;
    lie what = lie::page;
    int left = 0;
    std::string part;

    std::optional<lie> lie_about(const std::string& path) {
        const std::lock_guard lock(mutex);
        paths.push_back(path);
        if (left == 0 || path.find(part) == std::string::npos) return std::nullopt;
        --left;
        return what;
    }

    /// Reads until something is there; false at the end.
    bool read_more(int fd, std::string& into) const {
        char block[16384];
        while (!ending) {
            pollfd one{fd, POLLIN, 0};
            if (::poll(&one, 1, 50) <= 0) continue;
            const auto count = ::recv(fd, block, sizeof block, 0);
            if (count <= 0) return false;
            into.append(block, static_cast<std::size_t>(count));
            return true;
        }
        return false;
    }
    bool write_all(int fd, std::string_view bytes) const {
        while (!bytes.empty() && !ending) {
            pollfd one{fd, POLLOUT, 0};
            if (::poll(&one, 1, 50) <= 0) continue;
            const auto count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return !ending;
    }

    void serve(int fd) {
        const descriptor client(fd);
        std::string request;
        for (;;) {
            std::size_t head = 0;
            while ((head = request.find("\r\n\r\n")) == std::string::npos) {
                if (!read_more(fd, request)) return;
            }
            std::size_t length = 0;
            if (const auto at = request.find("Content-Length: "); at < head)
                std::from_chars(request.data() + at + 16, request.data() + head, length);
            while (request.size() < head + 4 + length) {
                if (!read_more(fd, request)) return;
            }
            const auto whole = request.substr(0, head + 4 + length);
            request.erase(0, whole.size());
            const auto first = whole.find(' ');
            const auto lies_now = lie_about(whole.substr(first + 1, whole.find(' ', first + 1) - first - 1));
            if (lies_now) {
                ++told;
                if (!tell(*lies_now, fd, whole)) return;
            } else {
                return pass_on(fd, whole);
            }
        }
    }

    /// One request to the real server, whose answer ends with the connection.
    void pass_on(int fd, std::string request) const {
        request.insert(request.find("\r\n") + 2, "Connection: close\r\n");
        const descriptor real(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const auto to = loopback(real_port);
        if (::connect(real.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return;
        if (!write_all(real.fd, request)) return;
        std::string answer;
        while (read_more(real.fd, answer)) {
            if (!write_all(fd, answer)) return;
            answer.clear();
        }
    }

    /// False: the connection ends.
    bool tell(lie about, int fd, const std::string& request) const {
        const auto page = "<!DOCTYPE html><html><body><pre>" + request + "</pre></body></html>";
        const auto sized = [](std::string_view status, std::size_t bytes, std::string_view body) {
            return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: text/html\r\nContent-Length: " + std::to_string(bytes) +
                   "\r\n\r\n" + std::string(body);
        };
        const auto without_end = [&](std::string start, const std::string& piece) {
            if (!write_all(fd, start)) return false;
            while (write_all(fd, piece)) {
            }
            return false;
        };
        const auto wait_for_end = [&] {
            std::string rest;
            while (read_more(fd, rest)) rest.clear();
            return false;
        };
        switch (about) {
            case lie::page: return write_all(fd, sized("200 OK", page.size(), page));
            case lie::page_of_failure: return write_all(fd, sized("502 Bad Gateway", page.size(), page));
            case lie::nothing: return write_all(fd, sized("200 OK", 0, ""));
            case lie::other_json: return write_all(fd, sized("200 OK", 9, R"({"a":[1]})"));
            case lie::garbage: (void)write_all(fd, "\x15\x03\x01 " + request); return false;
            case lie::endless_chunks: {
                const std::string chunk(0x4000, 'c');
                return without_end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4000\r\n" + chunk + "\r\n");
            }
            case lie::endless_body: return without_end("HTTP/1.1 200 OK\r\n\r\n", page);
            case lie::ten_gigabytes: (void)write_all(fd, sized("200 OK", 10'737'418'240, page)); return wait_for_end();
            case lie::too_short: (void)write_all(fd, sized("200 OK", page.size() + 100, page)); return false;
            case lie::too_long: return write_all(fd, sized("200 OK", 6, page));
            case lie::header_storm: return without_end("HTTP/1.1 200 OK\r\n", "X-Echo: " + std::string(100, 'e') + "\r\n");
            case lie::interim_storm: return without_end("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
            case lie::redirect:
                return write_all(fd, "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n");
            case lie::refusal: {
                const auto path = request.substr(request.find('/'), request.find(' ', request.find('/')) - request.find('/'));
                const auto body = R"({"code":0,"message":")" + path + R"("})";
                return write_all(fd, sized("400 Bad Request", body.size(), body));
            }
            case lie::trickle: {
                auto bytes = sized("200 OK", 100'000, page);
                for (const char c : bytes) {
                    pollfd one{fd, POLLIN, 0};
                    if (::poll(&one, 1, 200) != 0 || ending || !write_all(fd, {&c, 1})) return false;
                }
                return false;
            }
        }
        return false;
    }
};

bad_api::bad_api(const std::string& api_base) : state_(std::make_unique<state>()) {
    const auto colon = api_base.rfind(':');
    std::from_chars(api_base.data() + colon + 1, api_base.data() + api_base.size(), state_->real_port);
    state_->listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto at = loopback(0);
    socklen_t size = sizeof at;
    REQUIRE(::bind(state_->listening, reinterpret_cast<const sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(state_->listening, 64) == 0);
    REQUIRE(::getsockname(state_->listening, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    state_->base = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + api_base.substr(api_base.find('/', colon));
    state_->accepting = std::thread([inside = state_.get()] {
        while (!inside->ending) {
            pollfd one{inside->listening, POLLIN, 0};
            if (::poll(&one, 1, 50) <= 0) continue;
            const int fd = ::accept4(inside->listening, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) continue;
            const std::lock_guard lock(inside->mutex);
            inside->threads.emplace_back([inside, fd] { inside->serve(fd); });
        }
    });
}

bad_api::~bad_api() {
    state_->ending = true;
    state_->accepting.join();  // No thread is added any more.
    for (auto& one : state_->threads) one.join();
    ::close(state_->listening);
}

const std::string& bad_api::api_base() const noexcept { return state_->base; }

void bad_api::answer_with(lie what, int times, std::string_view part) {
    const std::lock_guard lock(state_->mutex);
    state_->what = what;
    state_->left = times;
    state_->part = part;
}

int bad_api::told() const { return state_->told; }

std::vector<std::string> bad_api::paths() const {
    const std::lock_guard lock(state_->mutex);
    return state_->paths;
}

}  // namespace shoal::system_test
