#pragma once
// A tiny append-only JSON writer with correct escaping: every payload that the client sends is made by it.
// Not here: reading (json_cursor.hpp). It does not check nesting: the caller opens and closes in order.
//
//     json_writer w;
//     w.begin_object().field("op", 1).key("d").begin_array().value(1).value("two").end_array().end_object();
//     send(std::move(w).take());

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shoal/ids.hpp"

namespace shoal::discord {

class json_writer {
public:
    json_writer& begin_object() { return open('{'); }
    json_writer& end_object() { return close('}'); }
    json_writer& begin_array() { return open('['); }
    json_writer& end_array() { return close(']'); }

    json_writer& key(std::string_view name);

    json_writer& value(std::string_view text);  ///< A string; what is not UTF-8 in it becomes U+FFFD.
    json_writer& value(const char* text) { return value(std::string_view(text)); }
    json_writer& value(const std::string& text) { return value(std::string_view(text)); }
    json_writer& value(std::nullptr_t) { return raw("null"); }
    json_writer& value(bool flag) { return raw(flag ? "true" : "false"); }
    json_writer& value(double number);  ///< The shortest text that reads back the same; null for infinities and NaN.
    template <std::integral Int>
        requires(!std::same_as<Int, bool>)
    json_writer& value(Int number) {
        if constexpr (std::signed_integral<Int>) {
            return integer(static_cast<std::int64_t>(number));
        } else {
            return unsigned_integer(static_cast<std::uint64_t>(number));
        }
    }
    /// As a string, as Discord wants ids.
    template <class Tag>
    json_writer& value(snowflake<Tag> id) {
        return quoted_integer(id.value());
    }
    /// null if empty.
    template <class T>
    json_writer& value(const std::optional<T>& maybe) {
        return maybe ? value(*maybe) : value(nullptr);
    }
    /// A 64-bit number as a string: permissions.
    json_writer& quoted_integer(std::uint64_t number);
    /// JSON that is already written.
    json_writer& raw(std::string_view json);

    template <class T>
    json_writer& field(std::string_view name, const T& what) {
        key(name);
        return value(what);
    }
    json_writer& raw_field(std::string_view name, std::string_view json) {
        key(name);
        return raw(json);
    }

    [[nodiscard]] const std::string& text() const noexcept { return out_; }
    [[nodiscard]] std::string take() && noexcept { return std::move(out_); }
    [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }

private:
    json_writer& open(char bracket);
    json_writer& close(char bracket);
    json_writer& integer(std::int64_t number);
    json_writer& unsigned_integer(std::uint64_t number);
    void separate();
    void append_escaped(std::string_view text);

    std::string out_;
    bool comma_ = false;  // Something stands before the next item on this level.
};

/// `text` as a JSON string with its quotes.
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace shoal::discord
