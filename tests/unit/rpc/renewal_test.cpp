// Certificates that change under open streams.

#include "trust/certificate_watch.hpp"
#include "unit/rpc/rpc_fixture.hpp"

using namespace shoal;
using namespace shoal::rpc;
using namespace shoal::rpc::testing;

TEST_CASE("new certificates are used by the next connection, and an open stream does not notice") {
    server_node server;
    client_node client{role_set(role::worker)};
    std::promise<void> renewed;
    auto when_renewed = renewed.get_future().share();
    const auto exchange = [](stream& s, std::string say) -> task<std::string> {
        if (auto sent = s.send(std::move(say)); !sent) co_return sent.error().message();
        auto got = co_await s.receive();
        co_return got ? *got : got.error().message();
    };
    std::unique_ptr<stream> kept;
    const auto say = [&](std::string text) {
        return client.thread.await([&, text]() -> task<result<std::string>> { co_return co_await exchange(*kept, text); })
            .value();
    };
    client.thread.await([&]() -> task<result<void>> {
        kept =
            (co_await client.dial->open(server.at, "/test.Node/Stream", role_set(role::coordinator), client.thread.in(patience)))
                .value();
        co_return result<void>{};
    });
    CHECK(say("one") == "one");

    // First step of a new authority: both are trusted everywhere.
    const house& old = our_house();
    const house fresh(trust::testing::real_today(), "New authority");
    const auto both = fresh.authority.certificate_pem + old.authority.certificate_pem;
    const auto node = [&](const house& of, role_set roles, std::string trusted, const std::string& name) {
        auto texts = of.texts(roles, name);
        texts.authorities_pem = std::move(trusted);
        return trust::check_node(std::move(texts), "t", of.now).value();
    };
    const role_set coordinator(role::coordinator);
    const role_set worker(role::worker);
    const auto use_server = [&](const trust::node_identity& it) { server.face->use(it); };
    const auto use_client = [&](const trust::node_identity& it) { client.thread.run([&] { client.dial->use(it); }); };
    use_server(node(old, coordinator, both, "server"));
    CHECK(ask(client, server.at, "a").value() == "a from client");
    use_client(node(old, worker, both, "client"));
    CHECK(ask(client, server.at, "b").value() == "b from client");
    // Second: certificates of the new one, the server first.
    use_server(node(fresh, coordinator, both, "server"));
    use_client(node(old, worker, both, "client-again"));
    CHECK(ask(client, server.at, "c").value() == "c from client-again");
    use_client(node(fresh, worker, both, "new-client"));
    CHECK(ask(client, server.at, "d").value() == "d from new-client");
    // Third: the old one is trusted no more.
    use_server(node(fresh, coordinator, fresh.authority.certificate_pem, "server"));
    use_client(node(fresh, worker, fresh.authority.certificate_pem, "new-client"));
    CHECK(ask(client, server.at, "e").value() == "e from new-client");
    client_node left_behind{worker};
    const auto no = ask(left_behind, server.at, "f");
    REQUIRE_FALSE(no);
    CHECK(no.error().is(errc::untrusted));

    CHECK(say("two") == "two");
    CHECK(server.face->counts().open_calls == 1);
    client.thread.run([&] { kept.reset(); });
}

TEST_CASE("files that are replaced on the disk are taken up by running nodes, bad ones are not, and an open stream stays") {
    const trust::testing::temp_folder server_files;
    const trust::testing::temp_folder client_files;
    const house& old = our_house();
    trust::testing::store(server_files.path(), old.texts(role_set(role::coordinator), "server"));
    trust::testing::store(client_files.path(), old.texts(role_set(role::worker), "client"));
    server_node server;
    client_node client{role_set(role::worker)};
    std::vector<std::string> troubles;
    std::optional<trust::certificate_watch> server_watch;
    std::optional<trust::certificate_watch> client_watch;
    server.thread.run([&] {
        server_watch.emplace(
            server.thread.io, server_files.path(), trust::read_node(server_files.path(), old.now).value(),
            trust::watch_options{.every = 10ms, .calendar = {}},
            [&](const trust::node_identity& fresh) { server.face->use(fresh); },
            [&](const failure& why) { troubles.push_back(why.message()); });
    });
    client.thread.run([&] {
        client_watch.emplace(
            client.thread.io, client_files.path(), trust::read_node(client_files.path(), old.now).value(),
            trust::watch_options{.every = 10ms, .calendar = {}},
            [&](const trust::node_identity& fresh) { client.dial->use(fresh); }, [](const failure&) {});
    });
    std::unique_ptr<stream> kept;
    client.thread.await([&]() -> task<result<void>> {
        kept =
            (co_await client.dial->open(server.at, "/test.Node/Stream", role_set(role::coordinator), client.thread.in(patience)))
                .value();
        co_return result<void>{};
    });
    // A bad key: the server goes on with what it has.
    trust::testing::write(server_files / "node.key", "garbage");
    REQUIRE(eventually([&] { return server.thread.run([&] { return troubles.size() == 1; }); }));
    CHECK(ask(client, server.at, "a").value() == "a from client");
    // Another authority altogether, here and there: sooner or later they believe each other by it.
    const house fresh(trust::testing::real_today(), "Fresh authority");
    trust::testing::store(server_files.path(), fresh.texts(role_set(role::coordinator), "server"));
    trust::testing::store(client_files.path(), fresh.texts(role_set(role::worker), "new-client"));
    REQUIRE(eventually([&] {
        const auto got = ask(client, server.at, "b");
        return got && *got == "b from new-client";
    }));
    client_node left_behind{role_set(role::worker)};
    CHECK(ask(left_behind, server.at, "c").error().is(errc::untrusted));
    // The stream was made before all that.
    const auto echoed = client.thread.await([&]() -> task<result<std::string>> {
        (void)kept->send("still here");
        co_return co_await kept->receive(client.thread.in(patience));
    });
    CHECK(echoed.value() == "still here");
    client.thread.run([&] {
        kept.reset();
        client_watch.reset();
    });
    server.thread.run([&] { server_watch.reset(); });
}
