#pragma once
// What a node may be in a fleet, as its certificate says: coordinator, worker, operator. A certificate may carry several, since
// a worker may stand as a candidate for coordinator.
// Not here: which calls a role may make (src/rpc).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shoal::trust {

enum class role : std::uint8_t { coordinator = 1, worker = 2, operating = 4 };

inline constexpr std::array every_role{role::coordinator, role::worker, role::operating};
/// The beginning of the URI in a certificate's alternative names that stands for a role: "shoal://role/worker".
inline constexpr std::string_view role_uri_prefix = "shoal://role/";

[[nodiscard]] constexpr std::string_view name_of(role one) noexcept {
    switch (one) {
        case role::coordinator: return "coordinator";
        case role::worker: return "worker";
        case role::operating: return "operator";
    }
    return "";
}
[[nodiscard]] constexpr std::optional<role> role_named(std::string_view name) noexcept {
    for (const auto one : every_role) {
        if (name == name_of(one)) return one;
    }
    return std::nullopt;
}
/// Of "shoal://role/worker"; nullopt for any other URI and for a role that only a newer version knows.
[[nodiscard]] constexpr std::optional<role> role_of_uri(std::string_view uri) noexcept {
    if (!uri.starts_with(role_uri_prefix)) return std::nullopt;
    return role_named(uri.substr(role_uri_prefix.size()));
}

/// A set of roles.
class role_set {
public:
    constexpr role_set() noexcept = default;
    template <class... Roles>
    constexpr explicit role_set(role first, Roles... more) noexcept {
        add(first);
        (add(more), ...);
    }
    constexpr void add(role one) noexcept { bits_ = static_cast<std::uint8_t>(bits_ | static_cast<std::uint8_t>(one)); }
    [[nodiscard]] constexpr bool has(role one) const noexcept { return (bits_ & static_cast<std::uint8_t>(one)) != 0; }
    [[nodiscard]] constexpr bool meets(role_set other) const noexcept { return (bits_ & other.bits_) != 0; }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
    friend constexpr bool operator==(role_set, role_set) noexcept = default;

private:
    std::uint8_t bits_ = 0;
};

/// "coordinator, worker"; "none" for an empty set.
[[nodiscard]] inline std::string text_of(role_set roles) {
    std::string text;
    for (const auto one : every_role) {
        if (!roles.has(one)) continue;
        if (!text.empty()) text += ", ";
        text += name_of(one);
    }
    return text.empty() ? "none" : text;
}

}  // namespace shoal::trust
