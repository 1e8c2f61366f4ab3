#pragma once
// How one value of a REST call is written, into JSON, a path or a query.
// Not here: which values there are (the generated sources beside this).

#include <fmt/format.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "discord/json_writer.hpp"
#include "shoal/flags.hpp"
#include "shoal/ids.hpp"
#include "shoal/image.hpp"
#include "shoal/rest/parts.hpp"

namespace shoal::runtime::sending {

using discord::json_writer;

/// ISO 8601 with milliseconds, in UTC.
[[nodiscard]] std::string iso_of(std::chrono::sys_time<std::chrono::milliseconds> when);
/// "data:image/png;base64,..."
[[nodiscard]] std::string data_uri_of(const image& what);
/// Percent-encodes everything but what may always stand in a path, a query or a header.
[[nodiscard]] std::string encoded(std::string_view text);

template <class T>
inline constexpr bool is_flags = false;
template <class E>
inline constexpr bool is_flags<flag_set<E>> = true;

/// A value of its own: what lists hold.
template <class T>
void put_value(json_writer& out, const T& value) {
    if constexpr (std::is_enum_v<T>) {
        out.value(static_cast<std::uint64_t>(value));
    } else if constexpr (std::same_as<T, image>) {
        out.value(data_uri_of(value));
    } else if constexpr (std::same_as<T, std::chrono::sys_time<std::chrono::milliseconds>>) {
        out.value(iso_of(value));
    } else if constexpr (requires { value.count(); }) {
        out.value(value.count());
    } else {
        out.value(value);
    }
}
/// Permissions go out as text, since they are wider than JSON's numbers; other flags as numbers.
template <class E>
void put_value(json_writer& out, const flag_set<E>& value) {
    if constexpr (requires { E::administrator; }) {
        out.quoted_integer(value.bits());
    } else {
        out.value(value.bits());
    }
}

template <class T>
void put(json_writer& out, std::string_view key, const T& value) {
    out.key(key);
    put_value(out, value);
}
template <class T>
void put_list(json_writer& out, std::string_view key, const std::vector<T>& values) {
    out.key(key).begin_array();
    for (const auto& each : values) put_value(out, each);
    out.end_array();
}

/// "?limit=5&after=6", or nothing.
class query_writer {
public:
    template <class T>
    void put(std::string_view key, const std::optional<T>& value) {
        if (value) put(key, *value);
    }
    template <class T>
        requires(!std::same_as<T, std::string>)
    void put(std::string_view key, const T& value) {
        if constexpr (std::same_as<T, bool>) {
            add(key, value ? "true" : "false");
        } else if constexpr (std::is_enum_v<T>) {
            add(key, fmt::format("{}", static_cast<std::uint64_t>(value)));
        } else if constexpr (std::same_as<T, std::chrono::sys_time<std::chrono::milliseconds>>) {
            add(key, encoded(iso_of(value)));
        } else if constexpr (requires { value.to_string(); }) {
            add(key, value.to_string());
        } else {
            add(key, fmt::format("{}", value));
        }
    }
    void put(std::string_view key, const std::string& value) { add(key, encoded(value)); }
    /// A list repeats its key [4.2].
    template <class T>
    void put(std::string_view key, const std::vector<T>& values) {
        for (const auto& each : values) put(key, each);
    }
    [[nodiscard]] std::string take() && { return std::move(out_); }

private:
    void add(std::string_view key, std::string_view value) {
        out_ += out_.empty() ? '?' : '&';
        out_.append(key).append("=").append(value);
    }
    std::string out_;
};

}  // namespace shoal::runtime::sending
