// The gateway on real sockets: upgrades, compression, closing, many sockets.
#include <sys/resource.h>

#include <doctest/doctest.h>

#include "unit/sim_server/running.hpp"

using namespace server_test;
using wire_test::client_frame;
using wire_test::plain_inflater;
using wire_test::plain_unzstd;

TEST_CASE("B4 HELLO leaves in one segment with the upgrade's answer where the switch says so") {
    const auto running = start({.plain = true, .hello_with_upgrade = 1});
    raw_client client(port_of(running->addresses().gateway));
    client.send(raw_client::upgrade_request("/?v=10&encoding=json"));
    const auto first = client.read_once();
    CHECK(first.starts_with("HTTP/1.1 101 "));
    CHECK(first.find("\"heartbeat_interval\"") != std::string::npos);
    CHECK(client.data_segments() == 1);
}

TEST_CASE("B4 HELLO follows by itself where the switch says so") {
    const auto running = start({.plain = true, .hello_with_upgrade = 0});
    raw_client client(port_of(running->addresses().gateway));
    CHECK(client.upgrade() == 101);
    CHECK(read_text(client.next_message()).at("op") == 10);
    CHECK(client.data_segments() == 2);
}

TEST_CASE("B3 upgrades are accepted with any known query, and closed with the code that says what was wrong") {
    const auto running = start();
    const auto port = port_of(running->addresses().gateway);
    for (const char* target : {"/?v=10&encoding=json", "/?encoding=json&v=9", "/?v=10"}) {
        CAPTURE(target);
        raw_client client(port);
        CHECK(client.upgrade(target) == 101);
        CHECK(read_text(client.next_message()).at("op") == 10);
    }
    for (const auto& [target, code] : {std::pair{"/?v=5&encoding=json", 4012}, std::pair{"/?v=10&encoding=xml", 4002},
                                       std::pair{"/?v=10&encoding=json&compress=brotli", 4002}}) {
        CAPTURE(target);
        raw_client client(port);
        CHECK(client.upgrade(target) == 101);
        CHECK(client.next_close() == code);
    }
}

TEST_CASE("B31 a client that asks for ETF is closed with 4002 and a sentence") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    CHECK(client.upgrade("/?v=10&encoding=etf") == 101);
    CHECK(client.next_close() == 4002);
    REQUIRE(client.close_payload.has_value());
    CHECK(client.close_payload->size() > 10);
}

TEST_CASE("what is no websocket upgrade is answered as HTTP") {
    const auto running = start();
    const auto port = port_of(running->addresses().resume);
    CHECK(raw_client(port).http("GET", "/").status == 426);
    CHECK(raw_client(port).http("GET", "/api/v10/gateway").status == 426);  // REST is not on the resume host
    CHECK(raw_client(port).http("GET", "/", "", "Upgrade: websocket\r\nConnection: Upgrade\r\n").status == 400);
    const std::string old = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 8\r\n";
    const auto reply = raw_client(port).http("GET", "/", "", old);
    CHECK(reply.status == 426);
    CHECK(reply.head.find("Sec-WebSocket-Version: 13") != std::string::npos);
    raw_client nonsense(port);
    nonsense.send("this is not HTTP\r\n\r\n");
    CHECK(nonsense.read_reply().status == 400);
}

TEST_CASE("B28 zlib-stream over a socket: binary messages of one stream from HELLO on") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    REQUIRE(client.upgrade("/?v=10&encoding=json&compress=zlib-stream") == 101);
    plain_inflater inflater;
    const auto next = [&] {
        const auto message = client.next_message();
        REQUIRE(message.has_value());
        CHECK(client.last_opcode == 2);
        CHECK(message->ends_with(std::string("\x00\x00\xFF\xFF", 4)));
        return json::parse(inflater.read(*message)).as_object();
    };
    CHECK(next().at("op") == 10);
    client.identify();
    CHECK(next().at("t") == "READY");
    CHECK(next().at("t") == "GUILD_CREATE");
    CHECK(inflater.sound);
}

TEST_CASE("B29 zstd-stream over a socket: one binary message each, one frame from HELLO on") {
    const auto running = start();
    raw_client client(port_of(running->addresses().gateway));
    REQUIRE(client.upgrade("/?v=10&encoding=json&compress=zstd-stream") == 101);
    plain_unzstd unzstd;
    const auto next = [&] {
        const auto message = client.next_message();
        REQUIRE(message.has_value());
        CHECK(client.last_opcode == 2);
        return json::parse(unzstd.read(*message)).as_object();
    };
    CHECK(next().at("op") == 10);
    client.identify();
    CHECK(next().at("t") == "READY");
    CHECK(next().at("t") == "GUILD_CREATE");
    CHECK(unzstd.sound);
}

TEST_CASE("B30 IDENTIFY's compress:true over a socket: large payloads are blobs, small ones text") {
    auto config = quick_config();
    config.world.guild_classes = "community";
    config.world.guilds = 1;
    const auto running = start({.plain = true}, config);
    raw_client client(port_of(running->addresses().gateway));
    REQUIRE(client.upgrade() == 101);
    CHECK(client.next_message().has_value());
    client.identify(R"(,"compress":true)");
    CHECK(read_text(client.next_message()).at("t") == "READY");
    CHECK(client.last_opcode == 1);
    const auto blob = client.next_message();
    REQUIRE(blob.has_value());
    CHECK(client.last_opcode == 2);
    plain_inflater fresh;
    const auto text = fresh.read(*blob);
    CHECK(text.size() >= 8 * 1024);
    CHECK(json::parse(text).at("t") == "GUILD_CREATE");
}

