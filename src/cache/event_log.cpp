#include "cache/event_log.hpp"

#include "cache/bytes.hpp"

namespace shoal::cache {

result<void> event_log::append(std::uint64_t seq, std::string_view name, std::string_view json) {
    if (bytes_.size() + frame_head_bytes + 10 + name.size() + json.size() > most_bytes_) return std::unexpected(errc::full);
    const auto began = begin_frame(bytes_, piece::events);
    append_raw(bytes_, seq);
    append_raw(bytes_, static_cast<std::uint16_t>(name.size()));
    bytes_.append(name.substr(0, 0xFFFF));
    bytes_.append(json);
    end_frame(bytes_, began);
    return {};
}

void event_log::append_piece(piece kind, std::string_view body) {
    const auto began = begin_frame(bytes_, kind);
    bytes_.append(body);
    end_frame(bytes_, began);
}

void event_log::drop_until(std::uint64_t seq) {
    std::size_t drop = 0;
    std::size_t at = 0;
    read_events(bytes_, [&](const logged_event& each) {
        at += frame_head_bytes + 10 + each.name.size() + each.json.size();
        if (each.seq <= seq) drop = at;
    });
    bytes_.erase(0, drop);
}

result<logged_event> read_event(const frame& piece) {
    byte_reader in(piece.body);
    logged_event event;
    event.seq = in.raw<std::uint64_t>();
    event.name = in.take(in.raw<std::uint16_t>());
    if (!in.ok) return std::unexpected(failure(errc::senseless, "event"));
    event.json = {in.at, in.left()};
    return event;
}

log_reading read_events(std::string_view bytes, const std::function<void(const logged_event&)>& visit) {
    log_reading out;
    while (out.bytes < bytes.size()) {
        const auto each = read_frame(bytes.substr(out.bytes));
        if (!each) return out;
        if (each->kind == piece::events) {
            const auto event = read_event(*each);
            if (!event) return out;
            visit(*event);
        }
        out.bytes += each->bytes;
    }
    out.whole = true;
    return out;
}

}  // namespace shoal::cache
