#pragma once
// Compression contexts of one connection, made when the first message needs them and sized for thousands of sockets [#52].
// Not here: which message is compressed how (encoder.hpp).

#include <memory>
#include <string>
#include <string_view>

namespace shoal::sim::wire {

/// One zlib stream for the life of a connection: 78 9C once, then a sync flush (00 00 FF FF) behind each message [2.1.2].
/// About 140 KB: a 32 KiB window and small tables.
class zlib_stream {
public:
    explicit zlib_stream(int level);
    ~zlib_stream();
    zlib_stream(const zlib_stream&) = delete;
    zlib_stream& operator=(const zlib_stream&) = delete;
    /// Appends compressed bytes; what is written may stay inside until flush().
    void write(std::string_view bytes, std::string& out);
    void flush(std::string& out);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

/// One zstd frame that never ends, flushed behind each message: window 256 KiB, no checksum, no content size [2.1.4].
class zstd_stream {
public:
    explicit zstd_stream(int level);
    ~zstd_stream();
    zstd_stream(const zstd_stream&) = delete;
    zstd_stream& operator=(const zstd_stream&) = delete;
    void write(std::string_view bytes, std::string& out);
    void flush(std::string& out);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

/// A complete zlib blob of its own (RFC 1950), as identify-level compression sends them [2.1.5].
[[nodiscard]] std::string zlib_blob(std::string_view bytes, int level);

}  // namespace shoal::sim::wire
