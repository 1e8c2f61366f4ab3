// How REST's answers are cut, delayed and mismeasured on real sockets.
#include <doctest/doctest.h>

#include "unit/sim_server/running.hpp"

using namespace server_test;

namespace {

constexpr std::string_view gateway = "/api/v10/gateway";

std::string fault(std::string_view name, std::string_view more = {}) {
    return R"({"do":"fault","fault":")" + std::string(name) + R"(","times":1)" + std::string(more) + "}";
}

std::size_t told_length(const raw_client::http_reply& reply) {
    const auto at = reply.head.find("Content-Length: ");
    return at == std::string::npos ? 0 : static_cast<std::size_t>(std::stoul(reply.head.substr(at + 16)));
}

}  // namespace

TEST_CASE("F41 a slow answer comes in pieces and is whole, and the connection lives on") {
    const auto running = start();
    raw_client client(port_of(running->addresses().api_base));
    const auto quick = client.http("GET", gateway);
    order(*running, fault("F41", R"(,"how":"slow","ms":300)"));
    const auto before = client.data_segments();
    const auto slow = client.http("GET", gateway);
    CHECK(slow.status == 200);
    CHECK(slow.body == quick.body);
    CHECK(client.data_segments() - before >= 8);
    CHECK(client.http("GET", gateway).body == quick.body);
}

TEST_CASE("F41 a truncated answer promises more than comes, and then the connection ends") {
    const auto running = start();
    raw_client client(port_of(running->addresses().api_base));
    order(*running, fault("F41", R"(,"how":"truncated")"));
    const auto got = client.http("GET", gateway);
    CHECK(got.status == 200);
    CHECK(client.ended);
    CHECK(told_length(got) > got.body.size());
}

TEST_CASE("F41 a wrong Content-Length promises too much, or too little") {
    const auto running = start();
    raw_client client(port_of(running->addresses().api_base));
    const auto right = client.http("GET", gateway);
    order(*running, fault("F41", R"(,"how":"too_short")"));
    const auto cut = client.http("GET", gateway);
    CHECK(cut.body == right.body.substr(0, right.body.size() / 2));
    raw_client other(port_of(running->addresses().api_base));
    order(*running, fault("F41", R"(,"how":"too_long")"));
    other.send("GET " + std::string(gateway) + " HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n\r\n");
    std::string all;
    while (all.find(right.body) == std::string::npos && !other.ended && other.error == 0) all += other.read_once();
    CHECK(all.find("Content-Length: " + std::to_string(right.body.size() + 10)) != std::string::npos);
    CHECK_FALSE(other.readable(100));  // it stays open, and what is missing never comes
}

TEST_CASE("F41 a reset takes the place of the answer") {
    const auto running = start();
    raw_client client(port_of(running->addresses().api_base));
    order(*running, fault("F41", R"(,"how":"reset")"));
    CHECK(client.http("GET", gateway).status == 0);
    CHECK(client.error == ECONNRESET);
}

TEST_CASE("F45 a connection that was to be kept alive is closed at the moment of its reuse") {
    const auto running = start();
    raw_client client(port_of(running->addresses().api_base));
    order(*running, fault("F45"));
    const auto first = client.http("GET", gateway);
    CHECK(first.status == 200);
    CHECK(first.head.find("Connection: keep-alive") != std::string::npos);
    CHECK_FALSE(client.readable(100));
    CHECK(client.http("GET", gateway).status == 0);
    CHECK(client.ended);
    raw_client again(port_of(running->addresses().api_base));
    CHECK(again.http("GET", gateway).status == 200);
}
