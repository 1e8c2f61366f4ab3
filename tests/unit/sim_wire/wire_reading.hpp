#pragma once
// A client's eyes for these tests: server frames, zlib and zstd read with the plain libraries, nothing shared with the encoder.

#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wire_test {

struct raw_frame {
    bool last = false;
    int opcode = 0;
    bool masked = false;
    std::string payload;
};

/// Reads one frame from the start of `bytes`; how many bytes it took, 0 if it is not whole.
inline std::size_t read_frame(std::string_view bytes, raw_frame& frame) {
    if (bytes.size() < 2) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])); };
    frame.last = (byte(0) & 0x80U) != 0;
    frame.opcode = static_cast<int>(byte(0) & 0x0FU);
    frame.masked = (byte(1) & 0x80U) != 0;
    std::uint64_t size = byte(1) & 0x7FU;
    const std::size_t wide = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (bytes.size() < 2 + wide) return 0;
    if (wide > 0) {
        size = 0;
        for (std::size_t i = 0; i < wide; ++i) size = size << 8U | byte(2 + i);
    }
    if (bytes.size() - 2 - wide < size) return 0;
    frame.payload = std::string(bytes.substr(2 + wide, size));
    return 2 + wide + size;
}

inline std::vector<raw_frame> read_frames(std::string_view bytes, std::size_t* used = nullptr) {
    std::vector<raw_frame> frames;
    std::size_t at = 0;
    raw_frame frame;
    while (const auto taken = read_frame(bytes.substr(at), frame)) {
        frames.push_back(frame);
        at += taken;
    }
    if (used != nullptr) *used = at;
    return frames;
}

/// One inflate context, as a client of zlib-stream has it.
class plain_inflater {
public:
    plain_inflater() { inflateInit2(&stream_, 15); }
    ~plain_inflater() { inflateEnd(&stream_); }
    plain_inflater(const plain_inflater&) = delete;
    plain_inflater& operator=(const plain_inflater&) = delete;
    /// What comes out, and whether the bytes were sound.
    std::string read(std::string_view bytes) {
        std::string out;
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
        std::vector<char> room(8192);
        for (;;) {
            stream_.next_out = reinterpret_cast<Bytef*>(room.data());
            stream_.avail_out = static_cast<uInt>(room.size());
            const int done = inflate(&stream_, Z_SYNC_FLUSH);
            out.append(room.data(), room.size() - stream_.avail_out);
            if (done != Z_OK && done != Z_BUF_ERROR && done != Z_STREAM_END) sound = false;
            if (done != Z_OK || (stream_.avail_in == 0 && stream_.avail_out > 0)) break;
        }
        return out;
    }
    bool sound = true;

private:
    z_stream stream_{};
};

class plain_unzstd {
public:
    plain_unzstd() : context_(ZSTD_createDCtx()) {}
    ~plain_unzstd() { ZSTD_freeDCtx(context_); }
    plain_unzstd(const plain_unzstd&) = delete;
    plain_unzstd& operator=(const plain_unzstd&) = delete;
    std::string read(std::string_view bytes) {
        std::string out;
        std::vector<char> room(8192);
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        for (;;) {
            ZSTD_outBuffer to{room.data(), room.size(), 0};
            last_result = ZSTD_decompressStream(context_, &to, &in);
            if (ZSTD_isError(last_result) != 0U) {
                sound = false;
                break;
            }
            out.append(room.data(), to.pos);
            if (in.pos == in.size && to.pos < to.size) break;
        }
        return out;
    }
    bool sound = true;
    std::size_t last_result = 0;

private:
    ZSTD_DCtx* context_;
};

/// A client frame, masked.
inline std::string client_frame(int opcode, std::string_view payload, bool last = true, bool masked = true) {
    std::string out;
    out.push_back(static_cast<char>((last ? 0x80 : 0) | opcode));
    const int mask_bit = masked ? 0x80 : 0;
    if (payload.size() < 126) {
        out.push_back(static_cast<char>(mask_bit | static_cast<int>(payload.size())));
    } else if (payload.size() <= 0xFFFF) {
        out.push_back(static_cast<char>(mask_bit | 126));
        out.push_back(static_cast<char>(payload.size() >> 8));
        out.push_back(static_cast<char>(payload.size() & 0xFF));
    } else {
        out.push_back(static_cast<char>(mask_bit | 127));
        for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(payload.size() >> shift & 0xFF));
    }
    if (!masked) return out.append(payload);
    const std::string_view mask("\x12\x34\xA6\x78", 4);
    out.append(mask);
    for (std::size_t i = 0; i < payload.size(); ++i) out.push_back(static_cast<char>(payload[i] ^ mask[i & 3U]));
    return out;
}

}  // namespace wire_test
