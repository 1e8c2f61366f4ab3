// The three transports [2.1.2, 2.1.3]. A failure is final: the driver hangs up and the next connection gets a new inflater.

#include "gateway/inflater.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/assert.hpp"

namespace shoal::gateway {
namespace {

constexpr std::size_t smallest_room = 4096;
constexpr std::size_t largest_first_room = 256 * 1024;
constexpr std::size_t usual_ratio = 6;  // Of JSON to its compressed form: the first guess is mostly enough.

std::unexpected<failure> too_large() { return std::unexpected(failure(errc::message_too_large)); }

/// Writes one message piece by piece into a pooled buffer that grows, up to the largest message.
class message_writer {
public:
    /// One byte more than the largest message is written at most: a message that fills it is too large.
    message_writer(buffer_pool& pool, std::size_t largest) : pool_(pool), largest_(largest + 1) {}

    /// Free room; empty when the message is too large.
    std::span<char> room(std::size_t compressed_bytes) {
        if (!message_) {
            message_ =
                pool_.take(std::min(largest_, std::clamp(compressed_bytes * usual_ratio, smallest_room, largest_first_room)));
        } else if (message_.size() == limit()) {
            if (limit() >= largest_) return {};
            pool_.grow(message_, std::min(largest_, limit() * 2));
        }
        return message_.room().subspan(message_.size(), limit() - message_.size());
    }
    /// What was written is not wanted: its memory goes back at once, not when the connection has ended.
    void drop() noexcept { message_ = {}; }
    void wrote(std::size_t bytes) { message_.resize(message_.size() + bytes); }
    [[nodiscard]] std::size_t size() const noexcept { return message_.size(); }
    /// Hands the message out; the next one starts empty.
    result<buffer> take() {
        if (message_.size() >= largest_) return too_large();
        return std::exchange(message_, buffer{});
    }

private:
    // A pooled block may be larger than a message may be.
    [[nodiscard]] std::size_t limit() noexcept { return std::min(message_.room().size(), largest_); }

    buffer_pool& pool_;
    std::size_t largest_;
    buffer message_;
};

class plain_inflater final : public inflater {
public:
    plain_inflater(buffer_pool& pool, std::size_t largest) : pool_(pool), largest_(largest) {}
    result<buffer> feed(std::span<const char> bytes) override {
        if (bytes.size() > largest_) return too_large();
        buffer message = pool_.take(std::max(bytes.size(), std::size_t{1}));
        if (!bytes.empty()) std::memcpy(message.room().data(), bytes.data(), bytes.size());
        message.resize(bytes.size());
        return message;
    }

private:
    buffer_pool& pool_;
    std::size_t largest_;
};

class zlib_inflater final : public inflater {
public:
    zlib_inflater(buffer_pool& pool, std::size_t largest) : message_(pool, largest) {
        SHOAL_ASSERT(inflateInit(&stream_) == Z_OK);
    }
    ~zlib_inflater() override { inflateEnd(&stream_); }
    zlib_inflater(const zlib_inflater&) = delete;
    zlib_inflater& operator=(const zlib_inflater&) = delete;

    result<buffer> feed(std::span<const char> bytes) override {
        if (failed_) return std::unexpected(failure(errc::corrupt_compression, "the stream failed before"));
        auto message = decompress(bytes);
        failed_ = !message.has_value();
        if (failed_) message_.drop();
        return message;
    }

private:
    result<buffer> decompress(std::span<const char> bytes) {
        remember_end(bytes);
        // zlib's interface is not const-correct: it does not write to its input.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
        while (stream_.avail_in > 0 || output_waits_) {
            const auto room = message_.room(bytes.size());
            if (room.empty()) return too_large();
            stream_.next_out = reinterpret_cast<Bytef*>(room.data());
            stream_.avail_out = static_cast<uInt>(room.size());
            const int code = ::inflate(&stream_, Z_SYNC_FLUSH);
            message_.wrote(room.size() - stream_.avail_out);
            if (code != Z_OK && code != Z_BUF_ERROR) {
                return std::unexpected(failure(errc::corrupt_compression, stream_.msg != nullptr ? stream_.msg : "zlib"));
            }
            between_blocks_ = (stream_.data_type & 128) != 0;
            output_waits_ = stream_.avail_out == 0 && !(between_blocks_ && stream_.avail_in == 0);
            if (code == Z_BUF_ERROR && stream_.avail_out != 0) {
                output_waits_ = false;
                break;
            }
        }
        // A gateway message ends with a sync flush. Its four bytes may also stand in the middle of compressed data just where
        // one websocket message ends: then zlib is not between two blocks.
        if (!between_blocks_ || end_ != sync_flush) return buffer{};
        end_ = no_end;
        return message_.take();
    }

