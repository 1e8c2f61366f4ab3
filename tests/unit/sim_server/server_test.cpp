// Start and stop, REST over keep-alive, TLS with a foreign client, the control port, recordings.
#include "sim/server/server.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "net/errc.hpp"
#include "net/io_thread.hpp"
#include "sim/server/recording.hpp"
#include "unit/sim_server/running.hpp"

using namespace server_test;
using namespace shoal;

namespace {
std::string temp(std::string_view name) {
    return (std::filesystem::temp_directory_path() / ("shoal-sim-test-" + std::to_string(::getpid()) + "-" + std::string(name)))
        .string();
}
failure start_failure(sim::server_options options) {
    auto started = sim::server::start(std::move(options), sim::live(quick_config()));
    REQUIRE_FALSE(started.has_value());
    return started.error();
}
}  // namespace

TEST_CASE("mistakes at the start are told by name, and nothing keeps running") {
    CHECK(start_failure({.listen = "0.0.0.0:0", .plain = true}).is(sim::server_errc::plain_needs_loopback));
    CHECK(start_failure({.resume_listen = "0.0.0.0:0", .plain = true}).is(sim::server_errc::plain_needs_loopback));
    CHECK(start_failure({.control = "0.0.0.0:0", .plain = true}).is(sim::server_errc::control_needs_loopback));
    CHECK(start_failure({.listen = "somewhere", .plain = true}).is(sim::server_errc::bad_address));
    CHECK(start_failure({.ca_out = "/nowhere/ca.pem"}).is(sim::server_errc::unwritable_file));
    CHECK(start_failure({.plain = true, .record_file = "/nowhere/rec"}).is(sim::server_errc::unwritable_file));
    CHECK(start_failure({.certificate_file = "/nowhere/c", .key_file = "/nowhere/k"}).is(sim::server_errc::unreadable_file));
    CHECK(start_failure(
              {.gateway_listen = "127.0.0.1:0", .gateway_certificate_file = "/nowhere/c", .gateway_key_file = "/nowhere/k"})
              .is(sim::server_errc::unreadable_file));
    CHECK(start_failure({.certificate_file = "/proc/version", .key_file = "/proc/version"}).is(net::errc::bad_certificate));
    CHECK(start_failure({.ca_out = "/dev/full/x"}).is(sim::server_errc::unwritable_file));
    const auto first = start();
    const auto taken = "127.0.0.1:" + std::to_string(port_of(first->addresses().gateway));
    const auto why = start_failure({.listen = taken, .plain = true});
    CHECK(why.is(net::errc::address_in_use));
    CHECK(why.message().find(taken) != std::string::npos);
}

TEST_CASE("B1 REST is served over one keep-alive connection, pipelined requests in their order") {
    const auto running = start();
    raw_client client(port_of(running->addresses().api_base));
    const auto open = client.http("GET", "/api/v10/gateway");
    CHECK(open.status == 200);
    CHECK(json::parse(open.body).at("url").as_string() == running->addresses().gateway);
    CHECK(client.http("GET", "/api/v10/gateway/bot").status == 401);
    const auto bot = client.http("GET", "/api/v10/gateway/bot", "", "Authorization: Bot sim.token\r\n");
    CHECK(bot.status == 200);
    CHECK(json::parse(bot.body).at("session_start_limit").at("remaining") == 1000);
    CHECK(bot.head.find("Content-Type: application/json") != std::string::npos);
    const std::string one = "GET /api/v10/gateway HTTP/1.1\r\nHost: x\r\nUser-Agent: DiscordBot (test, 1)\r\n\r\n";
    client.send(one + "GET /api/v10/nothing HTTP/1.1\r\nHost: x\r\nUser-Agent: DiscordBot (test, 1)\r\n\r\n" + one);
    CHECK(client.read_reply().status == 200);
    CHECK(client.read_reply().status == 404);
    CHECK(client.read_reply().status == 200);
    CHECK(client.http("GET", "/api/v10/gateway", "", "Connection: close\r\n").status == 200);
    client.read_to_end();
    CHECK(client.ended);
}

