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

dial_request to(std::string url) {
    dial_request request;
    request.url = std::move(url);
    return request;
}
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

TEST_CASE("messages go both ways over TLS and over plain text on loopback") {
    for (const bool plain : {false, true}) {
        CAPTURE(plain);
        server there(plain ? nullptr : own_server_tls(), after_upgrade([](server_connection& self) {
                         while (auto got = take_frame(self.received)) {
                             if (got->opcode == 1) self.stream->write(frame(2, "echo " + got->payload));
                         }
                     }));
        client here(plain ? nullptr : own_client_tls());
        here.events.at_open = [&] { here.events.socket->send("first"); };
        here.dial(plain ? ws(there) : wss(there));
        CHECK(here.events.log.wait("binary:") == "binary:echo first");
        here.on_socket([](websocket& socket) { CHECK(socket.send(std::string(4096, 'x'))); });
        CHECK(here.events.log.wait("binary:echo x") == "binary:echo " + std::string(4096, 'x'));
        CHECK(here.events.traffic >= 2);
    }
}

TEST_CASE("a certificate for an IP address is accepted for that address") {
    server there(own_server_tls(), after_upgrade({}));
    client here;
    here.dial(wss(there, "127.0.0.1"));
    CHECK(here.events.log.wait("open") == "open");
}

TEST_CASE("IPv6 loopback is dialed by its bracketed address") {
    server there(own_server_tls(), after_upgrade({}), "[::1]:0");
    client here;
    here.dial(wss(there, "[::1]"));
    CHECK(here.events.log.wait("open") == "open");
}

TEST_CASE("the upgrade request names host, path and agent") {
    std::promise<std::string> asked;
    server there(nullptr, [&](server_connection& self) {
        if (self.stage == 0 && self.received.contains("\r\n\r\n")) {
            self.stage = 1;
            asked.set_value(self.received);
        }
    });
    client here(nullptr);
    here.dial("ws://localhost:" + std::to_string(there.port) + "?v=10&compress=zstd-stream");
    auto future = asked.get_future();
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    const auto text = future.get();
    CHECK(text.starts_with("GET /?v=10&compress=zstd-stream HTTP/1.1\r\n"));
    CHECK(text.contains("Host: localhost:" + std::to_string(there.port) + "\r\n"));
    CHECK(text.contains("User-Agent: DiscordBot (test)\r\n"));
    CHECK_FALSE(text.contains("permessage-deflate"));
}

TEST_CASE("plain text is dialed on loopback only, and what is no websocket url is refused, as on_closed after the call") {
    client here;
    for (const std::string url :
         {"ws://gateway.discord.gg/", "ws://10.0.0.1/", "ws://localhost.example.com/", "http://localhost/", "wss://", "nonsense",
          "wss://user:pass@localhost/", "wss://localhost:99999/", ""}) {
        CAPTURE(url);
        recorder events;
        bool inside = false;
        run_on(here.io, [&] {
            events.at_closed = [&](const close_report&) { CHECK_FALSE(inside); };
            inside = true;
            events.socket = here.dial_with->dial(to(url), events);
            inside = false;
        });
        CHECK(events.log.wait("closed").starts_with("closed - dialing | net: bad url"));
        run_on(here.io, [&] { events.socket.reset(); });
    }
}

TEST_CASE("a refused connection, a host without address and a plain-only dialer end while dialing") {
    std::uint16_t nobody = 0;
    {
        server there(nullptr, {});
        nobody = there.port;
    }
    client here;
    here.dial("wss://127.0.0.1:" + std::to_string(nobody) + "/");
    CHECK(here.closed().starts_with("closed - dialing | net: cannot connect: 127.0.0.1:" + std::to_string(nobody)));

    client lost;
    lost.dial("wss://no-such-host.invalid/");
    CHECK(lost.closed().starts_with("closed - dialing | net: host not found: no-such-host.invalid"));

    client plain(nullptr);
    plain.dial("wss://localhost:1/");
    CHECK(plain.closed().starts_with("closed - dialing | net: bad url"));
}

