#pragma once
// Structs as packed records and back, by the layouts: a mask of the fields that are not 0, empty or false, then those fields in
// order. Not here: where records lie (packed_table), what fields there are (layouts.hpp).

#include <string>
#include <string_view>

#include "cache/bytes.hpp"
#include "cache/layouts.hpp"
#include "cache/text_pool.hpp"
#include "shoal/cache.hpp"

namespace shoal::cache {

/// What a record refers to outside of itself.
struct record_home {
    const text_pool* texts = nullptr;
    const std::vector<std::uint64_t>* role_ids = nullptr;
    std::string_view text = {};  ///< Its shared text, where it has left its pool.
};

template <class Id>
constexpr std::uint64_t key_value(Id id) noexcept {
    if constexpr (std::is_integral_v<Id>) {
        return id;
    } else {
        return id.value();
    }
}

namespace packed {

template <class M>
bool is_blank(const M& value) noexcept {
    if constexpr (std::is_same_v<M, std::string_view>) {
        return value.empty();
    } else if constexpr (std::is_same_v<M, cached_roles>) {
        return value.slot_bytes().empty();
    } else if constexpr (requires { value.bytes(); }) {
        return value.bytes().empty();
    } else if constexpr (std::is_same_v<M, image_hash>) {
        return !value.set;
    } else {
        return value == M{};
    }
}

template <class M>
void append(std::string& out, const M& value) {
    if constexpr (std::unsigned_integral<M>) {
        append_number(out, value);
    } else if constexpr (std::signed_integral<M>) {
        append_number(
            out, (static_cast<std::uint64_t>(std::int64_t{value}) << 1) ^ static_cast<std::uint64_t>(std::int64_t{value} >> 63));
    } else if constexpr (std::is_enum_v<M>) {
        out.push_back(static_cast<char>(value));
    } else if constexpr (std::is_same_v<M, cached_time>) {
        append_raw(out, static_cast<std::uint32_t>((value - time_origin).count()));
    } else if constexpr (std::is_same_v<M, image_hash>) {
        // The tag: 0, 1 animated; else the length of an odd text and 2.
        append_number(out, value.odd.empty() ? (value.animated ? 1 : 0) : value.odd.size() + 2);
        if (value.odd.empty()) {
            append_raw(out, value.high);
            append_raw(out, value.low);
        } else {
            out.append(value.odd);
        }
    } else if constexpr (std::is_same_v<M, std::string_view>) {
        append_number(out, value.size());
        out.append(value);
    } else if constexpr (std::is_same_v<M, cached_roles>) {
        append_number(out, value.slot_bytes().size() / 2);
        out.append(value.slot_bytes());
    } else if constexpr (requires { value.bytes(); }) {
        append_number(out, value.bytes().size());
        out.append(value.bytes());
    } else {
        append_raw(out, value.value());
    }
}

template <class M>
void take(byte_reader& in, M& into, const record_home& home) {
    if constexpr (std::unsigned_integral<M>) {
        into = static_cast<M>(in.number());
    } else if constexpr (std::signed_integral<M>) {
        const auto number = in.number();
        into = static_cast<M>(static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1));
    } else if constexpr (std::is_enum_v<M>) {
        into = static_cast<M>(in.raw<std::uint8_t>() & 3U);
    } else if constexpr (std::is_same_v<M, cached_time>) {
        into = time_origin + std::chrono::seconds(in.raw<std::uint32_t>());
    } else if constexpr (std::is_same_v<M, image_hash>) {
        const auto tag = in.number();
        into.set = true;
        if (tag < 2) {
            into.animated = tag == 1;
            into.high = in.raw<std::uint64_t>();
            into.low = in.raw<std::uint64_t>();
        } else {
            into.odd = in.take(tag - 2);
        }
    } else if constexpr (std::is_same_v<M, std::string_view>) {
        into = in.take(in.number());
    } else if constexpr (std::is_same_v<M, cached_roles>) {
        const auto slots = in.take(2 * std::min<std::uint64_t>(in.number(), 0xFFFF));
        into = {slots.data(), static_cast<std::uint32_t>(slots.size() / 2), home.role_ids};
    } else if constexpr (requires { into.bytes(); }) {
        into = {in.take(in.number()), home.role_ids};
    } else {
        into = M(in.raw<std::uint64_t>());
    }
}

}  // namespace packed

/// Appends the record of a struct. Shared texts get one more holder.
template <class T>
void write_record(std::string& out, const T& value, text_pool& texts) {
    std::uint64_t mask = 0;
    for_each_field<T>([&](const auto& f, auto at) {
        if (!packed::is_blank(value.*f.member)) mask |= std::uint64_t{1} << at();
    });
    append_number(out, mask);
    for_each_field<T>([&](const auto& f, auto at) {
        using field_type = std::remove_cvref_t<decltype(f)>;
        if ((mask >> at() & 1) == 0) return;
        if constexpr (field_type::how == packing::shared) {
            append_raw(out, texts.keep(value.*f.member));
        } else if constexpr (!std::is_same_v<typename field_type::type, bool>) {
            packed::append(out, value.*f.member);
        }
    });
}

