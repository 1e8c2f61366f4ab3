// Streams and calls between two nodes on loopback: order, bounds, deadlines, and every way to end.

#include "unit/rpc/rpc_fixture.hpp"

using namespace shoal;
using namespace shoal::rpc;
using namespace shoal::rpc::testing;

namespace {

/// What a coroutine of a test found, for the test's own thread: doctest's checks are made there.
using findings = std::vector<std::string>;

task<result<std::unique_ptr<stream>>> open_stream(client_node& from, const server_node& to) {
    return from.dial->open(to.at, "/test.Node/Stream", role_set(role::coordinator), from.thread.in(patience));
}

std::string word(const result<std::string>& got) { return got ? *got : std::string(got.error().text()); }
std::string word(const result<void>& got) { return got ? "ok" : std::string(got.error().text()); }

}  // namespace

TEST_CASE("messages go both ways in order, and the end in order is an end in order") {
    server_node server;
    client_node client{role_set(role::worker)};
    const auto found = client.thread.await([&]() -> task<findings> {
        findings all;
        auto opened = co_await open_stream(client, server);
        if (!opened) co_return findings{opened.error().message()};
        auto& s = **opened;
        all.push_back(s.peer().name + ": " + text_of(s.peer().roles));
        for (int i = 0; i < 500; ++i) (void)s.send(std::to_string(i));
        (void)s.send("");
        s.half_close();
        for (;;) {
            auto got = co_await s.receive();
            all.push_back(word(got));
            if (!got) break;
        }
        all.push_back(word(co_await s.receive()));
        all.push_back(word(s.send("too late")));
        co_return all;
    });
    REQUIRE(found.size() == 505);
    CHECK(found[0] == "server: coordinator");
    for (std::size_t i = 0; i < 500; ++i) CHECK(found[i + 1] == std::to_string(i));
    CHECK(found[501].empty());
    CHECK(found[502] == "ended by the other side");
    CHECK(found[503] == "ended by the other side");
    CHECK(found[504] == "ended by the other side");
}

TEST_CASE("a request is answered, by name of who asks") {
    server_node server;
    client_node client{role_set(role::worker)};
    CHECK(ask(client, server.at, "hello").value() == "hello from client");
    CHECK(ask(client, server.at, "").value() == " from client");
}

TEST_CASE("a handler's no comes as what it is, with its reason") {
    server_node server;
    client_node client{role_set(role::worker)};
    const auto no = ask(client, server.at, "fail");
    REQUIRE_FALSE(no);
    CHECK(no.error().is(errc::refused));
    CHECK(no.error().detail() == "not today");
    const auto misread = ask(client, server.at, "misread");
    REQUIRE_FALSE(misread);
    CHECK(misread.error().is(errc::malformed));
}

TEST_CASE("what a handler said last is delivered before the stream ends, and its failure after that") {
    server_node server([](stream& with) -> task<result<void>> {
        for (int i = 0; i < 100; ++i) (void)with.send("last words");
        co_return std::unexpected(failure(errc::refused, "another token"));
    });
    client_node client{role_set(role::worker)};
    const auto found = client.thread.await([&]() -> task<findings> {
        findings all;
        auto s = co_await open_stream(client, server);
        if (!s) co_return findings{s.error().message()};
        for (;;) {
            auto got = co_await (*s)->receive();
            if (!got) {
                all.push_back(got.error().message());
                co_return all;
            }
            all.push_back(*got);
        }
    });
    REQUIRE(found.size() == 101);
    CHECK(found.back() == "rpc: refused: another token");
}

TEST_CASE("a receive with a deadline may come back empty-handed and be repeated") {
    std::atomic<stream*> at_server{nullptr};
    server_node server([&](stream& with) -> task<result<void>> {
        at_server = &with;
        while (co_await with.receive()) {
        }
        co_return result<void>{};
    });
    client_node client{role_set(role::worker)};
    const auto found = client.thread.await([&]() -> task<findings> {
        auto s = co_await open_stream(client, server);
        if (!s) co_return findings{s.error().message()};
        findings all;
        all.push_back(word(co_await (*s)->receive(client.thread.in(20ms))));
        all.push_back(word(co_await (*s)->receive(client.thread.in(20ms))));
        server.thread.io.post([&] { (void)at_server.load()->send("late"); });
        all.push_back(word(co_await (*s)->receive()));
        co_return all;
    });
    CHECK(found == findings{"timed out", "timed out", "late"});
}

TEST_CASE("a client that goes away is seen at once, also by a handler that only sends") {
    std::promise<std::string> seen;
    server_node server([&](stream& with) -> task<result<void>> {
        (void)with.send("come in");
        auto got = co_await with.receive();
        seen.set_value(word(got));
        co_return result<void>{};
    });
    client_node client{role_set(role::worker)};
    client.thread.await([&]() -> task<result<void>> {
        auto s = co_await open_stream(client, server);
        if (s) (void)co_await (*s)->receive();
        co_return result<void>{};
    });
    auto future = seen.get_future();
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    CHECK(future.get() == "cancelled by the other side");
    CHECK(eventually([&] { return server.face->counts().open_calls == 0; }));
    CHECK(eventually([&] { return client.dial->open_calls() == 0; }));
}

TEST_CASE("the outbox has a bound in bytes and in messages; what is over it is not taken, and what was taken arrives") {
    std::atomic<stream*> at_server{nullptr};
    std::promise<void> go_on;
    server_node server([&](stream& with) -> task<result<void>> {
        // Reads nothing before its first message has been sent to it by the test: at most one message is read ahead.
        at_server = &with;
        std::size_t count = 0;
        if (auto sent = with.send("here"); !sent) co_return sent;
        for (;;) {
            auto got = co_await with.receive();
            if (!got) co_return with.send(std::to_string(count));
            ++count;
        }
    });
    client_node client{role_set(role::worker),
                       our_house(),
                       {.limits = {.largest_sent_bytes = 100'000, .outbox_bytes = 400'000, .outbox_messages = 50}}};
    const auto found = client.thread.await([&]() -> task<findings> {
        auto s = co_await open_stream(client, server);
        if (!s) co_return findings{s.error().message()};
        findings all;
        all.push_back(word((*s)->send(std::string(100'001, 'x'))));
        // Nothing is sent while this thread is busy here, or little: the bound is reached.
        std::size_t taken = 0;
        result<void> sent;
        while ((sent = (*s)->send(std::string(100'000, 'x')))) ++taken;
        all.push_back(word(sent));
        all.push_back((*s)->waiting_bytes() <= 400'000 ? "within the bound" : "over it");
        all.push_back(word(co_await (*s)->drained()));
        while ((sent = (*s)->send("x"))) ++taken;
        all.push_back(word(sent));
        (*s)->half_close();
        (void)co_await (*s)->receive();
        all.push_back(word(co_await (*s)->receive()) == std::to_string(taken) ? "all arrived" : "not all arrived");
        co_return all;
    });
    CHECK(found == findings{"message too large", "send queue full", "within the bound", "ok", "send queue full", "all arrived"});
}
