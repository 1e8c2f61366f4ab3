#pragma once
// Walks a record without reading it into a struct: checks that it is sound, and shows what in it refers to somewhere else, so
// that snapshots can rewrite just that. Not here: what records mean (record.hpp).

#include "cache/record.hpp"

namespace shoal::cache {

struct walked {
    bool sound = false;
    std::uint64_t known = 0;     ///< The mask without fields that this version does not know.
    std::size_t mask_bytes = 0;  ///< How long the mask is,
    std::size_t end = 0;         ///< and where the fields end that this version knows.
    bool whole = false;          ///< It knows all of it.
};

/// `visit.text(std::uint32_t&)` may change the number of a shared text in place; `visit.slot(std::uint16_t)` sees each role's
/// number. Either makes the record unsound by answering false.
template <class T, class Visitor>
[[nodiscard]] walked walk_record(char* record, std::size_t size, Visitor&& visit) {
    constexpr auto count = std::tuple_size_v<decltype(layout<T>::fields)>;
    byte_reader in({record, size});
    const auto mask = in.number();
    walked out;
    out.known = mask & ((std::uint64_t{1} << count) - 1);
    out.mask_bytes = size - in.left();
    bool ok = in.ok;
    const auto slot_at = [](const char* at) {
        std::uint16_t value = 0;
        std::memcpy(&value, at, sizeof value);
        return value;
    };
    for_each_field<T>([&](const auto& f, auto at) {
        using field_type = std::remove_cvref_t<decltype(f)>;
        using type = typename field_type::type;
        if (!ok || (out.known >> at() & 1) == 0) return;
        if constexpr (field_type::how == packing::shared) {
            char* where = record + (size - in.left());
            auto text = in.raw<std::uint32_t>();
            ok = in.ok && visit.text(text);
            if (ok) std::memcpy(where, &text, sizeof text);
        } else if constexpr (std::is_same_v<type, bool>) {
        } else if constexpr (std::is_same_v<type, cached_roles>) {
            const auto slots = in.take(2 * std::min<std::uint64_t>(in.number(), 0xFFFF));
            for (std::size_t i = 0; i < slots.size(); i += 2) ok = ok && visit.slot(slot_at(slots.data() + i));
        } else if constexpr (std::is_same_v<type, cached_overwrites>) {
            byte_reader list(in.take(in.number()));
            while (list.ok && list.at != list.end) {
                const auto slot = list.raw<std::uint16_t>();
                if (slot == json_reading::no_slot) {
                    (void)list.raw<std::uint64_t>();
                } else {
                    ok = ok && visit.slot(slot);
                }
                (void)list.number();
                (void)list.number();
            }
            ok = ok && list.ok;
        } else {
            type value{};
            packed::take(in, value, {});
        }
        ok = ok && in.ok;
    });
    out.end = size - in.left();
    out.whole = mask == out.known;
    // Behind the known fields may only stand those of a later version.
    out.sound = ok && (!out.whole || out.end == size);
    return out;
}

}  // namespace shoal::cache
