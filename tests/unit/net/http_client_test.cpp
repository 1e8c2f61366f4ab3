#include <algorithm>
#include <map>

#include "net_fixture.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::testing;

namespace {

// Answers whole requests with what `answer` makes of them: raw bytes, and whether the connection then ends.
struct raw_answer {
    std::string bytes;
    bool then_finish = false;
};
server_connection::script answering(std::function<raw_answer(server_connection&, const http_request&)> answer) {
    return
        [answer = std::move(answer), readers = std::make_shared<std::map<int, http_request_reader>>()](server_connection& self) {
            auto& reader = (*readers)[self.number];
            reader.feed(self.received);
            self.received.clear();
            for (;;) {
                auto got = reader.next();
                if (!got || !*got) return;
                const auto out = answer(self, **got);
                self.stream->write(out.bytes);
                if (out.then_finish) self.stream->finish();
            }
        };
}
std::string ok(std::string body) { return write_response({.status = 200, .headers = {}, .body = std::move(body)}, true); }

struct client {
    explicit client(tls_context_ptr tls = own_client_tls(), http_pool_options options = {}) {
        run_on(io, [&] { http = make_http_client(io, std::move(tls), std::move(options)); });
    }
    ~client() {
        run_on(io, [&] { http.reset(); });
    }
    static http_request request_to(std::string url, std::string method = "GET") {
        http_request request;
        request.method = std::move(method);
        request.url = std::move(url);
        return request;
    }
    std::future<result<http_response>> send(http_request request) {
        auto promise = std::make_shared<std::promise<result<http_response>>>();
        auto future = promise->get_future();
        run_on(io, [&] {
            http->send(std::move(request), [promise](result<http_response> answer) { promise->set_value(std::move(answer)); });
        });
        return future;
    }
    result<http_response> get(std::future<result<http_response>> future) {
        REQUIRE(future.wait_for(patience) == std::future_status::ready);
        return future.get();
    }
    result<http_response> ask(std::string url, std::string method = "GET") {
        return get(send(request_to(std::move(url), std::move(method))));
    }

    io_thread io{"test-http"};
    std::unique_ptr<http_client> http;
};

std::string https(const server& to, std::string path = "/") { return "https://localhost:" + std::to_string(to.port) + path; }
std::string plain(const server& to, std::string path = "/") { return "http://127.0.0.1:" + std::to_string(to.port) + path; }

void check_failure(const result<http_response>& answer, errc code) {
    REQUIRE_FALSE(answer.has_value());
    CAPTURE(answer.error().message());
    CHECK(answer.error().is(code));
}

}  // namespace

TEST_CASE("a request carries method, path, host, headers and body, and its answer comes whole") {
    std::string seen;
    server there(own_server_tls(), answering([&](server_connection&, const http_request& request) {
                     seen = request.method + " " + request.url + " " + request.body;
                     for (const auto& header : request.headers) seen += "|" + header.name + "=" + header.value;
                     return raw_answer{"HTTP/1.1 201 Created\r\nX-Test: yes\r\nContent-Length: 5\r\n\r\nhello"};
                 }));
    client here(own_client_tls(), {.user_agent = "DiscordBot (x, 1)"});
    auto request = client::request_to(https(there, "/api/v10/x?a=%20b"), "POST");
    request.headers = {{"Authorization", "Bot secret"}, {"Content-Type", "application/json"}};
    request.body = "{}";
    const auto answer = here.get(here.send(std::move(request)));
    REQUIRE(answer.has_value());
    CHECK(answer->status == 201);
    CHECK(answer->body == "hello");
    CHECK(answer->header("x-test") == "yes");
    CHECK(answer->header("X-None").empty());
    run_on(there.io, [&] {
        CHECK(seen ==
              "POST /api/v10/x?a=%20b {}|Host=localhost:" + std::to_string(there.port) +
                  "|Authorization=Bot secret|Content-Type=application/json|User-Agent=DiscordBot (x, 1)|Content-Length=2");
    });
}

