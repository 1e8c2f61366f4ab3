#include "bench/recording.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>

namespace bench {

std::vector<std::string> read_recording(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::string line;
    const auto broken = [&] {
        std::fprintf(stderr, "bench: %s is no recording\n", path);
        std::exit(1);
    };
    if (!std::getline(file, line) || line != "shoal-recording 1") broken();
    std::vector<std::string> out;
    while (std::getline(file, line)) {
        unsigned long long at = 0, connection = 0, bytes = 0;
        if (std::sscanf(line.c_str(), "%llu %llu %llu", &at, &connection, &bytes) != 3) broken();
        auto& text = out.emplace_back(bytes, '\0');
        file.read(text.data(), static_cast<std::streamsize>(bytes));
        file.get();
    }
    return out;
}

namespace {

std::vector<std::string> with_zlib(const std::vector<std::string>& texts, int level) {
    z_stream stream{};
    deflateInit(&stream, level);
    std::vector<std::string> out;
    for (const auto& text : texts) {
        auto& wire = out.emplace_back(deflateBound(&stream, text.size()) + 64, '\0');
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        stream.avail_in = static_cast<uInt>(text.size());
        stream.next_out = reinterpret_cast<Bytef*>(wire.data());
        stream.avail_out = static_cast<uInt>(wire.size());
        deflate(&stream, Z_SYNC_FLUSH);
        wire.resize(wire.size() - stream.avail_out);
    }
    deflateEnd(&stream);
    return out;
}

std::vector<std::string> with_zstd(const std::vector<std::string>& texts, int level) {
    auto* stream = ZSTD_createCStream();
    ZSTD_CCtx_setParameter(stream, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(stream, ZSTD_c_windowLog, 18);  // Discord's 256 KiB.
    std::vector<std::string> out;
    for (const auto& text : texts) {
        auto& wire = out.emplace_back(ZSTD_compressBound(text.size()) + 64, '\0');
        ZSTD_inBuffer from{text.data(), text.size(), 0};
        ZSTD_outBuffer to{wire.data(), wire.size(), 0};
        ZSTD_compressStream2(stream, &to, &from, ZSTD_e_flush);
        wire.resize(to.pos);
    }
    ZSTD_freeCStream(stream);
    return out;
}

}  // namespace

std::vector<std::string> compress(const std::vector<std::string>& texts, std::string_view how, int level) {
    if (how == "zlib") return with_zlib(texts, level);
    if (how == "zstd") return with_zstd(texts, level);
    return texts;
}

double cpu_us() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace bench
