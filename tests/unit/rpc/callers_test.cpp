// Who may call what, and whom a node speaks to: roles on both sides of each call.

#include "unit/rpc/rpc_fixture.hpp"

using namespace shoal;
using namespace shoal::rpc;
using namespace shoal::rpc::testing;

TEST_CASE("a server that is no coordinator hears nothing from a worker") {
    std::atomic<int> heard{0};
    server_node server{[&](stream& with) -> task<result<void>> {
                           if (co_await with.receive()) ++heard;
                           co_return result<void>{};
                       },
                       {},
                       role_set(role::worker, role::operating)};
    client_node client{role_set(role::worker)};
    const auto got = ask(client, server.at, "hello");
    REQUIRE_FALSE(got);
    CHECK(got.error().is(errc::wrong_role));
    CHECK(got.error().detail().contains("worker, operator"));
    CHECK(heard == 0);
    CHECK(ask(client, server.at, "hello", "/test.Node/Ask", role_set(role::worker)).value() == "hello from client");
}

TEST_CASE("each call asks its rule") {
    server_node server;
    client_node worker{role_set(role::worker)};
    client_node person{role_set(role::operating)};
    client_node both{role_set(role::operating, role::worker)};
    const auto no = ask(worker, server.at, "hello", "/test.Node/Closed");
    REQUIRE_FALSE(no);
    CHECK(no.error().is(errc::wrong_role));
    CHECK(no.error().detail() == "/test.Node/Closed is for operator; the certificate of client says worker");
    CHECK(ask(person, server.at, "hello", "/test.Node/Closed"));
    CHECK(ask(both, server.at, "hello", "/test.Node/Closed"));
    CHECK(ask(person, server.at, "hello", "/test.Node/Stream").error().is(errc::wrong_role));
    CHECK(ask(worker, server.at, "hello", "/test.Node/NoSuch").error().is(errc::unknown_method));
    CHECK(server.face->counts().wrong_role == 2);
    CHECK(server.face->counts().unknown == 1);
}

TEST_CASE("every call of the fleet lets in whom its rule names, and nobody else") {
    server_options options;
    options.listen = listen_endpoint("127.0.0.1:0").value();
    thread_of_tasks thread("fleet");
    served_calls what;
    for (const auto& method : wire::declared_methods()) {
        if (method.is_stream) {
            what.streams[method.path] = &echo;
        } else {
            what.calls[method.path] = [](const peer_identity&, std::string) -> task<result<std::string>> { co_return "in"; };
        }
    }
    auto face =
        server::start(thread.io, our_house().identity(role_set(role::coordinator)), std::move(options), std::move(what)).value();
    const auto at = dial_endpoint("127.0.0.1:" + std::to_string(face->port())).value();
    std::size_t asked = 0;
    for (const auto one : trust::every_role) {
        client_node client{role_set(one)};
        for (const auto& method : wire::declared_methods()) {
            const auto got = ask(client, at, "", method.path);
            const bool in = rule_for(fleet_rules(), method.path)->callers.has(one);
            CAPTURE(method.path);
            CAPTURE(std::string(name_of(one)));
            CHECK(got.has_value() == in);
            if (!got) CHECK(got.error().is(errc::wrong_role));
            ++asked;
        }
    }
    CHECK(asked == 33);
    thread.run([&] { face.reset(); });
}