namespace {
// Bytes that count up; pieces come at once or later, and may fail.
struct counting_body final : body_source {
    counting_body(io_thread& on_in, std::uint64_t size_in) : on(on_in), size(size_in) {}
    std::uint64_t size_bytes() const noexcept override { return size; }
    void rewind() override {
        at = 0;
        ++rewound;
    }
    void read(std::size_t most, got on_bytes) override {
        most_asked = std::max(most_asked, most);
        std::string piece(std::min<std::uint64_t>(std::min(most, largest_piece), size - at), 0);
        for (auto& each : piece) each = static_cast<char>('a' + at++ % 23);
        if (fail_at != 0 && at >= fail_at) return on_bytes(std::unexpected(failure(errc::stopped, "the disk is gone")));
        if (shorter) piece.clear();
        on.post([on_bytes = std::move(on_bytes), piece = std::move(piece)]() mutable { on_bytes(std::move(piece)); });
    }
    io_thread& on;
    std::uint64_t size;
    std::uint64_t at = 0;
    std::uint64_t fail_at = 0;
    std::size_t largest_piece = 40'000;
    std::size_t most_asked = 0;
    int rewound = 0;
    bool shorter = false;
};
std::string counted(std::uint64_t size) {
    std::string all(size, 0);
    for (std::uint64_t i = 0; i < size; ++i) all[i] = static_cast<char>('a' + i % 23);
    return all;
}
http_request upload_to(std::string url, std::shared_ptr<body_source> body) {
    auto request = client::request_to(std::move(url), "POST");
    request.large_body = std::move(body);
    return request;
}
}  // namespace

TEST_CASE("a large body is sent in pieces as they come, and the connection is kept") {
    server there(
        own_server_tls(), answering([](server_connection& self, const http_request& request) {
            return raw_answer{ok(std::to_string(self.number) + (request.body == counted(3'000'000) ? " whole" : " broken"))};
        }));
    client here;
    for (int i = 0; i < 2; ++i) {
        const auto body = std::make_shared<counting_body>(here.io, 3'000'000);
        const auto answer = here.get(here.send(upload_to(https(there), body)));
        REQUIRE(answer.has_value());
        CHECK(answer->body == "1 whole");
        CHECK(body->most_asked <= 64 * 1024);
    }
}

