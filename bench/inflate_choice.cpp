// Which library inflates zlib-stream: zlib or ISA-L, on the messages of a recording, compressed as a gateway does (one stream, a
// sync flush behind each message). Built only where libisal-dev is installed; nothing else uses it. docs/performance.md has what
// it found.
//   bench_inflate RECORDING [LEVEL [ROUNDS]]

#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/recording.hpp"

namespace {

[[noreturn]] void stop(const char* why) {
    std::fprintf(stderr, "bench_inflate: %s\n", why);
    std::exit(1);
}

struct with_zlib {
    z_stream stream{};
    with_zlib() { inflateInit(&stream); }
    ~with_zlib() { inflateEnd(&stream); }
    std::size_t feed(std::string_view wire, std::vector<char>& out) {
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(wire.data()));
        stream.avail_in = static_cast<uInt>(wire.size());
        stream.next_out = reinterpret_cast<Bytef*>(out.data());
        stream.avail_out = static_cast<uInt>(out.size());
        if (inflate(&stream, Z_SYNC_FLUSH) != Z_OK) stop("zlib");
        return out.size() - stream.avail_out;
    }
};

struct with_isal {
    inflate_state state{};
    with_isal() {
        isal_inflate_init(&state);
        state.crc_flag = ISAL_ZLIB;
    }
    std::size_t feed(std::string_view wire, std::vector<char>& out) {
        state.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(wire.data()));
        state.avail_in = static_cast<std::uint32_t>(wire.size());
        state.next_out = reinterpret_cast<std::uint8_t*>(out.data());
        state.avail_out = static_cast<std::uint32_t>(out.size());
        if (isal_inflate(&state) != ISAL_DECOMP_OK) stop("isal");
        return out.size() - state.avail_out;
    }
};

/// CPU microseconds a message.
template <class Inflater>
double run(const std::vector<std::string>& texts, const std::vector<std::string>& wire, std::vector<char>& out) {
    Inflater with;
    const double begin = bench::cpu_us();
    for (std::size_t i = 0; i < wire.size(); ++i) {
        if (with.feed(wire[i], out) != texts[i].size()) stop("not the bytes that were compressed");
    }
    return (bench::cpu_us() - begin) / static_cast<double>(texts.size());
}

/// One line of JSON about the messages of `least` to `most` bytes, in a stream of their own.
void compare(const std::vector<std::string>& all, std::size_t least, std::size_t most, int level, int rounds) {
    std::vector<std::string> texts;
    std::size_t largest = 0, bytes = 0, wire_bytes = 0;
    for (const auto& each : all) {
        if (each.size() < least || each.size() > most) continue;
        texts.push_back(each);
        bytes += each.size();
        largest = std::max(largest, each.size());
    }
    if (texts.empty()) return;
    const auto wire = bench::compress(texts, "zlib", level);
    for (const auto& each : wire) wire_bytes += each.size();
    std::vector<char> out(largest + 1024);
    std::vector<double> zlib, isal;
    for (int i = 0; i < rounds; ++i) {
        zlib.push_back(run<with_zlib>(texts, wire, out));
        isal.push_back(run<with_isal>(texts, wire, out));
    }
    std::printf(R"({"messages":%zu,"bytes":%zu,"wire_bytes":%zu,"zlib_us":%.3f,"isal_us":%.3f})"
                "\n",
                texts.size(), bytes / texts.size(), wire_bytes / texts.size(), bench::median(zlib), bench::median(isal));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) stop("usage: bench_inflate RECORDING [LEVEL [ROUNDS]]");
    const int level = argc > 2 ? std::atoi(argv[2]) : 3;
    const int rounds = argc > 3 ? std::atoi(argv[3]) : 9;
    const auto all = bench::read_recording(argv[1]);
    constexpr std::size_t any = ~std::size_t{0};
    for (const auto& [least, most] : {std::pair{std::size_t{0}, any}, {0, 511}, {512, 4095}, {4096, any}}) {
        compare(all, least, most, level, rounds);
    }
    return 0;
}
