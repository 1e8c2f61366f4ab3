// How a node's side of its streams ends: at once, with everything that waited, and without waiting for anybody.

#include "unit/rpc/rpc_fixture.hpp"

using namespace shoal;
using namespace shoal::rpc;
using namespace shoal::rpc::testing;

namespace {

/// A handler that counts its frames, and waits for ever.
struct waiting_handler {
    std::shared_ptr<std::atomic<int>> alive = std::make_shared<std::atomic<int>>(0);
    struct one {
        std::shared_ptr<std::atomic<int>> count;
        explicit one(std::shared_ptr<std::atomic<int>> of) : count(std::move(of)) { ++*count; }
        ~one() { --*count; }
    };
    [[nodiscard]] stream_handler handler() const {
        return [alive = alive](stream& with) -> task<result<void>> {
            const one here(alive);
            for (;;) {
                auto got = co_await with.receive();
                if (!got) co_return result<void>{};
            }
        };
    }
};

/// Opens a stream and says how it ended.
task<result<std::string>> until_the_end(client_node& from, endpoint at, std::atomic<int>& opened) {
    auto s = co_await from.dial->open(at, "/test.Node/Stream", role_set(role::coordinator), from.thread.in(patience));
    if (!s) co_return "not opened: " + s.error().message();
    ++opened;
    auto got = co_await (*s)->receive();
    co_return got ? "a message" : std::string(got.error().text());
}

}  // namespace

TEST_CASE("a server that goes away destroys its waiting handlers, and its clients hear of it") {
    const waiting_handler waiting;
    server_node server{waiting.handler()};
    std::atomic<int> opened{0};
    client_node client{role_set(role::worker)};
    std::vector<std::future<std::string>> ends;
    for (int i = 0; i < 20; ++i) {
        auto promise = std::make_shared<std::promise<std::string>>();
        ends.push_back(promise->get_future());
        client.thread.start([&, promise]() -> task<> {
            auto how = co_await until_the_end(client, server.at, opened);
            promise->set_value(how.value());
        });
    }
    REQUIRE(eventually([&] { return *waiting.alive == 20 && opened == 20; }));
    server.stop();
    CHECK(*waiting.alive == 0);
    for (auto& end : ends) {
        REQUIRE(end.wait_for(patience) == std::future_status::ready);
        const auto how = end.get();
        CHECK_MESSAGE((how == "cancelled by the other side" || how == "cannot be reached"), how);
    }
}

TEST_CASE("a dialer that goes away ends its streams, with coroutines that wait on them") {
    const waiting_handler waiting;
    server_node server{waiting.handler()};
    std::atomic<int> opened{0};
    {
        client_node client{role_set(role::worker)};
        for (int i = 0; i < 20; ++i)
            client.thread.start([&]() -> task<result<std::string>> { return until_the_end(client, server.at, opened); });
        REQUIRE(eventually([&] { return *waiting.alive == 20 && opened == 20; }));
        client.thread.run([&] { client.thread.end_all(); });
    }
    CHECK(eventually([&] { return *waiting.alive == 0; }));
    CHECK(eventually([&] { return server.face->counts().open_calls == 0; }));
}

TEST_CASE("an answer that does not come is given up at the deadline, and the server hears of that") {
    std::atomic<int> given_up{0};
    server_node server{[&](stream& with) -> task<result<void>> {
        while (co_await with.receive()) {
        }
        // In order, then cancelled.
        auto got = co_await with.receive();
        if (!got) ++given_up;
        co_return result<void>{};
    }};
    client_node client{role_set(role::worker)};
    const auto got = client.thread.await([&]() -> task<result<std::string>> {
        auto s =
            co_await client.dial->open(server.at, "/test.Node/Stream", role_set(role::coordinator), client.thread.in(patience));
        if (!s) co_return std::unexpected(s.error());
        co_return co_await (*s)->receive(client.thread.in(50ms));
    });
    REQUIRE_FALSE(got);
    CHECK(got.error().is(errc::timed_out));
    CHECK(eventually([&] { return given_up == 1; }));
}

TEST_CASE("a server that does not take a call in time is given up") {
    // It listens and is not asked: nobody accepts.
    auto deaf = listener::open(listen_endpoint("127.0.0.1:0").value(), {}).value();
    client_node client{role_set(role::worker)};
    const auto got = ask(client, {"127.0.0.1", deaf->port()}, "hello", "/test.Node/Ask", role_set(role::coordinator), 200ms);
    REQUIRE_FALSE(got);
    CHECK(got.error().is(errc::timed_out));
}

TEST_CASE("streams that come and go for a while leave nothing behind") {
    server_node server;
    client_node client{role_set(role::worker)};
    for (int round = 0; round < 50; ++round) {
        const auto got = client.thread.await([&, round]() -> task<result<std::string>> {
            auto s = co_await client.dial->open(server.at, "/test.Node/Stream", role_set(role::coordinator),
                                                client.thread.in(patience));
            if (!s) co_return std::unexpected(s.error());
            for (int i = 0; i < round % 7; ++i) (void)(*s)->send(std::string(static_cast<std::size_t>(round) * 100, 'x'));
            if (round % 3 == 0) (*s)->half_close();
            if (round % 2 == 0) (void)co_await (*s)->receive(client.thread.in(round % 4 == 0 ? 0ms : 5ms));
            co_return "went";
        });
        CHECK(got);
    }
    CHECK(eventually([&] { return server.face->counts().open_calls == 0; }));
    CHECK(eventually([&] { return client.dial->open_calls() == 0; }));
    CHECK(server.face->counts().calls == 50);
}
