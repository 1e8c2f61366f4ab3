#include "sim/wire/encoder.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <set>

#include "sim/wire/frames.hpp"
#include "unit/sim_wire/wire_reading.hpp"

using namespace shoal::sim;
using namespace shoal::sim::wire;
using wire_test::plain_inflater;
using wire_test::plain_unzstd;
using wire_test::read_frames;

namespace {

payload event(std::uint64_t seq, std::string data) {
    return {0, "MESSAGE_CREATE", seq, std::make_shared<const std::string>(std::move(data))};
}
std::string expected_text(std::uint64_t seq, const std::string& data) {
    return R"({"t":"MESSAGE_CREATE","s":)" + std::to_string(seq) + R"(,"op":0,"d":)" + data + "}";
}
/// JSON that does not compress well.
std::string noisy_json(std::uint64_t seed, std::size_t size) {
    shoal::random_source random(seed);
    std::string out = "\"";
    while (out.size() < size) out += "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[random.below(64)];
    return out + "\"";
}
const std::string suffix("\x00\x00\xFF\xFF", 4);

}  // namespace

TEST_CASE("the envelope puts t, s and op before d, with null where there is nothing") {
    CHECK(whole_text({10, "", 0, std::make_shared<const std::string>(R"({"heartbeat_interval":41250})")}) ==
          R"({"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250}})");
    CHECK(whole_text({11, "", 0, nullptr}) == R"({"t":null,"s":null,"op":11,"d":null})");
    CHECK(whole_text(event(7, R"({"a":1})")) == expected_text(7, R"({"a":1})"));
    CHECK(whole_text({verbatim_op, "", 0, std::make_shared<const std::string>("{ \"op\": 11 }")}) == "{ \"op\": 11 }");
}

TEST_CASE("B48 with vary the keys come in every order with white space, and mean the same") {
    shoal::random_source random(5);
    std::set<std::string> orders;
    bool spaces = false;
    for (int i = 0; i < 400; ++i) {
        const auto text = whole_text(event(7, R"({"a":[1,2]})"), &random);
        const auto read = boost::json::parse(text).as_object();
        REQUIRE(read.size() == 4);
        CHECK(read.at("t") == "MESSAGE_CREATE");
        CHECK(read.at("s") == 7);
        CHECK(read.at("op") == 0);
        CHECK(read.at("d") == boost::json::parse(R"({"a":[1,2]})"));
        std::string order;
        for (const auto& pair : read) order += std::string(pair.key()) + " ";
        orders.insert(order);
        spaces = spaces || text.find_first_of(" \t\n\r") != std::string::npos;
    }
    CHECK(orders.size() == 24);
    CHECK(spaces);
}

TEST_CASE("without compression a payload is one text message") {
    encoder plain({});
    std::string out;
    CHECK(plain.append_frames(event(2, R"({"a":1})"), out) == expected_text(2, R"({"a":1})").size());
    const auto frames = read_frames(out);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].opcode == 1);
    CHECK(frames[0].payload == expected_text(2, R"({"a":1})"));
}

TEST_CASE("B28 zlib-stream is one stream a connection, 78 9C once, a sync flush behind each message") {
    for (const int level : {1, 3, 6, 9}) {
        CAPTURE(level);
        encoder zlib({.how = compression::zlib_stream, .zlib_level = level});
        plain_inflater client;
        std::size_t first_size = 0;
        for (std::uint64_t seq = 1; seq <= 40; ++seq) {
            const auto data = seq % 7 == 0 ? noisy_json(seq, 50000) : R"({"content":"the same words again and again"})";
            const auto messages = zlib.encode(event(seq, data));
            REQUIRE(messages.size() == 1);
            CHECK(messages[0].binary);
            CHECK(messages[0].bytes.ends_with(suffix));
            CHECK(messages[0].bytes.starts_with("\x78\x9C") == (seq == 1));
            CHECK(client.read(messages[0].bytes) == expected_text(seq, data));
            if (seq == 1) first_size = messages[0].bytes.size();
            if (seq == 2) CHECK(messages[0].bytes.size() < first_size / 2);  // the window is shared by the messages
        }
        CHECK(client.sound);
    }
}