/// The struct of a record; its texts and lists lie in the record and its home.
template <class T>
[[nodiscard]] T read_record(std::uint64_t key, std::string_view record, const record_home& home) {
    T out{};
    out.*layout<T>::key = std::remove_cvref_t<decltype(out.*layout<T>::key)>(key);
    byte_reader in(record);
    const auto mask = in.number();
    for_each_field<T>([&](const auto& f, auto at) {
        using field_type = std::remove_cvref_t<decltype(f)>;
        if ((mask >> at() & 1) == 0) return;
        if constexpr (field_type::how == packing::shared) {
            const auto number = in.raw<std::uint32_t>();
            out.*f.member = home.texts != nullptr ? home.texts->view(number) : home.text;
        } else if constexpr (std::is_same_v<typename field_type::type, bool>) {
            out.*f.member = true;
        } else {
            packed::take(in, out.*f.member, home);
        }
    });
    return out;
}

template <class T>
inline constexpr bool has_shared_text = [] {
    bool found = false;
    for_each_field<T>([&](const auto& f, auto) { found = found || std::remove_cvref_t<decltype(f)>::how == packing::shared; });
    return found;
}();

/// Lets go of the shared text of a record. There is one at most, and it stands first.
template <class T>
void release_record(std::string_view record, text_pool& texts) noexcept {
    if constexpr (has_shared_text<T>) {
        byte_reader in(record);
        if ((in.number() & 1) != 0) texts.let_go(in.raw<std::uint32_t>());
    }
}

namespace packed {

/// A small perfect-enough hash from JSON keys to fields, made by the compiler.
template <class T>
struct key_table {
    static constexpr std::size_t places = 64;
    std::array<std::int8_t, places> first{};
    std::array<std::int8_t, 40> next{};

    static constexpr std::size_t hash(std::string_view key) noexcept {
        return (key.size() * 7 + static_cast<unsigned char>(key.front()) * 5U + static_cast<unsigned char>(key.back()) * 3U +
                static_cast<unsigned char>(key[key.size() / 2])) %
               places;
    }
    constexpr key_table() {
        first.fill(-1);
        next.fill(-1);
        for_each_field<T>([this](const auto& f, auto at) {
            if (f.key.empty()) return;
            const auto place = hash(f.key);
            next[at()] = first[place];
            first[place] = static_cast<std::int8_t>(at());
        });
    }
};

template <class T, std::size_t I>
void read_field(T& into, const discord::json_value& value, json_reading& reading, cache_detail detail) {
    constexpr auto& f = std::get<I>(layout<T>::fields);
    using field_type = std::remove_cvref_t<decltype(f)>;
    if (f.from > detail) return;
    if constexpr (f.read != nullptr) {
        f.read(into.*f.member, value, reading);
    } else {
        read_value(into.*f.member, value, reading, field_type::how == packing::long_text ? 16'384 : text_pool::most_bytes);
    }
}

template <class T>
struct field_reader {
    std::string_view key;
    void (*read)(T&, const discord::json_value&, json_reading&, cache_detail);
};

template <class T>
inline constexpr auto field_readers = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array{field_reader<T>{std::get<I>(layout<T>::fields).key, &read_field<T, I>}...};
}(std::make_index_sequence<std::tuple_size_v<decltype(layout<T>::fields)>>{});

}  // namespace packed

namespace packed {

/// False if T has no field of this key.
template <class T>
bool read_own_field(T& into, std::string_view key, const discord::json_value& value, json_reading& reading, cache_detail detail) {
    static constexpr key_table<T> keys;
    if (key.empty()) return false;
    for (auto at = keys.first[key_table<T>::hash(key)]; at >= 0; at = keys.next[static_cast<std::size_t>(at)]) {
        const auto& found = field_readers<T>[static_cast<std::size_t>(at)];
        if (found.key != key) continue;
        found.read(into, value, reading, detail);
        return true;
    }
    return false;
}

}  // namespace packed

/// Reads one field of an object, if T keeps it.
template <class T>
void read_json_field(T& into, std::string_view key, const discord::json_value& value, json_reading& reading,
                     cache_detail detail) {
    if (packed::read_own_field(into, key, value, reading, detail)) return;
    for (const auto inside : layout<T>::inside) {
        if (key != inside) continue;
        for (const auto& [name, part] : value.fields()) packed::read_own_field(into, name, part, reading, detail);
    }
}

/// Reads the fields that are there over what `into` has.
template <class T>
void read_json(T& into, const discord::json_value& object, json_reading& reading, cache_detail detail) {
    for (const auto& [key, value] : object.fields()) read_json_field(into, key, value, reading, detail);
}

}  // namespace shoal::cache