TEST_CASE("B12 READY names the resume host, which listens elsewhere and takes the RESUME") {
    const auto running = start();
    const auto& at = running->addresses();
    CHECK(at.gateway != at.resume);
    std::string session;
    {
        raw_client client(port_of(at.gateway));
        REQUIRE(client.upgrade() == 101);
        CHECK(client.next_message().has_value());
        client.identify();
        const auto ready = read_text(client.next_message());
        CHECK(ready.at("s") == 1);
        CHECK(ready.at("d").at("resume_gateway_url").as_string() == at.resume);
        session = std::string(ready.at("d").at("session_id").as_string());
        CHECK(session.size() == 32);
        for (const auto& guild : ready.at("d").at("guilds").as_array()) CHECK(guild.at("unavailable") == true);
    }
    raw_client again(port_of(at.resume));
    REQUIRE(again.upgrade() == 101);
    CHECK(read_text(again.next_message()).at("op") == 10);
    again.say(R"({"op":6,"d":{"token":"sim.token","session_id":")" + session + R"(","seq":1}})");
    std::uint64_t seq = 1;
    for (;;) {
        const auto message = read_text(again.next_message());
        CHECK(message.at("s").to_number<std::uint64_t>() == ++seq);
        if (message.at("t") == "RESUMED") break;
        CHECK(message.at("t") == "GUILD_CREATE");
    }
}

TEST_CASE("pings are answered, closes are echoed, and broken framing is closed with 1002") {
    const auto running = start();
    const auto port = port_of(running->addresses().gateway);
    {
        raw_client client(port);
        REQUIRE(client.upgrade() == 101);
        CHECK(client.next_message().has_value());
        client.send(client_frame(9, "are you there"));
        const auto pong = client.next_frame();
        REQUIRE(pong.has_value());
        CHECK(pong->opcode == 10);
        CHECK(pong->payload == "are you there");
        client.send(client_frame(8, std::string("\x0F\xA0", 2)));
        CHECK(client.next_close() == 4000);
        client.read_to_end();
        CHECK(client.ended);
        CHECK(client.error == 0);
    }
    {
        raw_client client(port);
        REQUIRE(client.upgrade() == 101);
        client.send(client_frame(1, "{}", true, false));
        CHECK(client.next_close() == 1002);
    }
}

TEST_CASE("what a client says before HELLO was sent is heard after it") {
    const auto running = start({.plain = true, .hello_with_upgrade = 0});
    raw_client client(port_of(running->addresses().gateway));
    client.send(raw_client::upgrade_request("/?v=10&encoding=json") + client_frame(1, R"({"op":1,"d":null})"));
    CHECK(client.read_reply().status == 101);
    CHECK(read_text(client.next_message()).at("op") == 10);
    CHECK(read_text(client.next_message()).at("op") == 11);
}

TEST_CASE("a client that lets too much wait is cut, and counted") {
    const auto running = start({.plain = true, .most_unsent_bytes = 1U << 20U});
    raw_client client(port_of(running->addresses().gateway));
    become_ready(client);
    const std::string big(900 * 1024, 'x');
    for (int i = 0; i < 60; ++i) {
        static_cast<void>(running->control(
            {{"do", "send_raw"}, {"all", true}, {"event", "BIG"}, {"data", json::object{{"x", json::string(big)}}}}));
        if (running->status().at("slow_readers_cut") == 1) break;
    }
    CHECK(running->status().at("slow_readers_cut") == 1);
    client.read_to_end();
    CHECK(client.error == ECONNRESET);
}

TEST_CASE("B52 a process holds thousands of sockets, all of which get their events") {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    // Both ends of each are in this process.
    const std::size_t wanted = std::min<std::size_t>(1500, (files.rlim_cur - 200) / 2);
    REQUIRE(wanted >= 300);
    auto config = quick_config();
    config.world.guilds = 1;
    config.identify_total = 5000;
    const auto running = start({.plain = true}, config);
    std::vector<std::unique_ptr<raw_client>> clients;
    for (std::size_t i = 0; i < wanted; ++i) {
        clients.push_back(std::make_unique<raw_client>(port_of(running->addresses().gateway)));
        REQUIRE(clients.back()->upgrade("/?v=10&encoding=json&compress=" +
                                        std::string(i % 2 == 0 ? "zlib-stream" : "zstd-stream")) == 101);
        clients.back()->identify();
    }
    CHECK(order(*running, R"({"do":"send_raw","all":true,"event":"TO_ALL","data":{}})").at("sessions").to_number<std::size_t>() >
          0);
    std::size_t reached = 0;
    for (std::size_t i = 0; i < wanted; ++i) {
        plain_inflater inflater;
        plain_unzstd unzstd;
        while (const auto message = clients[i]->next_message()) {
            const auto text = i % 2 == 0 ? inflater.read(*message) : unzstd.read(*message);
            // HELLO, READY, GUILD_CREATE; TO_ALL reached those whose READY was out before it.
            if (text.find("\"TO_ALL\"") != std::string::npos || text.find("\"GUILD_CREATE\"") != std::string::npos) {
                ++reached;
                break;
            }
        }
    }
    CHECK(reached == wanted);
    CHECK(running->status().at("websockets").to_number<std::size_t>() == wanted);
}
