// Faults below the protocol, carried out on real sockets.
#include <doctest/doctest.h>

#include "net/io_thread.hpp"
#include "unit/sim_server/running.hpp"

#include <future>

using namespace server_test;
using wire_test::client_frame;

namespace {
const std::string heartbeat = client_frame(1, R"({"op":1,"d":null})");

std::string fault(std::string_view name, std::string_view more = {}) {
    return R"({"do":"fault","fault":")" + std::string(name) + R"(","all":true)" + std::string(more) + "}";
}
}  // namespace

TEST_CASE("F1 a FIN ends the stream without a close frame") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    order(*running, fault("F1"));
    CHECK_FALSE(client.next_frame().has_value());
    CHECK(client.ended);
    CHECK(client.error == 0);
}

TEST_CASE("F2 a reset ends the stream with an error") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    order(*running, fault("F2"));
    CHECK_FALSE(client.next_frame().has_value());
    CHECK(client.error == ECONNRESET);
}

TEST_CASE("F2 in mid-frame: a frame begins and never ends") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    order(*running, fault("F2", R"(,"how":"mid_frame")"));
    CHECK_FALSE(client.next_frame().has_value());
    CHECK(client.error == ECONNRESET);
    CHECK(client.left().size() > 100);
}

TEST_CASE("F2 in mid-record: TLS never sees the record whole") {
    const auto running = start({});
    raw_client client(port_of(running->addresses().gateway));
    REQUIRE(client.start_tls());
    become_ready(client);
    order(*running, fault("F2", R"(,"how":"mid_record")"));
    CHECK_FALSE(client.next_frame().has_value());
    CHECK(client.ended);
    CHECK_FALSE(client.clean_tls_end);
    CHECK(client.left().empty());
}

TEST_CASE("F3 a close frame without a code") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    order(*running, fault("F3"));
    CHECK(client.next_close() == 1005);
    client.send(client_frame(8, ""));
    client.read_to_end();
    CHECK(client.error == 0);
}

TEST_CASE("F4 a close frame with a code, and TCP's end even if no echo comes") {
    const auto running = start({.plain = true, .close_grace = std::chrono::milliseconds(50)});
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    order(*running, fault("F4", R"(,"code":4123)"));
    CHECK(client.next_close() == 4123);
    client.read_to_end();
    CHECK(client.ended);
}

TEST_CASE("F5 TCP is refused, on one host or both, and served again after clear") {
    const auto running = start();
    const auto& at = running->addresses();
    order(*running, R"({"do":"fault","fault":"F5","host":"gateway"})");
    CHECK(raw_client(port_of(at.gateway)).error == ECONNREFUSED);
    CHECK(raw_client(port_of(at.resume)).connected);
    order(*running, R"({"do":"fault","fault":"F5"})");
    CHECK(raw_client(port_of(at.resume)).error == ECONNREFUSED);
    order(*running, R"({"do":"clear"})");
    CHECK(raw_client(port_of(at.gateway)).upgrade() == 101);
    CHECK(raw_client(port_of(at.resume)).upgrade() == 101);
}

TEST_CASE("F5 by percentage some are reset and some are served") {
    const auto running = start();
    order(*running, R"({"do":"fault","fault":"F5","percent":50})");
    int served = 0;
    for (int i = 0; i < 40; ++i) served += raw_client(port_of(running->addresses().gateway)).upgrade() == 101 ? 1 : 0;
    CHECK(served > 5);
    CHECK(served < 35);
}

TEST_CASE("F5 with a port of its own for the gateway REST is spared") {
    const auto running = start({.gateway_listen = "127.0.0.1:0", .plain = true});
    order(*running, R"({"do":"fault","fault":"F5","host":"gateway"})");
    CHECK(raw_client(port_of(running->addresses().gateway)).error == ECONNREFUSED);
    CHECK(raw_client(port_of(running->addresses().api_base)).http("GET", "/api/v10/gateway").status == 200);
}

TEST_CASE("F6 TCP is accepted and TLS never answered") {
    const auto running = start({});
    order(*running, R"({"do":"fault","fault":"F6"})");
    raw_client mute(port_of(running->addresses().gateway));
    REQUIRE(mute.connected);
    mute.send(std::string("\x16\x03\x01\x00\x05hello", 10));  // even nonsense would get an alert from a living TLS
    CHECK_FALSE(mute.readable(300));
    order(*running, R"({"do":"clear"})");
    raw_client client(port_of(running->addresses().gateway));
    CHECK(client.start_tls());
    CHECK(client.upgrade() == 101);
}

TEST_CASE("F7 the upgrade is answered with an error page") {
    const auto running = start();
    for (const int status : {429, 502, 503, 520}) {
        CAPTURE(status);
        order(*running, R"({"do":"fault","fault":"F7","status":)" + std::to_string(status) + "}");
        raw_client client(port_of(running->addresses().gateway));
        client.send(raw_client::upgrade_request("/?v=10&encoding=json"));
        const auto reply = client.read_reply();
        CHECK(reply.status == status);
        CHECK(reply.head.find("text/html") != std::string::npos);
        CHECK(reply.body.find("<html>") != std::string::npos);
        CHECK(raw_client(port_of(running->addresses().api_base)).http("GET", "/api/v10/gateway").status == 200);
    }
    order(*running, R"({"do":"clear"})");
    CHECK(raw_client(port_of(running->addresses().gateway)).upgrade() == 101);
}

