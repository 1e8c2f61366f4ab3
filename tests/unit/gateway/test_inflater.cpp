#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <vector>

#include "base/random.hpp"
#include "gateway/inflater.hpp"

using namespace shoal;
using namespace shoal::gateway;

namespace {

/// Compresses like Discord: one stream a connection, a sync flush a message [2.1.2].
class zlib_server {
public:
    explicit zlib_server(int level = 6) { REQUIRE(deflateInit(&stream_, level) == Z_OK); }
    ~zlib_server() { deflateEnd(&stream_); }
    zlib_server(const zlib_server&) = delete;
    zlib_server& operator=(const zlib_server&) = delete;
    std::string message(const std::string& text) {
        std::string out(text.size() + text.size() / 100 + 1024, '\0');
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        stream_.avail_in = static_cast<uInt>(text.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        REQUIRE(deflate(&stream_, Z_SYNC_FLUSH) == Z_OK);
        REQUIRE(stream_.avail_in == 0);
        out.resize(out.size() - stream_.avail_out);
        return out;
    }

private:
    z_stream stream_{};
};

/// One zstd frame a connection, flushed a message, window 256 KiB, no checksum, no content size [2.1.4].
class zstd_server {
public:
    zstd_server() : stream_(ZSTD_createCCtx()) {
        ZSTD_CCtx_setParameter(stream_, ZSTD_c_windowLog, 18);
        ZSTD_CCtx_setParameter(stream_, ZSTD_c_compressionLevel, 6);
        ZSTD_CCtx_setParameter(stream_, ZSTD_c_contentSizeFlag, 0);
    }
    ~zstd_server() { ZSTD_freeCCtx(stream_); }
    zstd_server(const zstd_server&) = delete;
    zstd_server& operator=(const zstd_server&) = delete;
    std::string message(const std::string& text) {
        std::string out(ZSTD_compressBound(text.size()) + 64, '\0');
        ZSTD_inBuffer in{text.data(), text.size(), 0};
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        REQUIRE(ZSTD_compressStream2(stream_, &to, &in, ZSTD_e_flush) == 0);
        out.resize(to.pos);
        return out;
    }

private:
    ZSTD_CCtx* stream_;
};

std::string event(std::uint64_t number, std::size_t size) {
    std::string text = R"({"t":"MESSAGE_CREATE","s":)" + std::to_string(number) + R"(,"op":0,"d":{"content":")";
    random_source random(number);
    while (text.size() < size) text += std::to_string(random.next());
    return text + "\"}}";
}

std::span<const char> bytes(const std::string& text) { return {text.data(), text.size()}; }

}  // namespace

TEST_CASE("without compression a message is copied as it is") {
    buffer_pool pool;
    const auto plain = make_inflater(compression::none, pool);
    const std::string text = R"({"op":11})";
    const auto message = plain->feed(bytes(text));
    REQUIRE(message);
    CHECK(message->view() == text);
}

