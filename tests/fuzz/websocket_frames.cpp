// The client's reader of websocket frames: whatever came, in one piece or in many, it tells the same, and its memory is bounded
// by the largest message.

#include "net/websocket_frames.hpp"

#include <fmt/format.h>

#include <cstring>

#include "base/utf8.hpp"
#include "bytes.hpp"

using namespace shoal;

namespace {

constexpr std::size_t largest_message = 2000;

std::string told(const net::frame_event& event) {
    return fmt::format("{} {} {} {} {}", static_cast<int>(event.kind), static_cast<int>(event.message), event.code, event.reason,
                       std::string_view(event.payload.data(), event.payload.size()));
}

std::vector<std::string> read_all(std::string_view bytes, std::uint8_t how) {
    net::frame_reader reader(largest_message);
    std::vector<std::string> out;
    bool broken = false;
    const auto drain = [&] {
        while (!broken) {
            const auto event = reader.next();
            if (event.kind == net::frame_kind::more) return;
            if (event.kind == net::frame_kind::message) {
                const std::string_view text(event.payload.data(), event.payload.size());
                SHOAL_ASSERT(text.size() <= largest_message);
                SHOAL_ASSERT(event.message == net::message_kind::binary || is_utf8(text));
            }
            out.push_back(told(event));
            broken = event.kind == net::frame_kind::broken;
        }
    };
    fuzz::in_pieces(bytes, how, [&](std::string_view piece) {
        while (!piece.empty() && !broken) {
            const auto room = reader.room();
            SHOAL_ASSERT(!room.empty() && room.size() <= 64 * 1024);
            const auto size = std::min(room.size(), piece.size());
            std::memcpy(room.data(), piece.data(), size);
            reader.wrote(size);
            piece.remove_prefix(size);
            drain();
        }
    });
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const auto cut = in.choice();
    SHOAL_ASSERT(read_all(in.rest(), cut) == read_all(in.rest(), 0));
    return 0;
}
