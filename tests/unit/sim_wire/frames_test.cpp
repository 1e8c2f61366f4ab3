#include "sim/wire/frames.hpp"

#include <doctest/doctest.h>

#include "unit/sim_wire/wire_reading.hpp"

using namespace shoal::sim::wire;
using wire_test::client_frame;
using wire_test::read_frames;

namespace {
template <class T>
T expect(frame_reader& reader) {
    auto event = reader.next();
    REQUIRE(event.has_value());
    REQUIRE(std::holds_alternative<T>(*event));
    return std::get<T>(*event);
}
}  // namespace

TEST_CASE("the handshake answers the key of RFC 6455 with the accept of RFC 6455") {
    CHECK(accept_for("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    const auto answer = switching_protocols("dGhlIHNhbXBsZSBub25jZQ==");
    CHECK(answer.starts_with("HTTP/1.1 101 "));
    CHECK(answer.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != std::string::npos);
    CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("frames of every length class are written unmasked and read back whole") {
    for (const std::size_t size : {0, 1, 125, 126, 65535, 65536, 300000}) {
        CAPTURE(size);
        std::string out;
        append_frame(out, opcode::binary, std::string(size, 'x'));
        const auto frames = read_frames(out);
        REQUIRE(frames.size() == 1);
        CHECK(frames[0].last);
        CHECK(frames[0].opcode == 2);
        CHECK_FALSE(frames[0].masked);
        CHECK(frames[0].payload == std::string(size, 'x'));
    }
}

TEST_CASE("a close frame carries its code and reason, or nothing at all") {
    std::string out;
    append_close(out, 4009, "Session timed out.");
    append_close(out, std::nullopt, "ignored");
    append_close(out, 4000, std::string(500, 'r'));
    const auto frames = read_frames(out);
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].opcode == 8);
    CHECK(frames[0].payload == std::string("\x0F\xA9Session timed out."));
    CHECK(frames[1].payload.empty());
    CHECK(frames[2].payload.size() == 125);
}

TEST_CASE("client messages are unmasked and read at any cut of the bytes") {
    std::string sent =
        client_frame(1, R"({"op":1,"d":null})") + client_frame(2, std::string(70000, 'b')) + client_frame(9, "are you there");
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{1000}, sent.size()}) {
        CAPTURE(step);
        frame_reader reader;
        std::vector<client_event> events;
        for (std::size_t at = 0; at < sent.size(); at += step) {
            reader.feed(std::string_view(sent).substr(at, step));
            while (auto event = reader.next()) events.push_back(std::move(*event));
        }
        REQUIRE(events.size() == 3);
        CHECK(std::get<client_message>(events[0]).bytes == R"({"op":1,"d":null})");
        CHECK_FALSE(std::get<client_message>(events[0]).binary);
        CHECK(std::get<client_message>(events[1]).bytes == std::string(70000, 'b'));
        CHECK(std::get<client_message>(events[1]).binary);
        CHECK(std::get<client_ping>(events[2]).bytes == "are you there");
    }
}

TEST_CASE("fragments are put together, and a ping between them is told at its place") {
    frame_reader reader;
    reader.feed(client_frame(1, "one ", false) + client_frame(9, "p") + client_frame(0, "two ", false) +
                client_frame(0, "three"));
    CHECK(expect<client_ping>(reader).bytes == "p");
    CHECK(expect<client_message>(reader).bytes == "one two three");
    CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("a client's close is told with its code, 1005 without one, and ends the reading") {
    frame_reader with_code;
    with_code.feed(client_frame(8, std::string("\x0F\xA0", 2) + "bye") + client_frame(1, "late"));
    const auto closed = expect<client_close>(with_code);
    CHECK(closed.code == 4000);
    CHECK(closed.reason == "bye");
    CHECK_FALSE(with_code.next().has_value());
    CHECK(with_code.ended());

    frame_reader without;
    without.feed(client_frame(8, ""));
    CHECK(expect<client_close>(without).code == 1005);
}

TEST_CASE("every broken rule of framing is named by its close code") {
    struct broken {
        const char* what;
        std::string bytes;
        std::uint16_t code;
    };
    const std::vector<broken> cases{
        {"no mask", client_frame(1, "x", true, false), 1002},
        {"reserved bit", std::string("\xC1\x80", 2) + "mmmm", 1002},
        {"opcode 3", client_frame(3, "x"), 1002},
        {"opcode 11", client_frame(11, "x"), 1002},
        {"long ping", client_frame(9, std::string(126, 'p')), 1002},
        {"fragmented ping", client_frame(9, "p", false), 1002},
        {"continuation of nothing", client_frame(0, "x"), 1002},
        {"a message inside another", client_frame(1, "x", false) + client_frame(1, "y"), 1002},
        {"half a close code", client_frame(8, "x"), 1002},
        {"close code 1005", client_frame(8, std::string("\x03\xED", 2)), 1002},
        {"close code 2000", client_frame(8, std::string("\x07\xD0", 2)), 1002},
        {"too big at once", client_frame(1, std::string(2001, 'x')), 1009},
        {"too big in fragments", client_frame(1, std::string(1500, 'x'), false) + client_frame(0, std::string(600, 'x')), 1009},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        frame_reader reader(2000);
        reader.feed(one.bytes);
        CHECK(expect<client_broke>(reader).code == one.code);
        CHECK(reader.ended());
        reader.feed(client_frame(1, "more"));
        CHECK_FALSE(reader.next().has_value());
    }
}

TEST_CASE("a message that is too big is refused by its head, before its bytes come") {
    frame_reader reader(1000);
    reader.feed(client_frame(2, std::string(100000, 'x')).substr(0, 14));
    CHECK(expect<client_broke>(reader).code == 1009);
}

TEST_CASE("half a frame announces more than it brings") {
    std::string out;
    append_half_frame(out);
    std::size_t used = 1;
    CHECK(read_frames(out, &used).empty());
    CHECK(used == 0);
    CHECK(out.size() > 100);
}