TEST_CASE("TLS with the certificate that it made is trusted by who trusts its file, over HTTP and websocket") {
    const auto file = temp("ca.pem");
    const auto running = start({.ca_out = file});
    CHECK(running->addresses().api_base.starts_with("https://"));
    CHECK(running->addresses().gateway.starts_with("wss://"));
    net::io_thread thread("test-client");
    auto trusting = net::client_tls(file);
    REQUIRE(trusting.has_value());
    struct listener final : net::websocket_events {
        std::promise<std::string> first;
        bool told = false;
        void on_open() override {}
        void on_message(net::message_kind, std::span<const char> bytes) override {
            if (!std::exchange(told, true)) first.set_value(std::string(bytes.begin(), bytes.end()));
        }
        void on_closed(const net::close_report& report) override {
            if (!std::exchange(told, true)) first.set_value(report.why ? report.why->message() : "closed");
        }
    } hears;
    std::promise<result<net::http_response>> answered;
    std::unique_ptr<net::http_client> http;
    std::unique_ptr<net::dialer> dialer;
    std::unique_ptr<net::websocket> socket;
    thread.post([&] {
        http = net::make_http_client(thread, *trusting, {});
        net::http_request request;
        request.url = running->addresses().api_base + "/gateway";
        request.headers.push_back({"User-Agent", "DiscordBot (test, 1)"});
        http->send(std::move(request), [&](result<net::http_response> got) { answered.set_value(std::move(got)); });
        dialer = net::make_dialer(thread, *trusting);
        net::dial_request dial;
        dial.url = running->addresses().gateway + "/?v=10&encoding=json";
        socket = dialer->dial(std::move(dial), hears);
    });
    const auto got = answered.get_future().get();
    REQUIRE_MESSAGE(got.has_value(), got.error().message());
    CHECK(got->status == 200);
    CHECK(json::parse(hears.first.get_future().get()).at("op") == 10);
    std::promise<void> gone;
    thread.post([&] {
        socket.reset();
        dialer.reset();
        http.reset();
        gone.set_value();
    });
    gone.get_future().wait();
    std::filesystem::remove(file);
}

TEST_CASE("the control port takes commands, and says what was wrong with those that make no sense") {
    const auto running = start();
    std::promise<void> stopped;
    running->on_stop_asked([&] { stopped.set_value(); });
    raw_client client(port_of(running->addresses().control));
    CHECK(client.http("GET", "/").body.find("POST /control") != std::string::npos);
    const auto fine = client.http("POST", "/control", R"({"do":"status"})");
    CHECK(fine.status == 200);
    CHECK(json::parse(fine.body).at("guilds") == 3);
    for (const char* wrong : {"", "{", "[]", R"({"do":"dance"})", R"({"do":"fault","fault":"F99"})"}) {
        CAPTURE(wrong);
        const auto refused = client.http("POST", "/control", wrong);
        CHECK(refused.status == 400);
        CHECK_FALSE(json::parse(refused.body).at("error").as_string().empty());
    }
    CHECK(client.http("GET", "/control").status == 405);
    CHECK(client.http("GET", "/dance").status == 404);
    const auto status = json::parse(client.http("GET", "/status").body);
    CHECK(status.at("gateway").as_string() == running->addresses().gateway);
    CHECK(json::parse(client.http("GET", "/oracle").body).at("version") == 1);
    CHECK(client.http("POST", "/stop").status == 200);
    stopped.get_future().wait();
}

TEST_CASE("B50 the oracle is drained once the traffic has stopped and every byte is out") {
    auto config = quick_config();
    config.world.events_per_second_per_shard = 200;
    const auto running = start({.plain = true}, config);
    raw_client client(port_of(running->addresses().gateway));
    const auto session = become_ready(client);
    CHECK(running->oracle().at("drained") == false);
    for (int i = 0; i < 20; ++i) CHECK(client.next_message().has_value());
    CHECK(running->drain(std::chrono::seconds(20)));
    const auto oracle = running->oracle();
    CHECK(oracle.at("drained") == true);
    REQUIRE(oracle.at("sessions").as_array().size() == 1);
    const auto& told = oracle.at("sessions").at(0);
    CHECK(told.at("id").as_string() == session);
    // READY and three guilds and twenty events have been read; the rest is here already, up to the last number.
    auto last = told.at("last_seq").to_number<std::uint64_t>();
    CHECK(last >= 24);
    std::uint64_t seen = 24;
    while (seen < last) seen = std::max(seen, read_text(client.next_message()).at("s").to_number<std::uint64_t>());
    CHECK(seen == last);
    CHECK_FALSE(client.readable(50));
}

