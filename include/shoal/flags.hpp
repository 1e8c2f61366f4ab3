#pragma once
// flag_set<E>: a set of Discord's flags with names, as wide as Discord sends it.
// Not here: the flags themselves (models/), intents (intents.hpp), what permissions come to (permissions.hpp).

#include <cstdint>
#include <type_traits>

namespace shoal {
inline namespace v0 {

/// A set of the flags that the enum E names by their bits. Bits without a name are kept: Discord may know them although this
/// version does not.
template <class E>
class flag_set {
    static_assert(std::is_enum_v<E>);

public:
    constexpr flag_set() noexcept = default;
    // NOLINTNEXTLINE(google-explicit-constructor): one flag is a set of one.
    constexpr flag_set(E flag) noexcept : bits_(static_cast<std::uint64_t>(flag)) {}
    constexpr explicit flag_set(std::uint64_t bits) noexcept : bits_(bits) {}

    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
    /// True if all of `other` are in this set.
    [[nodiscard]] constexpr bool has(flag_set other) const noexcept { return (bits_ & other.bits_) == other.bits_; }
    /// True if at least one of `other` is in this set.
    [[nodiscard]] constexpr bool has_any(flag_set other) const noexcept { return (bits_ & other.bits_) != 0; }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }

    friend constexpr flag_set operator|(flag_set a, flag_set b) noexcept { return flag_set(a.bits_ | b.bits_); }
    friend constexpr flag_set operator&(flag_set a, flag_set b) noexcept { return flag_set(a.bits_ & b.bits_); }
    /// `a` without what is in `b`.
    friend constexpr flag_set operator-(flag_set a, flag_set b) noexcept { return flag_set(a.bits_ & ~b.bits_); }
    constexpr flag_set& operator|=(flag_set other) noexcept { return *this = *this | other; }
    constexpr flag_set& operator-=(flag_set other) noexcept { return *this = *this - other; }
    friend constexpr bool operator==(flag_set, flag_set) noexcept = default;

private:
    std::uint64_t bits_ = 0;
};

}  // namespace v0
}  // namespace shoal