TEST_CASE("a large body that fails or is shorter than it said ends its request and its connection, and names why") {
    server there(own_server_tls(), answering([](server_connection& self, const http_request&) {
                     return raw_answer{ok(std::to_string(self.number))};
                 }));
    client here;
    const auto failing = std::make_shared<counting_body>(here.io, 1'000'000);
    failing->fail_at = 500'000;
    const auto failed = here.get(here.send(upload_to(https(there), failing)));
    check_failure(failed, errc::body_failed);
    CHECK(failed.error().detail().find("the disk is gone") != std::string::npos);
    const auto shorter = std::make_shared<counting_body>(here.io, 1'000);
    shorter->shorter = true;
    check_failure(here.get(here.send(upload_to(https(there), shorter))), errc::body_failed);
    // Neither connection was used again: the server would wait for the rest of the body on it.
    const auto next = here.ask(https(there));
    REQUIRE(next.has_value());
    CHECK(next->body == "3");
}

TEST_CASE("a server may refuse a large body before it has read it") {
    server there(own_server_tls(), [](server_connection& self) {
        if (std::exchange(self.received, {}).empty()) return;
        self.stream->write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    client here;
    const auto body = std::make_shared<counting_body>(here.io, 50'000'000);
    const auto answer = here.get(here.send(upload_to(https(there), body)));
    REQUIRE(answer.has_value());
    CHECK(answer->status == 413);
    run_on(here.io, [&] { CHECK(body->at < body->size); });
}

TEST_CASE("answers never come inside send, and requests in turn share one kept connection") {
    server there(own_server_tls(), answering([](server_connection& self, const http_request& request) {
                     return raw_answer{ok(std::to_string(self.number) + request.url)};
                 }));
    client here;
    for (int i = 0; i < 5; ++i) {
        const auto answer = here.ask(https(there, "/" + std::to_string(i)));
        REQUIRE(answer.has_value());
        CHECK(answer->body == "1/" + std::to_string(i));
    }
    bool inside = true;
    std::promise<bool> was_inside;
    run_on(here.io, [&] {
        here.http->send(client::request_to("nonsense"), [&](const result<http_response>&) { was_inside.set_value(inside); });
        inside = false;
    });
    CHECK_FALSE(was_inside.get_future().get());
    CHECK(there.log.count("accepted") == 1);
}

TEST_CASE("a connection that the server means to close is not used again") {
    server there(own_server_tls(), answering([](server_connection& self, const http_request&) {
                     return raw_answer{write_response({.status = 200, .headers = {}, .body = std::to_string(self.number)}, false),
                                       true};
                 }));
    client here;
    CHECK(here.ask(https(there)).value().body == "1");
    CHECK(here.ask(https(there)).value().body == "2");
}

TEST_CASE("a kept connection is closed after the idle time") {
    server there(own_server_tls(), answering([](server_connection&, const http_request&) { return raw_answer{ok("x")}; }));
    client here(own_client_tls(), {.idle = 20ms, .user_agent = {}});
    CHECK(here.ask(https(there)).has_value());
    CHECK_FALSE(there.log.wait("server ended").empty());
}

TEST_CASE("the pool opens at most its bound of connections and serves what waits in order") {
    std::vector<std::string> order;
    std::vector<server_connection*> unanswered;
    server there(own_server_tls(), answering([&](server_connection& self, const http_request& request) {
                     order.push_back(request.url);
                     unanswered.push_back(&self);
                     there.log.add("asked");
                     return raw_answer{};
                 }));
    client here(own_client_tls(), {.connections_per_host = 2, .user_agent = {}});
    std::vector<std::future<result<http_response>>> answers;
    for (int i = 0; i < 6; ++i) answers.push_back(here.send(client::request_to(https(there, "/" + std::to_string(i)))));
    REQUIRE_FALSE(there.log.wait("asked", 2).empty());
    CHECK(there.log.count("asked") == 2);
    for (std::size_t i = 2; i <= 6; ++i) {
        run_on(there.io, [&] {
            unanswered.front()->stream->write(ok("done"));
            unanswered.erase(unanswered.begin());
        });
        if (i < 6) REQUIRE_FALSE(there.log.wait("asked", i + 1).empty());
    }
    run_on(there.io, [&] {
        for (auto* each : unanswered) each->stream->write(ok("done"));
    });
    for (auto& each : answers) CHECK(here.get(std::move(each)).has_value());
    CHECK(there.log.count("accepted") == 2);
    run_on(there.io, [&] {
        // The first two went out on two connections at once; all others waited their turn.
        std::sort(order.begin(), order.begin() + 2);
        CHECK(order == std::vector<std::string>{"/0", "/1", "/2", "/3", "/4", "/5"});
    });
}

TEST_CASE("more waiting requests than the bound fail with queue_full, and the others are served") {
    server_connection* first = nullptr;
    server there(nullptr, answering([&](server_connection& self, const http_request&) {
                     if (std::exchange(first, &self) != nullptr) return raw_answer{ok("later")};
                     there.log.add("asked");
                     return raw_answer{};
                 }));
    client here(nullptr, {.connections_per_host = 1, .waiting_requests = 2, .user_agent = {}});
    auto one = here.send(client::request_to(plain(there)));
    auto two = here.send(client::request_to(plain(there)));
    auto three = here.send(client::request_to(plain(there)));
    check_failure(here.ask(plain(there)), errc::queue_full);
    REQUIRE_FALSE(there.log.wait("asked").empty());
    run_on(there.io, [&] { first->stream->write(ok("first")); });
    CHECK(here.get(std::move(one)).value().body == "first");
    CHECK(here.get(std::move(two)).value().body == "later");
    CHECK(here.get(std::move(three)).value().body == "later");
}

TEST_CASE("bodies in chunks, without length up to the end of the stream, empty and none are read whole") {
    server there(
        own_server_tls(), answering([](server_connection&, const http_request& request) {
            if (request.url == "/chunks") {
                return raw_answer{
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n6;x=y\r\npedia \r\n0\r\nT: 1\r\n\r\n"};
            }
            if (request.url == "/eof") return raw_answer{"HTTP/1.1 200 OK\r\n\r\nup to the end", true};
            if (request.url == "/none") return raw_answer{"HTTP/1.1 204 No Content\r\n\r\n"};
            if (request.url == "/continue") {
                return raw_answer{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("after")};
            }
            return raw_answer{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
        }));
    client here;
    CHECK(here.ask(https(there, "/chunks")).value().body == "Wikipedia ");
    CHECK(here.ask(https(there, "/none")).value().status == 204);
    CHECK(here.ask(https(there, "/empty")).value().body.empty());
    CHECK(here.ask(https(there, "/continue")).value().body == "after");
    CHECK(there.log.count("accepted") == 1);
    CHECK(here.ask(https(there, "/eof")).value().body == "up to the end");
    CHECK(there.log.count("accepted") == 1);
    CHECK(here.ask(https(there, "/none")).value().status == 204);
    CHECK(there.log.count("accepted") == 2);
}

TEST_CASE("the answer to HEAD has no body although it promises one") {
    server there(own_server_tls(), answering([](server_connection&, const http_request& request) {
                     return raw_answer{request.method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" : ok("x")};
                 }));
    client here;
    CHECK(here.ask(https(there), "HEAD").value().body.empty());
    CHECK(here.ask(https(there)).value().body == "x");
    CHECK(there.log.count("accepted") == 1);
}

TEST_CASE("redirects are handed over, not followed") {
    server there(own_server_tls(), answering([](server_connection&, const http_request&) {
                     return raw_answer{"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"};
                 }));
    client here;
    const auto answer = here.ask(https(there));
    CHECK(answer.value().status == 302);
    CHECK(answer.value().header("location") == "/elsewhere");
}

TEST_CASE("broken answers are clear failures") {
    struct row {
        std::string bytes;
        errc expected;
    };
    const row rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", errc::cut_short},          // truncated, or a lying length
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly", errc::cut_short},  // a chunk cut short
        {"HTTP/1.1 200 OK\r\nContent-Le", errc::cut_short},
        {"HTTP/1.1 100 Continue\r\n\r\n", errc::cut_short},  // a promise, and then the end
        {"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", errc::protocol_broken},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", errc::protocol_broken},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", errc::protocol_broken},
        {"HTTP/1.1 2000 OK\r\n\r\n", errc::protocol_broken},
        {"<html>not http at all</html>\r\n\r\n", errc::protocol_broken},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'h') + "\r\n\r\n", errc::too_large},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'b'), errc::too_large},
        {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nx", errc::too_large},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'b') + "\r\n0\r\n\r\n",
         errc::too_large},
        {"HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'b'), errc::too_large},
        {"", errc::closed},
    };
    for (const auto& each : rows) {
        CAPTURE(each.bytes.substr(0, 80));
        server there(own_server_tls(),
                     answering([&](server_connection&, const http_request&) { return raw_answer{each.bytes, true}; }));
        client here;
        auto request = client::request_to(https(there));
        request.largest_body = 1000;
        const auto answer = here.get(here.send(std::move(request)));
        check_failure(answer, each.expected);
        CHECK_FALSE(answer.error().detail().empty());
    }
}

TEST_CASE("a body that never ends is stopped by its limit, and a chunk line or trailer that never ends by the room's") {
    for (const std::string start : {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;",
                                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: "}) {
        CAPTURE(start);
        server there(own_server_tls(), answering([&](server_connection&, const http_request&) {
                         return raw_answer{start + std::string(10'000'000, 'e')};  // and the stream stays open
                     }));
        client here;
        const auto answer = here.ask(https(there));
        REQUIRE_FALSE(answer.has_value());
        CHECK((answer.error().is(errc::too_large) || answer.error().is(errc::protocol_broken)));
    }
}

TEST_CASE(
    "interim answers without end and an upgrade that nobody asked for: a failure, and a connection that is not used again") {
    server there(own_server_tls(), answering([](server_connection& self, const http_request& request) {
                     std::string storm;
                     for (int i = 0; i < 100; ++i) storm += "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
                     if (request.url == "/storm") return raw_answer{storm};
                     if (request.url == "/some") return raw_answer{storm.substr(0, storm.size() / 25) + ok("1")};
                     if (request.url == "/upgrade") return raw_answer{"HTTP/1.1 101 Switching Protocols\r\n\r\n"};
                     return raw_answer{ok(std::to_string(self.number))};
                 }));
    client here;
    CHECK(here.ask(https(there, "/some")).value().body == "1");
    check_failure(here.ask(https(there, "/storm")), errc::protocol_broken);
    CHECK(here.ask(https(there, "/which")).value().body == "2");
    CHECK(here.ask(https(there, "/upgrade")).value().status == 101);
    CHECK(here.ask(https(there, "/which")).value().body == "3");
}

TEST_CASE("an answer that began and does not end in time is told from silence") {
    server there(own_server_tls(), answering([](server_connection&, const http_request& request) {
                     return raw_answer{request.url == "/silent" ? "" : "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nsome"};
                 }));
    client here;
    for (const bool silent : {true, false}) {
        auto request = client::request_to(https(there, silent ? "/silent" : "/some"));
        request.timeout = silent ? 100ms : 3s;
        check_failure(here.get(here.send(std::move(request))), silent ? errc::timed_out : errc::endless);
    }
}

TEST_CASE("more bytes than the length promised end the connection: they are no answer to the next request") {
    server there(own_server_tls(), answering([](server_connection& self, const http_request&) {
                     return raw_answer{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + std::to_string(self.number) + "!" +
                                       ok("smuggled")};
                 }));
    client here;
    CHECK(here.ask(https(there)).value().body == "1!");
    CHECK(here.ask(https(there)).value().body == "2!");
}

TEST_CASE("a request has one deadline for everything: connecting, waiting in the pool, a silent server, a body that trickles") {
    const auto soon = [](http_request request) {
        request.timeout = 60ms;
        return request;
    };
    server silent(own_server_tls(), answering([](server_connection&, const http_request&) { return raw_answer{}; }));
    client here(own_client_tls(), {.connections_per_host = 1, .user_agent = {}});
    check_failure(here.get(here.send(soon(client::request_to(https(silent))))), errc::timed_out);

    auto holds = here.send(client::request_to(https(silent)));
    check_failure(here.get(here.send(soon(client::request_to(https(silent))))), errc::timed_out);

    server trickling(own_server_tls(), answering([](server_connection&, const http_request&) {
                         return raw_answer{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"};
                     }));
    const auto trickled = here.get(here.send(soon(client::request_to(https(trickling)))));
    REQUIRE_FALSE(trickled.has_value());  // Whether the answer had begun in so short a time is the machine's affair.
    CHECK((trickled.error().is(errc::endless) || trickled.error().is(errc::timed_out)));

    server muted(own_server_tls(), {});
    run_on(muted.io, [&] { muted.face().set_policy([] { return accept_policy::mute_tls; }); });
    check_failure(here.get(here.send(soon(client::request_to(https(muted))))), errc::timed_out);
}

TEST_CASE("after a timeout the pool goes on: the slot is free and the late answer is lost") {
    // By what is asked: on a busy machine the first one's time may be over before its connection is there.
    server there(own_server_tls(), answering([](server_connection&, const http_request& request) {
                     return request.url == "/late" ? raw_answer{} : raw_answer{ok("second")};
                 }));
    client here(own_client_tls(), {.connections_per_host = 1, .user_agent = {}});
    auto first = client::request_to(https(there, "/late"));
    first.timeout = 50ms;
    auto slow = here.send(std::move(first));
    auto next = here.send(client::request_to(https(there)));
    check_failure(here.get(std::move(slow)), errc::timed_out);
    CHECK(here.get(std::move(next)).value().body == "second");
}

TEST_CASE("a kept connection that the server resets at the moment of reuse: GET, PUT and DELETE go out once more, POST fails") {
    for (const std::string method : {"GET", "PUT", "DELETE", "POST", "PATCH"}) {
        CAPTURE(method);
        int asked = 0;
        server there(own_server_tls(), answering([&](server_connection& self, const http_request&) {
                         ++asked;
                         if (self.number == 1 && self.stage++ == 1) {
                             self.stream->reset();  // it read the request, and ended without a word
                             return raw_answer{};
                         }
                         return raw_answer{ok(std::to_string(self.number))};
                     }));
        client here;
        REQUIRE(here.ask(https(there)).value().body == "1");
        const auto answer = here.ask(https(there), method);
        const bool again = method != "POST" && method != "PATCH";
        if (again) {
            CHECK(answer.value().body == "2");
        } else {
            check_failure(answer, errc::closed);
        }
        CHECK(run_on(there.io, [&] { return asked; }) == (again ? 3 : 2));
    }
}

TEST_CASE(
    "a kept connection that is found reset before anything could be written carries no POST: it goes out once on a fresh one") {
    std::vector<std::string> asked;
    server there(own_server_tls(), answering([&](server_connection& self, const http_request& request) {
                     asked.push_back(request.method);
                     return raw_answer{ok(std::to_string(self.number))};
                 }));
    client here;
    REQUIRE(here.ask(https(there)).value().body == "1");
    std::promise<result<http_response>> answer;
    run_on(here.io, [&] {
        // While this thread is busy here it cannot notice the reset: the pool still takes the connection for a good one.
        std::promise<void> reset;
        there.io.post([&] {
            there.connections.front()->stream->reset();
            reset.set_value();
        });
        reset.get_future().wait();
        here.http->send(client::request_to(https(there), "POST"),
                        [&](result<http_response> got) { answer.set_value(std::move(got)); });
    });
    CHECK(here.get(answer.get_future()).value().body == "2");
    CHECK(run_on(there.io, [&] { return asked; }) == std::vector<std::string>{"GET", "POST"});
}

TEST_CASE("a fresh connection that ends without an answer is not tried again") {
    int asked = 0;
    server there(own_server_tls(), answering([&](server_connection&, const http_request&) {
                     ++asked;
                     return raw_answer{"", true};
                 }));
    client here;
    check_failure(here.ask(https(there)), errc::closed);
    CHECK(run_on(there.io, [&] { return asked; }) == 1);
}

TEST_CASE("once a part of the answer has come nothing is sent again") {
    int asked = 0;
    server there(own_server_tls(), answering([&](server_connection&, const http_request&) {
                     return ++asked == 2 ? raw_answer{"HTTP/1.1 200", true} : raw_answer{ok("x")};
                 }));
    client here;
    REQUIRE(here.ask(https(there)).has_value());
    check_failure(here.ask(https(there)), errc::cut_short);
    CHECK(run_on(there.io, [&] { return asked; }) == 2);
}

TEST_CASE("a server that went away and came back is reached again; while it is away the connection is refused") {
    server there(own_server_tls(), answering([](server_connection&, const http_request&) { return raw_answer{ok("x")}; }));
    client here;
    REQUIRE(here.ask(https(there)).has_value());
    run_on(there.io, [&] {
        CHECK(there.face().set_listening(false).has_value());
        for (auto& each : there.connections) each->stream->reset();
    });
    check_failure(here.ask(https(there)), errc::connect_failed);
    run_on(there.io, [&] { CHECK(there.face().set_listening(true).has_value()); });
    CHECK(here.ask(https(there)).has_value());
}

TEST_CASE("what cannot be sent safely is refused: plain http to elsewhere, line breaks in headers, a method of two words") {
    client here;
    check_failure(here.ask("http://discord.com/api"), errc::bad_url);
    check_failure(here.ask("https://user:pw@localhost/"), errc::bad_url);
    check_failure(here.ask("https://localhost/a b"), errc::bad_url);
    check_failure(here.ask("https://localhost/a\r\nX: y"), errc::bad_url);
    check_failure(here.ask("https://localhost/", "GET /x"), errc::bad_request);
    for (const auto& header :
         {http_header{"X", "a\r\nY: b"}, http_header{"X\r\n", "a"}, http_header{"", "a"}, http_header{"X y", "a"}}) {
        auto request = client::request_to("https://localhost/");
        request.headers = {header};
        check_failure(here.get(here.send(std::move(request))), errc::bad_request);
    }
}

TEST_CASE("no failure repeats the path, which may hold a token, nor a header") {
    server there(own_server_tls(), answering([](server_connection&, const http_request&) { return raw_answer{"", true}; }));
    client here;
    auto request = client::request_to(https(there, "/webhooks/1/SECRETSECRET"));
    request.headers = {{"Authorization", "Bot TOKENTOKEN"}};
    const auto broken = here.get(here.send(std::move(request)));
    const auto bad = here.ask("http://example.org/webhooks/1/SECRETSECRET");
    for (const auto& answer : {broken, bad}) {
        REQUIRE_FALSE(answer.has_value());
        CHECK_FALSE(answer.error().message().contains("SECRET"));
        CHECK_FALSE(answer.error().message().contains("TOKEN"));
    }
}

TEST_CASE("the client may be destroyed in an answer, and then tells nothing more") {
    server there(own_server_tls(), answering([](server_connection&, const http_request& request) {
                     return request.url == "/now" ? raw_answer{ok("x")} : raw_answer{};
                 }));
    client here;
    bool told = false;
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> alive = held;
    run_on(here.io, [&] {
        here.http->send(client::request_to(https(there, "/never")),
                        [&told, held = std::move(held)](const auto&) { told = true; });
    });
    std::promise<void> done;
    run_on(here.io, [&] {
        here.http->send(client::request_to(https(there, "/now")), [&](const auto&) {
            here.http.reset();
            done.set_value();
        });
    });
    REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
    run_on(here.io, [] {});
    CHECK_FALSE(told);
    CHECK(alive.expired());
}

TEST_CASE("a large body goes up and comes back") {
    server there(own_server_tls(),
                 answering([](server_connection&, const http_request& request) { return raw_answer{ok(request.body)}; }));
    client here;
    auto request = client::request_to(https(there), "PUT");
    request.body.assign(5'000'000, 'u');
    const auto answer = here.get(here.send(std::move(request)));
    CHECK(answer.value().body.size() == 5'000'000);
}

TEST_CASE("answers of single bytes are read whole") {
    server there(own_server_tls(), answering([](server_connection& self, const http_request&) {
                     self.stream->set_segment_bytes(1);
                     return raw_answer{ok("tiny pieces")};
                 }));
    client here;
    CHECK(here.ask(https(there)).value().body == "tiny pieces");
    CHECK(here.ask(https(there)).value().body == "tiny pieces");
    CHECK(there.log.count("accepted") == 1);
}
