#pragma once
// Writing JSON text fast and straight into a string, and saying the same JSON in another way [#48].
// Not a parser: Boost.JSON reads what clients send.

#include <array>
#include <boost/json/value.hpp>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/random.hpp"

namespace shoal::sim {

/// How a string literal is spelled. Discord's services differ: the gateway sends UTF-8 as it is, others escape it.
enum class spelling : std::uint8_t { plain, ascii /* \ud83d\ude00 */, slashes /* \/ */ };

/// Appends `text` (valid UTF-8) as a JSON string literal.
void append_literal(std::string& out, std::string_view text, spelling how = spelling::plain);

/// A writer that minds the commas. Fields are written in the order of the calls.
class json_text {
public:
    json_text() { out_.reserve(1024); }

    json_text& open(char bracket) {
        comma();
        out_.push_back(bracket);
        return *this;
    }
    json_text& close(char bracket) {
        out_.push_back(bracket);
        return *this;
    }
    json_text& key(std::string_view name) {
        comma();
        out_.push_back('"');
        out_.append(name);
        out_.append("\":");
        return *this;
    }
    /// JSON that is already text.
    json_text& raw(std::string_view json) {
        comma();
        out_.append(json);
        return *this;
    }
    json_text& text(std::string_view value, spelling how = spelling::plain) {
        comma();
        append_literal(out_, value, how);
        return *this;
    }
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    json_text& number(T value) {
        comma();
        digits(value);
        return *this;
    }
    json_text& truth(bool value) { return raw(value ? "true" : "false"); }
    json_text& null() { return raw("null"); }
    /// A snowflake or permission set: a decimal string.
    json_text& id(std::uint64_t value) {
        comma();
        out_.push_back('"');
        digits(value);
        out_.push_back('"');
        return *this;
    }
    json_text& id_or_null(std::uint64_t value) { return value == 0 ? null() : id(value); }

    // Fields of an object: key and value at once.
    json_text& text(std::string_view name, std::string_view value, spelling how) { return key(name).text(value, how); }
    json_text& field(std::string_view name, std::string_view value) { return key(name).text(value); }
    json_text& field(std::string_view name, const char* value) { return key(name).text(value); }
    json_text& field(std::string_view name, const std::string& value) { return key(name).text(value); }
    json_text& field(std::string_view name, bool value) { return key(name).truth(value); }
    json_text& field(std::string_view name, std::nullptr_t) { return key(name).null(); }
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    json_text& field(std::string_view name, T value) {
        return key(name).number(value);
    }
    json_text& id(std::string_view name, std::uint64_t value) { return key(name).id(value); }
    json_text& id_or_null(std::string_view name, std::uint64_t value) { return key(name).id_or_null(value); }
    json_text& raw(std::string_view name, std::string_view json) { return key(name).raw(json); }

    [[nodiscard]] const std::string& view() const noexcept { return out_; }
    [[nodiscard]] std::string take() noexcept { return std::move(out_); }
    void reserve(std::size_t bytes) { out_.reserve(bytes); }

private:
    void comma() {
        if (out_.empty()) return;
        const char last = out_.back();
        if (last != '{' && last != '[' && last != ':') out_.push_back(',');
    }
    template <std::integral T>
    void digits(T value) {
        std::array<char, 24> room;
        const auto end = std::to_chars(room.data(), room.data() + room.size(), value).ptr;
        out_.append(room.data(), end);
    }
    std::string out_;
};

/// The same JSON said differently: keys shuffled, white space, escapes, and now and then a key that nobody documented.
[[nodiscard]] std::string vary(std::string_view json, random_source& random);

/// Whether the bytes are UTF-8 without surrogates and overlong forms.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

}  // namespace shoal::sim
