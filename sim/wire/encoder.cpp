#include "sim/wire/encoder.hpp"

#include <algorithm>
#include <utility>

#include "sim/wire/frames.hpp"

namespace shoal::sim::wire {
namespace {

constexpr std::string_view flush_suffix("\x00\x00\xFF\xFF", 4);
constexpr std::size_t largest_kept = 64 * 1024;

}  // namespace

encoder::encoder(const encoder_config& config) : config_(config), random_(config.seed) {}

void encoder::arm(wire_fault fault, std::uint64_t count) {
    count = std::max<std::uint64_t>(count, 1);
    if (fault == wire_fault::split_messages) to_split_ = count;
    if (fault == wire_fault::fragment_with_pings) to_fragment_ = count;
    if (fault == wire_fault::corrupt_byte) to_corrupt_ = count;
    if (fault == wire_fault::truncate_message || fault == wire_fault::cut_json || fault == wire_fault::no_op) to_spoil_ = fault;
    if (fault == wire_fault::bomb) {
        to_spoil_ = fault;
        bomb_megabytes_ = count;
    }
}

void encoder::spoil_text() {
    if (to_spoil_ == wire_fault::cut_json) {
        parts_.data = parts_.data.substr(0, parts_.data.size() / 2);
        parts_.back.clear();
    } else if (to_spoil_ == wire_fault::no_op) {
        for (auto* side : {&parts_.front, &parts_.back}) {
            if (const auto at = side->find("\"op\""); at != std::string::npos) side->replace(at, 4, "\"po\"");
        }
    }
}

template <class Stream>
void encoder::compress(Stream& stream, std::string_view front, std::string_view data) {
    stream.write(front, one_.bytes);
    if (to_spoil_ == wire_fault::bomb) {
        // Piece by piece, so that this side holds one of them only.
        const std::string zeros(1'000'000, '0');
        for (std::uint64_t i = 0; i < bomb_megabytes_; ++i) stream.write(zeros, one_.bytes);
    } else {
        stream.write(data, one_.bytes);
    }
    stream.write(parts_.back, one_.bytes);
    stream.flush(one_.bytes);
    one_.binary = true;
}

bool encoder::make_one(const payload& what) {
    make_text(what, config_.vary ? &random_ : nullptr, parts_);
    spoil_text();
    plain_bytes_ = parts_.front.size() + parts_.data.size() + parts_.back.size();
    one_.bytes.clear();
    if (one_.bytes.capacity() > largest_kept) one_.bytes.shrink_to_fit();
    if (config_.how == compression::zlib_stream) {
        if (!zlib_) zlib_ = std::make_unique<zlib_stream>(config_.zlib_level);
        // Every fifth split message carries the suffix in its middle too: a sync flush is legal anywhere in a deflate stream.
        if (to_split_ > 0 && splits_done_ % 5 == 4 && parts_.data.size() > 1 && !to_spoil_) {
            const auto half = parts_.data.size() / 2;
            zlib_->write(parts_.front, one_.bytes);
            zlib_->write(parts_.data.substr(0, half), one_.bytes);
            zlib_->flush(one_.bytes);
            compress(*zlib_, {}, parts_.data.substr(half));
        } else {
            compress(*zlib_, parts_.front, parts_.data);
        }
        return true;
    }
    if (config_.how == compression::zstd_stream) {
        if (!zstd_) zstd_ = std::make_unique<zstd_stream>(config_.zstd_level);
        compress(*zstd_, parts_.front, parts_.data);
        return true;
    }
    one_.bytes.reserve(plain_bytes_);
    one_.bytes.append(parts_.front);
    if (to_spoil_ == wire_fault::bomb) {
        one_.bytes.append(bomb_megabytes_ * 1'000'000, '0');
    } else {
        one_.bytes.append(parts_.data);
    }
    one_.bytes.append(parts_.back);
    one_.binary = blobs_ && plain_bytes_ >= config_.blob_from_bytes;
    if (one_.binary) one_.bytes = zlib_blob(one_.bytes, config_.zlib_level);
    return one_.binary;
}

void encoder::corrupt(bool first_of_stream) {
    // The first bits of a message are the head of a block, in deflate as in zstd, and its type 3 exists in neither: the reader
    // is sure to notice. A byte flipped elsewhere might only change a letter of the JSON, for neither stream carries a checksum.
    std::size_t head = 0;
    if (config_.how == compression::none || (config_.how == compression::zlib_stream && first_of_stream)) head = 2;
    if (config_.how == compression::zstd_stream && first_of_stream) head = 6;
    if (head < one_.bytes.size()) one_.bytes[head] = static_cast<char>(one_.bytes[head] | 0x06);
}

std::vector<wire_message> encoder::split(std::string_view bytes) {
    // By turns: inside the suffix, byte by byte, in two at a place that moves on, in random parts; see make_one for the fifth.
    std::vector<std::size_t> cuts;
    const auto turn = splits_done_++;
    const auto size = bytes.size();
    if (turn % 5 == 0) {
        cuts = {size - 3, size - 2, size - 1};
    } else if (turn % 5 == 1) {
        const std::size_t step = size <= 16 * 1024 ? 1 : 1 + size / (16 * 1024);
        for (std::size_t at = step; at < size; at += step) cuts.push_back(at);
    } else if (turn % 5 == 2) {
        cuts = {1 + (turn / 5) % (size - 1)};
    } else {
        for (std::size_t at = 1 + random_.below(size); at < size; at += 1 + random_.below(size)) cuts.push_back(at);
    }
    std::vector<wire_message> parts;
    std::size_t from = 0;
    for (const auto cut : cuts) {
        // A part that ends like a message would be one for every reader: no cut there.
        if (cut <= from || cut >= size || bytes.substr(0, cut).ends_with(flush_suffix)) continue;
        parts.push_back({true, std::string(bytes.substr(from, cut - from))});
        from = cut;
    }
    parts.push_back({true, std::string(bytes.substr(from))});
    return parts;
}

std::vector<wire_message> encoder::encode(const payload& what) {
    const bool first_of_stream = !zlib_ && !zstd_;
    const bool compressed = make_one(what);
    const auto spoiled = std::exchange(to_spoil_, std::nullopt);
    if (spoiled == wire_fault::truncate_message) one_.bytes.resize(one_.bytes.size() / 2);
    if (to_corrupt_ > 0 && compressed) {
        --to_corrupt_;
        corrupt(first_of_stream);
    }
    if (to_split_ > 0 && config_.how == compression::zlib_stream && !spoiled) {
        --to_split_;
        return split(one_.bytes);
    }
    std::vector<wire_message> messages;
    messages.push_back(one_);
    return messages;
}

void encoder::append_fragments(const wire_message& message, std::string& out) {
    const std::string_view bytes(message.bytes);
    const auto pieces = std::clamp<std::size_t>(bytes.size(), 2, 2 + random_.below(6));
    const auto step = std::max<std::size_t>(bytes.size() / pieces, 1);
    std::size_t from = 0;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
        const bool last = piece + 1 == pieces;
        const auto until = last ? bytes.size() : std::min(bytes.size(), from + step);
        const auto kind = piece > 0 ? opcode::continuation : message.binary ? opcode::binary : opcode::text;
        append_frame(out, kind, bytes.substr(from, until - from), last);
        if (!last) append_frame(out, opcode::ping, "between");
        from = until;
    }
}

std::size_t encoder::append_frames(const payload& what, std::string& out) {
    const bool plain_way = to_split_ == 0 && to_fragment_ == 0 && to_corrupt_ == 0 && !to_spoil_;
    if (plain_way) {
        make_one(what);
        append_frame(out, one_.binary ? opcode::binary : opcode::text, one_.bytes);
        return plain_bytes_;
    }
    const bool fragment = to_fragment_ > 0;
    if (fragment) --to_fragment_;
    for (const auto& message : encode(what)) {
        if (fragment) {
            append_fragments(message, out);
        } else {
            append_frame(out, message.binary ? opcode::binary : opcode::text, message.bytes);
        }
    }
    return plain_bytes_;
}

}  // namespace shoal::sim::wire
