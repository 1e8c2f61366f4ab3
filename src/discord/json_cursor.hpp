#pragma once
// The one way in which the client reads JSON: lenient, typed views over raw text, without a tree and without allocation.
// Not here: writing (json_writer.hpp), what Discord's objects mean (the readers of each room).
//
//     json_value guild(envelope.data);
//     for (const auto& [key, value] : guild.fields()) {          // one pass, in whatever order the keys come
//         if (key == "id") id = value.id<guild_id>();
//         else if (key == "name") name = value.text();
//         else if (key == "roles")
//             for (const auto& role : value.elements()) read_role(role);
//     }                                                          // what nobody reads is skipped at 2 to 3 GB/s
//     auto nonce = guild["nonce"].text_or("");                   // a search: fine for one or two keys of a small object
//
// Lenient means: unknown keys, any key order and whitespace are normal; null and absent read alike (`if (value)`); numbers are
// read from numeric strings and strings from numbers [7.2 F46]; lone surrogates and bytes that are not UTF-8 become U+FFFD;
// nothing crashes or throws, whatever the bytes, and nothing recurses, however deep they nest. Reading never looks behind the end
// of the text. What is broken reads as missing; a loop that met broken text ends early and says so (`broken()`). Values are
// views: they live as long as the text. A value from a loop is best used inside the loop, by reference: what was walked there is
// not walked again.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "discord/json_scan.hpp"
#include "shoal/ids.hpp"

namespace shoal::discord {

enum class json_kind : std::uint8_t { missing, null, boolean, number, string, array, object };

class json_fields;
class json_elements;
class json_outline;

namespace detail {
template <class T>
inline constexpr bool is_snowflake = false;
template <class Tag>
inline constexpr bool is_snowflake<snowflake<Tag>> = true;
}  // namespace detail

/// One JSON value as a view into text.
class json_value {
public:
    /// Missing.
    constexpr json_value() noexcept = default;
    /// The first value in `text`; what follows it is not looked at.
    explicit json_value(std::string_view text) noexcept;
    /// The same, an object whose fields were found before: `known` is of this text. Null: they were not.
    json_value(std::string_view text, const json_outline* known) noexcept : json_value(text) { known_ = known; }
    // A copy forgets the loop that it came from and what was known, so that it may outlive them.
    constexpr json_value(const json_value& other) noexcept : at_(other.at_), end_(other.end_) {}
    constexpr json_value& operator=(const json_value& other) noexcept {
        at_ = other.at_;
        end_ = other.end_;
        ended_at_ = nullptr;
        known_ = nullptr;
        return *this;
    }

    /// By the first character; the rest may still prove broken.
    [[nodiscard]] json_kind kind() const noexcept;
    [[nodiscard]] bool is(json_kind kind_in) const noexcept { return kind() == kind_in; }
    /// False for missing and for null.
    [[nodiscard]] explicit operator bool() const noexcept { return kind() > json_kind::null; }
    [[nodiscard]] bool is_null() const noexcept { return kind() == json_kind::null; }

    // ---- typed reads; nullopt for missing, null, another kind, or out of range ----

