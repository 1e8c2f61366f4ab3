#include "sim/wire/compressors.hpp"

#include <zlib.h>
#include <zstd.h>

#include <array>
#include <utility>

#include "base/assert.hpp"

namespace shoal::sim::wire {
namespace {

void run_deflate(z_stream& stream, std::string_view bytes, int flush, std::string& out) {
    std::array<Bytef, 16 * 1024> room;  // NOLINT: filled by deflate
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    do {
        stream.next_out = room.data();
        stream.avail_out = static_cast<uInt>(room.size());
        deflate(&stream, flush);
        out.append(reinterpret_cast<const char*>(room.data()), room.size() - stream.avail_out);
    } while (stream.avail_out == 0);
    SHOAL_ASSERT(stream.avail_in == 0);
}

}  // namespace

struct zlib_stream::impl {
    z_stream stream{};
    std::string header;  // 78 9C, until the first message takes it along
};

zlib_stream::zlib_stream(int level) : impl_(std::make_unique<impl>()) {
    // The header is written at level 6, which is what 78 9C says; the level that is wanted is set behind it. memLevel 5 keeps
    // the tables small: 128 KB of window and hash chains, 16 KB of pending output.
    const int made = deflateInit2(&impl_->stream, 6, Z_DEFLATED, 15, 5, Z_DEFAULT_STRATEGY);
    SHOAL_ASSERT(made == Z_OK);
    run_deflate(impl_->stream, {}, Z_NO_FLUSH, impl_->header);
    deflateParams(&impl_->stream, level, Z_DEFAULT_STRATEGY);
}
zlib_stream::~zlib_stream() { deflateEnd(&impl_->stream); }
void zlib_stream::write(std::string_view bytes, std::string& out) {
    out += std::exchange(impl_->header, {});
    if (!bytes.empty()) run_deflate(impl_->stream, bytes, Z_NO_FLUSH, out);
}
void zlib_stream::flush(std::string& out) { run_deflate(impl_->stream, {}, Z_SYNC_FLUSH, out); }

struct zstd_stream::impl {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    void run(std::string_view bytes, ZSTD_EndDirective how, std::string& out) const {
        std::array<char, 16 * 1024> room;  // NOLINT: filled by zstd
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        std::size_t left = 0;
        do {
            ZSTD_outBuffer to{room.data(), room.size(), 0};
            left = ZSTD_compressStream2(context, &to, &in, how);
            SHOAL_ASSERT(ZSTD_isError(left) == 0U);
            out.append(room.data(), to.pos);
        } while (how == ZSTD_e_continue ? in.pos < in.size : left != 0);
    }
};

zstd_stream::zstd_stream(int level) : impl_(std::make_unique<impl>()) {
    SHOAL_ASSERT(impl_->context != nullptr);
    ZSTD_CCtx_setParameter(impl_->context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(impl_->context, ZSTD_c_windowLog, 18);
    ZSTD_CCtx_setParameter(impl_->context, ZSTD_c_contentSizeFlag, 0);
    ZSTD_CCtx_setParameter(impl_->context, ZSTD_c_checksumFlag, 0);
    ZSTD_CCtx_setParameter(impl_->context, ZSTD_c_hashLog, 14);  // 64 KB of table a socket instead of half a megabyte
    ZSTD_CCtx_setParameter(impl_->context, ZSTD_c_chainLog, 14);
}
zstd_stream::~zstd_stream() { ZSTD_freeCCtx(impl_->context); }
void zstd_stream::write(std::string_view bytes, std::string& out) { impl_->run(bytes, ZSTD_e_continue, out); }
void zstd_stream::flush(std::string& out) { impl_->run({}, ZSTD_e_flush, out); }

std::string zlib_blob(std::string_view bytes, int level) {
    auto size = compressBound(static_cast<uLong>(bytes.size()));
    std::string blob(size, '\0');
    const int done = compress2(reinterpret_cast<Bytef*>(blob.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                               static_cast<uLong>(bytes.size()), level);
    SHOAL_ASSERT(done == Z_OK);
    blob.resize(size);
    return blob;
}

}  // namespace shoal::sim::wire
