#pragma once
// What a view should hold of a document, as simdjson reads it: written from the rules of src/discord/json_cursor.hpp, with
// another reader. Not here: documents (documents.hpp), tests.

#include <doctest/doctest.h>
#include <simdjson.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fields.hpp"

namespace shoal::test {

/// An element, or nothing: missing and null read alike.
using theirs = std::optional<simdjson::dom::element>;
using dom = simdjson::dom::element_type;

inline theirs present(const theirs& of) { return of && !of->is_null() ? of : std::nullopt; }
inline bool is(const theirs& of, dom type) { return of && of->type() == type; }

/// The element at "key" or "key.inner"; of several equal keys the last, as our readers let later ones win.
inline theirs at(const theirs& object, std::string_view path) {
    if (!is(object, dom::OBJECT)) return std::nullopt;
    const auto dot = path.find('.');
    theirs found;
    for (const auto field : simdjson::dom::object(object->get_object())) {
        if (field.key == path.substr(0, dot)) found = field.value;
    }
    if (dot == std::string_view::npos) return found;
    return at(found, path.substr(dot + 1));
}

template <class T>
std::optional<T> parsed(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

template <class T>
std::optional<T> whole(const theirs& of) {
    if (!of) return std::nullopt;
    switch (of->type()) {
        case dom::INT64: {
            const auto value = std::int64_t(of->get_int64());
            if (!std::in_range<T>(value)) return std::nullopt;
            return static_cast<T>(value);
        }
        case dom::UINT64: {
            const auto value = std::uint64_t(of->get_uint64());
            if (!std::in_range<T>(value)) return std::nullopt;
            return static_cast<T>(value);
        }
        case dom::STRING: return parsed<T>(std::string_view(of->get_string()));
        default: return std::nullopt;
    }
}
inline std::string text(const theirs& of) {
    if (is(of, dom::STRING)) return std::string(std::string_view(of->get_string()));
    if (is(of, dom::INT64) || is(of, dom::UINT64)) return std::string(simdjson::minify(*of));
    return {};
}
inline std::optional<bool> truth(const theirs& of) {
    if (is(of, dom::BOOL)) return bool(of->get_bool());
    const auto said = text(of);
    if (said == "1" || said == "true") return true;
    if (said == "0" || said == "false") return false;
    return std::nullopt;
}

template <class View>
void compare(const View& ours, const theirs& of);

inline void check(bool ours, const theirs& of) { CHECK(ours == truth(of).value_or(false)); }
template <std::integral T>
void check(T ours, const theirs& of) {
    CHECK(ours == whole<T>(of).value_or(0));
}
inline void check(double ours, const theirs& of) {
    double expected = 0;
    if (is(of, dom::DOUBLE) || is(of, dom::INT64) || is(of, dom::UINT64)) expected = double(of->get_double());
    if (is(of, dom::STRING)) expected = parsed<double>(std::string_view(of->get_string())).value_or(0);
    CHECK(ours == doctest::Approx(expected));
}
inline void check(std::string_view ours, const theirs& of) { CHECK(std::string(ours) == text(present(of))); }
inline void check(timestamp ours, const theirs& of) { CHECK(std::string(ours.text()) == text(present(of))); }
template <class Tag>
void check(snowflake<Tag> ours, const theirs& of) {
    CHECK(ours.value() == whole<std::uint64_t>(of).value_or(0));
}
template <class E>
    requires std::is_enum_v<E>
void check(E ours, const theirs& of) {
    CHECK(static_cast<std::uint32_t>(ours) == whole<std::uint32_t>(of).value_or(0));
}
template <class E>
void check(flag_set<E> ours, const theirs& of) {
    CHECK(ours.bits() == whole<std::uint64_t>(of).value_or(0));
}
template <class Unit>
void check(std::chrono::duration<std::int64_t, Unit> ours, const theirs& of) {
    const auto count = whole<std::int64_t>(of).value_or(0);
    CHECK(ours.count() == (std::abs(count) > (std::int64_t{1} << 52) ? 0 : count));
}
template <class Duration>
void check(std::chrono::sys_time<Duration> ours, const theirs& of) {
    check(std::chrono::duration<std::int64_t, typename Duration::period>(ours.time_since_epoch()), of);
}
template <class T>
void check(const std::optional<T>& ours, const theirs& of) {
    if constexpr (std::is_same_v<T, bool>) {
        CHECK(ours == truth(of));
    } else if constexpr (std::is_integral_v<T>) {
        CHECK(ours == whole<T>(of));
    } else {
        CHECK(ours.has_value() == present(of).has_value());
        if (ours && of) check(*ours, of);
    }
}
template <class View>
    requires std::is_class_v<View>
void check(const View& ours, const theirs& of) {
    compare(ours, is(of, dom::OBJECT) ? of : std::nullopt);
}
template <class View>
void check(const View* ours, const theirs& of) {
    CHECK((ours != nullptr) == is(of, dom::OBJECT));
    if (ours != nullptr) compare(*ours, of);
}
template <class T>
void check(std::span<const T> ours, const theirs& of) {
    if (!is(of, dom::ARRAY)) {
        CHECK(ours.empty());
        return;
    }
    const simdjson::dom::array array = of->get_array();
    REQUIRE(ours.size() == array.size());
    std::size_t next = 0;
    for (const auto each : array) check(ours[next++], theirs(each));
}
template <class T>
void check_map(std::span<const T> ours, const theirs& of) {
    if (!is(of, dom::OBJECT)) {
        CHECK(ours.empty());
        return;
    }
    const simdjson::dom::object object = of->get_object();
    REQUIRE(ours.size() == object.size());
    std::size_t next = 0;
    for (const auto field : object) {
        auto one = ours[next++];
        if constexpr (std::is_same_v<T, member_view>) {
            // The key is all that names them.
            if (whole<std::uint64_t>(at(field.value, "user.id")).value_or(0) == 0) {
                CHECK(one.user.id.value() == parsed<std::uint64_t>(field.key).value_or(0));
                one.user.id = {};
            }
        }
        check(one, theirs(field.value));
    }
}

template <class View>
user_id author_of(const View& message) {
    if constexpr (requires { message.author; }) return message.author.id;
    return {};
}

template <class View>
void compare(const View& ours, const theirs& of) {
    INFO(fields_of<View>::name);
    fields_of<View>::visit(ours, [&](const char* key, const auto& field, how read) {
        INFO(key);
        const auto value = at(of, key);
        using type = std::remove_cvref_t<decltype(field)>;
        if (read == how::presence) {
            if constexpr (std::is_same_v<type, bool>) CHECK(field == value.has_value());
        } else if (read == how::raw) {
            if constexpr (std::is_same_v<type, std::string_view>) {
                CHECK(field.empty() == !value.has_value());
                if (value) {
                    simdjson::dom::parser parser;
                    CHECK(simdjson::minify(parser.parse(field.data(), field.size()).value()) == simdjson::minify(*value));
                }
            }
        } else if (read == how::map) {
            if constexpr (requires { field.size(), field[0].id; } || std::is_same_v<type, std::span<const member_view>>) {
                check_map(field, value);
            }
        } else {
            // In a guild an interaction's user is inside of its member.
            if constexpr (std::is_same_v<View, interaction_view> && std::is_same_v<type, user_view>) {
                if (!whole<std::uint64_t>(at(of, "user.id")) && is(at(of, "member"), dom::OBJECT))
                    return check(field, at(of, "member.user"));
            }
            // A message's member has no user of its own: it is the author.
            if constexpr (std::is_same_v<View, message_view> && std::is_same_v<type, const member_view*>) {
                if (field != nullptr && whole<std::uint64_t>(at(value, "user.id")).value_or(0) == 0) {
                    CHECK(field->user.id == author_of(ours));
                    auto without = *field;
                    without.user.id = {};
                    return check(without, value);
                }
            }
            check(field, value);
        }
    });
}

}  // namespace shoal::test
