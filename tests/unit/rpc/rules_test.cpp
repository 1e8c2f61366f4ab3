// A method without a rule lets nobody in, and does not even let the node start; addresses, and ports that are taken.

#include "rpc/rules.hpp"

#include "unit/rpc/rpc_fixture.hpp"

using namespace shoal;
using namespace shoal::rpc;
using namespace shoal::rpc::testing;

namespace {

using declared = std::vector<wire::declared_method>;
using rules = std::vector<method_rule>;

std::string said(const result<void>& checked) { return checked ? "fine" : checked.error().detail(); }

result<std::unique_ptr<server>> start_with(net::io_thread& io, std::string_view at, declared methods, rules with) {
    static rules kept;
    kept = std::move(with);
    server_options options;
    options.listen = listen_endpoint(at).value();
    options.declared = std::move(methods);
    options.rules = kept;
    return server::start(io, our_house().identity(role_set(role::coordinator)), std::move(options), {});
}

}  // namespace

TEST_CASE("every method of the .proto has a rule") {
    CHECK(said(check_rules(wire::declared_methods(), fleet_rules())) == "fine");
    CHECK(wire::declared_methods().size() == 11);
}

TEST_CASE("a method without a rule, with two, or with one that lets nobody in is a mistake, and so is a rule without a method") {
    const declared two{{"/a.B/C", false}, {"/a.B/D", true}};
    const method_rule c{"/a.B/C", role_set(role::worker)};
    const method_rule d{"/a.B/D", role_set(role::worker)};
    CHECK(said(check_rules(two, rules{c, d})) == "fine");
    CHECK(said(check_rules(two, rules{c})) == "/a.B/D says nowhere who may call it");
    CHECK(said(check_rules(two, rules{c, d, c})) == "/a.B/C has two rules");
    CHECK(said(check_rules(two, rules{c, {"/a.B/D", {}}})) == "/a.B/D lets nobody in");
    CHECK(said(check_rules(two, rules{c, d, {"/a.B/E", role_set(role::worker)}})) == "/a.B/E is no method that there is");
    CHECK(rule_for(rules{c}, "/a.B/D") == nullptr);
}

TEST_CASE("a node with a method without a rule does not start, and does not listen") {
    net::io_thread io("t");
    auto started = start_with(io, "127.0.0.1:0", {{"/a.B/C", false}}, {});
    REQUIRE_FALSE(started);
    CHECK(started.error().is(errc::no_rule));
}

TEST_CASE("a port that is taken is told as that, by another program's listener and by our own") {
    const server_node first;
    net::io_thread io("t");
    const auto at = "127.0.0.1:" + std::to_string(first.at.port);
    const auto started = start_with(io, at, {}, {});
    REQUIRE_FALSE(started);
    CHECK(started.error().is(errc::address_in_use));
    CHECK(started.error().detail() ==
          "another program listens on " + at + "; choose another port, or port 0 for any that is free");
    const auto nowhere = start_with(io, "192.0.2.1:0", {}, {});
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().is(errc::listen_failed));
    CHECK(nowhere.error().detail().contains("no network card"));
}

TEST_CASE("addresses are read as people write them") {
    CHECK(dial_endpoint("https://c1:8443").value() == endpoint{"c1", 8443});
    CHECK(dial_endpoint("c1.internal:1/").value() == endpoint{"c1.internal", 1});
    CHECK(dial_endpoint("https://[::1]:8443").value() == endpoint{"::1", 8443});
    CHECK(dial_endpoint("https://[::1]:8443").value().text() == "[::1]:8443");
    CHECK(listen_endpoint("https://0.0.0.0:8443").value() == endpoint{"0.0.0.0", 8443});
    CHECK(listen_endpoint("[::]:0").value() == endpoint{"::", 0});
    for (const auto* const wrong :
         {"", "https://", "c1", "c1:", ":8443", "c1:x", "c1:65536", "c1:-1", "::1:8443", "[::1]", "http://c1:8443", "ftp://c1:1",
          "c1:84 43", "c 1:8443", "c1:0", "+:8443", "https://c1:8443/path"}) {
        CAPTURE(std::string(wrong));
        const auto read = dial_endpoint(wrong);
        REQUIRE_FALSE(read);
        CHECK(read.error().is(errc::bad_endpoint));
    }
    CHECK(dial_endpoint("http://c1:8443").error().detail().contains("TLS only"));
    CHECK(listen_endpoint("c1:8443").error().detail().contains("listen on an IP address"));
}

TEST_CASE("a call to where nobody listens, and one to somebody who speaks no TLS, fail with what it is") {
    client_node client{role_set(role::worker)};
    endpoint nobody{"127.0.0.1", 0};
    {
        const server_node gone;
        nobody.port = gone.at.port;
    }
    const auto got = ask(client, nobody, "hello");
    REQUIRE_FALSE(got);
    CHECK(got.error().is(errc::unreachable));
    const auto unknown = ask(client, {"no-such-host.invalid", 1}, "hello");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().is(errc::unreachable));
}
