// The floor: the least that any client must do with a gateway's bytes. OpenSSL on a blocking socket, websocket frames by hand,
// zlib or zstd, and simdjson on-demand of op, t and s. No error handling beyond ending, no reconnects,
// no cache, nothing handed to anybody.
//   bench_floor HOST PORT CA none|zlib|zstd FROM TO [tls|inflate|all [EVENT]]      counts EVENT, MESSAGE_CREATE unless told

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bench/meter.hpp"

namespace {

[[noreturn]] void stop(const char* why) {
    std::fprintf(stderr, "bench_floor: %s\n", why);
    std::exit(1);
}

SSL* dial(const char* host, int port, const char* ca) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1) stop("the host must be an IPv4 address");
    if (connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) stop("no connection");
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    if (SSL_CTX_load_verify_locations(context, ca, nullptr) != 1) stop("the certificate file cannot be read");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_read_ahead(context, 1);  // One system call for what is there, not two a record.
    SSL* tls = SSL_new(context);
    SSL_set_fd(tls, socket);
    if (SSL_connect(tls) != 1) stop("the TLS handshake failed");
    return tls;
}

void send_text(SSL* tls, std::string_view text) {
    std::string frame = {static_cast<char>(0x81)};
    if (text.size() < 126) {
        frame += static_cast<char>(0x80 | text.size());
    } else {
        frame += static_cast<char>(0x80 | 126);
        frame += static_cast<char>(text.size() >> 8);
        frame += static_cast<char>(text.size() & 0xFF);
    }
    frame.append(4, '\0');  // A mask of zero leaves the text as it is.
    frame += text;
    SSL_write(tls, frame.data(), static_cast<int>(frame.size()));
}

enum class stage { tls, inflate, all };

class client {
public:
    client(SSL* tls, std::string_view compression, bench::meter& meter, stage until, std::string_view event)
        : tls_(tls), zlib_(compression == "zlib"), zstd_(compression == "zstd"), meter_(meter), until_(until), event_(event) {
        if (zlib_) inflateInit(&inflate_);
        if (zstd_) stream_ = ZSTD_createDStream();
        in_.resize(1 << 20);
        out_.resize(1 << 20);
    }

