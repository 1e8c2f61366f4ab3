#include "net_fixture.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

namespace shoal::net::testing {

std::string frame(int opcode, std::string_view payload, bool last) {
    std::string out;
    out += static_cast<char>((last ? 0x80 : 0) | opcode);
    if (payload.size() < 126) {
        out += static_cast<char>(payload.size());
    } else if (payload.size() < 65536) {
        out += static_cast<char>(126);
        out += static_cast<char>(payload.size() >> 8);
        out += static_cast<char>(payload.size() & 0xFF);
    } else {
        out += static_cast<char>(127);
        for (int shift = 56; shift >= 0; shift -= 8) {
            out += static_cast<char>((static_cast<std::uint64_t>(payload.size()) >> shift) & 0xFF);
        }
    }
    return out.append(payload);
}

std::string close_frame(std::uint16_t code, std::string_view reason) {
    std::string payload;
    payload += static_cast<char>(code >> 8);
    payload += static_cast<char>(code & 0xFF);
    return frame(8, payload.append(reason));
}

std::optional<client_frame> take_frame(std::string& bytes) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    if (bytes.size() < 2) return std::nullopt;
    client_frame out;
    out.last = (byte(0) & 0x80) != 0;
    out.opcode = byte(0) & 0x0F;
    std::size_t size = byte(1) & 0x7F;
    std::size_t at = 2;
    if (size == 126) {
        if (bytes.size() < 4) return std::nullopt;
        size = static_cast<std::size_t>(byte(2)) << 8 | byte(3);
        at = 4;
    } else if (size == 127) {
        if (bytes.size() < 10) return std::nullopt;
        size = 0;
        for (std::size_t i = 2; i < 10; ++i) size = size << 8 | byte(i);
        at = 10;
    }
    if (bytes.size() < at + 4 + size) return std::nullopt;
    for (std::size_t i = 0; i < size; ++i) out.payload += static_cast<char>(byte(at + 4 + i) ^ byte(at + i % 4));
    bytes.erase(0, at + 4 + size);
    return out;
}

int code_in(const client_frame& frame) {
    if (frame.payload.size() < 2) return 1005;
    return static_cast<unsigned char>(frame.payload[0]) << 8 | static_cast<unsigned char>(frame.payload[1]);
}

std::optional<std::string> take_upgrade(std::string& received) {
    const auto end = received.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    static constexpr std::string_view name = "Sec-WebSocket-Key: ";
    const auto at = received.find(name);
    if (at == std::string::npos || at > end) return std::nullopt;
    const auto from = at + name.size();
    const auto text = received.substr(from, received.find("\r\n", from) - from) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
    unsigned char accept[64];
    EVP_EncodeBlock(accept, digest, SHA_DIGEST_LENGTH);
    received.erase(0, end + 4);
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           std::string(reinterpret_cast<const char*>(accept)) + "\r\n\r\n";
}

void recorder::on_open() {
    log.add("open");
    if (at_open) at_open();
}

void recorder::on_message(message_kind kind, std::span<const char> bytes) {
    const std::string text(bytes.data(), bytes.size());
    log.add((kind == message_kind::text ? "text:" : "binary:") + text);
    if (at_message) at_message(text);
}

void recorder::on_closed(const close_report& report) {
    last = report;
    if (at_closed) at_closed(report);
    log.add("closed " + (report.code ? std::to_string(*report.code) : std::string("-")) + (report.by_us ? " by us" : "") +
            (report.while_dialing ? " dialing" : "") + (report.why ? " | " + report.why->message() : ""));
}

}  // namespace shoal::net::testing
