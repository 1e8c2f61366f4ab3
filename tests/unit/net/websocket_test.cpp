#include "net_fixture.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::testing;

namespace {

// Answers the upgrade, then behaves as told.
server_connection::script after_upgrade(std::function<void(server_connection&)> then, std::string with_answer = {}) {
    return [then = std::move(then), with_answer = std::move(with_answer)](server_connection& self) {
        if (self.stage == 0) {
            const auto answer = take_upgrade(self.received);
            if (!answer) return;
            self.stage = 1;
            self.stream->write(*answer + with_answer);
        }
        if (then) then(self);
    };
}

// The client's side of a test.
struct client {
    explicit client(tls_context_ptr tls = own_client_tls()) {
        run_on(io, [&] { dial_with = make_dialer(io, std::move(tls)); });
    }
    ~client() {
        run_on(io, [&] {
            events.socket.reset();
            dial_with.reset();
        });
    }
    void dial(std::string url, std::function<void(dial_request&)> change = {}) {
        dial_request request{.url = std::move(url), .user_agent = "DiscordBot (test)"};
        if (change) change(request);
        run_on(io, [&] { events.socket = dial_with->dial(std::move(request), events); });
    }
    void on_socket(const std::function<void(websocket&)>& job) {
        run_on(io, [&] { job(*events.socket); });
    }
    std::string closed() { return events.log.wait("closed"); }

    io_thread io{"test-client"};
    recorder events;
    std::unique_ptr<dialer> dial_with;
};

std::string wss(const server& to, std::string host = "localhost") {
    return "wss://" + host + ":" + std::to_string(to.port) + "/?v=10&encoding=json";
}
std::string ws(const server& to) { return "ws://127.0.0.1:" + std::to_string(to.port) + "/"; }

}  // namespace

TEST_CASE("a HELLO in the same segment as the upgrade's answer is delivered at once, right after on_open") {
    server there(own_server_tls(), after_upgrade({}, frame(1, R"({"op":10})")));
    client here;
    here.dial(wss(there));
    CHECK(here.events.log.wait("text:") == R"(text:{"op":10})");
    CHECK(here.events.log.all().front() == "open");
    CHECK(here.events.log.count("text") == 1);
}
