#pragma once
// What bot.hpp deduces from a handler's parameters. Nothing here is for use by bots.
// Not here: what happens with handlers afterwards (src/bot).

#include <functional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "shoal/command.hpp"
#include "shoal/context.hpp"
#include "shoal/event.hpp"
#include "shoal/events.hpp"
#include "shoal/task.hpp"

namespace shoal {
inline namespace v0 {
namespace detail {

template <class... Args>
struct parameters {};

template <class R, class... Args>
struct shape {
    using result = R;
    using arguments = std::tuple<Args...>;
    static constexpr std::size_t count = sizeof...(Args);
    /// True if the object is needed as non-const: a mutable lambda.
    static constexpr bool changes = false;
};

/// result and arguments of a lambda, a function or an object with one operator().
template <class F>
struct shape_of {
    static constexpr bool known = false;
};
template <class F>
    requires requires { &F::operator(); }
struct shape_of<F> : shape_of<decltype(&F::operator())> {};
template <class R, class... Args>
struct shape_of<R (*)(Args...)> : shape<R, Args...> {
    static constexpr bool known = true;
};
template <class R, class... Args>
struct shape_of<R (*)(Args...) noexcept> : shape_of<R (*)(Args...)> {};
template <class C, class R, class... Args>
struct shape_of<R (C::*)(Args...) const> : shape_of<R (*)(Args...)> {};
template <class C, class R, class... Args>
struct shape_of<R (C::*)(Args...) const noexcept> : shape_of<R (*)(Args...)> {};
template <class C, class R, class... Args>
struct shape_of<R (C::*)(Args...)> : shape<R, Args...> {
    static constexpr bool known = true;
    static constexpr bool changes = true;
};
template <class C, class R, class... Args>
struct shape_of<R (C::*)(Args...) noexcept> : shape_of<R (C::*)(Args...)> {};

/// What the bot keeps of a handler. The task is empty when a plain function already did all.
using event_handler = std::move_only_function<task<>(const event_ref&) const>;
/// False in the second place: the options did not fit the parameters.
using command_handler = std::move_only_function<task<>(const event_ref&, std::span<const option_value>) const>;

template <class F>
consteval bool check_handler() {
    static_assert(shape_of<F>::known,
                  "shoal: a handler is a function or a lambda that names its parameters' types: [](shoal::message_create event) "
                  "{ ... }, not [](auto event)");
    if constexpr (shape_of<F>::known) {
        static_assert(!shape_of<F>::changes,
                      "shoal: a handler runs on several threads at once, so it cannot be a mutable lambda; keep its state in an "
                      "object of your own that is safe for that");
        static_assert(std::is_void_v<typename shape_of<F>::result> || std::is_same_v<typename shape_of<F>::result, task<>>,
                      "shoal: a handler returns nothing, or shoal::task<> if it is a coroutine");
        return !shape_of<F>::changes;
    } else {
        return false;
    }
}

template <class F>
inline constexpr bool is_coroutine = std::is_same_v<typename shape_of<F>::result, task<>>;

/// A coroutine goes on after the call that started it returned: what it took by reference would be gone.
template <class Parameter, bool Coroutine>
consteval void check_parameter() {
    static_assert(!(Coroutine && std::is_reference_v<Parameter>),
                  "shoal: a coroutine takes events, contexts and options by value: it outlives the call that starts it, and a "
                  "reference would dangle after its first co_await");
    static_assert(Coroutine || !std::is_lvalue_reference_v<Parameter> || std::is_const_v<std::remove_reference_t<Parameter>>,
                  "shoal: a plain handler takes its event by value or by const&");
    static_assert(!std::is_rvalue_reference_v<Parameter> && !std::is_pointer_v<Parameter>,
                  "shoal: a handler takes its event by value, or by const& if it is no coroutine");
}

template <class E>
concept event_class = std::is_base_of_v<event, E> && requires {
    { E::type } -> std::convertible_to<event_type>;
};

/// For handlers of one kind of interaction.
template <class Wanted, class F>
consteval bool takes_only() {
    if constexpr (check_handler<F>()) {
        static_assert(shape_of<F>::count == 1,
                      "shoal: this handler takes one parameter: on_component() and on_modal() a shoal::context, "
                      "autocomplete() a shoal::completion");
        using parameter = std::tuple_element_t<0, typename shape_of<F>::arguments>;
        check_parameter<parameter, is_coroutine<F>>();
        static_assert(
            std::is_same_v<std::remove_cvref_t<parameter>, Wanted>,
            "shoal: on_component() and on_modal() take a handler of shoal::context, autocomplete() one of shoal::completion");
        return true;
    } else {
        return false;
    }
}

template <class E, class F>
event_handler make_event_handler(F handler) {
    if constexpr (is_coroutine<F>) {
        return [handler = std::move(handler)](const event_ref& ref) -> task<> { return handler(E(ref)); };
    } else {
        return [handler = std::move(handler)](const event_ref& ref) -> task<> {
            handler(E(ref));
            return {};
        };
    }
}

/// Reads every option into its parameter; throws shoal::error for one that does not fit.
[[noreturn]] void option_does_not_fit(std::string_view name);

template <class... Options>
std::tuple<Options...> read_options(std::span<const option_value> values) {
    std::tuple<Options...> options;
    std::size_t next = 0;
    auto read = [&](auto& option) {
        if (next >= values.size() || !option.read(values[next])) option_does_not_fit(option.spec().name);
        ++next;
    };
    std::apply([&](auto&... each) { (read(each), ...); }, options);
    return options;
}

template <class F, class Arguments>
struct command_shape {
    static_assert(sizeof(F) == 0,
                  "shoal: a command's handler takes a shoal::context and then its options: [](shoal::context ctx, "
                  "shoal::opt<\"text\", \"What to say\", std::string> text) -> shoal::task<> { ... }");
};
template <class F, class Context, class... Options>
    requires std::is_same_v<std::remove_cvref_t<Context>, context>
struct command_shape<F, std::tuple<Context, Options...>> {
    static_assert((is_opt<std::remove_cvref_t<Options>> && ...),
                  "shoal: what follows a command's context are its options: shoal::opt<\"name\", \"Description\", type>");

    static std::vector<command_option> options() {
        std::vector<command_option> all;
        (all.push_back(std::remove_cvref_t<Options>::spec()), ...);
        return all;
    }
    static command_handler make(F handler) {
        (check_parameter<Context, is_coroutine<F>>(), ..., check_parameter<Options, is_coroutine<F>>());
        return [handler = std::move(handler)](const event_ref& ref, std::span<const option_value> values) -> task<> {
            auto options = read_options<std::remove_cvref_t<Options>...>(values);
            auto start = [&](auto&... each) { return handler(context(ref), std::move(each)...); };
            if constexpr (is_coroutine<F>) {
                return std::apply(start, options);
            } else {
                std::apply(start, options);
                return {};
            }
        };
    }
};

}  // namespace detail
}  // namespace v0
}  // namespace shoal