TEST_CASE("many messages run through one stream of either kind, over and over") {
    zlib_server zlib;
    zstd_server zstd;
    buffer_pool pool;
    const auto from_zlib = make_inflater(compression::zlib_stream, pool);
    const auto from_zstd = make_inflater(compression::zstd_stream, pool);
    for (std::uint64_t i = 1; i <= 500; ++i) {
        const auto text = event(i, i % 50 == 0 ? 300'000 : 50 + i * 3);
        const auto a = from_zlib->feed(bytes(zlib.message(text)));
        REQUIRE(a);
        REQUIRE(a->view() == text);
        const auto b = from_zstd->feed(bytes(zstd.message(text)));
        REQUIRE(b);
        REQUIRE(b->view() == text);
    }
}

TEST_CASE("F33 a zlib message split over two websocket messages at every byte position comes out whole, once") {
    const std::vector<std::string> texts = {event(1, 60), event(2, 700), event(3, 61)};
    zlib_server first_pass;
    std::vector<std::string> wire;
    for (const auto& text : texts) wire.push_back(first_pass.message(text));
    for (std::size_t which = 0; which < wire.size(); ++which) {
        for (std::size_t split = 0; split <= wire[which].size(); ++split) {
            CAPTURE(which);
            CAPTURE(split);
            buffer_pool pool;
            const auto reader = make_inflater(compression::zlib_stream, pool);
            for (std::size_t i = 0; i < wire.size(); ++i) {
                if (i != which) {
                    const auto whole = reader->feed(bytes(wire[i]));
                    REQUIRE(whole);
                    REQUIRE(whole->view() == texts[i]);
                    continue;
                }
                const auto head = reader->feed(bytes(wire[i].substr(0, split)));
                REQUIRE(head);
                const auto tail = reader->feed(bytes(wire[i].substr(split)));
                REQUIRE(tail);
                CHECK((head->view() == texts[i]) != (tail->view() == texts[i]));
                CHECK((split == wire[i].size() || head->view().empty()));
            }
        }
    }
}

TEST_CASE("F37 one byte at a time: messages come out exactly at their last byte") {
    zlib_server server;
    buffer_pool pool;
    const auto reader = make_inflater(compression::zlib_stream, pool);
    for (std::uint64_t i = 1; i <= 20; ++i) {
        const auto text = event(i, 200 * i);
        const auto wire = server.message(text);
        for (std::size_t k = 0; k < wire.size(); ++k) {
            const auto message = reader->feed({wire.data() + k, 1});
            REQUIRE(message);
            REQUIRE((message->view().empty()) == (k + 1 < wire.size()));
            if (k + 1 == wire.size()) REQUIRE(message->view() == text);
        }
    }
}

TEST_CASE("F33 the suffix's bytes in mid-data, at the very end of a websocket message, end no gateway message") {
    // Stored blocks (level 0) carry the text as it is: 00 00 FF FF can be put anywhere.
    zlib_server server(0);
    buffer_pool pool;
    const auto reader = make_inflater(compression::zlib_stream, pool);
    const std::string suffix("\x00\x00\xFF\xFF", 4);
    for (int round = 0; round < 3; ++round) {
        const auto text = R"({"a":")" + suffix + "x" + suffix + R"("})";
        const auto wire = server.message(text);
        const auto first = wire.find(suffix) + 4;
        const auto second = wire.find(suffix, first) + 4;
        REQUIRE(second < wire.size());
        const auto a = reader->feed(bytes(wire.substr(0, first)));
        REQUIRE(a);
        CHECK(a->view().empty());
        const auto b = reader->feed(bytes(wire.substr(first, second - first)));
        REQUIRE(b);
        CHECK(b->view().empty());
        const auto c = reader->feed(bytes(wire.substr(second)));
        REQUIRE(c);
        CHECK(c->view() == text);
    }
}

TEST_CASE("F35 a corrupt byte fails or changes the text, crashes nothing, and a failed stream stays failed") {
    for (const auto kind : {compression::zlib_stream, compression::zstd_stream}) {
        std::size_t failed = 0;
        for (std::uint64_t seed = 1; seed <= 400; ++seed) {
            zlib_server zlib;
            zstd_server zstd;
            buffer_pool pool;
            const auto reader = make_inflater(kind, pool, 1024 * 1024);
            random_source random(seed);
            bool broken = false;
            for (std::uint64_t i = 1; i <= 5; ++i) {
                auto wire = kind == compression::zlib_stream ? zlib.message(event(i, 500)) : zstd.message(event(i, 500));
                if (i == 3) wire[random.below(wire.size())] = static_cast<char>(random.next());
                const auto message = reader->feed(bytes(wire));
                if (broken) REQUIRE_FALSE(message);
                if (!message) broken = true;
            }
            failed += broken ? 1 : 0;
        }
        CHECK(failed > 50);
    }
}

TEST_CASE("a stream that is not compressed at all fails") {
    for (const auto kind : {compression::zlib_stream, compression::zstd_stream}) {
        buffer_pool pool;
        const auto reader = make_inflater(kind, pool);
        const auto message = reader->feed(bytes(R"({"op":10,"d":{"heartbeat_interval":41250}})"));
        REQUIRE_FALSE(message);
        CHECK(message.error().is(errc::corrupt_compression));
    }
}

TEST_CASE("a decompression bomb ends at the largest message, not in memory") {
    const std::string bomb(16 * 1024 * 1024, 'a');
    constexpr std::size_t largest = 1024 * 1024;
    {
        zlib_server server;
        buffer_pool pool;
        const auto reader = make_inflater(compression::zlib_stream, pool, largest);
        const auto message = reader->feed(bytes(server.message(bomb)));
        REQUIRE_FALSE(message);
        CHECK(message.error().is(errc::message_too_large));
        CHECK_FALSE(reader->feed(bytes(server.message("{}"))));
    }
    {
        zstd_server server;
        buffer_pool pool;
        const auto reader = make_inflater(compression::zstd_stream, pool, largest);
        const auto message = reader->feed(bytes(server.message(bomb)));
        REQUIRE_FALSE(message);
        CHECK(message.error().is(errc::message_too_large));
    }
    buffer_pool pool;
    CHECK_FALSE(make_inflater(compression::none, pool, 10)->feed(bytes("12345678901")));
}

TEST_CASE("a message of exactly the largest size passes, one byte more does not") {
    for (const std::size_t size : {std::size_t{4095}, std::size_t{4096}, std::size_t{4097}, std::size_t{65536}}) {
        for (const auto kind : {compression::zlib_stream, compression::zstd_stream, compression::none}) {
            CAPTURE(size);
            const auto text = event(1, size).substr(0, size);
            zlib_server zlib;
            zstd_server zstd;
            const auto wire = kind == compression::none          ? text
                              : kind == compression::zlib_stream ? zlib.message(text)
                                                                 : zstd.message(text);
            buffer_pool pool;
            const auto passes = make_inflater(kind, pool, size)->feed(bytes(wire));
            REQUIRE(passes);
            CHECK(passes->view() == text);
            CHECK_FALSE(make_inflater(kind, pool, size - 1)->feed(bytes(wire)));
        }
    }
}

TEST_CASE("a zstd frame that asks for a huge window is refused") {
    ZSTD_CCtx* server = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(server, ZSTD_c_windowLog, 26);
    const std::string text = event(1, 1000);
    std::string out(4096, '\0');
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    ZSTD_compressStream2(server, &to, &in, ZSTD_e_flush);
    ZSTD_freeCCtx(server);
    buffer_pool pool;
    CHECK_FALSE(make_inflater(compression::zstd_stream, pool)->feed({out.data(), to.pos}));
}

TEST_CASE("F32 a giant message and then small ones: the giant's memory is given back") {
    for (const auto kind : {compression::zlib_stream, compression::zstd_stream}) {
        zlib_server zlib(1);
        zstd_server zstd;
        const auto compress = [&](const std::string& text) {
            return kind == compression::zlib_stream ? zlib.message(text) : zstd.message(text);
        };
        buffer_pool pool;
        const auto reader = make_inflater(kind, pool);
        {
            const auto giant = event(1, 6 * 1024 * 1024);
            auto message = reader->feed(bytes(compress(giant)));
            REQUIRE(message);
            CHECK(message->view() == giant);
            CHECK(message->room().size() >= giant.size());
        }
        for (std::uint64_t i = 2; i < 10; ++i) {
            auto message = reader->feed(bytes(compress(event(i, 300))));
            REQUIRE(message);
            CHECK(message->room().size() <= 256 * 1024);
        }
        CHECK(pool.lent() == 0);
    }
}

TEST_CASE("a bomb's buffer is given back when it is found out, not when its connection ends") {
    for (const auto kind : {compression::zlib_stream, compression::zstd_stream}) {
        zlib_server zlib(1);
        zstd_server zstd;
        const std::string zeros(3 * 1024 * 1024, '0');
        const auto wire = kind == compression::zlib_stream ? zlib.message(zeros) : zstd.message(zeros);
        CHECK(wire.size() < 20'000);
        buffer_pool pool;
        const auto reader = make_inflater(kind, pool, 1024 * 1024);
        const auto outcome = reader->feed(bytes(wire));
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().is(errc::message_too_large));
        CHECK(pool.lent() == 0);
    }
}

TEST_CASE("the bytes behind a message can be read, as its readers may want") {
    zstd_server server;
    buffer_pool pool;
    const auto reader = make_inflater(compression::zstd_stream, pool);
    for (std::uint64_t i = 1; i < 200; ++i) {
        const auto message = reader->feed(bytes(server.message(event(i, 40 * i))));
        REQUIRE(message);
        unsigned sum = 0;
        for (std::size_t k = 0; k < buffer::padding; ++k)
            sum += static_cast<unsigned char>(message->view().data()[message->size() + k]);
        CHECK(sum <= 255 * buffer::padding);  // That it can be read is what a sanitizer checks.
    }
}