TEST_CASE("a server whose authority is not trusted is refused with a sentence about its certificate") {
    const auto other = make_self_signed({"localhost"}, 30).value();
    server there(server_tls(other.certificate_pem, other.key_pem).value(), after_upgrade({}));
    client here;
    here.dial(wss(there));
    const auto closed = here.closed();
    CHECK(closed.starts_with("closed - dialing | net: certificate not trusted: the certificate of localhost"));
    CHECK(closed.contains("ca-file"));
    CHECK(here.events.log.count("open") == 0);
}

TEST_CASE("a certificate for another name is refused, also when its authority is trusted") {
    const auto other = make_self_signed({"example.org"}, 30).value();
    const text_file file(other.certificate_pem);
    server there(server_tls(other.certificate_pem, other.key_pem).value(), after_upgrade({}));
    for (const char* host : {"localhost", "127.0.0.1"}) {
        CAPTURE(host);
        client here(client_tls(file.path()).value());
        here.dial(wss(there, host));
        const auto closed = here.closed();
        CHECK(closed.starts_with("closed - dialing | net: certificate not trusted: the certificate of"));
        CHECK(closed.contains("mismatch"));
        CHECK(closed.contains("check the address"));
    }
}

TEST_CASE("an expired certificate is refused") {
    const auto old = make_self_signed({"localhost"}, 0).value();
    const text_file file(old.certificate_pem);
    // Valid until the second in which it was made; a negative span is refused by some libraries, zero by none.
    const auto older = make_self_signed({"localhost"}, -1).value();
    const text_file older_file(older.certificate_pem);
    server there(server_tls(older.certificate_pem, older.key_pem).value(), after_upgrade({}));
    client here(client_tls(older_file.path()).value());
    here.dial(wss(there));
    const auto closed = here.closed();
    CHECK(closed.contains("expired"));
    CHECK(closed.contains("check the clock of this machine"));
}

TEST_CASE("the connect timeout covers a TLS handshake that is never answered") {
    server there(own_server_tls(), after_upgrade({}));
    run_on(there.io, [&] { there.face().set_policy([] { return accept_policy::mute_tls; }); });
    client here;
    here.dial(wss(there), [](dial_request& request) { request.connect_timeout = 50ms; });
    CHECK(here.closed().starts_with("closed - dialing | net: timed out"));
}

TEST_CASE("the connect timeout covers an upgrade that is never answered") {
    server there(own_server_tls(), [](server_connection&) {});
    client here;
    here.dial(wss(there), [](dial_request& request) { request.connect_timeout = 200ms; });
    const auto closed = here.closed();
    CHECK(closed.starts_with("closed - dialing | net: timed out"));
    CHECK(closed.contains("upgrade"));
}

TEST_CASE("an accepted connection that is reset before TLS ends while dialing") {
    server there(own_server_tls(), after_upgrade({}));
    run_on(there.io, [&] { there.face().set_policy([] { return accept_policy::reset; }); });
    client here;
    here.dial(wss(there));
    CHECK(here.closed().starts_with("closed - dialing | net: cannot connect"));
}

TEST_CASE("an upgrade answered with an HTML page is refused with its status") {
    for (const int status : {429, 502, 503, 520, 200, 302}) {
        CAPTURE(status);
        server there(own_server_tls(), [status](server_connection& self) {
            if (!take_upgrade(self.received)) return;
            self.stream->write(write_response({.status = static_cast<std::uint16_t>(status),
                                               .headers = {{"Content-Type", "text/html"}},
                                               .body = "<html>Bad gateway</html>"},
                                              false));
            self.stream->finish();
        });
        client here;
        here.dial(wss(there));
        CHECK(here.closed().starts_with("closed - dialing | net: websocket upgrade refused: localhost:" +
                                        std::to_string(there.port) + ": status " + std::to_string(status)));
    }
}

TEST_CASE("an upgrade answered with no HTTP, a wrong key or the end of the stream ends while dialing") {
    struct row {
        std::string answer;
        std::string_view expected;
    };
    for (const auto& each :
         {row{"SSH-2.0-OpenSSH_9.2\r\n\r\n", "closed - dialing | net: protocol broken"},
          row{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
              "closed - dialing | net: protocol broken"},
          row{"HTTP/1.1 101 Swit", "closed - dialing | net: connection closed by the peer"},
          row{"", "closed - dialing | net: connection closed by the peer"}}) {
        CAPTURE(each.answer);
        server there(own_server_tls(), [&](server_connection& self) {
            if (!take_upgrade(self.received)) return;
            self.stream->write(each.answer);
            self.stream->finish();
        });
        client here;
        here.dial(wss(there));
        const auto closed = here.closed();
        CAPTURE(closed);
        CHECK(closed.starts_with(each.expected));
    }
}