TEST_CASE("a recording holds every message byte for byte, and is served again in the same order") {
    const auto file = temp("recording");
    std::vector<std::string> sent;
    {
        auto config = quick_config();
        config.world.vary_json = true;
        const auto running = start({.plain = true, .record_file = file, .vary_json = true}, config);
        raw_client client(port_of(running->addresses().gateway));
        REQUIRE(client.upgrade() == 101);
        CHECK(client.next_message().has_value());  // HELLO
        client.identify();
        for (int i = 0; i < 4; ++i) sent.push_back(client.next_message().value());
        order(*running, R"({"do":"send_raw","all":true,"event":"ODD","text":"{\"a\": \"\\n\"}"})");
        client.send(wire_test::client_frame(1, R"({"op":1,"d":null})"));
        while (sent.size() < 5) {
            auto text = client.next_message().value();
            if (json::parse(text).at("op") == 0) sent.push_back(std::move(text));
        }
    }
    auto streams = sim::read_recording(file);
    REQUIRE_MESSAGE(streams.has_value(), streams.error().message());
    REQUIRE(streams->size() == 1);
    REQUIRE(streams->front().messages.size() == sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) CHECK(*streams->front().messages[i].text == sent[i]);

    auto shared = std::make_shared<const std::vector<sim::recorded_stream>>(std::move(*streams));
    for (const bool hold : {false, true}) {
        auto started = sim::server::start({.plain = true}, [&](const sim::server_addresses& at) {
            return sim::make_replay_machine(shared, {.hold = hold, .gateway_url = at.gateway});
        });
        REQUIRE(started.has_value());
        auto& running = **started;
        const auto bot = raw_client(port_of(running.addresses().api_base)).http("GET", "/api/v10/gateway/bot");
        CHECK(json::parse(bot.body).at("shards") == 1);
        CHECK(json::parse(bot.body).at("url").as_string() == running.addresses().gateway);
        raw_client client(port_of(running.addresses().gateway));
        REQUIRE(client.upgrade("/?v=10&encoding=json&compress=zlib-stream") == 101);
        wire_test::plain_inflater inflater;
        CHECK(json::parse(inflater.read(client.next_message().value())).at("op") == 10);
        client.identify(R"(,"shard":[5,16])");
        CHECK(inflater.read(client.next_message().value()) == sent[0]);
        if (hold) {
            client.send(wire_test::client_frame(1, R"({"op":1,"d":null})"));
            CHECK(json::parse(inflater.read(client.next_message().value())).at("op") == 11);  // nothing else came first
            CHECK(running.control({{"do", "go"}}).at("ok") == true);
        }
        for (std::size_t i = 1; i < sent.size(); ++i) CHECK(inflater.read(client.next_message().value()) == sent[i]);
        CHECK(running.drain(std::chrono::seconds(20)));
        CHECK(running.control({{"do", "dance"}}).contains("error"));
    }
    std::filesystem::remove(file);
}

TEST_CASE("a recording that is none, or has no session, is refused; one cut at its end is read up to there") {
    const auto file = temp("broken");
    const auto write = [&](std::string_view text) { std::ofstream(file, std::ios::binary) << text; };
    write("something else\n");
    CHECK(sim::read_recording(file).error().is(sim::server_errc::bad_recording));
    write("shoal-recording 1\n5 1 2\n{}\n");
    CHECK(sim::read_recording(file).error().is(sim::server_errc::bad_recording));
    write("shoal-recording 1\nhello\n");
    CHECK(sim::read_recording(file).error().is(sim::server_errc::bad_recording));
    CHECK(sim::read_recording(file + ".not-there").error().is(sim::server_errc::unreadable_file));
    const std::string ready = R"({"t":"READY","s":1,"op":0,"d":{}})";
    write("shoal-recording 1\n0 7 " + std::to_string(ready.size()) + "\n" + ready + "\n9 7 100\n{\"t\":\"CUT");
    const auto read = sim::read_recording(file);
    REQUIRE(read.has_value());
    CHECK(read->front().messages.size() == 1);
    std::filesystem::remove(file);
}