    /// From a number without fraction or a string that holds one. "12", 12, 12.0.
    [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
    /// Likewise, up to 2^64-1: permissions and snowflakes.
    [[nodiscard]] std::optional<std::uint64_t> unsigned_integer() const noexcept;
    [[nodiscard]] std::optional<double> number() const noexcept;
    /// true, false; also 0, 1 and both as strings.
    [[nodiscard]] std::optional<bool> boolean() const noexcept;
    /// The decoded text of a string, or a number as it is written.
    [[nodiscard]] std::optional<std::string> text() const;
    /// The same without a copy if nothing had to be decoded; else it is decoded into `scratch`. Empty if it is no text.
    [[nodiscard]] std::string_view text(std::string& scratch) const;
    /// Appends the decoded text to `out`; false, and nothing appended, if it is no text.
    bool append_text(std::string& out) const;
    /// True if this is a string (or number) whose decoded text is exactly `expected`.
    [[nodiscard]] bool is_text(std::string_view expected) const;
    /// A snowflake, zero ("none") if there is none: `value.id<guild_id>()`.
    template <class Id>
    [[nodiscard]] Id id() const noexcept {
        return Id(unsigned_integer().value_or(0));
    }

    /// One of: bool, an integer type (range checked), double, float, std::string, a snowflake.
    template <class T>
    [[nodiscard]] std::optional<T> as() const;
    template <class T>
    [[nodiscard]] T value_or(T fallback) const {
        auto read = as<T>();
        return read ? *std::move(read) : std::move(fallback);
    }
    [[nodiscard]] std::string text_or(std::string_view fallback) const {
        auto read = text();
        return read ? *std::move(read) : std::string(fallback);
    }

    // ---- inside ----

    /// The raw text of this value from its first to its last character; empty if missing or broken.
    [[nodiscard]] std::string_view raw() const noexcept;
    /// The fields of an object, to be walked once; none if this is no object.
    [[nodiscard]] json_fields fields() const noexcept;
    /// The elements of an array, to be walked once; none if this is no array.
    [[nodiscard]] json_elements elements() const noexcept;
    /// The first field of this name; missing if there is none.
    [[nodiscard]] json_value operator[](std::string_view key) const noexcept;
    /// How many elements or fields an array or object has; walks it.
    [[nodiscard]] std::size_t count() const noexcept;

private:
    friend class json_fields;
    friend class json_elements;
    friend class json_outline;
    constexpr json_value(const char* at, const char* end, const char** ended_at) noexcept
        : at_(at), end_(end), ended_at_(ended_at) {}

    const char* at_ = nullptr;   // The first character, or nullptr.
    const char* end_ = nullptr;  // The end of the readable text, not of the value.
    // Where the loop that handed this value out wants to know that the value was walked to its end, and where that is.
    const char** ended_at_ = nullptr;
    const json_outline* known_ = nullptr;
};

/// Where the fields of one object end, for those who walk it several times: finding the end of a message's `d` goes over all of
/// it anyhow, and the readers behind that need not go over what they do not read. Where a field's text is broken such a walk goes
/// on with the next one, and another ends.
class json_outline {
public:
    json_outline() noexcept = default;
    json_outline(const json_outline&) = delete;
    json_outline& operator=(const json_outline&) = delete;

    /// The raw text of any value, as json_value::raw() has it.
    [[nodiscard]] std::string_view take(const json_value& value) noexcept;
    /// What the last value's fields are known by; null if it is no object, or has more fields than any of Discord's.
    [[nodiscard]] const json_outline* known() const noexcept { return known_ ? this : nullptr; }

private:
    friend class json_value;
    bool known_ = false;
    detail::item_commas commas_;
};

/// What a loop over an array or object shares; see json_fields and json_elements.
class json_walk {
public:
    json_walk(const json_walk&) = delete;
    json_walk& operator=(const json_walk&) = delete;

    struct sentinel {};
    [[nodiscard]] sentinel end() const noexcept { return {}; }
    /// True if the text ended or went wrong before the closing bracket. Ask after the loop.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

protected:
    json_walk(const char* at, const char* end, const char** parent, char close) noexcept
        : at_(at), parent_(parent), end_(end), close_(close) {}
    json_walk(const char* at, const char* end, const detail::item_commas& commas) noexcept
        : at_(at), parent_(nullptr), end_(end), close_('}'), comma_(commas.at), last_comma_(commas.at + commas.count) {}
    ~json_walk() = default;
    void enter() noexcept;
    void advance() noexcept;