TEST_CASE("F12 it stops reading until the client can send no more, and reads everything later") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    order(*running, fault("F12", R"(,"ms":700)"));
    const auto ping = client_frame(9, std::string(100, 'p'));
    std::string many;
    for (int i = 0; i < 5000; ++i) many += ping;
    long sent = 0;
    long taken = 0;
    while ((taken = client.send_without_waiting(std::string_view(many).substr(static_cast<std::size_t>(sent) % ping.size()))) >
           0) {
        sent += taken;
    }
    CHECK(sent > 100000);
    CHECK_FALSE(client.readable(0));  // no pong for any of them
    for (long pongs = 0; pongs < sent / static_cast<long>(ping.size()); ++pongs) {
        const auto frame = client.next_frame();
        REQUIRE(frame.has_value());
        CHECK(frame->opcode == 10);
    }
}

TEST_CASE("F13 nothing is sent for a while, then everything") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    order(*running, fault("F13", R"(,"ms":600)"));
    for (int i = 0; i < 4; ++i) client.send(heartbeat);
    CHECK_FALSE(client.readable(200));
    for (int i = 0; i < 4; ++i) CHECK(read_text(client.next_message()).at("op") == 11);
}

TEST_CASE("F33 zlib messages come over many websocket messages on a live connection") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    REQUIRE(client.upgrade("/?v=10&encoding=json&compress=zlib-stream") == 101);
    wire_test::plain_inflater inflater;
    CHECK(json::parse(inflater.read(client.next_message().value())).at("op") == 10);
    order(*running, fault("F33", R"(,"count":10)"));
    std::size_t messages = 0;
    for (int i = 0; i < 10; ++i) {
        client.send(heartbeat);
        std::string whole;
        do {
            const auto part = client.next_message();
            REQUIRE(part.has_value());
            whole += *part;
            ++messages;
        } while (!whole.ends_with(std::string("\x00\x00\xFF\xFF", 4)));
        CHECK(json::parse(inflater.read(whole)).at("op") == 11);
    }
    CHECK(messages > 30);
}

TEST_CASE("F34 messages come in fragments with pings between on a live connection") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    order(*running, fault("F34", R"(,"count":1)"));
    client.send(heartbeat);
    std::string whole;
    int pings = 0;
    for (bool last = false; !last;) {
        const auto frame = client.next_frame();
        REQUIRE(frame.has_value());
        if (frame->opcode == 9) {
            ++pings;
            client.send(client_frame(10, frame->payload));
            continue;
        }
        whole += frame->payload;
        last = frame->last;
    }
    CHECK(pings > 0);
    CHECK(json::parse(whole).at("op") == 11);
    client.send(heartbeat);  // the pongs hurt nobody
    CHECK(read_text(client.next_message()).at("op") == 11);
}

TEST_CASE("F35 a byte is corrupt on a live connection, for zlib and for zstd") {
    const auto running = start();
    raw_client zlib(port_of(running->addresses().gateway));
    raw_client zstd(port_of(running->addresses().gateway));
    REQUIRE(zlib.upgrade("/?v=10&encoding=json&compress=zlib-stream") == 101);
    REQUIRE(zstd.upgrade("/?v=10&encoding=json&compress=zstd-stream") == 101);
    wire_test::plain_inflater inflater;
    wire_test::plain_unzstd unzstd;
    CHECK(json::parse(inflater.read(zlib.next_message().value())).at("op") == 10);
    CHECK(json::parse(unzstd.read(zstd.next_message().value())).at("op") == 10);
    order(*running, fault("F35"));
    zlib.send(heartbeat);
    zstd.send(heartbeat);
    inflater.read(zlib.next_message().value());
    unzstd.read(zstd.next_message().value());
    CHECK_FALSE(inflater.sound);
    CHECK_FALSE(unzstd.sound);
}

TEST_CASE("F36 several messages leave in one segment") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    const auto before = client.data_segments();
    order(*running, fault("F36", R"(,"count":5)"));
    for (int i = 0; i < 5; ++i) client.send(heartbeat);
    const auto together = client.read_once();
    CHECK(wire_test::read_frames(together).size() == 5);
    CHECK(client.data_segments() == before + 1);
}

TEST_CASE("F36 what would wait too long for company leaves alone") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    order(*running, fault("F36", R"(,"count":50)"));
    client.send(heartbeat);
    CHECK(read_text(client.next_message()).at("op") == 11);
}

TEST_CASE("F37 every segment carries one byte, and then they are whole again") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    const auto before = client.data_segments();
    order(*running, fault("F37", R"(,"count":1)"));
    client.send(heartbeat);
    const auto ack = client.next_frame();
    REQUIRE(ack.has_value());
    CHECK(json::parse(ack->payload).at("op") == 11);
    // The kernel joins what its window holds back, and starts with a window of ten.
    CHECK(client.data_segments() - before >= 9);
    const auto after = client.data_segments();
    client.send(heartbeat);
    CHECK(read_text(client.next_message()).at("op") == 11);
    CHECK(client.data_segments() - after <= 2);
}