TEST_CASE("each close code of the peer is reported with its reason") {
    for (const int code : {1011, 1012, 4000, 4004, 4006, 4009, 4014, 4999}) {
        CAPTURE(code);
        std::promise<int> echoed;
        server there(own_server_tls(), after_upgrade([&, code](server_connection& self) {
                         if (self.stage == 1) {
                             self.stage = 2;
                             self.stream->write(close_frame(static_cast<std::uint16_t>(code), "because"));
                         }
                         if (const auto got = take_frame(self.received)) echoed.set_value(got->opcode == 8 ? code_in(*got) : -1);
                     }));
        client here;
        here.dial(wss(there));
        CHECK(here.closed().starts_with("closed " + std::to_string(code) + " | net: connection closed by the peer"));
        CHECK(here.events.last.reason == "because");
        CHECK_FALSE(here.events.last.by_us);
        CHECK_FALSE(here.events.last.while_dialing);
        auto future = echoed.get_future();
        REQUIRE(future.wait_for(patience) == std::future_status::ready);
        CHECK(future.get() == code);
    }
}

TEST_CASE("1000 and 1001 never leave this side by themselves: neither as an echo nor at destruction, cut or a broken protocol") {
    const std::vector<std::pair<std::string, std::string>> ends = {{close_frame(1000), "closed 1000"},
                                                                   {close_frame(1001), "closed 1001"},
                                                                   {frame(8, ""), "closed 1005"},
                                                                   {frame(3, "reserved"), "closed - |"},
                                                                   {"", "closed - by us"}};
    for (const auto& [bytes, expected] : ends) {
        CAPTURE(expected);
        server there(own_server_tls(), after_upgrade([&sent = bytes](server_connection& self) {
                         if (self.stage == 1) {
                             self.stage = 2;
                             self.stream->write(sent);
                         }
                     }));
        client here;
        if (bytes.empty()) here.events.at_open = [&] { here.events.socket->cut(); };
        here.dial(wss(there));
        CHECK(here.closed().starts_with(expected));
        REQUIRE_FALSE(there.log.wait("server ended").empty());
        run_on(there.io, [&] {
            auto& bytes_seen = there.connections.front()->received;
            while (const auto got = take_frame(bytes_seen)) {
                if (got->opcode != 8) continue;
                CHECK(code_in(*got) != 1000);
                CHECK(code_in(*got) != 1001);
                CHECK(code_in(*got) != 1005);
            }
        });
    }
}

TEST_CASE("destroying a websocket cuts it without a close frame and without a further event") {
    server there(own_server_tls(), after_upgrade({}));
    client here;
    here.dial(wss(there));
    REQUIRE(here.events.log.wait("open") == "open");
    run_on(here.io, [&] { here.events.socket.reset(); });
    REQUIRE_FALSE(there.log.wait("server ended").empty());
    run_on(there.io, [&] { CHECK(there.connections.front()->received.empty()); });
    CHECK(here.events.log.count("closed") == 0);
}