    // The last four bytes of what came since the last message, so that a split suffix is seen.
    void remember_end(std::span<const char> bytes) noexcept {
        for (const char c : bytes.last(std::min<std::size_t>(bytes.size(), 4))) {
            end_ = (end_ << 8) | static_cast<unsigned char>(c);
        }
    }

    static constexpr std::uint32_t sync_flush = 0x0000FFFF;
    static constexpr std::uint32_t no_end = 0xFFFFFFFF;  // No byte of it can stand for a part of the suffix's start.
    message_writer message_;
    z_stream stream_{};
    std::uint32_t end_ = no_end;
    bool between_blocks_ = false;
    bool output_waits_ = false;
    bool failed_ = false;
};

class zstd_inflater final : public inflater {
public:
    zstd_inflater(buffer_pool& pool, std::size_t largest) : message_(pool, largest), stream_(ZSTD_createDStream()) {
        SHOAL_ASSERT(stream_ != nullptr);
        // Discord's window is 256 KiB [2.1.4]; a frame header must not make us allocate the 128 MiB that zstd would allow.
        SHOAL_ASSERT(ZSTD_isError(ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 23)) == 0);
    }
    ~zstd_inflater() override { ZSTD_freeDStream(stream_); }
    zstd_inflater(const zstd_inflater&) = delete;
    zstd_inflater& operator=(const zstd_inflater&) = delete;

    result<buffer> feed(std::span<const char> bytes) override {
        if (failed_) return std::unexpected(failure(errc::corrupt_compression, "the stream failed before"));
        auto message = decompress(bytes);
        failed_ = !message.has_value();
        if (failed_) message_.drop();
        return message;
    }

private:
    result<buffer> decompress(std::span<const char> bytes) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        bool filled = false;
        // The frame never ends: done is when the input is consumed and the output had room to spare [2.1.3].
        while (in.pos < in.size || filled) {
            const auto room = message_.room(bytes.size());
            if (room.empty()) return too_large();
            ZSTD_outBuffer out{room.data(), room.size(), 0};
            const std::size_t code = ZSTD_decompressStream(stream_, &out, &in);
            if (ZSTD_isError(code) != 0) {
                return std::unexpected(failure(errc::corrupt_compression, ZSTD_getErrorName(code)));
            }
            message_.wrote(out.pos);
            filled = out.pos == out.size;
        }
        // One websocket message is one gateway message.
        if (message_.size() == 0) return std::unexpected(failure(errc::corrupt_compression, "a message without content"));
        return message_.take();
    }

    message_writer message_;
    ZSTD_DStream* stream_;
    bool failed_ = false;
};

}  // namespace

std::unique_ptr<inflater> make_inflater(compression kind, buffer_pool& pool, std::size_t largest_message) {
    switch (kind) {
        case compression::zlib_stream: return std::make_unique<zlib_inflater>(pool, largest_message);
        case compression::zstd_stream: return std::make_unique<zstd_inflater>(pool, largest_message);
        case compression::none: break;
    }
    return std::make_unique<plain_inflater>(pool, largest_message);
}

}  // namespace shoal::gateway
