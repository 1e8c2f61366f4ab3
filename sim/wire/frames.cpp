#include "sim/wire/frames.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <utility>

namespace shoal::sim::wire {

void append_frame(std::string& out, opcode kind, std::string_view payload, bool last) {
    out.push_back(static_cast<char>((last ? 0x80 : 0x00) | static_cast<int>(kind)));
    const auto size = payload.size();
    if (size < 126) {
        out.push_back(static_cast<char>(size));
    } else if (size <= 0xFFFF) {
        out.push_back(126);
        out.push_back(static_cast<char>(size >> 8));
        out.push_back(static_cast<char>(size & 0xFF));
    } else {
        out.push_back(127);
        for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>((size >> shift) & 0xFF));
    }
    out.append(payload);
}

void append_close(std::string& out, std::optional<std::uint16_t> code, std::string_view reason) {
    std::string payload;
    if (code) {
        payload.push_back(static_cast<char>(*code >> 8));
        payload.push_back(static_cast<char>(*code & 0xFF));
        payload.append(reason.substr(0, 123));
    }
    append_frame(out, opcode::close, payload);
}

void append_half_frame(std::string& out) {
    std::string whole;
    append_frame(whole, opcode::binary, std::string(1000, '\0'));
    out.append(whole, 0, whole.size() / 2);
}

std::string accept_for(std::string_view client_key) {
    std::string text(client_key);
    text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> base64{};
    const int length = EVP_EncodeBlock(base64.data(), digest.data(), SHA_DIGEST_LENGTH);
    return {reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(length)};
}

std::string switching_protocols(std::string_view client_key) {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           accept_for(client_key) + "\r\n\r\n";
}

void frame_reader::feed(std::string_view bytes) {
    if (ended_) return;
    if (read_ > 0) {
        buffered_.erase(0, read_);
        read_ = 0;
    }
    buffered_.append(bytes);
}

client_event frame_reader::broke(std::uint16_t code, std::string_view why) {
    ended_ = true;
    buffered_.clear();
    message_.clear();
    read_ = 0;
    return client_broke{code, why};
}

client_event frame_reader::control(opcode kind, std::string payload) {
    if (kind == opcode::ping) return client_ping{std::move(payload)};
    if (kind == opcode::pong) return client_pong{std::move(payload)};
    if (payload.size() == 1) return broke(1002, "a close frame with half a code");
    client_close closed;
    if (payload.size() >= 2) {
        const auto code = (static_cast<unsigned char>(payload[0]) << 8) | static_cast<unsigned char>(payload[1]);
        const bool sendable =
            (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) || (code >= 3000 && code <= 4999);
        if (!sendable) return broke(1002, "a close code that may not be sent");
        closed.code = static_cast<std::uint16_t>(code);
        closed.reason = payload.substr(2);
    }
    ended_ = true;
    return closed;
}

std::optional<client_event> frame_reader::next() {
    while (!ended_) {
        const auto left = std::string_view(buffered_).substr(read_);
        const auto byte = [left](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(left[at])); };
        if (left.size() < 2) return std::nullopt;
        const bool last = (byte(0) & 0x80U) != 0;
        const auto code = byte(0) & 0x0FU;
        if ((byte(0) & 0x70U) != 0) return broke(1002, "reserved bits are set");
        if (code > 10 || (code > 2 && code < 8)) return broke(1002, "an opcode that does not exist");
        if ((byte(1) & 0x80U) == 0) return broke(1002, "a client frame without a mask");
        const auto kind = static_cast<opcode>(code);
        const bool is_control = code >= 8;

        std::uint64_t size = byte(1) & 0x7FU;
        if (is_control && (size > 125 || !last)) return broke(1002, "a control frame that is too long or fragmented");
        std::size_t head = 2;
        if (size == 126 || size == 127) {
            const std::size_t wide = size == 126 ? 2 : 8;
            if (left.size() < head + wide) return std::nullopt;
            size = 0;
            for (std::size_t i = 0; i < wide; ++i) size = (size << 8) | byte(head + i);
            head += wide;
        }
        if (!is_control) {
            if (kind == opcode::continuation && !in_message_) return broke(1002, "a continuation of nothing");
            if (kind != opcode::continuation && in_message_) return broke(1002, "a new message inside another");
            if (size > largest_message_ || message_.size() + size > largest_message_) return broke(1009, "message too big");
        }
        if (left.size() < head + 4 + size) return std::nullopt;

        std::string payload(left.substr(head + 4, static_cast<std::size_t>(size)));
        for (std::size_t i = 0; i < payload.size(); ++i) {
            payload[i] = static_cast<char>(static_cast<unsigned char>(payload[i]) ^ byte(head + (i & 3U)));
        }
        read_ += head + 4 + static_cast<std::size_t>(size);
        if (is_control) return control(kind, std::move(payload));

        if (kind != opcode::continuation) {
            in_message_ = true;
            message_binary_ = kind == opcode::binary;
        }
        message_ += payload;
        if (!last) continue;
        in_message_ = false;
        return client_message{message_binary_, std::exchange(message_, {})};
    }
    return std::nullopt;
}

}  // namespace shoal::sim::wire