TEST_CASE("close sends its code behind what is queued and ends with the echo") {
    std::string order;
    server there(own_server_tls(), after_upgrade([&](server_connection& self) {
                     while (const auto got = take_frame(self.received)) {
                         order += got->opcode == 8 ? "close " + std::to_string(code_in(*got)) : got->payload.substr(0, 3) + " ";
                         if (got->opcode == 8) self.stream->write(close_frame(4000));
                     }
                 }));
    client here;
    here.events.at_open = [&] {
        for (int i = 1; i <= 3; ++i) here.events.socket->send("m" + std::to_string(i) + " " + std::string(100'000, 'x'));
        here.events.socket->close(4000, 20s);
        CHECK_FALSE(here.events.socket->send("too late"));
    };
    here.dial(wss(there));
    CHECK(here.closed().starts_with("closed 4000 by us"));
    run_on(there.io, [&] { CHECK(order == "m1  m2  m3  close 4000"); });
}

TEST_CASE("close with 1000 leaves when it is asked for") {
    std::promise<int> code;
    server there(own_server_tls(), after_upgrade([&](server_connection& self) {
                     if (const auto got = take_frame(self.received)) {
                         code.set_value(code_in(*got));
                         self.stream->write(close_frame(1000));
                     }
                 }));
    client here;
    here.events.at_open = [&] { here.events.socket->close(1000, 20s); };
    here.dial(wss(there));
    CHECK(here.closed().starts_with("closed 1000 by us"));
    CHECK(code.get_future().get() == 1000);
}

TEST_CASE("a close that is never echoed ends after its grace, with no code") {
    server there(own_server_tls(), after_upgrade({}));
    client here;
    here.events.at_open = [&] { here.events.socket->close(4000, 30ms); };
    here.dial(wss(there));
    CHECK(here.closed().starts_with("closed - by us | net: stopped"));
}

TEST_CASE("after close() messages that still arrive are not told, and the echo behind them is found") {
    server there(own_server_tls(), after_upgrade([](server_connection& self) {
                     if (const auto got = take_frame(self.received)) {
                         for (int i = 0; i < 50; ++i) self.stream->write(frame(2, std::string(10'000, 'z')));
                         self.stream->write(frame(9, "ping") + close_frame(4000));
                     }
                 }));
    client here;
    here.events.at_open = [&] { here.events.socket->close(4000, 20s); };
    here.dial(wss(there));
    CHECK(here.closed().starts_with("closed 4000 by us"));
    CHECK(here.events.log.count("binary") == 0);
}

TEST_CASE("a close of ours crosses one of the peer's: one end, with the peer's code") {
    for (int round = 0; round < 20; ++round) {
        server there(own_server_tls(), after_upgrade({}, close_frame(4009, "crossing")));
        client here;
        here.events.at_open = [&] { here.events.socket->close(4000, 20s); };
        here.dial(wss(there));
        CHECK(here.closed().starts_with("closed 4009"));
        run_on(here.io, [] {});
        CHECK(here.events.log.count("closed") == 1);
    }
}

TEST_CASE("cut ends at once, also while dialing, and on_closed comes after the call and once") {
    server there(own_server_tls(), after_upgrade({}));
    client here;
    here.dial(wss(there));
    REQUIRE(here.events.log.wait("open") == "open");
    here.on_socket([&](websocket& socket) {
        socket.cut();
        socket.cut();
        socket.close(4000, 1s);
        CHECK_FALSE(socket.send("late"));
        CHECK(here.events.log.count("closed") == 0);
    });
    CHECK(here.closed().starts_with("closed - by us | net: stopped"));
    run_on(here.io, [] {});
    CHECK(here.events.log.count("closed") == 1);

    client early;
    run_on(early.io, [&] {
        early.events.socket = early.dial_with->dial(to(wss(there)), early.events);
        early.events.socket->cut();
    });
    CHECK(early.closed().starts_with("closed - by us dialing"));
    run_on(early.io, [] {});
    CHECK(early.events.log.count("open") == 0);
}

TEST_CASE("the websocket may be destroyed in each of its events") {
    for (const char* where : {"open", "message", "message after cut", "message after close", "closed", "traffic"}) {
        CAPTURE(where);
        const std::string_view in(where);
        server there(own_server_tls(), after_upgrade({}, frame(1, "one") + frame(1, "two") + close_frame(4000)));
        client here;
        std::promise<void> destroyed;
        const auto destroy = [&] {
            here.events.socket.reset();
            destroyed.set_value();
        };
        struct on_traffic_recorder : recorder {
            std::function<void()> at_traffic;
            void on_traffic() override {
                if (auto then = std::exchange(at_traffic, nullptr)) then();
            }
        } events;
        if (in == "traffic") events.at_traffic = [&] { events.socket.reset(), destroyed.set_value(); };
        if (in == "open") here.events.at_open = destroy;
        if (in == "closed") here.events.at_closed = [&](const close_report&) { destroy(); };
        if (in.starts_with("message")) {
            here.events.at_message = [&](std::string_view) {
                if (in == "message after cut") here.events.socket->cut();
                if (in == "message after close") here.events.socket->close(4000, 1s);
                destroy();
            };
        }
        if (in == "traffic") {
            run_on(here.io, [&] { events.socket = here.dial_with->dial(to(wss(there)), events); });
        } else {
            here.dial(wss(there));
        }
        REQUIRE(destroyed.get_future().wait_for(patience) == std::future_status::ready);
        REQUIRE_FALSE(there.log.wait("server ended").empty());
        run_on(here.io, [] {});
        if (in != "closed") CHECK(here.events.log.count("closed") == 0);
        CHECK(here.events.log.count("text:two") == (in == "closed" ? 1 : 0));
    }
}

TEST_CASE("no message follows cut() or close() from inside on_message") {
    for (const bool cut : {true, false}) {
        server there(own_server_tls(), after_upgrade({}, frame(1, "one") + frame(1, "two") + frame(1, "three")));
        client here;
        here.events.at_message = [&](std::string_view) {
            if (cut) {
                here.events.socket->cut();
            } else {
                here.events.socket->close(4000, 20ms);
            }
        };
        here.dial(wss(there));
        CHECK(here.closed().starts_with("closed - by us"));
        CHECK(here.events.log.count("text") == 1);
    }
}

TEST_CASE("a FIN without a close frame and a reset both end with no code, not asked for by us") {
    for (const bool reset : {true, false}) {
        CAPTURE(reset);
        server there(own_server_tls(), after_upgrade([reset](server_connection& self) {
                         if (!take_frame(self.received)) return;
                         if (reset) {
                             self.stream->reset();
                         } else {
                             self.stream->finish();
                         }
                     }));
        client here;
        here.events.at_open = [&] { here.events.socket->send("go"); };
        here.dial(wss(there));
        CHECK(here.closed().starts_with("closed - | net: connection closed by the peer"));
        CHECK_FALSE(here.events.last.while_dialing);
    }
}

TEST_CASE("a reset in the middle of a TLS record loses that message only: what came before it is told") {
    server there(own_server_tls(), after_upgrade([](server_connection& self) {
                     if (!take_frame(self.received)) return;
                     self.stream->write(frame(2, "whole"));
                     self.stream->write_half_and_reset(frame(2, std::string(5000, 'h')));
                 }));
    client here;
    here.events.at_open = [&] { here.events.socket->send("go"); };
    here.dial(wss(there));
    CHECK(here.closed().starts_with("closed - | net: connection closed by the peer"));
    CHECK(here.events.log.count("binary:whole") == 1);
    CHECK(here.events.log.count("binary:h") == 0);
}

TEST_CASE("a fragmented message with pings in between is one message; each ping is answered and counts as traffic") {
    server there(own_server_tls(), after_upgrade([](server_connection& self) {
                     if (self.stage == 1) {
                         self.stage = 2;
                         self.stream->write(frame(2, "ab", false) + frame(9, "p1"));
                         self.stream->write(frame(0, "", false) + frame(0, "cd", false) + frame(9, "p2") + frame(0, "ef"));
                     }
                     while (const auto got = take_frame(self.received)) {
                         self.stage += got->opcode == 10 ? 1 : 0;
                         if (self.stage == 4) self.stream->write(frame(1, "both answered"));
                     }
                 }));
    client here;
    here.dial(wss(there));
    CHECK(here.events.log.wait("text:") == "text:both answered");
    CHECK(here.events.log.all()[1] == "binary:abcdef");
}

TEST_CASE("a ping alone counts as traffic") {
    server there(own_server_tls(), after_upgrade([](server_connection& self) {
                     if (self.stage == 1) {
                         self.stage = 2;
                         self.stream->write(frame(9, "alive?"));
                     }
                     if (const auto got = take_frame(self.received); got && got->opcode == 10) self.stream->finish();
                 }));
    client here;
    here.dial(wss(there));
    REQUIRE_FALSE(here.closed().empty());
    CHECK(here.events.traffic >= 1);
    CHECK(here.events.log.count("binary") + here.events.log.count("text") == 0);
}

TEST_CASE("messages arrive whole from segments of one byte, over plain text and TLS") {
    for (const bool plain : {true, false}) {
        CAPTURE(plain);
        const std::string big(plain ? 3000 : 1000, 'q');
        server there(plain ? nullptr : own_server_tls(), [&](server_connection& self) {
            const auto answer = take_upgrade(self.received);
            if (!answer) return;
            self.stream->set_segment_bytes(1);
            self.stream->write(*answer);
            self.stream->write(frame(1, "hello") + frame(2, big) + frame(2, "") + close_frame(4000));
        });
        client here(plain ? nullptr : own_client_tls());
        here.dial(plain ? ws(there) : wss(there));
        REQUIRE(here.closed().starts_with("closed 4000"));
        CHECK(here.events.log.all() == std::vector<std::string>{"open", "text:hello", "binary:" + big, "binary:", here.closed()});
    }
}

TEST_CASE("paused reading delivers nothing after the current message, and everything in order once resumed") {
    static constexpr int total = 2000;
    server there(own_server_tls(), after_upgrade([](server_connection& self) {
                     if (self.stage != 1) return;
                     self.stage = 2;
                     for (int i = 0; i < total; ++i)
                         self.stream->write(frame(2, std::to_string(i) + " " + std::string(10'000, '.')));
                     self.stream->write(frame(1, "end"));
                 }));
    client here;
    here.events.at_message = [&](std::string_view text) {
        if (text.starts_with("0 ") || text.starts_with("1000 ")) here.events.socket->pause_reading();
    };
    here.dial(wss(there));
    REQUIRE_FALSE(here.events.log.wait("binary:0 ").empty());
    // The server cannot get rid of 20 MB while nobody reads.
    for (int i = 0; i < 100; ++i) run_on(here.io, [] {}), run_on(there.io, [] {});
    CHECK(run_on(there.io, [&] { return there.connections.front()->stream->unsent_bytes() > 0; }));
    CHECK(here.events.log.count("binary") == 1);
    here.on_socket([](websocket& socket) {
        socket.resume_reading();
        socket.resume_reading();
    });
    REQUIRE_FALSE(here.events.log.wait("binary:1000 ").empty());
    CHECK(here.events.log.count("binary") == 1001);
    here.on_socket([](websocket& socket) { socket.resume_reading(); });
    REQUIRE(here.events.log.wait("text:") == "text:end");
    const auto all = here.events.log.all();
    REQUIRE(all.size() == total + 2);
    for (int i = 0; i < total; ++i) {
        if (!all[static_cast<std::size_t>(i) + 1].starts_with("binary:" + std::to_string(i) + " ")) FAIL("out of order at " << i);
    }
}

TEST_CASE("paused from outside while a read is under way: the message that it brings is held until resumed") {
    server there(own_server_tls(), after_upgrade([](server_connection& self) {
                     if (const auto got = take_frame(self.received))
                         self.stream->write(frame(1, got->payload) + frame(9, "sent"));
                 }));
    client here;
    here.dial(wss(there));
    REQUIRE(here.events.log.wait("open") == "open");
    here.on_socket([](websocket& socket) {
        socket.pause_reading();
        socket.send("held");
    });
    // The server has written it; the client's thread has had turns to read it.
    REQUIRE_FALSE(there.log.wait("drained", 2).empty());
    for (int i = 0; i < 50; ++i) run_on(here.io, [] {});
    CHECK(here.events.log.count("text") == 0);
    here.on_socket([&](websocket& socket) {
        socket.resume_reading();
        CHECK(here.events.log.count("text") == 0);  // not inside the call
    });
    CHECK(here.events.log.wait("text") == "text:held");
}

TEST_CASE("a paused websocket can be closed and ends with the echo behind what it did not read") {
    server there(own_server_tls(), after_upgrade(
                                       [](server_connection& self) {
                                           if (const auto got = take_frame(self.received); got && got->opcode == 8)
                                               self.stream->write(close_frame(4000));
                                       },
                                       frame(1, "one") + frame(1, "two")));
    client here;
    here.events.at_open = [&] { here.events.socket->pause_reading(); };
    here.dial(wss(there));
    REQUIRE(here.events.log.wait("open") == "open");
    here.on_socket([](websocket& socket) { socket.close(4000, 20s); });
    CHECK(here.closed().starts_with("closed 4000 by us"));
    CHECK(here.events.log.count("text") == 0);
}

TEST_CASE("the send queue is bounded: a peer that stops reading makes send answer false, and unsent_bytes tells how much waits") {
    // It stops once: what comes after it reads again must not stop it anew.
    server there(own_server_tls(), after_upgrade([](server_connection& self) {
                     if (std::exchange(self.stage, 2) == 1) self.stream->pause_reading();
                 }));
    client here;
    here.dial(wss(there), [](dial_request& request) { request.send_queue_bytes = 1'000'000; });
    REQUIRE(here.events.log.wait("open") == "open");
    const std::string message(100'000, 'm');
    bool refused = false;
    for (int i = 0; i < 1000 && !refused; ++i) {
        // The figure belongs to the moment of the refusal: a write that is under way may end right after it.
        refused = run_on(here.io, [&] {
            auto& socket = *here.events.socket;
            if (socket.send(message)) return false;
            CHECK(socket.unsent_bytes() <= 1'000'000);
            CHECK(socket.unsent_bytes() > 900'000);
            return true;
        });
    }
    REQUIRE(refused);
    CHECK(here.events.log.count("closed") == 0);
    // Reading again empties it.
    run_on(there.io, [&] { there.connections.front()->stream->resume_reading(); });
    bool empty = false;
    const auto until = boot_now() + patience;
    while (!empty && boot_now() < until) empty = run_on(here.io, [&] { return here.events.socket->unsent_bytes() == 0; });
    CHECK(empty);
}

TEST_CASE("a close against a peer that reads nothing ends after its grace although the queue is full") {
    server there(own_server_tls(), after_upgrade([](server_connection& self) { self.stream->pause_reading(); }));
    client here;
    here.events.at_open = [&] {
        while (here.events.socket->send(std::string(100'000, 'm'))) {
        }
        here.events.socket->close(4000, 50ms);
    };
    here.dial(wss(there), [](dial_request& request) { request.send_queue_bytes = 30'000'000; });
    CHECK(here.closed().starts_with("closed - by us | net: stopped"));
}

TEST_CASE("a message over the cap ends the connection with 1009, in one frame or in fragments") {
    for (const bool fragments : {false, true}) {
        CAPTURE(fragments);
        std::promise<int> code;
        server there(own_server_tls(), after_upgrade([&](server_connection& self) {
                         if (self.stage == 1) {
                             self.stage = 2;
                             self.stream->write(frame(2, std::string(1000, 'k')));
                             if (fragments) {
                                 self.stream->write(frame(2, std::string(600, 'a'), false) + frame(0, std::string(600, 'b')));
                             } else {
                                 self.stream->write(frame(2, std::string(1001, 'a')));
                             }
                         }
                         if (const auto got = take_frame(self.received)) code.set_value(code_in(*got));
                     }));
        client here;
        here.dial(wss(there), [](dial_request& request) { request.largest_message = 1000; });
        CHECK(here.closed().starts_with("closed - | net: too large"));
        CHECK(here.events.log.count("binary:k") == 1);
        CHECK(here.events.log.count("binary:a") == 0);
        auto future = code.get_future();
        REQUIRE(future.wait_for(patience) == std::future_status::ready);
        CHECK(future.get() == 1009);
    }
}

TEST_CASE("a message of 20 MB arrives whole") {
    static const std::string giant(20'000'000, 'G');
    server there(own_server_tls(), after_upgrade([](server_connection& self) {
                     if (std::exchange(self.stage, 2) == 1) self.stream->write(frame(2, giant) + frame(1, "after"));
                 }));
    client here;
    here.dial(wss(there));
    REQUIRE(here.events.log.wait("text:") == "text:after");
    CHECK(here.events.log.all()[1].size() == giant.size() + 7);
}

TEST_CASE("many websockets on one thread, all cut by the server at once, each end once") {
    static constexpr std::size_t many = 100;
    server there(own_server_tls(), after_upgrade({}, frame(1, "hello")));
    client here;
    std::vector<std::unique_ptr<recorder>> all;
    run_on(here.io, [&] {
        for (std::size_t i = 0; i < many; ++i) {
            all.push_back(std::make_unique<recorder>());
            all.back()->socket = here.dial_with->dial(to(wss(there)), *all.back());
        }
    });
    for (const auto& each : all) REQUIRE(each->log.wait("text") == "text:hello");
    run_on(there.io, [&] {
        for (auto& connection : there.connections) connection->stream->reset();
    });
    for (const auto& each : all) CHECK(each->log.wait("closed").starts_with("closed - | net: connection closed"));
    run_on(here.io, [&] {
        for (const auto& each : all) CHECK(each->log.count("closed") == 1);
        all.clear();
    });
}

TEST_CASE("a thread that stops with connections open destroys what is under way") {
    server there(own_server_tls(), after_upgrade({}));
    recorder events;
    {
        io_thread io("stopping");
        auto dial_with = run_on(io, [&] { return make_dialer(io, own_client_tls()); });
        run_on(io, [&] { events.socket = dial_with->dial(to(wss(there)), events); });
        REQUIRE(events.log.wait("open") == "open");
        io.stop();
        io.join();
        events.socket.reset();
    }
    CHECK(events.log.count("closed") == 0);
}

TEST_CASE("a text message that is not UTF-8 ends the connection with 1007, a binary one with the same bytes is told") {
    std::promise<int> code;
    server there(own_server_tls(), after_upgrade([&](server_connection& self) {
                     if (std::exchange(self.stage, 2) == 1) self.stream->write(frame(2, "\xC3\x28") + frame(1, "\xC3\x28"));
                     if (const auto got = take_frame(self.received)) code.set_value(code_in(*got));
                 }));
    client here;
    here.dial(wss(there));
    CHECK(here.closed().starts_with("closed - | net: protocol broken"));
    CHECK(here.events.log.count("binary:\xC3\x28") == 1);
    CHECK(here.events.log.count("text:") == 0);
    auto future = code.get_future();
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    CHECK(future.get() == 1007);
}

TEST_CASE("a blown fuse shows the peer the end while the connection's own thread is stuck, which sees it when it comes round") {
    for (const bool plain : {false, true}) {
        CAPTURE(plain);
        std::promise<void> stuck, go_on;
        server there(plain ? nullptr : own_server_tls(), after_upgrade({}, frame(1, "block")));
        client here(plain ? nullptr : own_client_tls());
        here.events.at_message = [&](std::string_view) {
            stuck.set_value();
            go_on.get_future().wait();
        };
        const auto fuse = std::make_shared<socket_fuse>();
        CHECK_FALSE(fuse->blow());  // There is no connection yet.
        here.dial(plain ? ws(there) : wss(there), [&](dial_request& request) { request.fuse = fuse; });
        REQUIRE(stuck.get_future().wait_for(patience) == std::future_status::ready);
        CHECK(fuse->blow());
        CHECK_FALSE(fuse->blow());
        CHECK(there.log.wait("server ended") != "");
        CHECK(here.events.log.count("closed") == 0);
        go_on.set_value();
        CHECK(here.closed().starts_with("closed - | net: connection closed"));
    }
}

TEST_CASE("a fuse is good for nothing once its connection was closed: not for whatever has its number by then") {
    server there(own_server_tls(), after_upgrade([](server_connection& self) {
                     while (auto got = take_frame(self.received))
                         if (got->opcode == 8) self.stream->write(close_frame(4000));
                 }));
    const auto fuse = std::make_shared<socket_fuse>();
    client first;
    first.dial(wss(there), [&](dial_request& request) { request.fuse = fuse; });
    REQUIRE(first.events.log.wait("open") == "open");
    first.on_socket([](websocket& socket) { socket.close(4000, 10s); });
    CHECK_FALSE(fuse->blow());  // What still comes is told to nobody.
    CHECK(first.closed().starts_with("closed 4000"));
    client second;
    second.dial(wss(there), [](dial_request&) {});
    REQUIRE(second.events.log.wait("open") == "open");
    CHECK_FALSE(fuse->blow());
    second.on_socket([](websocket& socket) { CHECK(socket.send("still there")); });
    CHECK(second.events.log.count("closed") == 0);
}
