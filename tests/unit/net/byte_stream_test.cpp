#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bare_client.hpp"
#include "net/tls_context.hpp"
#include "net_fixture.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::testing;

namespace {

void quiet(server_connection&) {}

server_connection& first(server& there) {
    REQUIRE_FALSE(there.log.wait("accepted").empty());
    return *run_on(there.io, [&] { return there.connections.front().get(); });
}

}  // namespace

TEST_CASE("a foreign TLS client and the stream exchange bytes, and finish() ends with close_notify behind what is queued") {
    server there(own_server_tls(), [](server_connection& self) {
        if (!self.received.ends_with("end")) return;
        self.stream->write(self.received);
        self.stream->write(std::string(100'000, 'w'));
        self.stream->finish();
        self.stream->write("ignored");
    });
    const tls_client here(there.port);
    here.send("from me ");
    here.send(std::string(50'000, 'm') + "end");
    CHECK(here.read_to_end() == "from me " + std::string(50'000, 'm') + "end" + std::string(100'000, 'w') + "$");
}

TEST_CASE("TLS older than 1.2 is not spoken") {
    server there(own_server_tls(), quiet);
    const plain_client tcp(there.port);
    const ssl_ctx_ptr context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    const ssl_ptr ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), tcp.fd());
    CHECK(SSL_connect(ssl.get()) != 1);
    CHECK(there.log.count("accepted") == 0);
}

TEST_CASE("bytes that are no TLS end the connection before it is handed over") {
    server there(own_server_tls(), quiet);
    const plain_client here(there.port);
    here.send("GET / HTTP/1.1\r\n\r\n");
    const auto answer = here.read_to_end();
    CHECK_FALSE(answer.contains("HTTP"));
    CHECK(there.log.count("accepted") == 0);
}

TEST_CASE("finish on a plain stream sends FIN after the bytes; on_ended comes once the peer ends too") {
    server there(nullptr, quiet);
    plain_client here(there.port);
    auto& connection = first(there);
    run_on(there.io, [&] {
        connection.stream->write("last words");
        connection.stream->finish();
        CHECK_FALSE(connection.ended);
    });
    CHECK(here.read_to_end() == "last words");
    ::shutdown(here.fd(), SHUT_WR);
    CHECK(there.log.wait("server ended") ==
          "server ended: net: stopped: " + run_on(there.io, [&] { return connection.stream->peer(); }));
}

TEST_CASE("finish() holds for a stream that is destroyed right after it") {
    server there(nullptr, quiet);
    plain_client here(there.port);
    auto& connection = first(there);
    run_on(there.io, [&] {
        connection.stream->write("still sent");
        connection.stream->finish();
        connection.stream.reset();
    });
    CHECK(here.read_to_end() == "still sent");
}

TEST_CASE("reset ends at once with RST, on_ended follows after the call and only once") {
    server there(nullptr, quiet);
    plain_client here(there.port);
    auto& connection = first(there);
    run_on(there.io, [&] {
        connection.stream->reset();
        connection.stream->reset();
        connection.stream->finish();
        connection.stream->write("x");
        CHECK_FALSE(connection.ended);
    });
    CHECK(here.read() == "!reset");
    CHECK(there.log.wait("server ended").starts_with("server ended: net: stopped"));
    run_on(there.io, [] {});
    CHECK(there.log.count("server ended") == 1);
}

TEST_CASE("write_half_and_reset sends what was queued and the first half, then RST") {
    server there(nullptr, quiet);
    plain_client here(there.port);
    auto& connection = first(there);
    run_on(there.io, [&] {
        connection.stream->write("whole ");
        connection.stream->write_half_and_reset("0123456789");
        connection.stream->write("never");
    });
    CHECK(here.read_to_end() == "whole 01234!reset");
}

TEST_CASE("over TLS the half of a record cannot be read by the peer, and what came before it can") {
    server there(own_server_tls(), quiet);
    const tls_client here(there.port);
    auto& connection = first(there);
    run_on(there.io, [&] {
        connection.stream->write("whole");
        connection.stream->write_half_and_reset("half of this is no record");
    });
    CHECK(here.read_to_end() == "whole!");
}

TEST_CASE("with small segments every send carries at most that many bytes, until it is ended") {
    server there(nullptr, quiet);
    const plain_client here(there.port);
    auto& connection = first(there);
    const auto segments_in = [&] {
        tcp_info told{};
        socklen_t size = sizeof told;
        REQUIRE(::getsockopt(here.fd(), IPPROTO_TCP, TCP_INFO, &told, &size) == 0);
        return told.tcpi_data_segs_in;
    };
    run_on(there.io, [&] {
        connection.stream->set_segment_bytes(3);
        connection.stream->write("0123456789");
    });
    std::string got;
    while (got.size() < 10) got += here.read();
    CHECK(got == "0123456789");
    CHECK(segments_in() == 4);
    run_on(there.io, [&] {
        connection.stream->set_segment_bytes(0);
        connection.stream->write("0123456789");
    });
    CHECK(here.read() == "0123456789");
    CHECK(segments_in() == 5);
}

TEST_CASE("a paused stream reads nothing: the peer's bytes wait in the kernel until it is resumed") {
    server there(own_server_tls(), quiet);
    const tls_client here(there.port);
    auto& connection = first(there);
    run_on(there.io, [&] { connection.stream->pause_reading(); });
    here.send("while paused");
    for (int i = 0; i < 50; ++i) run_on(there.io, [] {});
    CHECK(run_on(there.io, [&] { return connection.received; }).empty());
    run_on(there.io, [&] {
        connection.stream->resume_reading();
        CHECK(connection.received.empty());  // not inside the call
    });
    std::string got;
    const auto until = boot_now() + patience;
    while (got != "while paused" && boot_now() < until) got = run_on(there.io, [&] { return connection.received; });
    CHECK(got == "while paused");
}

TEST_CASE("pausing inside on_bytes stops the bytes behind it") {
    server there(nullptr, [](server_connection& self) {
        self.stream->pause_reading();
        self.stream->write("got " + std::to_string(self.received.size()) + ";");
    });
    plain_client here(there.port);
    here.send(std::string(200'000, 'p'));  // more than one read takes
    CHECK(here.read().starts_with("got "));
    auto& connection = first(there);
    CHECK(run_on(there.io, [&] { return connection.received.size(); }) < 200'000);
}

TEST_CASE("a paused stream still notices a reset by its peer") {
    server there(nullptr, quiet);
    {
        plain_client here(there.port);
        auto& connection = first(there);
        run_on(there.io, [&] { connection.stream->pause_reading(); });
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(here.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    CHECK(there.log.wait("server ended").starts_with("server ended: net: connection closed by the peer"));
}

TEST_CASE("the peer's end is told, also when it comes while writing; what it had sent before is told first") {
    server there(nullptr, quiet);
    {
        plain_client here(there.port);
        here.send("bye");
        REQUIRE_FALSE(there.log.wait("accepted").empty());
    }
    CHECK(there.log.wait("server ended").starts_with("server ended: net: connection closed by the peer"));
    CHECK(run_on(there.io, [&] { return there.connections.front()->received; }) == "bye");
}

TEST_CASE("on_drained comes when all was handed to the kernel, and unsent_bytes counts what was not") {
    server there(nullptr, quiet);
    plain_client here(there.port);
    auto& connection = first(there);
    run_on(there.io, [&] {
        connection.stream->write("small");
        CHECK(there.log.count("drained") == 0);
    });
    CHECK(there.log.wait("drained") == "drained");
    run_on(there.io, [&] { connection.stream->write(std::string(30'000'000, 'b')); });
    for (int i = 0; i < 50; ++i) run_on(there.io, [] {});
    CHECK(run_on(there.io, [&] { return connection.stream->unsent_bytes(); }) > 0);
    CHECK(there.log.count("drained") == 1);
    std::size_t got = 0;
    while (got < 30'000'005) {
        const auto bytes = here.read();
        REQUIRE_FALSE(bytes.empty());
        got += bytes.size();
    }
    CHECK(there.log.wait("drained", 2) == "drained");
    CHECK(run_on(there.io, [&] { return connection.stream->unsent_bytes(); }) == 0);
}

TEST_CASE("the stream may be destroyed in its events") {
    for (const bool in_bytes : {true, false}) {
        CAPTURE(in_bytes);
        notes log;
        io_thread io("destroy");
        struct self_destroying : byte_stream_events {
            self_destroying(notes& to, bool on_data) : log(to), on_data(on_data) {}
            void on_bytes(std::string_view) override {
                if (!on_data) return;
                stream.reset();
                log.add("destroyed");
            }
            void on_ended(const failure&) override {
                stream.reset();
                log.add("ended");
            }
            std::unique_ptr<byte_stream> stream;
            notes& log;
            bool on_data;
        } events(log, in_bytes);
        auto face = run_on(io, [&] {
            return listen(io, "127.0.0.1:0", own_server_tls(),
                          [&](std::unique_ptr<byte_stream> stream) {
                              events.stream = std::move(stream);
                              events.stream->listen_to(events);
                          })
                .value();
        });
        {
            const tls_client here(face->port());
            here.send("x");
        }
        CHECK_FALSE(log.wait(in_bytes ? "destroyed" : "ended").empty());
        run_on(io, [] {});
        CHECK(log.count("ended") == (in_bytes ? 0 : 1));
        run_on(io, [&] { face.reset(); });
    }
}

TEST_CASE("an address that is taken or is none is told, with the address") {
    server there(nullptr, quiet);
    io_thread io("second");
    const auto text = "127.0.0.1:" + std::to_string(there.port);
    const auto taken = listen(io, text, nullptr, [](auto) {});
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().is(errc::address_in_use));
    CHECK(taken.error().detail().starts_with(text));
    for (const std::string bad : {"", "127.0.0.1", "8443", "nohost:1", "127.0.0.1:99999", "::1:80", "127.0.0.1:", "1.2.3.4:x"}) {
        CAPTURE(bad);
        const auto refused = listen(io, bad, nullptr, [](auto) {});
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().is(errc::listen_failed));
        CHECK(refused.error().detail().contains("ip:port"));
    }
    const auto elsewhere = listen(io, "192.0.2.1:0", nullptr, [](auto) {});
    REQUIRE_FALSE(elsewhere.has_value());
    CHECK(elsewhere.error().is(errc::listen_failed));
}

TEST_CASE("a listener that stops listening has its port refused, and opens it again on the same port") {
    server there(nullptr, quiet);
    const auto port = there.port;
    CHECK(plain_client(port).connected());
    // One that the kernel has taken and the listener has not goes with the listener.
    REQUIRE_FALSE(there.log.wait("accepted").empty());
    run_on(there.io, [&] { CHECK(there.face().set_listening(false).has_value()); });
    CHECK_FALSE(plain_client(port).connected());
    run_on(there.io, [&] {
        CHECK(there.face().set_listening(false).has_value());
        CHECK(there.face().set_listening(true).has_value());
        CHECK(there.face().set_listening(true).has_value());
        CHECK(there.face().port() == port);
    });
    plain_client again(port);
    CHECK(again.connected());
    REQUIRE_FALSE(there.log.wait("accepted", 2).empty());
}

TEST_CASE("policies are asked for each connection: reset comes as RST, a mute one never says a word") {
    server there(own_server_tls(), quiet);
    auto next = std::make_shared<accept_policy>(accept_policy::reset);
    run_on(there.io, [&] { there.face().set_policy([next] { return *next; }); });
    CHECK(plain_client(there.port).read() == "!reset");
    run_on(there.io, [&] { *next = accept_policy::mute_tls; });
    {
        plain_client here(there.port);
        here.send("\x16\x03\x01");
        pollfd waiting{.fd = here.fd(), .events = POLLIN, .revents = 0};
        CHECK(::poll(&waiting, 1, 50) == 0);
    }
    run_on(there.io, [&] { *next = accept_policy::serve; });
    const tls_client here(there.port);
    CHECK_FALSE(there.log.wait("accepted").empty());
    CHECK(there.log.count("accepted") == 1);
}

TEST_CASE("hundreds of connections are held on one thread and all answered") {
    static constexpr int many = 400;  // a test's descriptors are few; the bound is the process's, not the listener's
    server there(nullptr, [](server_connection& self) { self.stream->write(self.received); });
    std::vector<std::unique_ptr<plain_client>> all;
    for (int i = 0; i < many; ++i) {
        all.push_back(std::make_unique<plain_client>(there.port));
        REQUIRE(all.back()->connected());
    }
    for (const auto& each : all) each->send("ping");
    for (const auto& each : all) CHECK(each->read() == "ping");
}
