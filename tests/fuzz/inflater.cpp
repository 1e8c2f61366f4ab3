// The gateway's inflaters. Bytes of an enemy: nothing larger than the bound comes out, and what has failed stays failed. Bytes of
// a compressor: what went in comes out, one message for one, wherever zlib's stream is cut.

#include "gateway/inflater.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <string>

#include "bytes.hpp"

using namespace shoal;
using namespace shoal::gateway;

namespace {

constexpr std::size_t largest_message = 64 * 1024;

void hostile(compression kind, std::uint8_t cut, std::string_view bytes) {
    buffer_pool pool;
    const auto inflater = make_inflater(kind, pool, largest_message);
    bool failed = false;
    fuzz::in_pieces(bytes, cut, [&](std::string_view piece) {
        auto message = inflater->feed(piece);
        SHOAL_ASSERT(!failed || !message);
        if (message) SHOAL_ASSERT(message->size() <= largest_message);
        failed = !message;
    });
}

/// One stream of either compression, flushed after every message.
class compressor {
public:
    compressor(compression kind, int level) : kind_(kind) {
        SHOAL_ASSERT(deflateInit(&zlib_, level) == Z_OK);
        ZSTD_CCtx_setParameter(zstd_, ZSTD_c_compressionLevel, level);
    }
    ~compressor() {
        deflateEnd(&zlib_);
        ZSTD_freeCCtx(zstd_);
    }
    compressor(const compressor&) = delete;
    compressor& operator=(const compressor&) = delete;

    std::string operator()(std::string_view text) {
        std::string out(text.size() + 1024, '\0');
        if (kind_ == compression::zstd_stream) {
            ZSTD_inBuffer in{text.data(), text.size(), 0};
            ZSTD_outBuffer to{out.data(), out.size(), 0};
            SHOAL_ASSERT(ZSTD_compressStream2(zstd_, &to, &in, ZSTD_e_flush) == 0);
            out.resize(to.pos);
            return out;
        }
        zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        zlib_.avail_in = static_cast<uInt>(text.size());
        zlib_.next_out = reinterpret_cast<Bytef*>(out.data());
        zlib_.avail_out = static_cast<uInt>(out.size());
        SHOAL_ASSERT(deflate(&zlib_, Z_SYNC_FLUSH) == Z_OK && zlib_.avail_out != 0);
        out.resize(out.size() - zlib_.avail_out);
        return out;
    }

private:
    compression kind_;
    z_stream zlib_{};
    ZSTD_CCtx* zstd_ = ZSTD_createCCtx();
};

void faithful(compression kind, std::uint8_t cut, std::string_view text) {
    buffer_pool pool;
    const auto inflater = make_inflater(kind, pool, largest_message);
    compressor compress(kind, std::array{1, 6, 0, 3}[cut % 4]);
    fuzz::by_line(text, 16, [&](std::string_view line) {
        // JSON, which is all that Discord compresses, holds none of the bytes of zlib's flush marker.
        std::string message(line);
        std::ranges::transform(message, message.begin(), [](char c) { return static_cast<char>(c & 0x7F); });
        if (message.empty()) return;
        std::string came;
        std::size_t messages = 0;
        // A message of zstd-stream is one websocket message; of zlib-stream it may be several.
        fuzz::in_pieces(compress(message), kind == compression::zlib_stream ? cut : 0, [&](std::string_view piece) {
            const auto inflated = inflater->feed(piece);
            SHOAL_ASSERT(inflated.has_value());
            if (inflated->size() == 0) return;
            came += inflated->view();
            ++messages;
        });
        SHOAL_ASSERT(messages == 1);
        SHOAL_ASSERT(came == message);
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const auto what = in.choice();
    const auto cut = in.choice();
    const auto kind = (what & 1) != 0 ? compression::zstd_stream : compression::zlib_stream;
    (what & 2) != 0 ? faithful(kind, cut, in.rest()) : hostile(kind, cut, in.rest());
    return 0;
}
