#pragma once
// Small types that the bodies and paths of REST calls are made of.
// Not here: the bodies (the generated headers beside this one).

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shoal/ids.hpp"

namespace shoal {
inline namespace v0 {

/// A field of a change: left as it is (nothing is sent), cleared (`= nullptr`), or set (`= value`).
template <class T>
class clearable {
public:
    using value_type = T;
    constexpr clearable() noexcept = default;
    // NOLINTNEXTLINE(google-explicit-constructor): `.topic = nullptr` reads well.
    constexpr clearable(std::nullptr_t) noexcept : cleared_(true) {}
    template <class U>
        requires std::convertible_to<U, T> && (!std::same_as<std::remove_cvref_t<U>, std::nullptr_t>)
    // NOLINTNEXTLINE(google-explicit-constructor): so does `.topic = "x"`.
    constexpr clearable(U&& value) : value_(std::forward<U>(value)) {}
    [[nodiscard]] constexpr bool is_cleared() const noexcept { return cleared_; }
    [[nodiscard]] constexpr bool is_set() const noexcept { return value_.has_value(); }
    /// Only if is_set().
    [[nodiscard]] constexpr const T& value() const { return *value_; }

private:
    std::optional<T> value_;
    bool cleared_ = false;
};

/// An emoji as reactions name it: a Unicode one, or a guild's own by name and id.
class reaction_emoji {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): add_reaction(channel, message, "👍") reads well.
    reaction_emoji(std::string unicode) : written_(std::move(unicode)) {}
    // NOLINTNEXTLINE(google-explicit-constructor): likewise, and two conversions in a row there are not.
    reaction_emoji(const char* unicode) : written_(unicode) {}
    reaction_emoji(std::string_view name, emoji_id id) : written_(std::string(name) + ':' + id.to_string()) {}
    /// As it stands in a path, not yet percent-encoded.
    [[nodiscard]] const std::string& written() const noexcept { return written_; }

private:
    std::string written_;
};

}  // namespace v0
}  // namespace shoal
