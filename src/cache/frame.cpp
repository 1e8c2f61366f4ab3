#include "cache/frame.hpp"

#include <cstring>

#include "cache/bytes.hpp"

namespace shoal::cache {
namespace {

constexpr std::string_view magic = "SHCP";
constexpr std::size_t sum_at = 12;

/// The head without its checksum, then the body.
std::uint64_t sum_of(std::string_view whole) noexcept {
    return checksum(whole.substr(frame_head_bytes)) ^ (checksum(whole.substr(0, sum_at)) * 3);
}

}  // namespace

std::uint64_t checksum(std::string_view bytes) noexcept {
    // Four lanes of multiply and rotate, eight bytes each: faster than the memory it reads.
    constexpr std::uint64_t factor = 0x9E3779B185EBCA87ULL;
    std::uint64_t lanes[4] = {1, 2, 3, 4};
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    const auto mix = [](std::uint64_t lane, std::uint64_t word) noexcept { return std::rotl((lane ^ word) * factor, 29); };
    const auto word_at = [](const char* from) noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, from, sizeof word);
        return word;
    };
    for (; left >= 32; left -= 32, at += 32) {
        for (std::size_t i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], word_at(at + 8 * i));
    }
    std::uint64_t out = bytes.size() * factor;
    for (const auto lane : lanes) out = mix(out, lane);
    for (; left >= 8; left -= 8, at += 8) out = mix(out, word_at(at));
    std::uint64_t rest = 0;
    if (left != 0) std::memcpy(&rest, at, left);
    out = mix(out, rest);
    return (out ^ (out >> 32)) * factor ^ out;
}

std::size_t begin_frame(std::string& out, piece kind) {
    const auto began = out.size();
    out.append(magic);
    append_raw(out, frame_version);
    append_raw(out, kind);
    append_raw(out, std::uint32_t{0});
    append_raw(out, std::uint64_t{0});
    return began;
}

void end_frame(std::string& out, std::size_t began) {
    const auto body = static_cast<std::uint32_t>(out.size() - began - frame_head_bytes);
    std::memcpy(out.data() + began + 8, &body, sizeof body);
    const auto sum = sum_of(std::string_view(out).substr(began));
    std::memcpy(out.data() + began + sum_at, &sum, sizeof sum);
}

result<frame> read_frame(std::string_view stream) {
    if (!magic.starts_with(stream.substr(0, magic.size()))) return std::unexpected(errc::not_ours);
    if (stream.size() < frame_head_bytes) return std::unexpected(errc::cut_off);
    byte_reader in(stream.substr(magic.size()));
    frame out;
    out.version = in.raw<std::uint16_t>();
    out.kind = static_cast<piece>(in.raw<std::uint16_t>());
    const auto body = in.raw<std::uint32_t>();
    const auto sum = in.raw<std::uint64_t>();
    if (out.version + 1 < frame_version || out.version > frame_version + 1) {
        return std::unexpected(failure(errc::other_version, std::to_string(out.version)));
    }
    if (body > most_body_bytes) return std::unexpected(errc::damaged);
    out.bytes = frame_head_bytes + body;
    if (stream.size() < out.bytes) return std::unexpected(errc::cut_off);
    if (sum_of(stream.substr(0, out.bytes)) != sum) return std::unexpected(errc::damaged);
    out.body = stream.substr(frame_head_bytes, body);
    return out;
}

}  // namespace shoal::cache