    void run(std::string_view rest) {
        std::memcpy(in_.data(), rest.data(), rest.size());
        end_ = rest.size();
        while (!done_) {
            take_frames();
            if (done_) break;
            if (end_ == in_.size()) in_.resize(in_.size() * 2);
            const int got = SSL_read(tls_, in_.data() + end_, static_cast<int>(in_.size() - end_));
            if (got <= 0) stop("the stream ended before the last message that counts");
            end_ += static_cast<std::size_t>(got);
        }
    }

private:
    void take_frames() {
        while (!done_) {
            const auto* at = reinterpret_cast<const unsigned char*>(in_.data()) + begin_;
            const auto left = end_ - begin_;
            if (left < 2) break;
            std::size_t size = at[1] & 0x7F, head = 2;
            if (size == 126) head = 4;
            if (size == 127) head = 10;
            if (left < head) break;
            if (head > 2) {
                size = 0;
                for (std::size_t i = 2; i < head; ++i) size = size << 8 | at[i];
            }
            if (left < head + size) break;
            if ((at[0] & 0x0F) == 8) stop("the server closed");
            message({in_.data() + begin_ + head, size});
            begin_ += head + size;
        }
        if (begin_ == end_) begin_ = end_ = 0;
        if (begin_ > in_.size() / 2) {
            std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
    }

    std::string_view inflated(std::string_view bytes) {
        std::size_t size = 0;
        if (zlib_) {
            inflate_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
            inflate_.avail_in = static_cast<uInt>(bytes.size());
            do {
                if (size + simdjson::SIMDJSON_PADDING >= out_.size()) out_.resize(out_.size() * 2);
                const auto room = out_.size() - simdjson::SIMDJSON_PADDING - size;
                inflate_.next_out = reinterpret_cast<Bytef*>(out_.data() + size);
                inflate_.avail_out = static_cast<uInt>(room);
                const int code = inflate(&inflate_, Z_SYNC_FLUSH);
                if (code != Z_OK && code != Z_BUF_ERROR) stop("zlib");
                size += room - inflate_.avail_out;
            } while (inflate_.avail_out == 0);
        } else if (zstd_) {
            ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
            for (bool filled = false; in.pos < in.size || filled;) {
                if (size + simdjson::SIMDJSON_PADDING >= out_.size()) out_.resize(out_.size() * 2);
                ZSTD_outBuffer out{out_.data() + size, out_.size() - simdjson::SIMDJSON_PADDING - size, 0};
                if (ZSTD_isError(ZSTD_decompressStream(stream_, &out, &in)) != 0) stop("zstd");
                filled = out.pos == out.size;
                size += out.pos;
            }
        } else {
            // In place: the bytes behind the message are the next one's, or the buffer's.
            if (begin_ + bytes.size() + 64 < in_.size()) return bytes;
            std::memcpy(out_.data(), bytes.data(), bytes.size());
            size = bytes.size();
        }
        return {out_.data(), size};
    }

    // The stages before the last one find nothing in the text: they end by their own count of messages, as if each were one that
    // counts.
    void message(std::string_view bytes) {
        if (until_ == stage::tls && identified_) return count(++counted_);
        const auto text = inflated(bytes);
        if (until_ == stage::inflate && identified_) return count(++counted_);
        auto document = parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
        std::int64_t op = -1;
        std::uint64_t seq = 0;
        std::string_view name;
        int missing = 3;
        for (auto field : document.get_object()) {
            const std::string_view key = field.unescaped_key();
            if (key == "op") {
                op = field.value().get_int64();
                --missing;
            } else if (key == "s") {
                if (!field.value().is_null()) seq = field.value().get_uint64();
                --missing;
            } else if (key == "t") {
                if (!field.value().is_null()) name = field.value().get_string();
                --missing;
            }
            if (missing == 0) break;
        }
        if (op == 10) {
            identified_ = true;
            return send_text(
                tls_,
                R"({"op":2,"d":{"token":"bench","intents":53608447,"shard":[0,1],"properties":{"os":"linux","browser":"floor","device":"floor"}}})");
        }
        if (name == event_) done_ = meter_.message(seq, 0);
    }

    void count(std::uint64_t seq) { done_ = meter_.message(seq, 0); }

    SSL* tls_;
    bool zlib_, zstd_;
    bench::meter& meter_;
    stage until_;
    std::string_view event_;
    z_stream inflate_{};
    ZSTD_DStream* stream_ = nullptr;
    simdjson::ondemand::parser parser_;
    std::vector<char> in_, out_;
    std::size_t begin_ = 0, end_ = 0;
    std::uint64_t counted_ = 0;
    bool identified_ = false, done_ = false;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 7 || argc > 9) stop("usage: HOST PORT CA none|zlib|zstd FROM TO [tls|inflate|all [EVENT]]");
    const std::string_view compression = argv[4], last = argc > 7 ? argv[7] : "all";
    const std::string_view event = argc > 8 ? argv[8] : "MESSAGE_CREATE";
    bench::meter meter(std::strtoull(argv[5], nullptr, 10), std::strtoull(argv[6], nullptr, 10));
    SSL* tls = dial(argv[1], std::atoi(argv[2]), argv[3]);
    std::string target = "/?v=10&encoding=json";
    if (compression != "none") target += "&compress=" + std::string(compression) + "-stream";
    const auto request = "GET " + target + " HTTP/1.1\r\nHost: " + argv[1] +
                         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    SSL_write(tls, request.data(), static_cast<int>(request.size()));
    std::string answer;
    std::size_t end = std::string::npos;
    while (end == std::string::npos) {
        char piece[4096];
        const int got = SSL_read(tls, piece, sizeof piece);
        if (got <= 0) stop("no answer to the upgrade");
        answer.append(piece, static_cast<std::size_t>(got));
        end = answer.find("\r\n\r\n");
    }
    client(tls, compression, meter,
           last == "tls"       ? stage::tls
           : last == "inflate" ? stage::inflate
                               : stage::all,
           event)
        .run(std::string_view(answer).substr(end + 4));
    std::puts(meter.result().c_str());
    std::fflush(stdout);
    std::_Exit(0);
}