TEST_CASE("B29 zstd-stream is one frame that never ends: window 256 KiB, no checksum, no content size, flushed per message") {
    encoder zstd({.how = compression::zstd_stream});
    plain_unzstd client;
    for (std::uint64_t seq = 1; seq <= 40; ++seq) {
        const auto data = seq % 7 == 0 ? noisy_json(seq, 400000) : R"({"content":"the same words again and again"})";
        const auto messages = zstd.encode(event(seq, data));
        REQUIRE(messages.size() == 1);
        CHECK(messages[0].binary);
        CHECK(messages[0].bytes.starts_with(std::string("\x28\xB5\x2F\xFD\x00\x40", 6)) == (seq == 1));
        CHECK(client.read(messages[0].bytes) == expected_text(seq, data));
        CHECK(client.last_result != 0);  // the frame has not ended
    }
    CHECK(client.sound);
}

TEST_CASE("B30 compress:true gives large payloads as zlib blobs of their own, others stay text") {
    encoder blobs({});
    const std::string large = noisy_json(3, 20000);
    CHECK_FALSE(blobs.encode(event(1, large))[0].binary);
    blobs.compress_large(true);
    for (std::uint64_t seq = 2; seq <= 4; ++seq) {
        const auto big = blobs.encode(event(seq, large))[0];
        CHECK(big.binary);
        plain_inflater fresh;  // each blob stands alone
        CHECK(fresh.read(big.bytes) == expected_text(seq, large));
        CHECK(fresh.sound);
        const auto small = blobs.encode(event(seq, "{}"))[0];
        CHECK_FALSE(small.binary);
        CHECK(small.bytes == expected_text(seq, "{}"));
    }
}

TEST_CASE("compress:true is ignored where the transport compresses") {
    const std::string large = noisy_json(3, 20000);
    encoder zlib({.how = compression::zlib_stream});
    zlib.compress_large(true);
    plain_inflater client;
    CHECK(client.read(zlib.encode(event(1, large))[0].bytes) == expected_text(1, large));
    CHECK(client.read(zlib.encode(event(2, large))[0].bytes) == expected_text(2, large));
}

TEST_CASE("B31 ETF is refused with a sentence, and so is what does not exist") {
    CHECK(read_target("/?v=10&encoding=json") == compression::none);
    CHECK(read_target("/") == compression::none);
    CHECK(read_target("?v=10&encoding=json&compress=zlib-stream") == compression::zlib_stream);
    CHECK(read_target("/?compress=zstd-stream&v=10&encoding=json") == compression::zstd_stream);
    const auto etf = read_target("/?v=10&encoding=etf&compress=zlib-stream");
    REQUIRE_FALSE(etf.has_value());
    CHECK(etf.error().find("etf") != std::string::npos);
    CHECK_FALSE(read_target("/?encoding=xml").has_value());
    CHECK_FALSE(read_target("/?compress=brotli").has_value());
}

