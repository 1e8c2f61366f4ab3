#include "net/websocket_frames.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/assert.hpp"
#include "base/utf8.hpp"

namespace shoal::net {
namespace {

constexpr std::size_t usual_capacity = 16 * 1024;  // A TLS record: one read takes what is there.
constexpr std::size_t largest_kept = 1024 * 1024;  // What one giant message grew is given back.
constexpr std::size_t largest_kept_fragments = 64 * 1024;
constexpr std::size_t largest_control_payload = 125;

constexpr std::uint16_t no_status = 1005, protocol_error = 1002, bad_payload = 1007, too_big = 1009;

bool is_control(std::uint8_t opcode) noexcept { return (opcode & 8U) != 0; }

/// The codes that a close frame may carry (RFC 6455, 7.4), and those that were registered since.
bool may_be_sent(unsigned code) noexcept {
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) || (code >= 3000 && code <= 4999);
}

}  // namespace

/// What was not handed out yet moves to the front.
void frame_reader::compact() noexcept {
    if (begin_ == 0) return;
    if (end_ != begin_) std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
}

std::span<char> frame_reader::room() {
    if (std::exchange(fragments_told_, false)) {
        fragments_.clear();
        if (fragments_.capacity() > largest_kept_fragments) std::vector<char>().swap(fragments_);
    }
    if (begin_ == end_) begin_ = end_ = 0;
    const auto capacity = bytes_.capacity();
    if (capacity == 0 || (end_ == 0 && capacity > largest_kept && wanted_ == 0)) {
        bytes_ = byte_block(usual_capacity);
    } else if (begin_ + std::max(wanted_, usual_capacity) > capacity) {
        // Doubling, not what the header promised: memory is spent on bytes that came, not on those that were announced.
        compact();
        if (wanted_ > capacity && end_ * 2 > capacity) bytes_.grow(capacity * 2, end_);
    }
    if (end_ == bytes_.capacity()) bytes_.grow(end_ * 2, end_);
    return {bytes_.get() + end_, bytes_.capacity() - end_};
}

frame_reader::header frame_reader::read_header() const noexcept {
    const auto have = end_ - begin_;
    if (have < 2) return {};
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes_.get()[begin_ + i]); };
    header out;
    out.last = (at(0) & 0x80U) != 0;
    out.opcode = at(0) & 0x0FU;
    const auto size = at(1) & 0x7FU;
    const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (have < 2 + more) return {};
    out.bytes = 2 + more;
    out.payload = size;
    if (more != 0) {
        out.payload = 0;
        for (std::size_t i = 0; i < more; ++i) out.payload = out.payload << 8U | at(2 + i);
    }
    return out;
}

const char* frame_reader::wrong_with(const header& frame, std::uint8_t first, std::uint8_t second) const noexcept {
    if ((first & 0x70U) != 0) return "a frame with reserved bits";
    if ((second & 0x80U) != 0) return "a server's frame that is masked";
    if (is_control(frame.opcode)) {
        if (frame.opcode > 10) return "a control frame of an unknown kind";
        if (!frame.last) return "a control frame in pieces";
        if (frame.payload > largest_control_payload) return "a control frame of over 125 bytes";
        return nullptr;
    }
    if (frame.opcode > 2) return "a frame of an unknown kind";
    if (frame.opcode == 0 && !in_message_) return "the continuation of nothing";
    if (frame.opcode != 0 && in_message_) return "a new message inside another";
    return nullptr;
}

frame_event frame_reader::broken(std::uint16_t code, std::string why) {
    broken_ = true;
    frame_event out;
    out.kind = frame_kind::broken;
    out.code = code;
    out.reason = std::move(why);
    return out;
}

frame_event frame_reader::next() {
    while (!broken_) {
        const auto frame = read_header();
        if (frame.bytes == 0) {
            wanted_ = 0;
            return {};
        }
        const auto* head = bytes_.get() + begin_;
        if (const char* wrong = wrong_with(frame, static_cast<std::uint8_t>(head[0]), static_cast<std::uint8_t>(head[1]))) {
            return broken(protocol_error, wrong);
        }
        if (frame.payload > largest_ || frame.payload + fragments_.size() > largest_) {
            return broken(too_big, "a message that is larger than any may be");
        }
        const auto size = static_cast<std::size_t>(frame.payload);
        wanted_ = frame.bytes + size;
        if (end_ - begin_ < wanted_) return {};
        const std::span<const char> payload(head + frame.bytes, size);
        begin_ += wanted_;
        wanted_ = 0;
        if (is_control(frame.opcode)) return control(frame.opcode, payload);
        if (frame.opcode != 0) message_ = frame.opcode == 1 ? message_kind::text : message_kind::binary;
        const bool in_pieces = in_message_ || !frame.last;
        if (std::exchange(fragments_told_, false)) fragments_.clear();
        if (in_pieces) fragments_.insert(fragments_.end(), payload.begin(), payload.end());
        in_message_ = !frame.last;
        if (!frame.last) continue;
        fragments_told_ = in_pieces;
        return whole_message(in_pieces ? std::span<const char>(fragments_) : payload);
    }
    return broken(protocol_error, "what comes after a broken frame");
}

frame_event frame_reader::whole_message(std::span<const char> payload) {
    if (message_ == message_kind::text && !is_utf8({payload.data(), payload.size()})) {
        return broken(bad_payload, "a text message that is not UTF-8");
    }
    frame_event out;
    out.kind = frame_kind::message;
    out.message = message_;
    out.payload = payload;
    return out;
}

frame_event frame_reader::control(std::uint8_t opcode, std::span<const char> payload) {
    frame_event out;
    out.payload = payload;
    if (opcode != static_cast<std::uint8_t>(frame_opcode::close)) {
        out.kind = opcode == static_cast<std::uint8_t>(frame_opcode::ping) ? frame_kind::ping : frame_kind::pong;
        return out;
    }
    out.kind = frame_kind::close;
    out.code = no_status;
    if (payload.empty()) return out;
    if (payload.size() == 1) return broken(protocol_error, "a close frame with half a code");
    const auto code = static_cast<unsigned>(static_cast<std::uint8_t>(payload[0])) << 8U | static_cast<std::uint8_t>(payload[1]);
    if (!may_be_sent(code)) return broken(protocol_error, "a close frame with a code that may not be sent");
    out.code = static_cast<std::uint16_t>(code);
    out.reason.assign(payload.data() + 2, payload.size() - 2);
    if (!is_utf8(out.reason)) return broken(bad_payload, "a close frame whose reason is not UTF-8");
    return out;
}

void append_frame(std::string& out, frame_opcode kind, std::string_view payload, std::uint32_t mask) {
    out.push_back(static_cast<char>(0x80U | static_cast<unsigned>(kind)));
    const auto size = payload.size();
    const std::size_t more = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
    out.push_back(static_cast<char>(0x80U | (more == 0 ? size : more == 2 ? 126U : 127U)));
    for (std::size_t i = more; i > 0; --i) out.push_back(static_cast<char>(size >> (8 * (i - 1))));
    std::array<char, 4> key{};
    std::memcpy(key.data(), &mask, key.size());
    out.append(key.data(), key.size());
    const auto start = out.size();
    out.append(payload);
    for (std::size_t i = 0; i < size; ++i) out[start + i] = static_cast<char>(out[start + i] ^ key[i % 4]);
}

std::string close_payload(std::uint16_t code) { return {static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)}; }

}  // namespace shoal::net
