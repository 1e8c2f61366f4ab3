#pragma once
// Slash commands whose parameters are their options: opt<"name", "Description", T> and what is deduced from it.
// Not here: how a command is registered and routed (bot.hpp, src/commands).
// Source: https://discord.com/developers/docs/interactions/application-commands#application-command-object

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "shoal/ids.hpp"

namespace shoal {
inline namespace v0 {

/// Discord's types of an option.
enum class option_kind : std::uint8_t { string = 3, integer = 4, boolean = 5, user = 6, channel = 7, role = 8, number = 10 };

/// One option of a command, as Discord is told.
struct command_option {
    std::string name;
    std::string description;
    option_kind kind = option_kind::string;
    bool required = true;
    std::vector<std::string> choices = {};   ///< For strings: name and value alike.
    std::optional<std::int64_t> least = {};  ///< For integers, inclusive,
    std::optional<std::int64_t> most = {};   ///< likewise.
    bool autocomplete = false;               ///< Choices come from a handler while people type (bot.autocomplete()).
};

/// A text as a template argument.
template <std::size_t N>
struct literal {
    char text[N];
    // NOLINTNEXTLINE(google-explicit-constructor): so that "text" itself may stand as the argument.
    consteval literal(const char (&from)[N]) : text{} {
        for (std::size_t i = 0; i < N; ++i) text[i] = from[i];
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

/// An option's allowed values: opt<"colour", "Which one", std::string, choices<"red", "green">>.
template <literal... Values>
struct choices {};

/// An integer option's bounds: opt<"count", "How many", std::int64_t, range<1, 10>>.
template <std::int64_t Least, std::int64_t Most>
struct range {};

namespace detail {

/// What Discord sent for one option, its kind checked; monostate: not given. Ids are their number.
using option_value = std::variant<std::monostate, std::string, std::int64_t, double, bool, std::uint64_t>;

template <class T>
struct option_type {
    static constexpr bool known = false;
};
template <option_kind Kind, class Stored>
struct option_type_of {
    static constexpr bool known = true;
    static constexpr bool required = true;
    static constexpr option_kind kind = Kind;
    using stored = Stored;
};
template <>
struct option_type<std::string> : option_type_of<option_kind::string, std::string> {};
template <>
struct option_type<std::int64_t> : option_type_of<option_kind::integer, std::int64_t> {};
template <>
struct option_type<double> : option_type_of<option_kind::number, double> {};
template <>
struct option_type<bool> : option_type_of<option_kind::boolean, bool> {};
template <>
struct option_type<user_id> : option_type_of<option_kind::user, std::uint64_t> {};
template <>
struct option_type<channel_id> : option_type_of<option_kind::channel, std::uint64_t> {};
template <>
struct option_type<role_id> : option_type_of<option_kind::role, std::uint64_t> {};
/// Discord has no option type for guilds and messages: people paste the id, and the handler gets it checked.
template <>
struct option_type<guild_id> : option_type_of<option_kind::string, std::string> {};
template <>
struct option_type<message_id> : option_type_of<option_kind::string, std::string> {};
template <class T>
struct option_type<std::optional<T>> : option_type<T> {
    static constexpr bool required = false;
};

/// Turns a checked value into what the handler takes; false if it does not fit (a pasted id that is none).
template <class T>
bool read_option(const option_value& from, T& into) {
    const auto* stored = std::get_if<typename option_type<T>::stored>(&from);
    if (stored == nullptr) return false;
    if constexpr (std::is_same_v<T, guild_id> || std::is_same_v<T, message_id>) {
        const auto id = T::parse(*stored);
        if (id) into = *id;
        return id.has_value();
    } else {
        into = T(*stored);
        return true;
    }
}
template <class T>
bool read_option(const option_value& from, std::optional<T>& into) {
    if (std::holds_alternative<std::monostate>(from)) return true;
    return read_option(from, into.emplace());
}

template <class Extra>
struct apply_extra {
    static_assert(sizeof(Extra) == 0, "what follows an option's type is shoal::choices<...> or shoal::range<...>");
};
template <literal... Values>
struct apply_extra<choices<Values...>> {
    static void to(command_option& option) { (option.choices.emplace_back(Values.view()), ...); }
    static constexpr bool fits(option_kind kind) { return kind == option_kind::string; }
};
template <std::int64_t Least, std::int64_t Most>
struct apply_extra<range<Least, Most>> {
    static_assert(Least <= Most, "shoal::range: the least value comes first");
    static void to(command_option& option) { option.least = Least, option.most = Most; }
    static constexpr bool fits(option_kind kind) { return kind == option_kind::integer; }
};

}  // namespace detail

/// A parameter of a command's handler that is one of its options. Name: 1 to 32 small letters, digits, - and _; description: 1 to
/// 100 characters; both are checked when the command is registered. T: std::string, std::int64_t, double, bool, user_id,
/// channel_id, role_id, guild_id or message_id (pasted by people), or a std::optional of one of them for an option that may be
/// left out.
template <literal Name, literal Description, class T = std::string, class... Extras>
class opt {
    static_assert(detail::option_type<T>::known,
                  "an option is a std::string, std::int64_t, double, bool, user_id, channel_id, role_id, guild_id or message_id, "
                  "or a std::optional of one of them");
    static_assert((detail::apply_extra<Extras>::fits(detail::option_type<T>::kind) && ...),
                  "choices are for strings, ranges for integers");

public:
    using value_type = T;

    opt() = default;
    explicit opt(T value) : value_(std::move(value)) {}

    // NOLINTNEXTLINE(google-explicit-constructor): an option stands for its value.
    operator const T&() const noexcept { return value_; }
    [[nodiscard]] const T& value() const noexcept { return value_; }
    /// The value; of an optional one what it holds, which must be there.
    [[nodiscard]] const auto& operator*() const noexcept {
        if constexpr (detail::option_type<T>::required) {
            return value_;
        } else {
            return *value_;
        }
    }
    [[nodiscard]] const auto* operator->() const noexcept { return &**this; }
    /// True if it was given.
    [[nodiscard]] bool given() const noexcept {
        if constexpr (detail::option_type<T>::required) {
            return true;
        } else {
            return value_.has_value();
        }
    }

    [[nodiscard]] static command_option spec() {
        command_option option{std::string(Name.view()), std::string(Description.view()), detail::option_type<T>::kind,
                              detail::option_type<T>::required};
        (detail::apply_extra<Extras>::to(option), ...);
        return option;
    }
    /// False if the value is none for this option.
    [[nodiscard]] bool read(const detail::option_value& from) { return detail::read_option(from, value_); }

private:
    T value_{};
};

namespace detail {
template <class T>
inline constexpr bool is_opt = false;
template <literal Name, literal Description, class T, class... Extras>
inline constexpr bool is_opt<opt<Name, Description, T, Extras...>> = true;
}  // namespace detail

}  // namespace v0
}  // namespace shoal