    // What each step writes and a loop then reads stands apart: two neighbours would be read by one wide load, for which the
    // processor must wait until both stores have left (a tenth of the cost of reading a message).
    const char* at_ = nullptr;  // The current value; nullptr when the walk is over.
    const char** parent_;       // Is told where the walk ended.
    const char* key_ = nullptr;
    const char* end_;
    std::size_t key_bytes_ = 0;
    const char* ended_at_ = nullptr;  // Where the current value ends, if somebody walked it.
    char close_;
    bool broken_ = false;
    const char* const* comma_ = nullptr;  // The next one, where they were found before.
    const char* const* last_comma_ = nullptr;

private:
    [[gnu::always_inline]] void next_item(const char* p) noexcept;
    void finish(const char* p) noexcept;
    void fail() noexcept;
    char key_buffer_[48];  // For keys with escapes: rare, short; a longer one is shown as it is written.
};

/// A field in a loop.
struct json_field {
    std::string_view key;  ///< Valid until the loop goes on.
    json_value value;
};

/// `for (const auto& [key, value] : object.fields())`.
class json_fields : public json_walk {
public:
    class iterator {
    public:
        [[nodiscard]] json_field operator*() const noexcept {
            return {{walk_->key_, walk_->key_bytes_}, json_value(walk_->at_, walk_->end_, &walk_->ended_at_)};
        }
        iterator& operator++() noexcept {
            walk_->advance();
            return *this;
        }
        [[nodiscard]] bool operator==(sentinel) const noexcept { return walk_->at_ == nullptr; }

    private:
        friend class json_fields;
        explicit iterator(json_fields* walk) noexcept : walk_(walk) {}
        json_fields* walk_;
    };
    [[nodiscard]] iterator begin() noexcept {
        enter();
        return iterator(this);
    }

private:
    friend class json_value;
    json_fields(const char* at, const char* end, const char** parent) noexcept : json_walk(at, end, parent, '}') {}
    json_fields(const char* at, const char* end, const detail::item_commas& commas) noexcept : json_walk(at, end, commas) {}
};

/// `for (const auto& element : array.elements())`.
class json_elements : public json_walk {
public:
    class iterator {
    public:
        [[nodiscard]] json_value operator*() const noexcept { return {walk_->at_, walk_->end_, &walk_->ended_at_}; }
        iterator& operator++() noexcept {
            walk_->advance();
            return *this;
        }
        [[nodiscard]] bool operator==(sentinel) const noexcept { return walk_->at_ == nullptr; }

    private:
        friend class json_elements;
        explicit iterator(json_elements* walk) noexcept : walk_(walk) {}
        json_elements* walk_;
    };
    [[nodiscard]] iterator begin() noexcept {
        enter();
        return iterator(this);
    }

private:
    friend class json_value;
    json_elements(const char* at, const char* end, const char** parent) noexcept : json_walk(at, end, parent, ']') {}
};

template <class T>
std::optional<T> json_value::as() const {
    if constexpr (std::same_as<T, bool>) {
        return boolean();
    } else if constexpr (std::same_as<T, std::string>) {
        return text();
    } else if constexpr (std::floating_point<T>) {
        const auto read = number();
        return read ? std::optional<T>(static_cast<T>(*read)) : std::nullopt;
    } else if constexpr (detail::is_snowflake<T>) {
        const auto read = unsigned_integer();
        return read ? std::optional<T>(T(*read)) : std::nullopt;
    } else if constexpr (std::unsigned_integral<T>) {
        const auto read = unsigned_integer();
        if (!read || *read > std::uint64_t{static_cast<T>(~T{0})}) return std::nullopt;
        return static_cast<T>(*read);
    } else {
        static_assert(std::signed_integral<T>, "as<T>: bool, integers, double, std::string or a snowflake");
        const auto read = integer();
        if (!read || static_cast<std::int64_t>(static_cast<T>(*read)) != *read) return std::nullopt;
        return static_cast<T>(*read);
    }
}

/// Checks a whole text: one value that is JSON in full (grammar, escapes, nesting of at most `deepest`), with nothing but space
/// behind it. For those who must know that a message is sound before they act on it; the readers above do not need it.
[[nodiscard]] bool is_json(std::string_view text, std::size_t deepest = 512) noexcept;

/// Appends `bytes` with everything that is not UTF-8 replaced by U+FFFD.
void append_utf8(std::string& out, std::string_view bytes);

}  // namespace shoal::discord