TEST_CASE("F33 zlib messages are split over websocket messages in every way, and never end early") {
    encoder zlib({.how = compression::zlib_stream, .seed = 9});
    zlib.arm(wire_fault::split_messages, 300);
    plain_inflater client;
    bool byte_by_byte = false;
    bool suffix_split = false;
    bool suffix_inside = false;
    std::set<std::size_t> first_cuts;
    for (std::uint64_t seq = 1; seq <= 300; ++seq) {
        const auto data = seq % 50 == 0 ? noisy_json(seq, 30000) : noisy_json(seq, 40 + seq);
        const auto parts = zlib.encode(event(seq, data));
        std::string whole;
        bool all_single = parts.size() > 8;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            CHECK_FALSE(parts[i].bytes.empty());
            whole += parts[i].bytes;
            all_single = all_single && parts[i].bytes.size() == 1;
            // A reader that follows the documented rule sees the end once, at the end.
            CHECK(whole.ends_with(suffix) == (i + 1 == parts.size()));
        }
        byte_by_byte = byte_by_byte || all_single;
        if (parts.size() == 4 && parts[3].bytes.size() == 1 && parts[2].bytes.size() == 1) suffix_split = true;
        if (whole.substr(0, whole.size() - 4).find(suffix) != std::string::npos) suffix_inside = true;
        if (parts.size() == 2) first_cuts.insert(parts[0].bytes.size());
        CHECK(client.read(whole) == expected_text(seq, data));
    }
    CHECK(client.sound);
    CHECK(byte_by_byte);
    CHECK(suffix_split);
    CHECK(suffix_inside);
    CHECK(first_cuts.size() > 40);
    CHECK(zlib.encode(event(301, "{}")).size() == 1);  // the order was for 300 messages
}

TEST_CASE("F33 leaves zstd and plain text in one message each") {
    encoder zstd({.how = compression::zstd_stream});
    zstd.arm(wire_fault::split_messages, 5);
    CHECK(zstd.encode(event(1, noisy_json(1, 5000))).size() == 1);
    encoder plain({});
    plain.arm(wire_fault::split_messages, 5);
    CHECK(plain.encode(event(1, noisy_json(1, 5000))).size() == 1);
}

TEST_CASE("F34 messages come in fragments with pings between them, and the same bytes in all") {
    for (const auto how : {compression::none, compression::zlib_stream, compression::zstd_stream}) {
        encoder faulty({.how = how});
        encoder sound({.how = how});
        faulty.arm(wire_fault::fragment_with_pings, 3);
        for (std::uint64_t seq = 1; seq <= 4; ++seq) {
            std::string out;
            faulty.append_frames(event(seq, noisy_json(seq, 3000)), out);
            std::string whole;
            int pings = 0;
            int data_frames = 0;
            int starts = 0;
            int ends = 0;
            for (const auto& frame : read_frames(out)) {
                if (frame.opcode == 9) {
                    ++pings;
                    CHECK(data_frames > 0);
                    CHECK(ends == 0);  // inside the message
                    continue;
                }
                ++data_frames;
                starts += frame.opcode != 0 ? 1 : 0;
                ends += frame.last ? 1 : 0;
                whole += frame.payload;
            }
            CHECK(starts == 1);
            CHECK(ends == 1);
            CHECK(whole == sound.encode(event(seq, noisy_json(seq, 3000)))[0].bytes);
            if (seq <= 3) {
                CHECK(data_frames >= 2);
                CHECK(pings == data_frames - 1);
            } else {
                CHECK(data_frames == 1);
                CHECK(pings == 0);
            }
        }
    }
}

TEST_CASE("F35 a corrupt byte is noticed by every inflater, in the first message and in later ones") {
    for (const std::uint64_t sound_before : {0, 1, 5}) {
        CAPTURE(sound_before);
        encoder zlib({.how = compression::zlib_stream});
        encoder zstd({.how = compression::zstd_stream});
        plain_inflater inflater;
        plain_unzstd unzstd;
        for (std::uint64_t seq = 1; seq <= sound_before; ++seq) {
            inflater.read(zlib.encode(event(seq, "{}"))[0].bytes);
            unzstd.read(zstd.encode(event(seq, "{}"))[0].bytes);
        }
        REQUIRE(inflater.sound);
        REQUIRE(unzstd.sound);
        zlib.arm(wire_fault::corrupt_byte, 1);
        zstd.arm(wire_fault::corrupt_byte, 1);
        inflater.read(zlib.encode(event(9, noisy_json(2, 500)))[0].bytes);
        unzstd.read(zstd.encode(event(9, noisy_json(2, 500)))[0].bytes);
        CHECK_FALSE(inflater.sound);
        CHECK_FALSE(unzstd.sound);
    }
}

