#include "net/http_answer.hpp"
#include "net_fixture.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::testing;

TEST_CASE("a request split at every byte is the same request") {
    const std::string bytes = "POST /api/v10/x?y=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nX-A: b\r\n\r\nbody";
    for (std::size_t split = 1; split < bytes.size(); ++split) {
        CAPTURE(split);
        http_request_reader reader;
        reader.feed(std::string_view(bytes).substr(0, split));
        auto got = reader.next();
        REQUIRE(got.has_value());
        CHECK_FALSE(got->has_value());
        reader.feed(std::string_view(bytes).substr(split));
        got = reader.next();
        REQUIRE(got.has_value());
        REQUIRE(got->has_value());
        CHECK((*got)->method == "POST");
        CHECK((*got)->url == "/api/v10/x?y=1");
        CHECK((*got)->body == "body");
        CHECK((*got)->headers.size() == 3);
        CHECK((*got)->headers[2].name == "X-A");
        CHECK((*got)->headers[2].value == "b");
        CHECK(reader.take_rest().empty());
    }
}

TEST_CASE("requests behind each other come one by one, also with a chunked body between") {
    http_request_reader reader;
    reader.feed(
        "GET /1 HTTP/1.1\r\n\r\n"
        "PUT /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        "DELETE /3 HTTP/1.1\r\n\r\nGET /4 HT");
    std::string order;
    while (auto got = reader.next().value()) order += got->method + got->url + got->body + " ";
    CHECK(order == "GET/1 PUT/2abcde DELETE/3 ");
    reader.feed("TP/1.1\r\n\r\n");
    CHECK(reader.next().value()->url == "/4");
}

TEST_CASE("a chunked body's end may come byte by byte, also of an empty body") {
    for (const std::string body : {"", "3\r\nabc\r\n"}) {
        for (const std::string trailer : {"", "T: 1\r\n"}) {
            http_request_reader reader;
            const auto bytes = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "0\r\n" + trailer + "\r\n";
            for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
                reader.feed(std::string_view(bytes).substr(i, 1));
                REQUIRE_FALSE(reader.next().value().has_value());
            }
            reader.feed("\n");
            const auto got = reader.next().value();
            REQUIRE(got.has_value());
            CHECK(got->body == (body.empty() ? "" : "abc"));
        }
    }
}

TEST_CASE("so may a chunked answer's") {
    for (const std::string body : {"", "3\r\nabc\r\n"}) {
        http_answer_reader reader(100, false);
        for (const char c : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "0\r\n\r\n") {
            REQUIRE_FALSE(reader.done());
            reader.feed({&c, 1});
            REQUIRE_FALSE(reader.failed());
        }
        REQUIRE(reader.done());
        CHECK(reader.take().body == (body.empty() ? "" : "abc"));
        CHECK_FALSE(reader.has_rest());
    }
}

TEST_CASE("bytes behind an upgrade stay for whoever speaks next") {
    http_request_reader reader;
    reader.feed("GET /?v=10 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello");
    CHECK(reader.next().value().has_value());
    CHECK(reader.take_rest() == "\x81\x05hello");
    CHECK(reader.take_rest().empty());
}

TEST_CASE("what is no HTTP, too large or ambiguous is a failure that stays") {
    struct row {
        std::string bytes;
        errc expected;
    };
    for (const auto& each :
         {row{"\x16\x03\x01 a TLS hello\r\n\r\n", errc::protocol_broken}, row{"GET / HTTP/9.9\r\n\r\n", errc::protocol_broken},
          row{"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", errc::protocol_broken},
          row{"POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", errc::protocol_broken},
          row{"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", errc::too_large},
          row{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'b'), errc::too_large},
          row{"GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x'), errc::too_large}}) {
        CAPTURE(each.bytes.substr(0, 60));
        http_request_reader reader(100);
        reader.feed(each.bytes);
        for (int i = 0; i < 2; ++i) {
            const auto got = reader.next();
            REQUIRE_FALSE(got.has_value());
            CHECK(got.error().is(each.expected));
        }
    }
}

TEST_CASE("a reader may be moved in the middle of a request") {
    http_request_reader reader;
    reader.feed("GET /moved HT");
    CHECK_FALSE(reader.next().value().has_value());
    http_request_reader other(std::move(reader));
    other.feed("TP/1.1\r\n\r\n");
    CHECK(other.next().value()->url == "/moved");
}

TEST_CASE("an answer has its status line, headers and length") {
    CHECK(write_response({.status = 200, .headers = {{"A", "b"}}, .body = "xyz"}, true) ==
          "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nxyz");
    CHECK(write_response({.status = 429, .headers = {}, .body = {}}, false) ==
          "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    CHECK(write_response({.status = 204, .headers = {}, .body = "dropped"}, true) ==
          "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
    CHECK(write_response({.status = 101, .headers = {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}}, .body = {}}, true) ==
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    CHECK(write_response({.status = 520, .headers = {}, .body = {}}, true).starts_with("HTTP/1.1 520 Unknown\r\n"));
}

TEST_CASE("an answer may lie about its length where the caller wants it to") {
    CHECK(write_response({.status = 200, .headers = {{"content-length", "99"}}, .body = "x"}, true) ==
          "HTTP/1.1 200 OK\r\ncontent-length: 99\r\nConnection: keep-alive\r\n\r\nx");
}
