// OpenSSL has one list of errors a thread, and looks into it when it is asked why a connection cannot go on at the moment. What
// another connection of the thread or a handler's own use of OpenSSL left there must neither end a connection of ours nor be
// told as the reason of its end.

#include <openssl/err.h>

#include "bare_client.hpp"
#include "net_fixture.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::testing;

namespace {

/// While it lives there is an error in the list of that thread before each step that a connection there takes: the job that
/// leaves one stands in the thread's queue before every answer to a step can come to stand there.
class litter {
public:
    explicit litter(io_thread& on) : on_(on) {
        run_on(on_, [this] { drop(); });
    }
    ~litter() {
        run_on(on_, [this] { over_ = true; });
        run_on(on_, [this] { CHECK(times_ > 1); });  // Behind the last job that knows this.
    }
    litter(const litter&) = delete;
    litter& operator=(const litter&) = delete;

private:
    void drop() {
        if (over_) return;
        ++times_;
        ERR_raise(ERR_LIB_USER, 77);
        on_.post([this] { drop(); });
    }
    io_thread& on_;
    bool over_ = false;
    std::uint64_t times_ = 0;
};

/// A client's thread; what it dials ends with it.
struct client {
    ~client() {
        run_on(io, [&] {
            events.socket.reset();
            dialer.reset();
        });
    }
    void dial(std::uint16_t port) {
        run_on(io, [&] {
            dialer = make_dialer(io, own_client_tls());
            dial_request request{.url = "wss://localhost:" + std::to_string(port) + "/"};
            request.send_queue_bytes = most;
            events.socket = dialer->dial(std::move(request), events);
        });
    }
    static constexpr std::size_t most = 32'000'000;
    io_thread io{"test-client"};
    recorder events;
    std::unique_ptr<net::dialer> dialer;
};

}  // namespace

TEST_CASE("errors that others left in OpenSSL's list end no connection, on either side, whatever it is waiting for") {
    // More than two sockets hold, so that writing has to wait.
    std::string much;
    much.resize(20'000'000, 'm');
    server there(own_server_tls(), [](server_connection& self) {
        if (self.stage == 0) {
            const auto answer = take_upgrade(self.received);
            if (!answer) return;
            self.stage = 1;
            self.stream->write(*answer);
            self.stream->pause_reading();
        }
        if (const auto got = take_frame(self.received)) self.stream->write(frame(2, got->payload));
    });
    client here;
    const litter at_client(here.io), at_server(there.io);
    here.dial(there.port);
    REQUIRE(here.events.log.wait("open") == "open");
    run_on(here.io, [&] { CHECK(here.events.socket->send(much)); });
    // Nobody reads: all of it cannot leave.
    for (int i = 0; i < 100; ++i) run_on(here.io, [] {});
    CHECK(run_on(here.io, [&] { return here.events.socket->unsent_bytes() > 0; }));
    run_on(there.io, [&] { there.connections.front()->stream->resume_reading(); });
    const auto back = here.events.log.wait("binary:");
    CHECK(back.size() == std::string_view("binary:").size() + much.size());
    CHECK(here.events.log.count("closed") == 0);
    CHECK(there.log.count("server ended") == 0);
}

TEST_CASE("a connection that fails tells its own reason, not what others left in OpenSSL's list") {
    server no_tls(nullptr, [](server_connection& self) { self.stream->write("220 no such thing as TLS is spoken here\r\n"); });
    client here;
    const litter at_client(here.io);
    here.dial(no_tls.port);
    const auto closed = here.events.log.wait("closed");
    CAPTURE(closed);
    CHECK(closed.contains("wrong version number"));
}