TEST_CASE(
    "F35 a message cut off in its middle, half a JSON, one without op: in each transport, and the next one is whole again") {
    for (const auto how : {compression::none, compression::zlib_stream, compression::zstd_stream}) {
        CAPTURE(static_cast<int>(how));
        const auto read = [&](encoder& from, plain_inflater& zlib, plain_unzstd& zstd, const payload& what) {
            const auto bytes = from.encode(what)[0].bytes;
            return how == compression::none ? bytes : how == compression::zlib_stream ? zlib.read(bytes) : zstd.read(bytes);
        };
        {
            encoder cut({.how = how}), whole({.how = how});
            (void)cut.encode(event(1, "{}"));
            (void)whole.encode(event(1, "{}"));
            cut.arm(wire_fault::truncate_message, 1);
            const auto half = cut.encode(event(2, noisy_json(3, 900)))[0].bytes;
            const auto all = whole.encode(event(2, noisy_json(3, 900)))[0].bytes;
            CHECK(half == all.substr(0, all.size() / 2));
            CHECK(cut.encode(event(3, "{}"))[0].bytes == whole.encode(event(3, "{}"))[0].bytes);
        }
        encoder one({.how = how});
        plain_inflater zlib;
        plain_unzstd zstd;
        one.arm(wire_fault::cut_json, 1);
        const auto text = read(one, zlib, zstd, event(1, noisy_json(3, 900)));
        CHECK(text.starts_with("{\"t\":"));
        CHECK(text.size() > 400);
        CHECK_FALSE(text.ends_with("}"));
        one.arm(wire_fault::no_op, 1);
        const auto without = read(one, zlib, zstd, event(2, "{}"));
        CHECK(without.find("\"op\"") == std::string::npos);
        CHECK(without.ends_with("}"));
        CHECK(read(one, zlib, zstd, event(3, "{}")) == expected_text(3, "{}"));
        CHECK(zlib.sound);
        CHECK(zstd.sound);
    }
}

TEST_CASE("F35 a bomb is a hundred megabytes of zeros in a hundred kilobytes, and the next message is whole again") {
    encoder one({.how = compression::zlib_stream}), other({.how = compression::zstd_stream});
    one.arm(wire_fault::bomb, 100);
    other.arm(wire_fault::bomb, 100);
    const auto zlib = one.encode(event(1, "{}"))[0].bytes;
    const auto zstd = other.encode(event(1, "{}"))[0].bytes;
    CHECK(zlib.size() < 600'000);
    CHECK(zstd.size() < 100'000);
    plain_inflater inflater;
    CHECK(inflater.read(zlib).size() > 100'000'000);
    CHECK(inflater.read(one.encode(event(2, "{}"))[0].bytes) == expected_text(2, "{}"));
    plain_unzstd unzstd;
    CHECK(unzstd.read(zstd).size() > 100'000'000);
    CHECK(unzstd.read(other.encode(event(2, "{}"))[0].bytes) == expected_text(2, "{}"));
}

TEST_CASE("F35 waits for a compressed message where payloads are compressed singly") {
    encoder blobs({});
    blobs.compress_large(true);
    blobs.arm(wire_fault::corrupt_byte, 1);
    CHECK(blobs.encode(event(1, "{}"))[0].bytes == expected_text(1, "{}"));
    plain_inflater client;
    client.read(blobs.encode(event(2, noisy_json(1, 20000)))[0].bytes);
    CHECK_FALSE(client.sound);
}

TEST_CASE("encoders with the same seed write the same bytes") {
    std::string first;
    std::string second;
    for (auto* out : {&first, &second}) {
        encoder one({.how = compression::zlib_stream, .vary = true, .seed = 4});
        one.arm(wire_fault::split_messages, 10);
        one.arm(wire_fault::fragment_with_pings, 5);
        for (std::uint64_t seq = 1; seq <= 20; ++seq) one.append_frames(event(seq, noisy_json(seq, 200)), *out);
    }
    CHECK(first == second);
}
